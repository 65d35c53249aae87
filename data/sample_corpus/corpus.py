"""Writes the sample corpus: everything in one folder, the same bytes on every call."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Iterable, Sequence

from data.atomic import atomic_path, atomic_write
from data.sample_corpus import edits, machine, warc
from data.sample_corpus.articles import Article, from_description, from_module, split_topics
from data.sample_corpus.benchmark import Item, choose_items
from data.sample_corpus.choices import number, ranked
from data.sample_corpus.labels import DAMAGED, EXACT, HIDDEN_IN_CODE, NEAR, NORMALISED, Label
from data.sample_corpus.machine import STDLIB, Distribution, SourceFile
from data.sample_corpus.web import Claim, Entry, Web

#: The sources' names in quickstart.yaml, as the truth file states them.
CODE, PAGES, MORE_PAGES = "code", "pages", "more-pages"
WARC_NAME, JSONL_NAME = "web.warc.gz", "web.jsonl"

CODE_BYTES = {STDLIB: 3_000_000}  # and of every other distribution:
CODE_BYTES_EACH = 60_000
PAGE_SOURCE_BYTES = {STDLIB: 6_000_000}
PAGE_SOURCE_BYTES_EACH = 300_000
CODE_COPIES = ((EXACT, 20), (NORMALISED, 10), (NEAR, 24))


@dataclasses.dataclass
class Sources:
    """Source files by what they are used for; no file has two uses."""

    code: list[SourceFile]
    described: list[SourceFile]


def write_sample_corpus(folder: Path) -> dict[str, Any]:
    """Writes the quickstart's input below a folder and returns its counts and sizes.

    A file that is there already is replaced; the folder `code/` is written anew. The bytes
    depend on the Python installation and the versions of the installed packages only.
    """
    found = machine.distributions()
    sources = _divide(found)
    items = choose_items(sources.described, [file.text for file in sources.code])
    held_out = {item.origin.rpartition(":")[0] for item in items}
    topic_articles, reference = split_topics()
    articles = [*topic_articles]
    for distribution in found:
        articles += from_description(distribution)
    for file in sources.described:
        articles += from_module(file) if file.name not in held_out else []
    entries = Web(_unique(articles), items).entries()

    folder.mkdir(parents=True, exist_ok=True)
    truth = _write_code(folder / "code", found, sources.code, items)
    in_warc = [entry for entry in entries if entry.only_warc or number("file", entry.key, 5) < 3]
    chosen = {entry.key for entry in in_warc}
    in_jsonl = [entry for entry in entries if entry.key not in chosen]
    places = _write_warc(folder / WARC_NAME, in_warc, truth) | _write_jsonl(folder / JSONL_NAME, in_jsonl, truth)
    truth += _page_truth(entries, places)
    _write_lines(folder / "reference.jsonl", reference)
    benchmark = [{"task_id": i.task_id, "prompt": i.prompt, "canonical_solution": i.canonical_solution} for i in items]
    _write_lines(folder / "benchmark.jsonl", benchmark)
    _write_lines(folder / "truth.jsonl", truth)
    licences = {each.name: {"version": each.version, "licence": each.licence or None} for each in found}
    atomic_write(folder / "licences.json", json.dumps(licences, indent=1, sort_keys=True) + "\n")
    return _facts(folder, entries, in_warc, items, reference, truth)


def _divide(found: Sequence[Distribution]) -> Sources:
    """Gives every distribution's files, in keyed order, to the code pool or to the pages until both have enough."""
    sources = Sources([], [])
    for distribution in found:
        code, described = 0, 0
        code_limit = CODE_BYTES.get(distribution.name, CODE_BYTES_EACH)
        described_limit = PAGE_SOURCE_BYTES.get(distribution.name, PAGE_SOURCE_BYTES_EACH)
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


def _unique(articles: Iterable[Article]) -> list[Article]:
    """Returns articles without those whose text another one has; planted duplicates shall be the only ones."""
    seen: set[str] = set()
    kept = []
    for article in sorted(articles, key=lambda article: article.key):
        text = " ".join(article.text.lower().split())
        if text not in seen:
            seen.add(text)
            kept.append(article)
    return kept


def _truth(label: Label, source: str, locator: str, of: tuple[str, str] | None = None) -> dict[str, Any]:
    row = {"label": label.name, "source": source, "locator": locator, "expect": label.expect}
    if of is not None:
        row["of_source"], row["of"] = of
    if not label.wanted:
        row["wanted"] = False
    return {**row, "explanation": label.explanation}


def _page_truth(entries: Sequence[Entry], places: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    rows = []
    for entry in entries:
        if entry.claim is not None:
            of = places[entry.claim.of] if entry.claim.of else None
            rows.append(_truth(entry.claim.label, *places[entry.key], of))
    return rows


# --- code ---------------------------------------------------------------------------------


def _write_code(
    folder: Path, found: Sequence[Distribution], files: Sequence[SourceFile], items: Sequence[Item]
) -> list[dict[str, Any]]:
    """Writes code/ and returns what was planted in it."""
    shutil.rmtree(folder, ignore_errors=True)
    suitable = ranked("plant", [file for file in files if 80 <= len(file.text.split()) <= 3000], lambda file: file.name)
    hosts = {file.name: item for file, item in zip(suitable, items[::2])}
    truth = []
    contents: dict[str, bytes] = {}
    for file in files:
        hidden = hosts.get(file.name)
        text = f"{file.text.rstrip()}\n\n\n{hidden.code}" if hidden else file.text
        contents[file.name] = text.encode()
        if hidden:
            truth.append(_truth(HIDDEN_IN_CODE, CODE, file.name))
    rest = iter(suitable[len(hosts) :])
    for label, count in CODE_COPIES:
        for file in [next(rest) for _ in range(count)]:
            name = f"{file.dist}-mirror/{file.path}"
            contents[name] = _copied(file, label).encode()
            truth.append(_truth(label, CODE, name, (CODE, file.name)))
    for place in range(2):
        name = f"{STDLIB}-mirror/damaged_{place}.py"
        contents[name] = b"\x00\xff" + hashlib.sha512(name.encode()).digest() * 20
        truth.append(_truth(DAMAGED, CODE, name))
    licences = {each.name: each for each in found}
    for top in sorted({name.partition("/")[0] for name in contents}):
        contents |= {f"{top}/{name}": text.encode() for name, text in _licence(licences[top.removesuffix("-mirror")])}
    for name, content in sorted(contents.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return truth


def _copied(file: SourceFile, label: Label) -> str:
    if label is EXACT:
        return file.text
    return edits.relevelled_code(file.text) if label is NORMALISED else edits.edited_code(file.text, file.name)


def _licence(distribution: Distribution) -> Iterable[tuple[str, str]]:
    if distribution.licence_files:
        return distribution.licence_files.items()
    return [("LICENSE", f"SPDX-License-Identifier: {distribution.licence}\n")] if distribution.licence else []


# --- pages --------------------------------------------------------------------------------


def _write_warc(path: Path, entries: Sequence[Entry], truth: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Writes the WARC file and returns where each entry's response stands."""
    places: dict[str, tuple[str, str]] = {}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        count = 0

        def write(record: bytes) -> str:
            nonlocal count
            file.write(record)
            count += 1
            return f"{path.name}:{count - 1}"

        write(warc.warcinfo(path.name))
        damaged_from = len(entries) - 40
        for place, entry in enumerate(entries):
            page = entry.page
            if number("request", entry.key, 3) == 0:
                write(warc.request(page.url))
            charset = f"; charset={page.header_charset}" if page.header_charset else ""
            content_type = entry.content_type or f"text/html{charset}"
            record = warc.response(page.url, page.html, content_type, entry.status, page.headers)
            places[entry.key] = (PAGES, write(record))
            if number("metadata", entry.key, 4) == 0:
                write(warc.metadata(page.url))
            if place in (damaged_from, damaged_from + 20):
                locator = write(record[: len(record) * 3 // 5])
                truth.append(_truth(DAMAGED, PAGES, locator))
    return places


def _write_jsonl(path: Path, entries: Sequence[Entry], truth: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Writes the JSONL file and returns where each entry's line stands."""
    places: dict[str, tuple[str, str]] = {}
    lines: list[bytes] = []
    for place, entry in enumerate(entries):
        page = entry.page
        row = {"html": page.html.decode(page.charset), "id": hashlib.sha1(entry.key.encode()).hexdigest(), "url": page.url}
        line = json.dumps(row, sort_keys=True, ensure_ascii=False).encode()
        lines.append(line)
        places[entry.key] = (MORE_PAGES, f"{path.name}:{len(lines)}")
        if place in (100, 200, 300, 400):
            cut = place % 200 == 0
            lines.append(line[: len(line) // 2] if cut else line[:60] + b"\xff\xfe\xfa" + line[60:])
            truth.append(_truth(DAMAGED, MORE_PAGES, f"{path.name}:{len(lines)}"))
    atomic_write(path, b"\n".join(lines) + b"\n")
    return places


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    atomic_write(path, "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows))


def _facts(
    folder: Path,
    entries: Sequence[Entry],
    in_warc: Sequence[Entry],
    items: Sequence[Item],
    reference: Sequence[dict[str, str]],
    truth: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    code = [path for path in (folder / "code").rglob("*.py") if path.is_file()]
    planted: dict[str, int] = {}
    for row in truth:
        planted[row["label"]] = planted.get(row["label"], 0) + 1
    return {
        "code": {"files": len(code), "bytes": sum(path.stat().st_size for path in code)},
        "web.warc.gz": {"responses": len(in_warc), "bytes": (folder / WARC_NAME).stat().st_size},
        "web.jsonl": {"lines": len(entries) - len(in_warc), "bytes": (folder / JSONL_NAME).stat().st_size},
        "html": {"pages": len(entries), "bytes": sum(len(entry.page.html) for entry in entries)},
        "reference.jsonl": {"rows": len(reference)},
        "benchmark.jsonl": {"rows": len(items)},
        "truth.jsonl": {"rows": len(truth), "planted": planted},
    }
