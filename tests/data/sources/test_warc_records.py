"""Usual records are read in few steps; here, what comes of it is compared with the many steps for any record."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
from pathlib import Path
from typing import Any, Callable

import pytest

from data.recipe import Source
from data.sources import InputFile, compression, warc, warc_segments
from data.sources.warc import read_warc
from data.sources.warc_records import KEPT_HEADERS, Records


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="warc", path=str(path), **settings)
    return list(read_warc(InputFile(str(path), path.name, path.stat().st_size, ""), source))


def windows(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Lets a plain file be read in pieces of so many bytes, so that most records go over their ends."""
    for module in (warc, warc_segments):
        monkeypatch.setattr(module, "READ_BYTES", size)
        monkeypatch.setattr(module, "HEAD_BYTES", size // 4)


def sha1(block: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(block).digest()).decode()


def record(block: bytes, kind: str = "response", mime: str = "application/http; msgtype=response", *more: str) -> bytes:
    lines = [
        f"WARC-Type: {kind}", "WARC-Record-ID: <urn:uuid:1>", "WARC-Target-URI: http://x/",
        "WARC-Date: 2026-01-01T00:00:00Z", f"Content-Type: {mime}", f"Content-Length: {len(block)}", *more,
    ]  # fmt: skip
    return "\r\n".join(["WARC/1.0", *lines, "", ""]).encode() + block + b"\r\n\r\n"


WARC_LINES = [
    "WARC-IP-Address: 1.2.3.4", "WARC-Refers-To: <urn:uuid:2>", "X-Odd: v", "no colon", "x: a\r\n folded: b",
    "WARC-Type: request", "warc-type: request", "WARC-Truncated: length", "WARC-Record-ID: ", "WARC-Date: 2",
    "Content-Length: 9", "Content-length: 9", "WARC-Target-URI : http://y/", "WARC-Target-URI: http://é/ y ",
    "WARC-Concurrent-To: a\0b", "WARC-Block-Digest: sha1:" + "A" * 32, "\xa0WARC-Type: resource", "",
    "x: a\nWARC-Type: z",
]  # fmt: skip
HTTP_LINES = [
    "Content-Type: text/html", "content-type:a/b; charset=é", "Content-Type : c/d", "Content-Type:", "Server: x",
    "Content-Language: de", "X-Robots-Tag: noai", "x-robots-tag: noindex", "TDM-Reservation: 1", "Vary: content-type",
    "X-Crawler-Content-Encoding: gzip", "X: a\r\n b", " Content-Type: e/f", "\x0bContent-Type: g/h", "no colon", "C: 1",
    "Content-Encoding: gzip", "Transfer-Encoding: chunked", "\xa0Content-Type: i/j", "X: a\nContent-Type: k/l", "X: \0",
]  # fmt: skip


def any_record(draw: random.Random) -> bytes:
    """Returns a record, usual or one that is odd in one or a few ways."""

    def odd(lines: list[str]) -> list[str]:
        return draw.choices(lines, k=draw.choice([0, 0, 0, 1, 1, 2, 4]))

    kind = draw.choice(["response"] * 6 + ["request", "revisit", "resource", "conversion", "conversion", "Response"])
    block = ("<p>wörd WARC/1.0\r\n" * draw.randrange(200)).encode()
    mime = "text/plain" if kind == "conversion" else "application/http; msgtype=response"
    if kind.lower() == "response":
        status = draw.choice(["HTTP/1.1 200 OK"] * 9 + ["HTTP/2 200", "HTTP/1.1  200", "HTTP/1.1 099 x", "ICY 200 OK"])
        encoding = draw.choice(["utf-8", "utf-8", "latin-1"])
        block = "\r\n".join([status, *odd(HTTP_LINES), "", ""]).encode(encoding, "replace") + block
    elif kind == "conversion":
        block = draw.choice([b"", b"\xef\xbb\xbf"]) + block + draw.choice([b"", b"", b"\xff"])
    more = odd(WARC_LINES) if draw.random() < 0.5 else []
    if draw.random() < 0.3:
        more.append(f"WARC-Block-Digest: {sha1(block + draw.choice([b'', b'', b'x']))}")
    return record(block, kind, draw.choice([mime] * 9 + ["APPLICATION/HTTP", "text/dns"]), *more)


def damaged(content: bytes, draw: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(draw.choice([0, 0, 1, 3])):
        place = draw.randrange(len(found))
        length = draw.choice([1, 4, 300, 3000])
        what = draw.choice([b"", bytes(length), draw.randbytes(length), b"\r\n", b"\n", b"WARC/1.0\r\n"])
        found[place : place + draw.choice([0, 1, length])] = what
    return bytes(found)


@pytest.mark.parametrize("seed", range(4))
def test_few_steps_and_many_make_the_same_rows_of_damaged_and_odd_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = random.Random(seed)
    packed: list[Callable[[list[bytes]], bytes]] = [
        b"".join,
        lambda records: b"".join(gzip.compress(one, 1, mtime=0) for one in records),
        lambda records: gzip.compress(b"".join(records), 1, mtime=0),
    ]
    files = []
    for number in range(60):
        records = [any_record(draw) for _ in range(draw.randrange(1, 12))]
        path = tmp_path / f"{number}.warc"
        path.write_bytes(damaged(draw.choice(packed)(records), draw))
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
    own = warc_segments.os.pread

    def counted(handle: int, length: int, offset: int) -> bytes:
        nonlocal size
        found = own(handle, length, offset)
        size += len(found)
        return found

    monkeypatch.setattr(warc_segments.os, "pread", counted)
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
