"""Records of crawls as nearly all are written, and as few are."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
from typing import Callable


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
    "x: a\nWARC-Type: z", "WARC-Segment-Number: 1", "warc-segment-number: 1", "WARC-Source-URI: x",
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

    others = ["request", "revisit", "resource", "conversion", "conversion", "Response", "continuation"]
    kind = draw.choice(["response"] * 6 + others)
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


PACKINGS: list[Callable[[list[bytes]], bytes]] = [
    b"".join,
    lambda records: b"".join(gzip.compress(one, 1, mtime=0) for one in records),
    lambda records: gzip.compress(b"".join(records), 1, mtime=0),
]
