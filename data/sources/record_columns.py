"""Usual records of crawls read into columns by compiled code: a third of what a row each costs, from file to table.

A file's rows come in the same tables with and without it. What is no usual record comes as a row, from
`data.sources.warc_records`, and is put where it belongs when a table is full.
"""

from __future__ import annotations

import ctypes
from typing import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from data.recipe import Source
from data.schema import DOCUMENT_SCHEMA, to_table
from data.sources import record_layout as layout
from data.sources.digests import fits_digest
from data.sources.record_heads import MAX_HEADER_BYTES
from data.sources.record_layout import CONVERSION, HEAD, RESPONSE
from data.sources.records import TABLE_BYTES, TABLE_ROWS, Counted, Row, row_size
from data.sources.run_unpacker import RunUnpacker
from data.sources.string_columns import ID_CHARS, constant, cut_strings
from data.sources.warc_segments import READ_BYTES, Segment

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
#: Room for a column's strings at first; it is doubled where they are long.
STRING_BYTES = 2**18
#: Read at once where digests are checked: hashing is slower than any memory, and each time Python has to be woken.
CHECKED_BYTES = 2**20
#: After so many rows that are no usual records, and none that is, usual ones are not looked for any more.
MAX_OTHERS = 64
#: As compiled code numbers them.
_STRING_COLUMNS = ("url", "origin_id", "content_type", "metadata")
#: The address of C's `pread`.
READ = ctypes.cast(ctypes.CDLL(None)["pread"], ctypes.c_void_p).value or 0
_POWERS_OF_TEN: Numbers = 10 ** np.arange(1, 19)
NO_ENDS: Numbers = np.zeros(0, np.int64)


class RecordColumns:
    """The rows of one file, as they are read, and the tables that they become.

    Args:
        relative: the file's path, the head of locators.
        source: as the recipe describes it.
        take: the loaded function TAKE.
        unpacker: unpacks runs of small members, if there is one.
    """

    def __init__(
        self, relative: str, source: Source, take: Callable[..., int], unpacker: RunUnpacker | None = None
    ) -> None:
        self._take, self._unpacker = take, unpacker
        self._source, self._place = source, f"{relative}:"
        self._checks_all, self._max_block = source.digests == "all", source.max_record_bytes
        self._window = bytearray(READ_BYTES)
        self._segment: Segment | None = None  # the one that the window is of
        self._state: Numbers = np.zeros(layout.STATES, np.int64)
        self._head: Numbers = np.zeros(HEAD, np.int64)
        self._places: Numbers = np.zeros((TABLE_ROWS, layout.PLACES), np.int64)
        self._body_offsets: Numbers = np.zeros(TABLE_ROWS + 1, np.int64)
        self._offsets = np.zeros((layout.STRINGS, TABLE_ROWS + 1), np.int32)
        self._is_there = np.zeros((layout.STRINGS, TABLE_ROWS), np.uint8)
        self._strings = np.zeros((layout.STRINGS, STRING_BYTES), np.uint8)
        self._others: list[tuple[int, Row]] = []  # with the place of each in the table
        self._added = self._added_bytes = self._looks = self._taken = 0
        self._new_body()
        #: Whether so many records are usual that it is worth while to look for them.
        self.is_useful = True

    def _new_body(self) -> None:
        self._buffer = pa.allocate_buffer(TABLE_BYTES)
        self._body = np.frombuffer(self._buffer, np.uint8)

    @property
    def unpacker(self) -> RunUnpacker | None:
        """What unpacks runs of members, while it is worth while to look for usual records."""
        return self._unpacker if self.is_useful else None

    @property
    def rows(self) -> int:
        """The rows of the table so far."""
        return int(self._state[layout.ROWS]) + len(self._others)

    def add(self, row: Row) -> Iterator[Row | Counted]:
        """Takes a row that was read otherwise, or yields it; before it comes the table that is full."""
        size = row_size(row)
        if self.rows == TABLE_ROWS or (self.rows and self._state[layout.SIZE] + size > TABLE_BYTES):
            yield from self.finish()
        if not (self.is_useful or self.rows):  # from here on, rows are rows
            yield row
            return
        if not self._append(row, size):
            self._others.append((self.rows, row))
        self._state[layout.SIZE] += size
        self._added += 1
        self._added_bytes += size
        if self._added == MAX_OTHERS == self.rows:
            self.is_useful = False

    def _append(self, row: Row, size: int) -> bool:
        """Writes a row into the columns; returns whether it is one of a document such as they hold."""
        number, kind = int(self._state[layout.ROWS]), RESPONSE if row["text"] is None else CONVERSION
        body = row["content"] if kind == RESPONSE else row["text"].encode()
        is_alike = body is not None and (not number or kind == self._state[layout.ROW_KIND])
        if row["status"] or size > TABLE_BYTES or not is_alike:
            return False
        for column, name in enumerate(_STRING_COLUMNS):
            value = (row[name] or "").encode()
            begin = int(self._offsets[column, number])
            end = begin + len(value)
            while end > self._strings.shape[1]:
                self._make_room()
            self._strings[column, begin:end] = np.frombuffer(value, np.uint8)
            self._offsets[column, number + 1] = end
            self._is_there[column, number] = row[name] is not None
        begin = int(self._body_offsets[number])
        self._body_offsets[number + 1] = begin + len(body)
        self._body[begin : begin + len(body)] = np.frombuffer(body, np.uint8)
        self._places[number, layout.OWN_NUMBER] = int(row["locator"].rpartition(":")[2])
        self._state[layout.ROWS], self._state[layout.ROW_KIND] = number + 1, kind
        return True

    def _make_room(self) -> None:
        self._strings = np.concatenate([self._strings, np.zeros_like(self._strings)], axis=1)

    def take(
        self,
        window: bytes | bytearray | Bytes,
        place: int,
        number: int,
        is_sure: bool,
        ends: Numbers = NO_ENDS,
        done: int = 0,
    ) -> tuple[int, int]:
        """Reads usual records from a place on, as far as the table has room for them.

        Args:
            window: holds them.
            place: where the first begins.
            number: the first one's.
            is_sure: a checksum vouches for the window.
            ends: where records must end.
            done: how many of these are behind the place.

        Returns:
            Where the first record begins that is not usual or finds no room, and its number. In another form that may
            be a smaller row, such as one of a record that does not fit its digest: whether the table ends before it is
            for `add` to say.
        """
        self._segment = None
        self._state[layout.BASE], self._state[layout.FILLED] = 0, len(window)
        self._state[layout.NEXT_END] = done
        return self._take_all(np.frombuffer(window, np.uint8), place, number, is_sure, ends)

    def take_file(self, segment: Segment, place: int, number: int) -> tuple[int, int]:
        """Reads usual records of a stretch that lies in a file, as `take` does; what was read last is its `near`."""
        state = self._state
        if segment is not self._segment:
            self._segment, state[layout.FILLED] = segment, 0
        view = np.frombuffer(self._window, np.uint8)
        found = self._take_all(view, place, number, segment.is_vouched_for, NO_ENDS, segment)
        window, filled = self._window, int(state[layout.FILLED])
        segment.near = window if filled == len(window) else bytes(memoryview(window)[:filled]), int(state[layout.BASE])
        return found

    def _take_all(
        self, window: Bytes, place: int, number: int, is_sure: bool, ends: Numbers, segment: Segment | None = None
    ) -> tuple[int, int]:
        state, checks = self._state, self._checks_all or not is_sure
        state[layout.NUMBER] = number
        file, size = (-1, 0) if segment is None else (segment.file, segment.size)
        while True:
            before, state[layout.DIGESTS] = int(state[layout.ROWS]), 0
            place = self._read(window, place, ends, file, size, checks)
            bad = self._first_bad(window, before, checks)
            if bad is not None:
                self._looks += 1
                return self._back_to(bad)
            if state[layout.WHY] == layout.NO_ROOM:
                self._make_room()
            elif state[layout.WHY] != layout.CHECK:
                self._looks += 1
                self._taken += int(state[layout.NUMBER]) - number
                return place, int(state[layout.NUMBER])
            elif len(window) < CHECKED_BYTES:
                self._window, state[layout.FILLED] = bytearray(CHECKED_BYTES), 0
                window = np.frombuffer(self._window, np.uint8)

    def _read(self, window: Bytes, place: int, ends: Numbers, file: int, size: int, checks: bool) -> int:
        at = window.ctypes.data
        return self._take(
            READ, file, size, at, at, len(window), place, ends.ctypes.data, len(ends), checks, self._max_block,
            MAX_HEADER_BYTES, TABLE_ROWS, TABLE_ROWS - len(self._others), TABLE_BYTES, self._state.ctypes.data,
            self._head.ctypes.data, self._places.ctypes.data, self._body.ctypes.data, self._body_offsets.ctypes.data,
            self._strings.ctypes.data, self._strings.shape[1], self._offsets.ctypes.data, self._is_there.ctypes.data,
        )  # fmt: skip

    def _first_bad(self, window: Bytes, first: int, checks: bool) -> int | None:
        """Returns the first of the new rows that must be looked at more closely."""
        last = int(self._state[layout.ROWS])
        bad = self._first_broken(first, last) if self._holds_texts and last > first else None
        if not checks or not self._state[layout.DIGESTS]:
            return bad
        last = last if bad is None else bad
        view = window.data
        with_digest = first + np.flatnonzero(self._places[first:last, layout.DIGEST_END])
        places = self._places[with_digest, layout.BLOCK : layout.DIGEST_END + 1]
        for row, (begin, stop, digest, digest_end) in zip(with_digest.tolist(), places.tolist(), strict=True):
            if not fits_digest(view[begin:stop], bytes(view[digest:digest_end]).decode()):
                return int(row)
        return bad

    def _first_broken(self, first: int, last: int) -> int | None:
        """Returns the first of some texts that is no UTF-8."""
        buffers = [None, pa.py_buffer(self._body_offsets), self._buffer]
        texts = pa.Array.from_buffers(pa.large_string(), last - first, buffers, offset=first)
        try:
            texts.validate(full=True)
        except pa.ArrowInvalid:
            for row in range(first, last):
                try:
                    str(self._body[self._body_offsets[row] : self._body_offsets[row + 1]].data, "utf-8")
                except UnicodeDecodeError:
                    return row
        return None

    def _back_to(self, row: int) -> tuple[int, int]:
        """Takes back all rows from one on; returns where that one's record begins, and its number."""
        last = int(self._state[layout.ROWS])
        self._state[layout.SIZE] -= self._places[row:last, layout.OWN_SIZE].sum()
        self._state[layout.ROWS] = row
        return int(self._places[row, layout.START]), int(self._places[row, layout.OWN_NUMBER])

    @property
    def _holds_texts(self) -> bool:
        return bool(self._state[layout.ROW_KIND] == CONVERSION)

    def finish(self) -> Iterator[Row | Counted]:
        """Yields the rows so far, and begins the next table."""
        rows, size, others = int(self._state[layout.ROWS]), int(self._state[layout.SIZE]), self._others
        is_mixed = 2 * self._added_bytes > size or self._taken < 2 * self._looks
        self.is_useful = self.is_useful and not is_mixed
        self._others, self._added, self._added_bytes = [], 0, 0
        self._state[layout.ROWS] = self._state[layout.SIZE] = 0
        if rows:
            yield Counted(_mixed(self._usual(rows), others) if others else self._usual(rows), size)
            self._new_body()  # now that whoever asked is done with the table before: its room may be had again
        else:
            yield from (row for _, row in others)

    def _usual(self, rows: int) -> pa.Table:
        """Returns the usual records' rows; their bodies' room is the table's from now on."""
        source, start = self._source, f"{self._source.name}\x00{self._place}"
        own_numbers = self._places[:rows, layout.OWN_NUMBER]
        numbers = own_numbers.tolist()
        ids = "".join([xxhash.xxh3_128_hexdigest(f"{start}{number}") for number in numbers])
        places = self._place + self._place.join(map(str, numbers))
        digits = 1 + _POWERS_OF_TEN.searchsorted(own_numbers, "right")
        pages = self._buffer.slice(0, int(self._body_offsets[rows]))
        body = [None, pa.py_buffer(self._body_offsets[: rows + 1].tobytes()), pages]
        no_text, no_page = pa.nulls(rows, pa.large_string()), pa.nulls(rows, pa.large_binary())
        columns = {
            "id": cut_strings(ids.encode(), np.full(rows, ID_CHARS)),
            "source": constant(source.name, rows),
            "origin_id": self._column("origin_id", rows),
            "locator": cut_strings(places.encode(), len(self._place.encode()) + digits),
            "url": self._column("url", rows),
            "kind": constant(source.documents_are, rows),
            "language": pa.nulls(rows, pa.string()),
            "licence": constant(source.licence, rows),
            "metadata": self._column("metadata", rows),
            "text": pa.Array.from_buffers(pa.large_string(), rows, body) if self._holds_texts else no_text,
            "content": no_page if self._holds_texts else pa.Array.from_buffers(pa.large_binary(), rows, body),
            "content_type": self._column("content_type", rows),
            "status": constant("", rows),
            "reason": constant("", rows),
        }
        return pa.table(columns, schema=DOCUMENT_SCHEMA)

    def _column(self, name: str, rows: int) -> pa.Array:
        number = _STRING_COLUMNS.index(name)
        offsets, is_there = self._offsets[number, : rows + 1], self._is_there[number, :rows]
        mask = None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little").tobytes())
        data = pa.py_buffer(self._strings[number, : offsets[-1]].tobytes())
        return pa.Array.from_buffers(pa.string(), rows, [mask, pa.py_buffer(offsets.tobytes()), data])


def _mixed(table: pa.Table, others: Sequence[tuple[int, Row]]) -> pa.Table:
    """Returns a table with rows put in at their places."""
    rows = to_table(row for _, row in others)
    pieces, done = [], 0
    for number, (place, _) in enumerate(others):
        pieces += [table.slice(done, place - number - done), rows.slice(number, 1)]
        done = place - number
    return pa.concat_tables([*pieces, table.slice(done)]).combine_chunks()
