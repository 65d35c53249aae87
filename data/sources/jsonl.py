"""JSON lines, plain or compressed: one document for each line that is not blank.

Only "\\n" ends a line; byte order marks and "\\r\\n" are tolerated, and so is another encoding than UTF-8 where the
whole file is in it. Lines are numbered from 1. After a damaged stretch of a compressed file the count goes on from
the last line that could be read.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from typing import Any, Iterator, Sequence, cast

import numpy as np
import orjson
import pyarrow as pa

from data.recipe import Source
from data.schema import to_metadata
from data.sources import InputFile
from data.sources.batches import records_table
from data.sources.compression import looks_like_text, read_members
from data.sources.json_bodies import expect, taken_apart
from data.sources.json_metadata import LONG_INTEGER
from data.sources.lines import Line, Lines
from data.sources.members import Damage
from data.sources.packings import GZIP, PACKINGS
from data.sources.pieces import damage_row
from data.sources.records import Row, quarantined, record_row
from data.sources.text_pieces import MOST_JSON_LINES_FOR_ONE, UTF8_MARK, TextPieces
from data.sources.unpacking import PIECE_BYTES

#: orjson refuses deeper nesting (1024), and says so only in words.
MAX_DEPTH = 1000

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
#: Digits or an exponent that may be too much for a float.
_HUGE_NUMBER = re.compile(rb"[0-9]{300}|[eE][+-]?[0-9]{3}")
#: Where one of many lines is out of the ordinary, so many are tried together.
FEW_LINES = 16


def read_jsonl(file: InputFile, source: Source) -> Iterator[Row | pa.Table]:
    """Yields a row for each line that is not blank, and one for each damaged stretch; ordinary rows in tables.

    Nothing of a compressed member is read before its checksum is checked: of a cut or damaged
    member no line enters (but see `salvage`), and the stretch is one quarantined row whose locator is the
    file's path (for a second stretch, the path and its byte offset).
    """
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    expect(file.bytes)
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
    lines, text = Lines(limit), TextPieces(MOST_JSON_LINES_FOR_ONE)
    handle = os.open(file.path, os.O_RDONLY)
    try:
        for item in read_members(handle, file.relative, looks_like_text):
            if isinstance(item, Damage):
                yield from _numbered(*lines.feed(text.end()))
                lines.drop_open_line()
                continue
            for piece in _short(item.unpack()):
                yield from _numbered(*lines.feed(text.feed(piece)))
        yield from _numbered(*lines.feed(text.end()))
        yield from _numbered(*lines.end())
    finally:
        os.close(handle)


def _short(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yields pieces cut so that what is made of the shortest lines fits into memory."""
    for piece in pieces:
        if len(piece) <= PIECE_BYTES:
            yield piece
        else:
            yield from (piece[start : start + PIECE_BYTES] for start in range(0, len(piece), PIECE_BYTES))


def _numbered(first: int, lines: list[Line | None]) -> Iterator[tuple[int, bytes]]:
    return ((number, bytes(line)) for number, line in enumerate(lines, first) if line is not None)


def _read(handle: int, file: InputFile, source: Source) -> Iterator[Row | pa.Table]:
    lines, text = Lines(source.max_record_bytes), TextPieces(MOST_JSON_LINES_FOR_ONE)
    is_first, is_empty, damages, is_salvaged = True, True, 0, False
    for item in read_members(handle, file.relative, looks_like_text, source.salvage):
        if isinstance(item, Damage):
            yield from _rows(*lines.feed(text.end()), file, source, is_salvaged)
            lines.drop_open_line()
            yield damage_row(file, source, item, damages)
            damages += 1
            is_salvaged = False
            continue
        is_salvaged = item.salvaged
        for piece in _short(item.unpack()):
            if is_first and _is_packed(piece):
                yield quarantined(source, file.relative, "binary", offset=0, bytes=file.bytes)
                return
            is_first = False
            piece = text.feed(piece)
            is_empty &= not piece
            if not lines.passes_over(piece):
                yield from _rows(*lines.feed(piece), file, source, is_salvaged)
        if is_salvaged and not lines.is_whole:  # what was had of a member ends anywhere
            lines.drop_open_line()
    rest = text.end()
    if is_empty and not rest and not damages:  # it unpacks to nothing, or to a byte order mark
        yield quarantined(source, file.relative, "empty_file")
    yield from _rows(*lines.feed(rest), file, source, is_salvaged)
    yield from _rows(*lines.end(), file, source, is_salvaged)


def _is_packed(piece: bytes) -> bool:
    """Returns whether what a file begins with is packed once more."""
    packed = any(piece.startswith(packing.magic) for packing in PACKINGS if len(packing.magic) > 3 or b"\0" in piece)
    return packed or piece.startswith(GZIP.magic)


def _rows(
    first: int, lines: list[Line | None], file: InputFile, source: Source, is_salvaged: bool
) -> Iterator[Row | pa.Table]:
    """Yields the rows of lines: as a table where all are ordinary, else of a few lines at a time, else one by one."""
    table = None if is_salvaged else _table(lines, range(first, first + len(lines)), file.relative, source)
    if table is not None:
        yield table
        return
    # Blank lines are no rows, and often stand between all others: they alone are no reason to look closely.
    numbered = [(number, line) for number, line in enumerate(lines, first) if line is None or not _is_blank(line)]
    most = max(1, len(numbered)) if len(numbered) < len(lines) else FEW_LINES
    yield from _numbered_rows(numbered, file, source, is_salvaged, most)


def _numbered_rows(
    numbered: list[tuple[int, Line | None]], file: InputFile, source: Source, is_salvaged: bool, most: int
) -> Iterator[Row | pa.Table]:
    for start in range(0, len(numbered), most):
        some = numbered[start : start + most]
        numbers, lines = zip(*some, strict=True)
        table = None if is_salvaged else _table(lines, numbers, file.relative, source)
        if table is not None:
            yield table
        elif len(some) > FEW_LINES and not is_salvaged:
            yield from _numbered_rows(some, file, source, is_salvaged, FEW_LINES)
        else:
            for number, line in some:
                yield from _line_row(None if line is None else bytes(line), number, file, source, is_salvaged)


def _is_blank(line: Line) -> bool:
    return not bytes(line[:32]).strip() and not bytes(line).strip()


def _table(lines: Sequence[Line | None], numbers: Sequence[int], relative: str, source: Source) -> pa.Table | None:
    """Returns lines as documents, or null if one of them is out of the ordinary."""
    try:
        if max(map(len, lines)) > source.max_record_bytes:  # type: ignore[arg-type]
            return None
    except (TypeError, ValueError):  # one is null, or there are none
        return None
    whole = cast("Sequence[Line]", lines)
    apart = taken_apart(whole, source)
    try:
        records: list[Any] = list(map(orjson.loads, whole)) if apart is None else orjson.loads(apart[0])
    except orjson.JSONDecodeError:
        return None
    if set(map(type, records)) != {dict}:
        return None
    return records_table(records, whole, numbers, relative, source, apart and apart[1])


def _line_row(line: bytes | None, number: int, file: InputFile, source: Source, is_salvaged: bool) -> Iterator[Row]:
    locator = f"{file.relative}:{number}"
    # Not only before the first line: files that were put together bring theirs along. RFC 7464 has lines begin with RS.
    line = line.removeprefix(UTF8_MARK).removeprefix(b"\x1e").removesuffix(b"\r") if line else line
    if line is None or len(line) > source.max_record_bytes:
        yield quarantined(source, locator, "too_large")
        return
    if not line or line.isspace():
        return
    row = json_row(line, locator, source)
    if is_salvaged and not row["status"]:
        row["metadata"] = to_metadata({**orjson.loads(row["metadata"]), "salvaged": True})
    yield row


def json_row(line: bytes, locator: str, source: Source) -> Row:
    """Returns the row of one record as JSON, quarantined with the reason if it is none or unusable."""
    try:
        record: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = _with_huge_numbers(line)
        if record is None:
            return quarantined(source, locator, _fault(line), line)
    if not isinstance(record, dict):
        return quarantined(source, locator, "not_an_object", line)
    if LONG_INTEGER.search(line):
        with contextlib.suppress(RecursionError):  # deeper than this parser goes
            record = json.loads(line, parse_int=_integer, parse_float=_number)
    if source.id_column and isinstance(record.get(source.id_column), float):
        with contextlib.suppress(RecursionError):
            record[source.id_column] = _as_written(line, source.id_column)
    return record_row(record, source, locator, line)


def _as_written(line: bytes, name: str) -> str | None:
    """Returns a number of an object as the line has it: an id of many digits is not what a float makes of it."""
    value = json.loads(line, parse_int=str, parse_float=str).get(name)
    return value if isinstance(value, str) else None


def _with_huge_numbers(line: bytes) -> Any:
    """Returns the value of a line whose only oddity is numbers beyond a float's range: they become text. Else null."""
    if not _HUGE_NUMBER.search(line):
        return None
    try:
        value = json.loads(line.decode(), parse_int=_number, parse_float=_number, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # half a pair of surrogates has no encoding
    except (ValueError, RecursionError):
        return None
    return value


def _number(text: str) -> int | float | str:
    if text.lstrip("-").isdigit():
        return _integer(text)
    value = float(text)
    return value if math.isfinite(value) else text


def _integer(text: str) -> int | str:
    """Returns an integer, or its digits where it takes more than 64 bits: a float would not have them all."""
    return int(text) if len(text) < 19 or -(2**63) <= int(text[:30]) < 2**64 else text


def _refuse(text: str) -> None:
    raise ValueError(text)


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
    """Returns how deeply brackets nest, strings left out; 0 where there are too few of them to matter."""
    if line.count(b"[") + line.count(b"{") <= MAX_DEPTH:
        return 0
    marks = np.frombuffer(_STRING.sub(b"", line), dtype=np.uint8)
    steps = np.isin(marks, (0x5B, 0x7B)).astype(np.int32) - np.isin(marks, (0x5D, 0x7D))
    return int(steps.cumsum().max(initial=0))
