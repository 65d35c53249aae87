"""HTTP responses as crawls keep them: head, and body without its transfer and content codings."""

from __future__ import annotations

import dataclasses
import re
import zlib
from typing import Mapping

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?:[ \t\r]|$)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")


class BadMessage(Exception):
    """A response cannot be read; `reason` names the fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Response:
    """A decoded response; header names are in lower case, repeated headers joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def parse_response(block: bytes, limit: int, cut: bool = False) -> Response:
    """Returns the response in a WARC record's block.

    Codings that the body does not really have are ignored: crawlers undo them and keep the header.

    Args:
        block: status line, headers, body.
        limit: bytes of decoded body; beyond it the response is `too_large`.
        cut: the crawler says that it kept only the beginning.

    Raises:
        BadMessage: bad_http_header, bad_encoding (a broken coding) or too_large.
    """
    first = _STATUS_LINE.match(block)
    if not first:
        raise BadMessage("bad_http_header")
    end = _HEAD_END.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    headers = parse_headers(head.split(b"\n")[1:])
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _join_chunks(body, cut)
    for coding in reversed(headers.get("content-encoding", "").lower().split(",")):
        body = _decode(body, coding.strip(), limit, cut)
    if len(body) > limit:
        raise BadMessage("too_large")
    return Response(int(first[1]), headers, body)


def parse_headers(lines: list[bytes]) -> dict[str, str]:
    """Returns `Name: value` lines as a dictionary; lines without a colon are ignored."""
    headers: dict[str, str] = {}
    last = ""
    for line in lines:
        text = _to_text(line)
        if text[:1] in (" ", "\t") and last:
            headers[last] += " " + text.strip()
            continue
        name, colon, value = text.partition(":")
        if not colon:
            continue
        last = name.strip().lower()
        headers[last] = f"{headers[last]}, {value.strip()}" if last in headers else value.strip()
    return headers


def _to_text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _join_chunks(body: bytes, cut: bool) -> bytes:
    """Returns a chunked body in one piece, or as it is if it does not begin with a chunk."""
    pieces: list[bytes] = []
    position = 0
    while position < len(body):
        size = _CHUNK_SIZE.match(body, position)
        if not size:
            if not pieces:
                return body
            raise BadMessage("bad_encoding")
        length = int(size[1], 16)
        if not length:
            break
        piece = body[size.end() : size.end() + length]
        if len(piece) < length and not cut:
            raise BadMessage("bad_encoding")
        pieces.append(piece)
        position = size.end() + length
        position += 2 if body[position : position + 2] == b"\r\n" else body[position : position + 1] == b"\n"
    return b"".join(pieces)


def _decode(body: bytes, coding: str, limit: int, cut: bool) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return _inflate(body, 31, limit, cut) if body.startswith(b"\x1f\x8b") else body
    if coding == "deflate" and body:
        zlib_head = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
        if not zlib_head and body.lstrip()[:1] == b"<":
            return body
        return _inflate(body, 15 if zlib_head else -15, limit, cut)
    if coding in ("br", "zstd") and body and body.lstrip()[:1] != b"<":
        # No decoder is installed for these: quarantined rather than guessed at.
        raise BadMessage("bad_encoding")
    return body


def _inflate(body: bytes, window: int, limit: int, cut: bool) -> bytes:
    pieces: list[bytes] = []
    room = limit + 1
    while body and room > 0:
        inflater = zlib.decompressobj(wbits=window)
        try:
            piece = inflater.decompress(body, room)
        except zlib.error as error:
            raise BadMessage("bad_encoding") from error
        pieces.append(piece)
        room -= len(piece)
        if room > 0 and not inflater.eof and not cut:
            raise BadMessage("bad_encoding")
        # What follows a gzip member and is no other member is ignored, as browsers do.
        body = inflater.unused_data if inflater.unused_data.startswith(b"\x1f\x8b") else b""
    if room <= 0:
        raise BadMessage("too_large")
    return b"".join(pieces)
