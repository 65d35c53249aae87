"""JSON lines, plain or compressed: one document for each line that is not blank.

Only "\\n" ends a line; a byte order mark and "\\r\\n" are tolerated. Lines are numbered from 1. After
a damaged stretch of a compressed file the count goes on from the last line that could be read.
"""

from __future__ import annotations

import os
import re
from typing import Any, Iterator

import numpy as np
import orjson

from data.recipe import Source
from data.sources import InputFile
from data.sources.compression import Damage, looks_like_text, read_members
from data.sources.records import Row, quarantined, record_row

#: orjson refuses deeper nesting (1024), and says so only in words.
MAX_DEPTH = 1000

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_jsonl(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each line that is not blank, and one for each damaged stretch.

    Nothing of a compressed member is read before its checksum is checked: of a cut or damaged
    member no line enters, and the stretch is one quarantined row whose locator is the file's path
    (for a second stretch, the path and its byte offset).
    """
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    handle = os.open(file.path, os.O_RDONLY)
    try:
        yield from _read(handle, file, source)
    finally:
        os.close(handle)


def read_lines(file: InputFile, limit: int) -> Iterator[tuple[int, bytes]]:
    """Yields the lines of a file as `read_jsonl` numbers them, without their ends; damaged stretches are passed over.

    Args:
        file: the file.
        limit: lines of more bytes are passed over; they count.
    """
    lines = _Lines(limit)
    handle = os.open(file.path, os.O_RDONLY)
    try:
        for item in read_members(handle, file.relative, looks_like_text):
            if isinstance(item, Damage):
                lines.drop_open_line()
                continue
            for piece in item.unpack():
                yield from ((number, line) for number, line in lines.feed(piece) if line is not None)
        yield from ((number, line) for number, line in lines.end() if line is not None)
    finally:
        os.close(handle)


def _read(handle: int, file: InputFile, source: Source) -> Iterator[Row]:
    lines = _Lines(source.max_record_bytes)
    first, damages = True, 0
    for item in read_members(handle, file.relative, looks_like_text):
        if isinstance(item, Damage):
            lines.drop_open_line()
            locator = f"{file.relative}:byte-{item.offset}" if damages else file.relative
            yield quarantined(source, locator, item.reason, offset=item.offset, bytes=item.end - item.offset)
            damages += 1
            continue
        for piece in item.unpack():
            if first and piece.startswith(_UTF16_MARKS):
                yield quarantined(source, file.relative, "bad_encoding", offset=0, bytes=file.bytes)
                return
            first = False
            for number, line in lines.feed(piece):
                yield from _line_row(line, number, file, source)
    for number, line in lines.end():
        yield from _line_row(line, number, file, source)


class _Lines:
    """Cuts pieces of a stream into numbered lines; a line beyond the limit comes as null."""

    def __init__(self, limit: int) -> None:
        self.limit, self.number = limit, 0
        self.drop_open_line()

    def drop_open_line(self) -> None:
        """Forgets the line whose end has not come yet."""
        self._open: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Yields the lines that this piece ends."""
        *ended, rest = piece.split(b"\n")
        for line in ended:
            self._append(line)
            yield self._close()
        self._append(rest)

    def end(self) -> Iterator[tuple[int, bytes | None]]:
        """Yields the last line if no line end follows it."""
        if self._size:
            yield self._close()

    def _append(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self.limit + 4:  # the limit is the record's, without byte order mark and "\r"
            self._open.clear()
        elif part:
            self._open.append(part)

    def _close(self) -> tuple[int, bytes | None]:
        line = b"".join(self._open) if self._size <= self.limit + 4 else None
        self.number += 1
        self.drop_open_line()
        return self.number, line


def _line_row(line: bytes | None, number: int, file: InputFile, source: Source) -> Iterator[Row]:
    locator = f"{file.relative}:{number}"
    if number == 1 and line:
        line = line.removeprefix(b"\xef\xbb\xbf")
    line = line.removesuffix(b"\r") if line else line
    if line is None or len(line) > source.max_record_bytes:
        yield quarantined(source, locator, "too_large")
        return
    if not line or line.isspace():
        return
    try:
        record: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        yield quarantined(source, locator, _fault(line), line)
        return
    if not isinstance(record, dict):
        yield quarantined(source, locator, "not_an_object", line)
        return
    row = record_row(record, source, locator)
    yield quarantined(source, locator, row["reason"], line) if row["status"] else row


def _fault(line: bytes) -> str:
    """Returns why a line is no JSON that we take."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return "bad_encoding"
    if _depth(line) > MAX_DEPTH:
        return "too_deep"
    whole, changed = _SURROGATE.subn(b"\\\\u0041", line)
    if changed:
        try:
            orjson.loads(whole)
        except orjson.JSONDecodeError:
            return "bad_json"
        return "bad_encoding"
    return "bad_json"


def _depth(line: bytes) -> int:
    """Returns how deeply brackets nest, strings left out."""
    marks = np.frombuffer(_STRING.sub(b"", line), dtype=np.uint8)
    steps = np.isin(marks, (0x5B, 0x7B)).astype(np.int32) - np.isin(marks, (0x5D, 0x7D))
    return int(steps.cumsum().max(initial=0))
