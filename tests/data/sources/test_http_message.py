from __future__ import annotations

import random

import pytest

from data.sources.http_message import parse_headers, parse_response
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
