"""JSON files that are not lines: an array of objects, or objects one after the other, laid out in any way.

Records are numbered from 0. Only one record is held at a time: its end is found by brackets and strings, what
is in it is judged as a line of JSONL would be. After a broken record reading goes on at the next line that
begins as the broken one did; what lies between is one quarantined row.
"""

from __future__ import annotations

import re
from typing import Any, Iterator

from data.recipe import Source
from data.sources import InputFile
from data.sources.jsonl import json_row
from data.sources.members import Damage
from data.sources.pieces import damage_row, read_text_pieces
from data.sources.records import Row, quarantined
from data.sources.text_pieces import UTF8_MARK

#: Strings whole (JSON allows no line end in them), the quote of one that is not, and brackets.
_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|["{}\[\]]', re.DOTALL)
#: RFC 7464 has a record begin with the last one.
_BETWEEN = b" \t\r\n,\x1e"
_SCALAR_END = re.compile(rb"[,\]\[{}\n]")
_PAIRS = {0x7D: 0x7B, 0x5D: 0x5B}
_LINE_LIMIT = 1000
#: Brackets that a record may have open, once it is too long to be held.
_MAX_OPEN = 1_000_000

#: A record that has no end costs a look at this many times its limit in bytes; then ends are sought line by line.
_PATIENCE = 16


class _Broken(Exception):
    """The record that begins here has no end; what follows may be sound."""


class _More(Exception):
    """The record may go on behind what has been read."""


def read_json(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each record of a JSON file, and one for each stretch that is none."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    scan = _Scan(file, source)
    damages = 0
    for item in read_text_pieces(file):
        if isinstance(item, Damage):
            yield from scan.end()
            yield damage_row(file, source, item, damages)
            damages += 1
            scan.resume_at_a_line()
            continue
        yield from scan.feed(item)
    yield from scan.end(truncated=not damages)


class _Scan:
    """Finds records in what has been read and not yet been used."""

    def __init__(self, file: InputFile, source: Source) -> None:
        self._file, self._source = file, source
        self._number, self._offset = 0, 0
        self._held = bytearray()
        self._enough = 0
        self._in_array = False
        self._resync: re.Pattern[bytes] | None = None
        self._skipped = 0
        self._failures = 0
        self._indent, self._on_new_line = b"", True
        self._forget()

    def feed(self, piece: bytes) -> Iterator[Row]:
        """Yields the rows of the records that this piece completes."""
        self._held += piece
        # A record in many pieces is looked at each time that what is held has doubled, not at each piece.
        if len(self._held) >= self._enough:
            yield from self._rows(final=False)
            self._enough = 0 if not self._stack else min(2 * len(self._held), self._source.max_record_bytes + 2**20)

    def end(self, truncated: bool = False) -> Iterator[Row]:
        """Yields the rows of what is held: nothing more will come.

        Args:
            truncated: whether an array without its end means that the file was cut.
        """
        yield from self._rows(final=True)
        if truncated and self._in_array and self._resync is None:
            yield self._bad("truncated", None, offset=self._offset)

    def resume_at_a_line(self) -> None:
        """Forgets what is held; the next record is one that begins on a line of its own."""
        self._drop(len(self._held))
        self._resync = re.compile(rb"(?:\A|\n)[ \t]*,?[ \t]*(?=\{)")
        self._skipped = 0

    def _forget(self) -> None:
        self._stack = bytearray()
        self._position = 0
        self._cut = 0

    def _drop(self, size: int) -> None:
        del self._held[:size]
        self._offset += size
        self._forget()

    def _rows(self, final: bool) -> Iterator[Row]:
        while self._held:
            if self._resync is not None and not self._skip(final):
                if final and self._skipped:
                    yield self._bad("bad_json", None, offset=self._offset - self._skipped, bytes=self._skipped)
                return
            if self._skipped:
                yield self._bad("bad_json", None, offset=self._offset - self._skipped, bytes=self._skipped)
                self._skipped = 0
            if not self._between():
                return
            try:
                end = self._end_of_record(final)
            except _More:
                return
            except _Broken:
                self._begin_resync()
                continue
            record, cut, start = bytes(memoryview(self._held)[:end]), self._cut, self._offset
            self._drop(end)
            self._offset += cut
            self._on_new_line = False
            if cut:
                yield self._bad("too_large", None, offset=start, bytes=end + cut)
            elif record.strip():
                yield self._row(record)

    def _between(self) -> bool:
        """Passes over what may stand between records; returns whether something follows."""
        if self._stack:
            return True
        size = 0
        while size < len(self._held):
            byte = self._held[size]
            if byte in _BETWEEN:
                size += 1
            elif byte == 0x5B and not self._in_array:
                self._in_array, size = True, size + 1
            elif byte == 0x5D and self._in_array:
                self._in_array, size = False, size + 1
            elif self._held.startswith(UTF8_MARK, size):  # of a file that was put behind another
                size += len(UTF8_MARK)
            else:
                break
        self._note_line(size)
        self._drop(size)
        return bool(self._held)

    def _note_line(self, size: int) -> None:
        """Remembers how the line begins on which the next record does."""
        run = bytes(self._held[:size])
        _, line_end, rest = run.rpartition(b"\n")
        if line_end:
            self._indent, self._on_new_line = b"", True
        if self._on_new_line:
            self._indent = (self._indent + rest.translate(None, b",["))[:_LINE_LIMIT]

    def _end_of_record(self, final: bool) -> int:
        """Returns where the record ends that what is held begins with."""
        if not self._stack and self._held[0] not in b'{["':
            return self._end_of_scalar(final)
        limit = self._source.max_record_bytes
        for token in _TOKEN.finditer(self._held, self._position):
            sign = self._held[token.start()]
            if sign == 0x22 and token.end() == token.start() + 1:
                self._position = token.start()
                if final or self._held.find(b"\n", token.start()) >= 0:
                    raise _Broken
                break
            self._position = token.end()
            if sign in b"{[":
                self._stack.append(sign)
                if self._failures > _PATIENCE and self._begins_a_line(token.start()):
                    raise _Broken
            elif sign in b"}]" and (not self._stack or self._stack.pop() != _PAIRS[sign]):
                raise _Broken
            if not self._stack:
                return self._position
        if not final and len(self._held) > limit and self._stack and self._shorten():
            raise _More
        if final or len(self._held) > limit:
            self._failures += 1
            raise _Broken
        raise _More

    def _shorten(self) -> bool:
        """Lets go of what was seen of a record on one line that is too long, but for what tells where it ends."""
        if b"\n" in self._held or len(self._stack) > _MAX_OPEN:
            return False
        in_string = self._held[self._position : self._position + 1] == b'"'
        slashes = len(self._held) - len(self._held.rstrip(b"\\"))
        rest = (b'"\\' if slashes % 2 else b'"') if in_string else b""
        self._cut += len(self._held) - 1 - len(rest)
        self._held[1:] = rest
        self._position = 1
        return True

    def _begins_a_line(self, position: int) -> bool:
        start = self._held.rfind(b"\n", max(0, position - _LINE_LIMIT), position) + 1
        return start > 0 and self._held[start:position].strip(b",") == self._indent

    def _end_of_scalar(self, final: bool) -> int:
        found = _SCALAR_END.search(self._held, 1)
        if found is None and not final and len(self._held) <= self._source.max_record_bytes:
            raise _More
        return found.start() if found else len(self._held)

    def _begin_resync(self) -> None:
        """From a record without an end to the next line that begins as it did."""
        self._resync = re.compile(rb"\n" + re.escape(self._indent) + rb",?[ \t]?(?=\{)")
        self._skipped, self._offset = self._skipped + self._cut, self._offset + self._cut
        self._forget()

    def _skip(self, final: bool) -> bool:
        """Passes over what belongs to no record; returns whether its end was found."""
        assert self._resync is not None
        found = self._resync.search(self._held)
        if not found:
            self._resync = re.compile(self._resync.pattern.replace(rb"(?:\A|\n)", rb"\n"))
        size = found.end() if found else len(self._held) if final else max(0, len(self._held) - _LINE_LIMIT)
        self._skipped += size
        self._drop(size)
        if found:
            self._resync = None
        return found is not None

    def _row(self, record: bytes) -> Row:
        row = json_row(record.strip(), f"{self._file.relative}:{self._number}", self._source)
        self._number += 1
        return row

    def _bad(self, reason: str, raw: bytes | None, **facts: Any) -> Row:
        row = quarantined(self._source, f"{self._file.relative}:{self._number}", reason, raw, **facts)
        self._number += 1
        return row
