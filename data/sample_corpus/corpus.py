"""Writes the sample corpus: everything in one folder, the same bytes on every call."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.errors import UsageError
from data.fingerprint import code_digest, digest, file_sha256
from data.sample_corpus import machine
from data.sample_corpus.articles import Article, from_description, from_module, split_topics
from data.sample_corpus.benchmark import Item, choose_items
from data.sample_corpus.choices import number
from data.sample_corpus.code_files import write_code
from data.sample_corpus.labels import TruthRow
from data.sample_corpus.machine import STDLIB, Distribution, SourceFile
from data.sample_corpus.web import Web
from data.sample_corpus.web_files import write_web

#: Written first and last: says whose folder this is, and when it is whole what is in it.
STAMP = "corpus.json"

#: Source that becomes code, and source whose docstrings become pages; of the standard library and of each other.
CODE_BYTES, CODE_BYTES_EACH = 2_500_000, 50_000
DESCRIBED_BYTES, DESCRIBED_BYTES_EACH = 6_000_000, 300_000


@dataclasses.dataclass
class Sources:
    """Source files by what they are used for; no file has two uses."""

    code: list[SourceFile]
    described: list[SourceFile]


def write_sample_corpus(folder: Path) -> dict[str, Any]:
    """Writes the quickstart's input below a folder and returns its counts and sizes.

    The bytes depend on the Python installation, the versions of the packages that phimill
    requires and this package only. A folder that holds just that already is left as it is.

    Raises:
        UsageError: the folder has a `code` that this function did not write.
    """
    key = _key()
    stamp = _read_stamp(folder)
    if stamp.get("key") == key and stamp.get("content") == _content(folder):
        return dict(stamp["facts"])
    if not stamp and (folder / "code").exists():
        raise UsageError(f"{folder}: holds a folder `code` that is not a sample corpus; name a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / STAMP, json.dumps({"key": None}) + "\n")
    facts = _write(folder)
    whole = {"key": key, "content": _content(folder), "facts": facts}
    atomic_write(folder / STAMP, json.dumps(whole, indent=1, sort_keys=True) + "\n")
    return facts


def _key() -> str:
    """Returns the digest of everything that the corpus depends on."""
    versions = {name: machine.version(name) for name in machine.required("phimill")}
    shipped = files("data.sample_corpus")
    texts = {
        f"{name}/{file.name}": file.read_text(encoding="utf-8")
        for name in ("foreign", "templates")
        for file in sorted(shipped.joinpath(name).iterdir(), key=lambda file: file.name)
    }
    return digest([sys.version, versions, texts, code_digest("data.sample_corpus.corpus")])


def _read_stamp(folder: Path) -> dict[str, Any]:
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _content(folder: Path) -> str:
    """Returns the digest of all files that are there, by path; the stamp and hidden files left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    kept = {name: file_sha256(path) for name, path in named.items() if name != STAMP and not name.startswith(".")}
    return digest(kept)


def _write(folder: Path) -> dict[str, Any]:
    found = machine.distributions()
    sources = _divide(found)
    items = choose_items(sources.described, [file.text for file in sources.code])
    topics, reference = split_topics()
    articles = _unique([*topics, *_articles(found, sources.described, items)])
    entries = Web(articles, items).entries()

    truth = write_code(folder / "code", found, sources.code, items)
    truth += write_web(folder, entries)
    benchmark = [{"task_id": i.task_id, "prompt": i.prompt, "canonical_solution": i.canonical_solution} for i in items]
    _write_lines(folder / "reference.jsonl", reference)
    _write_lines(folder / "benchmark.jsonl", benchmark)
    _write_lines(folder / "truth.jsonl", truth)
    licences = {each.name: {"version": each.version, "licence": each.licence or None} for each in found}
    atomic_write(folder / "licences.json", json.dumps(licences, indent=1, sort_keys=True) + "\n")
    code = [path.stat().st_size for path in (folder / "code").rglob("*.py")]
    return {
        "code": {"files": len(code), "bytes": sum(code)},
        "web": {"pages": len(entries), "html_bytes": sum(len(entry.page.html) for entry in entries)},
        "web.warc.gz": {"bytes": (folder / "web.warc.gz").stat().st_size},
        "web.jsonl": {"bytes": (folder / "web.jsonl").stat().st_size},
        "reference.jsonl": {"rows": len(reference), "characters": sum(len(row["text"]) for row in reference)},
        "benchmark.jsonl": {"rows": len(items)},
        "truth.jsonl": {"rows": len(truth), "planted": _counted(truth)},
    }


def _divide(found: Sequence[Distribution]) -> Sources:
    """Gives every distribution's files, in keyed order, to the code pool or to the pages until both have enough."""
    sources = Sources([], [])
    for distribution in found:
        is_stdlib = distribution.name == STDLIB
        code_limit = CODE_BYTES if is_stdlib else CODE_BYTES_EACH
        described_limit = DESCRIBED_BYTES if is_stdlib else DESCRIBED_BYTES_EACH
        code = described = 0
        for file in distribution.files():
            to_code = code == 0 or number("role", file.name, 5) < 2
            if to_code and code < code_limit:
                sources.code.append(file)
                code += len(file.text)
            elif not to_code and described < described_limit:
                sources.described.append(file)
                described += len(file.text)
            elif code >= code_limit and described >= described_limit:
                break
    return sources


def _articles(
    found: Sequence[Distribution], described: Sequence[SourceFile], items: Sequence[Item]
) -> Iterable[Article]:
    """Yields what descriptions and docstrings make, the files of benchmark items left out."""
    held_out = {item.origin.rpartition(":")[0] for item in items}
    for distribution in found:
        yield from from_description(distribution)
    for file in described:
        if file.name not in held_out:
            yield from from_module(file)


def _unique(articles: Iterable[Article]) -> list[Article]:
    """Returns articles without those whose text another one has, sorted by key."""
    seen: set[str] = set()
    kept = []
    for article in sorted(articles, key=lambda article: article.key):
        text = " ".join(article.text.lower().split())
        if text not in seen:
            seen.add(text)
            kept.append(article)
    return kept


def _counted(truth: Sequence[TruthRow]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in truth:
        counts[row["label"]] = counts.get(row["label"], 0) + 1
    return counts


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    atomic_write(path, "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows))
