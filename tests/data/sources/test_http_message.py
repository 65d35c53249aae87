from __future__ import annotations

import gzip
import random
import zlib

import pytest
import zstandard

from data.sources.http_message import BadMessage, parse_headers, parse_response
from data.sources.warc_records import KEPT_HEADERS

#: What anybody asks for of a response.
ASKED = {"content-type", "content-encoding", "transfer-encoding", *(name for name, _ in KEPT_HEADERS)}
LINES = [
    b"Content-Type: text/html", b"content-type:x/y ", b"CONTENT-TYPE : z", b"Content-Type", b"Content-Type-Options: n",
    b"Content-Language: de", b"X-Robots-Tag: noai", b"x-robots-tag:none", b"TDM-Reservation: 1", b"V: content-type: q",
    b" Content-Type: folded", b"\tmore", b"\x0bX-Robots-Tag: blank", b"\xc2\xa0Content-Language: blank", b"X: \xe9",
    b"Content-Language: \xe9", b"Content-Language: \xc3\xa9", b"no colon", b"T: 1", b"C: 2", b"X: 3", b": 4", b"X: \0",
    b"Content-Encoding: identity", b"transfer-encoding: identity",
]  # fmt: skip


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_the_headers_that_matter_are_what_reading_all_of_them_gives(line_end: bytes) -> None:
    draw = random.Random(2)
    for _ in range(2000):
        lines = draw.choices(LINES, k=draw.randrange(6))
        head = line_end.join([b"HTTP/1.1 200 OK", *lines])
        found = parse_response(head + line_end * 2 + b"body", 100)
        known = parse_headers(line_end.join(lines))
        assert {name: found.headers.get(name) for name in ASKED} == {name: known.get(name) for name in ASKED}, lines
        assert found.body == b"body"


MANY = 400_000


@pytest.mark.parametrize(
    ("coding", "empty"), [(b"gzip", gzip.compress(b"", mtime=0)), (b"zstd", zstandard.ZstdCompressor().compress(b""))]
)
def test_a_body_of_very_many_empty_members_is_read_to_its_end(coding: bytes, empty: bytes) -> None:
    """Where all that follows each is copied, that takes a quarter of an hour."""
    last = gzip.compress(b"body") if coding == b"gzip" else zstandard.ZstdCompressor().compress(b"body")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + b"\r\n\r\n"
    assert parse_response(head + empty * MANY + last, 100).body == b"body"


@pytest.mark.parametrize("line", [b"Content-Type: a\r\n", b" folded\r\n"])
def test_a_head_of_very_many_lines_is_read_to_its_end(line: bytes) -> None:
    """Where each line is put to those before it by a copy of them, that takes minutes."""
    found = parse_response(b"HTTP/1.1 200 OK\r\nContent-Type: a\r\n" + line * MANY + b"\r\nbody", 100)
    assert found.headers["content-type"] == "a" + (", a" if line.startswith(b"C") else " folded") * MANY


def test_a_body_of_several_members_is_what_they_hold_up_to_what_is_none() -> None:
    pieces = [b"first " * 50_000, b"", b"second"]
    packed = b"".join(map(gzip.compress, pieces))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    for garbage in (b"", b"\0\0", b"<!-- served by a -->"):
        assert parse_response(head + packed + garbage, 10**6).body == b"".join(pieces)
    for cut in (1, 9, 30):
        with pytest.raises(BadMessage, match="truncated"):
            parse_response(head + packed[:-cut], 10**6)
    with pytest.raises(BadMessage, match="bad_encoding"):
        parse_response(head + packed[:-6] + b"wrong!", 10**6)


@pytest.mark.parametrize("over", [0, 1])
def test_a_body_beyond_the_limit_is_too_large_however_it_is_packed(over: int) -> None:
    body = b"abcdefgh" * 40_000 + b"x" * over
    deflated = zlib.compressobj(wbits=-15)
    forms = {
        b"gzip": gzip.compress(body[:100_000]) + gzip.compress(body[100_000:]),
        b"deflate": zlib.compress(body),
        b"Deflate": deflated.compress(body) + deflated.flush(),
    }
    for coding, packed in forms.items():
        message = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + b"\r\n\r\n" + packed
        if over:
            with pytest.raises(BadMessage, match="too_large"):
                parse_response(message, 320_000)
        else:
            assert parse_response(message, 320_000).body == body
