"""Usual records are read in few steps; here, what comes of it is compared with the many steps for any record."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from data.recipe import Source
from data.sources import InputFile, compression, warc, warc_segments
from data.sources.warc import read_warc
from data.sources.warc_records import KEPT_HEADERS, Records
from tests.data.sources.odd_records import PACKINGS, any_record, damaged, record, sha1


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="warc", path=str(path), **settings)
    return list(read_warc(InputFile(str(path), path.name, path.stat().st_size, ""), source))


def windows(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Lets a plain file be read in pieces of so many bytes, so that most records go over their ends."""
    for module in (warc, warc_segments):
        monkeypatch.setattr(module, "READ_BYTES", size)
        monkeypatch.setattr(module, "HEAD_BYTES", size // 4)


@pytest.mark.parametrize("seed", range(4))
def test_few_steps_and_many_make_the_same_rows_of_damaged_and_odd_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = random.Random(seed)
    files = []
    for number in range(60):
        records = [any_record(draw) for _ in range(draw.randrange(1, 12))]
        path = tmp_path / f"{number}.warc"
        path.write_bytes(damaged(draw.choice(PACKINGS)(records), draw))
        settings = {"digests": "all"} if draw.random() < 0.3 else {"salvage": draw.random() < 0.3}
        files.append((path, settings | {"max_record_bytes": draw.choice([10**6, 2000])}))
    whole = [read(path, **settings) for path, settings in files]
    windows(monkeypatch, draw.choice([300, 1000, 5000]))
    few = [read(path, **settings) for path, settings in files]
    monkeypatch.setattr(Records, "usual", lambda *arguments: None)
    monkeypatch.setattr(compression, "usual_members", lambda *arguments: iter(()))
    many = [read(path, **settings) for path, settings in files]
    assert whole == many
    assert few == many
    reasons = {row["reason"] for rows in many for row in rows}
    assert reasons >= {"", "bad_warc_header", "bad_digest", "bad_http_header", "truncated", "too_large"}


def test_a_page_beyond_what_is_read_at_once_is_checked_and_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows(monkeypatch, 1000)
    page = random.Random(1).randbytes(5000)
    block = b"HTTP/1.1 200 OK\r\n\r\n" + page
    plain, fits, differs = (
        record(block, "response", "application/http", *more)
        for more in ((), (f"WARC-Block-Digest: {sha1(block)}",), (f"WARC-Block-Digest: {sha1(page)}",))
    )
    path = tmp_path / "a.warc"
    path.write_bytes(plain + fits + differs + plain)
    rows = read(path)
    assert [row["content"] for row in rows] == [page, page, None, page]
    assert [row["reason"] for row in rows] == ["", "", "bad_digest", ""]
    told = json.loads(rows[2]["metadata"])
    assert told == {"bytes": len(block), "sha256": hashlib.sha256(block).hexdigest()}


def test_a_long_page_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain file of long records costs little more than its own bytes: pages are not read with their windows too."""
    path = tmp_path / "a.warc"
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"x" * 2**20
    path.write_bytes(record(block) * 8)
    size = 0
    own = os.pread

    def counted(handle: int, length: int, offset: int) -> bytes:
        nonlocal size
        found = own(handle, length, offset)
        size += len(found)
        return found

    monkeypatch.setattr(os, "pread", counted)
    assert [len(row["content"]) for row in read(path)] == [2**20] * 8
    assert size < 1.2 * path.stat().st_size


def test_usual_records_take_the_few_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_needed(*arguments: Any) -> None:
        raise AssertionError("a usual record went the long way")

    usual = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/html\r\n\r\n<p>"
    records = [record(usual), record(b"GET /", "request"), record("wörd".encode(), "conversion", "text/plain")]
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(records))
    (tmp_path / "a.warc.gz").write_bytes(b"".join(map(gzip.compress, records)))
    monkeypatch.setattr(Records, "row", not_needed)
    for name in ("a.warc", "a.warc.gz"):
        assert [(row["content"], row["text"]) for row in read(tmp_path / name)] == [(b"<p>", None), (None, "wörd")]


def test_a_head_without_an_end_is_not_given_one_by_what_follows_the_record() -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    content = record(block, "response", "application/http", f"WARC-Block-Digest: {sha1(block)}")
    records = Records("a.warc", Source(name="s", kind="warc", path="a.warc"))
    for end in range(len(content) - 4, len(content) + 1):  # what was read ends before the record does
        found = records.usual(content[:end], 0, 0, False, lambda place, size: content[place : place + size])
        assert found is not None
        assert (found[0], found[1] and (found[1]["reason"], found[1]["content"])) == (len(content), ("", b""))


@pytest.mark.parametrize(("name", "key"), KEPT_HEADERS)
def test_every_header_that_is_kept_is_found(tmp_path: Path, name: str, key: str) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record(f"HTTP/1.1 200 OK\r\nServer: x\r\n{name.title()}: value\r\n\r\n".encode()))
    (row,) = read(path)
    assert json.loads(row["metadata"])[key] == "value"


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_record_that_cannot_be_read_keeps_its_names(tmp_path: Path, is_packed: bool) -> None:
    page = b"HTTP/1.1 200 OK\r\n\r\n"
    records = {
        "bad_digest": record(page, "response", "application/http", "WARC-Block-Digest: sha1:" + "A" * 32),
        "bad_http_header": record(b"HTTP"),
        "bad_encoding": record(b"\xff", "conversion", "text/plain"),
        "too_large": record(page + b"x" * 100_000),
    }
    path = tmp_path / "a.warc"
    for reason, content in records.items():
        path.write_bytes(gzip.compress(content) if is_packed else content)
        (row,) = read(path, digests="all", max_record_bytes=10_000)
        assert (row["reason"], row["origin_id"], row["url"]) == (reason, "urn:uuid:1", "http://x/")
