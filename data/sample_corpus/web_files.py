"""The sample's pages in files: a WARC as a crawler writes it, and JSON lines with a column of HTML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from data.atomic import atomic_path, atomic_write
from data.sample_corpus import warc
from data.sample_corpus.choices import number
from data.sample_corpus.labels import DAMAGED, TruthRow, truth_row
from data.sample_corpus.web import Entry

#: The sources' names in quickstart.yaml.
PAGES, MORE_PAGES = "pages", "more-pages"
#: Entries at the WARC's end about which nothing is claimed, with two damaged records among them.
PLAIN_END = 40
#: Places in the JSON lines after which a damaged line stands.
DAMAGED_AFTER = (100, 200, 300, 400)

Places = dict[str, tuple[str, str]]  # an entry's key → source and locator


def write_web(folder: Path, entries: Sequence[Entry]) -> list[TruthRow]:
    """Writes web.warc.gz and web.jsonl, and returns what was planted in them."""
    in_warc = [entry for entry in entries if entry.only_warc or number("file", entry.key, 5) < 3]
    chosen = {entry.key for entry in in_warc}
    truth: list[TruthRow] = []
    places = _write_warc(folder / "web.warc.gz", _with_plain_end(in_warc, entries), truth)
    places |= _write_jsonl(folder / "web.jsonl", [entry for entry in entries if entry.key not in chosen], truth)
    for entry in entries:
        if entry.claim is not None:
            of = places[entry.claim.of] if entry.claim.of else None
            truth.append(truth_row(entry.claim.label, *places[entry.key], of))
    return truth


def _with_plain_end(entries: Sequence[Entry], everything: Sequence[Entry]) -> list[Entry]:
    """Returns the entries, the last PLAIN_END of them neither planted nor copied.

    After a damaged stretch readers may differ in how they count, so no claim stands there.
    """
    copied = {entry.claim.of for entry in everything if entry.claim}
    plain = [entry for entry in entries if not entry.claim and entry.key not in copied][-PLAIN_END:]
    end = {entry.key for entry in plain}
    return [*(entry for entry in entries if entry.key not in end), *plain]


def _write_warc(path: Path, entries: Sequence[Entry], truth: list[TruthRow]) -> Places:
    places: Places = {}
    damaged_after = (len(entries) - PLAIN_END, len(entries) - PLAIN_END // 2)
    count = 0
    with atomic_path(path) as temporary, temporary.open("wb") as file:

        def write(record: bytes) -> str:
            nonlocal count
            file.write(record)
            count += 1
            return f"{path.name}:{count - 1}"

        write(warc.warcinfo(path.name))
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
            if place in damaged_after:
                truth.append(truth_row(DAMAGED, PAGES, write(record[: len(record) * 3 // 5])))
    return places


def _write_jsonl(path: Path, entries: Sequence[Entry], truth: list[TruthRow]) -> Places:
    places: Places = {}
    lines: list[bytes] = []
    for place, entry in enumerate(entries):
        page = entry.page
        identity = hashlib.sha1(entry.key.encode(), usedforsecurity=False).hexdigest()
        row = {"html": page.html.decode(page.charset), "id": identity, "url": page.url}
        line = json.dumps(row, sort_keys=True, ensure_ascii=False).encode()
        lines.append(line)
        places[entry.key] = (MORE_PAGES, f"{path.name}:{len(lines)}")
        if place in DAMAGED_AFTER:
            cut = place % 200 == 0
            lines.append(line[: len(line) // 2] if cut else line[:60] + b"\xff\xfe\xfa" + line[60:])
            truth.append(truth_row(DAMAGED, MORE_PAGES, f"{path.name}:{len(lines)}"))
    atomic_write(path, b"\n".join(lines) + b"\n")
    return places
