"""HTTP responses as crawls keep them: head, and body without its transfer and content codings."""

from __future__ import annotations

import re
import zlib
from typing import Mapping, NamedTuple

import brotli
import zstandard

from data.sources.inflating import BARE, GZIP, ZLIB, inflate
from data.sources.unpacking import FIRST_READ_BYTES, MAX_DICTIONARY_BYTES, PIECE_BYTES

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?:[ \t\r]|$)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
#: Headers that somebody asks for, with their values, and what needs a closer look: their names written in other ways,
#: and lines that begin with a blank of any kind or with no ASCII.
_TELLING_LINE = re.compile(
    rb"\n(?=[CcTtXx\t-\r\x1c-\x20\x80-\xff])"
    rb"(?:((?i:content-(?:type|encoding|language)|x-robots-tag|t(?:ransfer-encoding|dm-reservation))):(.*)"
    rb"|(?i:content-(?:type|encoding|language)|x-robots-tag|t(?:ransfer-encoding|dm-reservation))"
    rb"|[\t-\r\x1c-\x20\x80-\xff])"
)
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,20})[ \t]*(?:;[^\n]*)?\r?\n")
#: Where a body ends before the line of the next chunk's size does.
_CUT_SIZE = re.compile(rb"[ \t]*[0-9a-fA-F]{0,20}[ \t]*(?:;[^\n]*)?\r?")


class BadMessage(Exception):
    """A response cannot be read; `reason` names the fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Response(NamedTuple):
    """A decoded response; header names are in lower case, repeated headers joined by commas.

    Of headers that nobody asks for there may be none: all tell of the content's type, language and codings, and of
    what its owner forbids.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def parse_response(
    block: bytes | bytearray, limit: int, cut: bool = False, start: int = 0, stop: int | None = None
) -> Response:
    """Returns the response in a WARC record's block.

    Codings that the body does not really have are ignored: crawlers undo them and keep the header.

    Args:
        block: status line, headers, body; from `start` to `stop`.
        limit: bytes of decoded body; beyond it the response is `too_large`.
        cut: the crawler says that it kept only the beginning.
        start: where the response begins.
        stop: where it ends; null: with the block.

    Raises:
        BadMessage: bad_http_header, bad_encoding (a broken coding), truncated (one that is not all there) or too_large.
    """
    stop = len(block) if stop is None else stop
    first = _STATUS_LINE.match(block, start, stop)
    if not first:
        raise BadMessage("bad_http_header")
    head_end, body_start = _head_end(block, start, stop)
    headers = _telling_headers(block, block.find(b"\n", first.end() - 1, head_end), head_end)
    body = bytes(memoryview(block)[body_start:stop])
    if "transfer-encoding" in headers:
        for coding in reversed(headers["transfer-encoding"].lower().split(",")):
            body = _join_chunks(body, cut) if "chunked" in coding else _decode(body, coding.strip(), limit, cut)
    if "content-encoding" in headers:
        for coding in reversed(headers["content-encoding"].lower().split(",")):
            body = _decode(body, coding.strip(), limit, cut)
    if len(body) > limit:
        raise BadMessage("too_large")
    return Response(int(first[1]), headers, body)


def _head_end(block: bytes | bytearray, start: int, stop: int) -> tuple[int, int]:
    """Returns where the head ends and where the body begins."""
    end = block.find(b"\r\n\r\n", start, stop)
    if end >= 0:
        head = block[start : end + 2]
        if b"\n\n" not in head and b"\n\r\n" not in head:
            return end, end + 4
    odd = _HEAD_END.search(block, start, stop)
    return (odd.start(), odd.end()) if odd else (stop, stop)


def _telling_headers(block: bytes | bytearray, start: int, end: int) -> dict[str, str]:
    """Returns what `parse_headers` would of the lines after the line end at `start`, those that matter at least."""
    headers: dict[str, list[str]] = {}
    if start < 0:
        return {}
    for spelled, value in _TELLING_LINE.findall(block, start, end):
        if not spelled:
            return parse_headers(block[start + 1 : end])
        headers.setdefault(spelled.decode().lower(), []).append(_line_text(value).strip())
    return {name: ", ".join(values) for name, values in headers.items()}


def parse_headers(head: bytes | bytearray) -> dict[str, str]:
    """Returns `Name: value` lines as a dictionary; names in lower case, lines without a colon ignored."""
    headers: dict[str, list[str]] = {}
    last: list[str] = []
    for line in _to_text(head).split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in _BLANKS and last:
            last += " ", line.strip()
        elif colon:
            last = headers.setdefault(name.strip().lower(), [])
            last += (", ", value.strip()) if last else (value.strip(),)
    return {name: "".join(parts) for name, parts in headers.items()}


#: A line that begins so goes on with the one before it.
_BLANKS = (" ", "\t")


def _to_text(head: bytes | bytearray) -> str:
    try:
        return head.decode()
    except UnicodeDecodeError:  # only the lines that need it are read as Latin-1
        return "\n".join(_line_text(line) for line in head.split(b"\n"))


def _line_text(line: bytes | bytearray) -> str:
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
            if not _CUT_SIZE.fullmatch(body, position):
                raise BadMessage("bad_encoding")
            _refuse_cut(cut)
            break
        length = int(size[1], 16)
        if not length:
            break
        piece = body[size.end() : size.end() + length]
        if len(piece) < length:
            _refuse_cut(cut)
        pieces.append(piece)
        position = size.end() + length
        position += 2 if body[position : position + 2] == b"\r\n" else body[position : position + 1] == b"\n"
    return b"".join(pieces)


def _refuse_cut(cut: bool) -> None:
    """Raises BadMessage where a body is not all there and nobody said that it would not be."""
    if not cut:
        raise BadMessage("truncated")


def _decode(body: bytes, coding: str, limit: int, cut: bool) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return _inflate(body, GZIP, limit, cut) if body.startswith(b"\x1f\x8b") else body
    if coding == "deflate" and body:
        zlib_head = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
        if not zlib_head and body.lstrip()[:1] == b"<":
            return body
        return _inflate(body, ZLIB if zlib_head else BARE, limit, cut)
    if coding in ("br", "zstd") and body and body.lstrip()[:1] != b"<":
        return (_unbrotli if coding == "br" else _unzstd)(body, limit, cut)
    return body


def _unbrotli(body: bytes, limit: int, cut: bool) -> bytes:
    unpacker = brotli.Decompressor()
    pieces: list[bytes] = []
    size = 0
    try:
        while not unpacker.is_finished():
            piece = unpacker.process(body, output_buffer_limit=PIECE_BYTES)
            body = b""
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise BadMessage("too_large")
            if not piece and unpacker.can_accept_more_data():
                break
    except brotli.error as error:
        raise BadMessage("bad_encoding") from error
    if not unpacker.is_finished():
        _refuse_cut(cut)
    return b"".join(pieces)


def _unzstd(body: bytes, limit: int, cut: bool) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY_BYTES)
    try:
        with unpacker.stream_reader(body, read_across_frames=True) as reader:
            content = reader.read(limit + 1)
    except zstandard.ZstdError as error:
        raise BadMessage("too_large" if "memory" in str(error) else "bad_encoding") from error
    if len(content) > limit:
        raise BadMessage("too_large")
    if not cut and not _ends_with_its_frame(body):
        raise BadMessage("truncated")
    return bytes(content)


def _ends_with_its_frame(body: bytes) -> bool:
    """Returns whether zstd's last frame is all there: the reader gives what it has and does not complain."""
    unpackers = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY_BYTES)
    view, place = memoryview(body), 0
    while place < len(body):
        unpacker, step = unpackers.decompressobj(), FIRST_READ_BYTES
        while place < len(body) and not unpacker.eof:
            here = view[place : place + step]
            unpacker.decompress(here)
            place, step = place + len(here), min(4 * step, PIECE_BYTES)
        if not unpacker.eof:
            return False
        place -= len(unpacker.unused_data)  # which is copied: so not all of the rest is given to each of many frames
    return True


def _inflate(body: bytes, form: int, limit: int, cut: bool) -> bytes:
    try:
        content, is_whole = inflate(body, form, limit)
    except zlib.error as error:
        raise BadMessage("bad_encoding") from error
    if len(content) > limit:
        raise BadMessage("too_large")
    if not is_whole:
        _refuse_cut(cut)
    return content
