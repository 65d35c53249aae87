"""CSV and TSV: one document for each record after the header, as RFC 4180 and spreadsheets write them.

A record's number is the line it begins on, from 1; values in quotes may hold line ends. A record with another
number of values than the header is quarantined with its line; if it spans lines because a quote was left open,
only its first line is, and reading goes on with the next. A header that stands again, as where files were put
together, is no record. Where nobody says what stands between values, the header does: a comma, else what gives the
column of texts.
"""

from __future__ import annotations

import collections
import csv
import io
import itertools
from typing import Any, Iterable, Iterator

from data.recipe import Source
from data.sources import InputFile
from data.sources.csv_values import names_of, said_delimiter, split_with, told_apart, usual_delimiter, values_of
from data.sources.lines import LinesWithEnds, NumberedLine
from data.sources.members import Damage
from data.sources.pieces import damage_row, read_text_pieces, with_line_feeds
from data.sources.records import Row, quarantined, record_row, role_columns

#: Lines that are looked at to tell a long value from records that follow a quote left open.
JUDGED_LINES = 100

#: Looked at by the quick way at a time; all of it is looked at again where it stumbles.
QUICK_BYTES = 2**18
#: Read line by line before the quick way is tried again.
SLOW_BYTES = 2**14
#: What a line that waits counts for at least: it takes a hundred bytes of memory, and a hole of line ends has millions.
LEAST_LINE_BYTES = 32
#: Lines that are gone back to find the beginning of a record that has no end yet.
LOOK_BACK_LINES = 2000


def read_csv(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each record of a CSV file, and one for each damaged stretch."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    csv.field_size_limit(max(csv.field_size_limit(), source.max_record_bytes))
    table = _Table(file, source)
    damages = 0
    for item in with_line_feeds(read_text_pieces(file)):
        if isinstance(item, Damage):
            yield from table.end()
            yield damage_row(file, source, item, damages)
            damages += 1
            continue
        yield from table.feed(item)
        if table.unusable:
            return
    yield from table.end()


class _Table:
    """Puts lines together to records, and records to rows.

    Attributes:
        unusable: its header was read, and the column of texts is not in it.
    """

    def __init__(self, file: InputFile, source: Source) -> None:
        self._file, self._source = file, source
        self._delimiter = source.delimiter or usual_delimiter(file.relative)
        self._names: list[str] | None = None  # each once
        self._header_names: list[str] = []  # as they stand
        self._waiting: collections.deque[NumberedLine] = collections.deque()
        self._size, self._is_open = 0, False
        self._passed: tuple[int, int] | None = None  # a record too long to be held: its number, and its bytes so far
        self._lines = LinesWithEnds(source.max_record_bytes)
        self._held = b""
        self.unusable = False
        if source.header:
            self._names = list(source.header)
            self._check_header()

    def feed(self, piece: bytes) -> Iterator[Row]:
        """Yields the rows of the records that this piece completes."""
        for start in range(0, len(piece), QUICK_BYTES):
            self._held += piece[start : start + QUICK_BYTES]
            yield from self._read_held()

    def _read_held(self) -> Iterator[Row]:
        while self._held:
            end = self._held.rfind(b"\n") + 1
            if self._names is not None and not (self._waiting or self._passed or self._lines.is_open):
                end = self._even_end(end)
                if not end and len(self._held) <= self._source.max_record_bytes:
                    return
                rows, used = self._sound_records(self._held[:end])
                yield from rows
                self._held, end = self._held[used:], end - used
            if end <= 0 and len(self._held) <= self._source.max_record_bytes:
                return
            # What the quick way stumbled over, the header, and what is too long for it: line by line.
            if end > SLOW_BYTES:
                end = self._held.rfind(b"\n", 0, SLOW_BYTES) + 1 or self._held.find(b"\n") + 1
            here, self._held = (self._held[:end], self._held[end:]) if end > 0 else (self._held, b"")
            yield from self._take(self._lines.feed(here))

    def end(self) -> Iterator[Row]:
        """Yields the rows of what waits: nothing will complete it."""
        held, self._held = self._held, b""
        yield from self._take(self._lines.feed(held))
        yield from self._take(self._lines.end())
        yield from self._give_up_waiting()
        if self._passed:
            yield self._too_long(*self._passed)

    def _give_up_waiting(self) -> Iterator[Row]:
        while self._waiting:
            rows, rest = self._settle()
            yield from rows
            yield from self._take(rest)

    def _even_end(self, end: int) -> int:
        """Returns the last end of a line up to `end` with an even number of quotes before it, or 0."""
        odd = self._held.count(b'"', 0, end) % 2
        for _ in range(LOOK_BACK_LINES if odd else 0):
            start = self._held.rfind(b"\n", 0, max(0, end - 1)) + 1
            odd ^= self._held.count(b'"', start, end) % 2
            end = start
            if not odd or not end:
                break
        return 0 if odd else end

    def _sound_records(self, chunk: bytes) -> tuple[list[Row], int]:
        """Returns the rows of whole records up to the first that is not sound, and how many bytes they take."""
        rows: list[Row] = []
        names, before, number = self._names or [], 0, self._lines.number
        try:
            text = chunk.decode()
        except UnicodeDecodeError:
            return [], 0
        reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=self._delimiter, strict=True)
        sound = True
        try:
            for values in reader:
                long = len(text) > _few(self._source) and sum(map(len, values)) > _few(self._source)
                if sound := not (values and len(values) != len(names)) and not long:
                    if values and values[-1].strip() == self._header_names[-1] and self._is_header(values):
                        pass
                    elif len(values) > 1 or (values and values[0].strip()):
                        named = dict(zip(names, values, strict=True))
                        row = self._row(named, number + before + 1)
                        if row["status"]:
                            lines = text.split("\n")[before : reader.line_num]
                            row = self._row(named, number + before + 1, "\n".join([*lines, ""]).encode())
                        rows.append(row)
                    before = reader.line_num
                else:
                    break
        except csv.Error:
            sound = False
        self._lines.number += before
        if sound:
            return rows, len(chunk)
        return rows, len("".join(f"{line}\n" for line in text.split("\n")[:before]).encode())

    def _take(self, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        pending = collections.deque(lines)
        while pending and not self.unusable:
            number, line = pending.popleft()
            if self._passed:
                first, size = self._passed
                self._passed = first, size + len(line or b"")
                if line is None or line.count(b'"') % 2:
                    yield self._too_long(*self._passed)
                    self._passed = None
                continue
            if line is None:
                yield from self._give_up_waiting()
                yield self._bad(number, "too_large", None)
                continue
            self._waiting.append((number, line))
            self._size += max(len(line), LEAST_LINE_BYTES)
            self._is_open ^= line.count(b'"') % 2 == 1
            if self._is_open and self._size > self._source.max_record_bytes and self._is_one_value():
                self._passed = self._waiting[0][0], self._size
                self._waiting.clear()
                self._size, self._is_open = 0, False
            elif not self._is_open or self._size > self._source.max_record_bytes:
                rows, rest = self._settle()
                yield from rows
                pending.extendleft(reversed(rest))

    def _is_one_value(self) -> bool:
        """Returns whether what waits is a value longer than any may be, and not records after a quote left open."""
        some = [line or b"" for _, line in itertools.islice(self._waiting, 1, 1 + JUDGED_LINES)]
        like_records = sum(self._is_like_a_record(line) for line in some)
        return len(self._names or []) > 1 and 2 * like_records < len(some)

    def _is_like_a_record(self, line: bytes) -> bool:
        values = values_of(line.decode("utf-8", "replace"), self._delimiter)
        return values is not None and len(values) == len(self._names or [])

    def _too_long(self, number: int, size: int) -> Row:
        return quarantined(self._source, f"{self._file.relative}:{number}", "too_large", bytes=size)

    def _settle(self) -> tuple[list[Row], list[NumberedLine]]:
        """Returns the row of what waits; if that is no record, the row of its first line, and the other lines."""
        lines, self._waiting = list(self._waiting), collections.deque()
        was_open, self._size, self._is_open = self._is_open, 0, False
        row = _BROKEN if was_open and len(lines) > 1 else self._record(lines)
        if isinstance(row, _Broken) and len(lines) > 1:
            lines, rest = lines[:1], lines[1:]
            row = self._record(lines)
        else:
            rest = []
        if isinstance(row, _Broken):
            row = self._bad(lines[0][0], "bad_csv", lines[0][1])
        return ([row] if row is not None else []), rest

    def _record(self, lines: list[NumberedLine]) -> Row | _Broken | None:
        """Returns the row of a record, _BROKEN if these lines are none, or null for the header and for blank lines."""
        number = lines[0][0]
        raw = b"".join(line or b"" for _, line in lines)
        if not raw.strip() and self._delimiter.encode() not in raw:  # tabs between nothing are a record
            return None
        if len(raw.rstrip(b"\r\n")) > self._source.max_record_bytes:
            return _BROKEN if len(lines) > 1 else self._bad(number, "too_large", None)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return _BROKEN if len(lines) > 1 else self._bad(number, "bad_encoding", raw)
        values = values_of(text, self._delimiter)
        if values is None:
            return _BROKEN
        if self._names is None:
            return self._header(text, values)
        if self._is_header(values):
            return None
        if len(values) != len(self._names):
            if len(lines) > 1:
                return _BROKEN
            return self._bad(number, "wrong_column_count", raw, expected=len(self._names), found=len(values))
        return self._row(dict(zip(self._names, values, strict=True)), number, raw)

    def _header(self, text: str, values: list[str]) -> Row | None:
        """Takes the names of the columns, or what is said to stand between them; returns what is wrong with them."""
        if said := said_delimiter(text):
            self._delimiter = said
            return None
        body = self._source.html_column or self._source.text_column
        self._names = names_of(values)
        if not self._source.delimiter and body not in self._names:
            self._names, self._delimiter = split_with(text, body) or (self._names, self._delimiter)
        return self._check_header()

    def _is_header(self, values: list[str]) -> bool:
        """Returns whether the header stands there again; a single name may be a text."""
        return len(values) > 1 and not self._source.header and names_of(values) == self._header_names

    def _check_header(self) -> Row | None:
        """Returns a row that says what is wrong with the columns, or null if nothing is."""
        names = self._names or []
        body, signals = self._source.html_column or self._source.text_column, self._source.signals.values()
        self._header_names, self._names = names, told_apart(names)
        if body in names and all(names.count(name) <= 1 for name in (body, *role_columns(self._source), *signals)):
            return None
        self.unusable = True
        columns = ", ".join(names[:50])[:1000]
        return quarantined(self._source, self._file.relative, "schema_mismatch", expected=body, columns=columns)

    def _row(self, values: dict[str, str], number: int, raw: bytes | None = None) -> Row:
        record: dict[str, object] = {name: value or None for name, value in values.items()}
        return record_row(record, self._source, f"{self._file.relative}:{number}", raw)

    def _bad(self, number: int, reason: str, raw: bytes | None, **facts: Any) -> Row:
        return quarantined(self._source, f"{self._file.relative}:{number}", reason, raw, **facts)


class _Broken:
    """Stands for lines that are not one record."""


_BROKEN = _Broken()


def _few(source: Source) -> int:
    """Returns characters that are within the limit of a record's bytes, however they are encoded and quoted."""
    return source.max_record_bytes // 8
