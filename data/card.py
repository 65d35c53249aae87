"""The dataset card: README.md with the Hub's YAML header, made from the manifest alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import yaml

from data.atomic import atomic_write

#: Licence identifiers that the Hub knows, of those that corpora of text and code carry.
_KNOWN = """
afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0
cc cc0-1.0 cc-by-2.0 cc-by-3.0 cc-by-4.0 cc-by-nc-4.0 cc-by-nc-nd-4.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
cc-by-sa-3.0 cc-by-sa-4.0 cdla-permissive-2.0 ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 gfdl gpl gpl-2.0 gpl-3.0
isc lgpl lgpl-2.1 lgpl-3.0 lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 osl-3.0 pddl
postgresql unlicense wtfpl zlib
"""
HUB_LICENCES = frozenset(_KNOWN.split())

_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B")

_COLUMNS = """| column | what it is |
|---|---|
| `id` | 128-bit hash of source and place in it; the same in every run |
| `text` | the document |
| `source`, `kind` | where it comes from; web, code, text, textbook or exercise |
| `url`, `language`, `licence` | as the input says, or null; language detected if the recipe asks for it |
| `tokens` | its tokens by `tokenizer.json`, without an end token |
| `metadata` | all else that the input says, as JSON with sorted keys |"""

_PROCEDURAL = """
> **The exercises are procedural.** They were not written by a language model: a grammar that ships with
> phimill wrote them. They are correct and were run, but far less varied than a model's. They show that the
> road works; they are no substitute for textbook-quality text from a capable teacher.
"""


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Writes the dataset card of the dataset in a folder."""
    atomic_write(folder / "README.md", dataset_card(manifest))


def dataset_card(manifest: Mapping[str, Any]) -> str:
    """Returns README.md for a dataset; `manifest` needs all but `files`."""
    sections = [
        f"---\n{_header(manifest)}---\n\n# {plain(manifest['name'])}\n",
        _what(manifest),
        _sources(manifest),
        _dropped(manifest),
        _mixture(manifest),
        _synthetic(manifest),
        _loading(manifest),
        _provenance(manifest),
    ]
    return "\n".join(section for section in sections if section)


def plain(value: Any) -> str:
    """Returns text that Markdown shows as it is: on one line, no markup, no HTML, no table cell's end."""
    line = " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())
    return re.sub(r"[\\`*_{}\[\]#|<>~&@]|:(?=//)", lambda found: f"&#{ord(found[0])};", line)


def hub_licences(licences: Iterable[str]) -> list[str]:
    """Returns the Hub's identifiers for licences; `other` for those that it does not know."""
    found = set()
    for licence in licences:
        name = re.sub(r"-(only|or-later)$", "", licence.strip().lower())
        found.add(name if name in HUB_LICENCES else "other")
    return sorted(found)


def size_category(rows: int) -> str:
    """Returns the Hub's name for a number of rows."""
    return _SIZES[min(max(len(str(rows)) - 3, 0), len(_SIZES) - 1)]


def _header(manifest: Mapping[str, Any]) -> str:
    counts = manifest["counts"]
    licences = hub_licences(counts.get("licences", {}))
    languages = {name for name in counts.get("languages", {}) if re.fullmatch(r"[a-z]{2,3}", name)}
    kinds = {kind for kind, sums in counts["by_kind"].items() if sums["kept"]}
    if "code" in kinds:
        languages.add("code")
    header: dict[str, Any] = {"pretty_name": str(manifest["name"])}
    if licences:
        header["license"] = licences
    if languages:
        header["language"] = sorted(languages)
    header["size_categories"] = [size_category(counts["kept"])]
    header["task_categories"] = ["text-generation"]
    header["tags"] = ["phimill", "pretraining", *sorted(kinds)]
    header["configs"] = [
        {
            "config_name": "default",
            "default": True,
            "data_files": [{"split": "train", "path": "data/train-*.parquet"}],
        },
        {"config_name": "ledger", "data_files": [{"split": "train", "path": "ledger/*.parquet"}]},
    ]
    return str(yaml.safe_dump(header, sort_keys=False, allow_unicode=False, width=1000))


def _what(manifest: Mapping[str, Any]) -> str:
    counts = manifest["counts"]
    description = manifest["recipe"].get("description") or ""
    kinds = [(_code(kind), sums["in"], sums["kept"], sums["tokens_kept"]) for kind, sums in counts["by_kind"].items()]
    return (
        (f"{plain(description)}\n\n" if description else "")
        + f"{counts['kept']:,} documents, {counts['tokens_kept']:,} tokens, in {len(manifest['shards'])} text "
        f"shard(s); chosen from {counts['in']:,} records. Every record that entered is in the `ledger` "
        "configuration, with what became of it and why. `report.html` shows it all in pictures.\n\n"
        + _table(("kind", "records in", "kept", "tokens"), kinds)
    )


def _sources(manifest: Mapping[str, Any]) -> str:
    rows = [
        (_code(name), sums["in"], sums["kept"], sums["dropped"], sums["quarantined"], sums["not_sampled"])
        for name, sums in manifest["counts"]["by_source"].items()
    ]
    licences = manifest["counts"].get("licences", {})
    unstated = manifest["counts"]["kept"] - sum(licences.values())
    text = "## Sources\n\n" + _table(("source", "in", "kept", "dropped", "quarantined", "not sampled"), rows)
    listed = [f"{plain(name)} ({number:,})" for name, number in sorted(licences.items(), key=lambda p: (-p[1], p[0]))]
    more = f" and {len(listed) - 20} more" if len(listed) > 20 else ""
    if listed:
        text += f"\nLicences of kept documents, as the inputs state them: {', '.join(listed[:20])}{more}.\n"
    if unstated:
        text += f"\n{unstated:,} kept documents state no licence; ask their source before you publish them.\n"
    return text


def _dropped(manifest: Mapping[str, Any]) -> str:
    rows = [
        (row["stage"], row["status"].replace("_", " "), _code(row["reason"]), _code(row["rule"]), row["documents"])
        for row in manifest["counts"]["reasons"]
    ]
    if not rows:
        return "## What was dropped, and why\n\nNothing.\n"
    return (
        "## What was dropped, and why\n\nEach record is counted once, by the first rule that it failed.\n\n"
        + _table(("stage", "fate", "reason", "rule", "records"), rows)
    )


def _mixture(manifest: Mapping[str, Any]) -> str:
    mixture = manifest.get("mixture")
    if not mixture:
        return ""
    rows = []
    for name, got in mixture["realised"].items():
        planned = mixture["planned"].get(name)
        rows.append(
            (
                _code(name),
                f"{planned['share']:.1%}" if planned else "not in the mixture",
                f"{got['share']:.1%}",
                got["documents"],
                got["tokens"],
                got["available_tokens"],
            )
        )
    more = manifest["counts"].get("repeated")
    said = (
        f"\n{more['documents']:,} documents are in the shards more than once, by the size of their cluster of "
        f"duplicates: {more['rows']:,} rows and {more['tokens']:,} tokens beyond one of each. `copies` in the ledger "
        "says how often.\n"
        if more
        else ""
    )
    head = (mixture["by"], "planned share", "share", "documents", "tokens", "tokens there were")
    return f"## Mixture\n\nShares of tokens, by {mixture['by']}.\n\n" + _table(head, rows) + said


def _synthetic(manifest: Mapping[str, Any]) -> str:
    teacher = manifest.get("teacher")
    if not teacher:
        return ""
    text = (
        f"## Synthetic exercises\n\nTeacher: {plain(teacher['model'])}. {teacher['requests']:,} requests, "
        f"{teacher['kept']:,} exercises kept. Solutions were run against their tests in a sandbox "
        f"({plain(manifest.get('sandbox') or 'none was available, so none was kept')}).\n"
    )
    if teacher.get("rejected"):
        text += "\n" + _table(("rejected as", "exercises"), [(_code(k), n) for k, n in teacher["rejected"].items()])
    is_procedural = teacher.get("base_url") == "builtin" or str(teacher["model"]).startswith("builtin")
    return text + (_PROCEDURAL if is_procedural else "")


def _loading(manifest: Mapping[str, Any]) -> str:
    # Of a split without rows `datasets` makes a stream, but no table: it raises.
    way = "" if manifest["counts"]["kept"] else ", streaming=True"
    return (
        "## How to load it\n\n```python\nimport datasets\n\n"
        f'rows = datasets.load_dataset("THIS FOLDER", split="train"{way})\n'
        'ledger = datasets.load_dataset("THIS FOLDER", "ledger", split="train")\n```\n\n'
        f"{_COLUMNS}\n\n`tokens/` holds the same documents packed, each followed by an end token, in datatrove's "
        "`.ds` layout; `tokens/index.json` says which.\n"
    )


def _provenance(manifest: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{plain(name)} {plain(version)}" for name, version in sorted(manifest["versions"].items()))
    size = sum(entry["bytes"] for entry in manifest["inputs"])
    return (
        f"## Provenance\n\nMade by phimill {plain(manifest['phimill'])} from {len(manifest['inputs']):,} input files "
        f"({size:,} bytes), snapshot `{manifest['snapshot']}`. `manifest.json` lists the inputs with their digests, "
        "`recipe.yaml` is the whole recipe; the same recipe, inputs and versions give the same bytes. "
        f"`phimill verify --deep` checks every file.\n\nVersions: {versions}.\n"
    )


def _code(value: str | None) -> str:
    """Returns a name as a code span, which nothing in it can end."""
    return f"`{' '.join(re.sub(r'[`|]', ' ', value).split())}`" if value else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Returns a Markdown table; numbers stand to the right, with separators."""
    lines = [list(row) for row in rows]
    numeric = [bool(lines) and all(isinstance(line[place], int) for line in lines) for place in range(len(head))]
    rule = "|".join("---:" if is_number else "---" for is_number in numeric)
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in line] for line in lines]
    body = "".join(f"| {' | '.join(line)} |\n" for line in cells)
    return f"| {' | '.join(head)} |\n|{rule}|\n{body}"
