"""WARC and ARC files: one document for each response, resource or conversion record.

Records are numbered from 0 among all records of the file, those that are no documents included.
A damaged stretch takes one number and is one quarantined row; reading goes on at the next gzip
member that holds a record, or the next line that begins one. Sources: WARC 1.1 (ISO 28500:2017).
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Generator, Iterator, Mapping

from data.recipe import Source
from data.sources import InputFile, record_reading
from data.sources.arc import ARC_RECORD, MAX_LINE_BYTES, NEXT_ARC_RECORD, arc_header, arc_version
from data.sources.http_message import parse_headers
from data.sources.members import Damage, Member, Run
from data.sources.record_heads import MAX_HEADER_BYTES
from data.sources.records import TABLE_BYTES, TABLE_ROWS, Counted, Row, quarantined, row_size
from data.sources.warc_records import DOCUMENT_TYPES, Records
from data.sources.warc_segments import HEAD_BYTES, READ_BYTES, Segment, begins_record, read_segments

if TYPE_CHECKING:
    from data.sources.record_columns import RecordColumns
    from data.sources.run_unpacker import RunUnpacker

#: What is looked at first.
USUAL_HEADER_BYTES = 2**11

_VERSION = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")
#: After damage: on a line of its own, or anywhere if a header goes on (a hole swallows line ends too).
#: What both begin with stands first: the search for it takes a tenth of the time.
_NEXT_WARC_RECORD = re.compile(
    rb"WARC/(?:(?<=\nWARC/)\d\.\d+[ \t]*\r?\n|\d\.\d+[ \t]*\r?\n(?=(?:WARC|Content)-[A-Za-z-]+[ \t]*:))"
)
_HEADER_END = re.compile(rb"\n\r?\n")
_LINE_ENDS = (b"\r", b"\n")


def read_warc(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each response, resource and conversion record, and for each damaged stretch.

    Nothing of a gzip member is read before its checksum is checked (but see `salvage`), and a block with a
    digest must fit it. A record that cannot be read is a quarantined row of the same number.
    """
    yield from _read(file, source, _File(file.relative, source))


def read_crawl(file: InputFile, source: Source) -> Iterator[Row | Counted]:
    """Yields what `read_warc` does, as the tables that it is to become where records are usual and many.

    No other rows may come into these tables: they are cut where `to_tables` would cut. So columns begin with a table.
    """
    records = _File(file.relative, source)
    records.columns = record_reading.columns_for(file.relative, source, file.bytes)
    is_decided = records.columns is not None
    rows = size = 0
    for row in _read(file, source, records):
        if not is_decided:
            more = row_size(row)
            if rows and (size + more > TABLE_BYTES or rows == TABLE_ROWS):  # the first table is full
                expected = rows * file.bytes // size
                records.columns = record_reading.columns_for(file.relative, source, file.bytes, expected)
                is_decided = True
            rows, size = rows + 1, size + more
        columns = records.columns
        if columns is None or not (columns.is_useful or columns.rows):
            yield row
        else:
            yield from columns.add(row)
    if records.columns is not None:
        yield from records.columns.finish()
    else:
        record_reading.note(records.number)


def _read(file: InputFile, source: Source, records: _File) -> Iterator[Row]:
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    handle = os.open(file.path, os.O_RDONLY)
    try:
        yield from records.rows(handle)
        if not records.number:  # it unpacks to nothing
            yield quarantined(source, file.relative, "empty_file")
    finally:
        os.close(handle)


class _File:
    """The records of one file, numbered across its segments.

    Attributes:
        columns: what usual records are read into, from when on there are any.
    """

    def __init__(self, relative: str, source: Source) -> None:
        self._relative, self._source = relative, source
        self._records = Records(relative, source)
        self.columns: RecordColumns | None = None
        self._number = self._arc = 0
        self._cut: Row | None = None  # the row of a record that goes on beyond what there is of its segment

    def rows(self, handle: int) -> Iterator[Row]:
        """Yields a row for each damaged stretch, and for each document that is not read into the columns."""
        cut: Row | None = None  # a record cut short: part of the stretch, if damage follows
        is_rest = False  # what comes first may be the end of a record that begins in a damaged stretch
        for item in read_segments(handle, self._relative, self._source.salvage, self._unpacker):
            if cut is not None:
                if isinstance(item, Damage):
                    self._number -= 1
                else:
                    yield cut
                cut = None
            if isinstance(item, Damage):
                yield self._bad(item.reason, item.offset, item.end, item.note)
                self._number += 1
            elif isinstance(item, Run):
                cut = yield from self._run_rows(item)
            else:
                cut = yield from self._item_rows(item, is_rest)
            is_rest = isinstance(item, Damage)
        if cut:
            yield cut

    def _run_rows(self, run: Run) -> Generator[Row, None, Row | None]:
        """Yields the rows of members, each of which begins with a record; returns the last if that is cut short."""
        cut: Row | None = None
        number = 0
        while number < len(run):
            if cut is not None:
                yield cut
            columns = self.columns
            if columns is not None and columns.is_useful:
                begin = int(run.content_ends[number - 1]) if number else 0
                place, self._number = columns.take(run.content, begin, self._number, True, run.content_ends, number)
                if place > begin:
                    self._arc = 0
                number = int(run.content_ends.searchsorted(place, "right"))
                if number == len(run):
                    return None
            cut = yield from self._item_rows(run.member(number))
            number += 1
        return cut

    def _item_rows(self, item: Member | Segment, is_rest: bool = False) -> Generator[Row, None, Row | None]:
        """Yields a stretch's rows, after damage from its first record on; returns the last if that is cut short."""
        if isinstance(item, Member):
            content = item.content
            assert content is not None
            usual = self._records.usual
            found = usual(content, 0, self._number, item.is_vouched_for) if not item.salvaged else None
            if found is not None and found[0] == len(content):  # one sound record, as nearly all are
                self._number += 1
                self._arc = 0
                if found[1] is not None:
                    yield found[1]
                return None
            item = Segment.of(item)
        cut: Row | None = None
        position = item.skip_line_ends(0)
        if is_rest and not begins_record(item.read(position, MAX_LINE_BYTES)):
            following = min(item.find(pattern, position) for pattern in (_NEXT_WARC_RECORD, NEXT_ARC_RECORD))
            position = following if following < item.size else position
        position = yield from self._usual_rows(item, position)
        for row in self._segment_rows(item, position):
            if row is self._cut:
                cut = self._cut
            else:
                yield row
        return cut

    def _segment_rows(self, segment: Segment, position: int) -> Iterator[Row]:
        """Yields a row for each document and damaged stretch from a place on; only the last can be cut short."""
        while position < segment.size:
            header = self._header(segment, position)
            length = _content_length(header[0]) if header else None
            if header is None or length is None:
                following = segment.find(self._next, position + 1)
                stretch = self._stretch(segment, position, following, "bad_warc_header")
                self._cut = stretch if following >= segment.size and self._is_cut_header(segment, position) else None
                yield stretch
            else:
                fields, body = header[0], position + header[1]
                following = segment.skip_line_ends(body + length)
                if self._ends_well(segment, body, body + length, following):
                    row = self._record(segment, fields, body, length)
                    if row is not None:
                        if row["reason"] == "bad_digest":  # the length may be what lies
                            following = min(following, segment.find(self._next, body))
                        yield row
                else:
                    following = segment.find(self._next, body - 1)
                    is_cut = following >= segment.size < body + length
                    row = self._stretch(segment, position, following, "truncated" if is_cut else "bad_warc_header")
                    self._cut = row if is_cut else None
                    yield row
            self._number += 1
            position = yield from self._usual_rows(segment, following)

    def _usual_rows(self, segment: Segment, position: int) -> Generator[Row, None, int]:
        """Yields the rows of the usual records from a place on; returns where the first unusual one begins."""
        if self._arc or segment.salvaged:
            return position
        usual, is_sure = self._records.usual, segment.is_vouched_for
        is_file = segment.whole is None
        window, base = segment.near
        taken = looked = -1  # where the columns would not go on; where the file was read from for a record
        while position < segment.size:
            if position != taken and self.columns is not None and self.columns.is_useful:
                taken = self._take(segment, position)
                position = segment.skip_line_ends(taken)
                window, base = segment.near
                if position != taken or position == segment.size:
                    continue
            found = usual(window, position - base, self._number, is_sure, segment.piece, base)
            if found is None:
                left = base + len(window) - position
                # Who has looked there and did not find so much reads a file that somebody cuts.
                if not is_file or left >= min(READ_BYTES // 2, segment.size - position) or looked == position:
                    break
                looked = position
                window, base = segment.look(position, READ_BYTES)
                continue
            end, row = found
            if row is not None and row["reason"] == "bad_digest":
                break
            self._number += 1
            if row is not None:
                yield row
            position = base + end
            if is_file and end >= len(window):  # what reached beyond was long; so may be the next one
                length = READ_BYTES if end == len(window) else HEAD_BYTES
                (window, base), end = segment.look(position, length), 0
            if window[end : end + 1] in _LINE_ENDS:  # more line ends than two
                position = segment.skip_line_ends(position)
        return position

    def _take(self, segment: Segment, position: int) -> int:
        """Reads usual records into the columns; returns where the first one begins that is not taken."""
        assert self.columns is not None
        if segment.whole is None:
            position, self._number = self.columns.take_file(segment, position, self._number)
        else:
            position, self._number = self.columns.take(segment.whole, position, self._number, segment.is_vouched_for)
        if position < segment.near[1]:  # it was taken back
            segment.look(position, READ_BYTES)
        return position

    def _unpacker(self) -> RunUnpacker | None:
        return None if self.columns is None else self.columns.unpacker

    @property
    def number(self) -> int:
        """Records and damaged stretches so far."""
        return self._number

    @property
    def _next(self) -> re.Pattern[bytes]:
        return NEXT_ARC_RECORD if self._arc else _NEXT_WARC_RECORD

    def _header(self, segment: Segment, position: int) -> tuple[Mapping[str, str], int] | None:
        """Returns a record's header fields and the header's length, or null if there is none."""
        head = segment.read(position, USUAL_HEADER_BYTES)
        if not head.startswith(b"WARC/"):
            found = arc_header(segment.read(position, MAX_LINE_BYTES), self._arc or 1)
            if found and (not self._arc or found[0]["warc-type"] == "warcinfo"):
                self._arc = arc_version(segment.read(position + found[1], 2))
            return found
        if not _VERSION.match(head):
            return None
        end = _HEADER_END.search(head)
        if not end:
            head = segment.read(position, MAX_HEADER_BYTES)
            end = _HEADER_END.search(head)
            if not end:
                return None
        if b"\0" in head[: end.start()]:  # a hole: what follows it may be the header of the next record
            return None
        self._arc = 0
        fields = parse_headers(head[head.index(b"\n") + 1 : end.start()])
        return (fields, end.end()) if "warc-type" in fields else None

    def _is_cut_header(self, segment: Segment, position: int) -> bool:
        """Returns whether the last bytes of a segment are the beginning of a record's header."""
        head = segment.read(position, MAX_HEADER_BYTES)
        return head[:5] == b"WARC/"[: len(head)] and not _HEADER_END.search(head)

    def _ends_well(self, segment: Segment, body: int, end: int, following: int) -> bool:
        """Returns whether a record's declared end is one: its line ends, the next record, or nothing follows.

        Some writers forget line ends, and the next record may be the damaged one: so any of them will do.
        """
        if end > segment.size:
            return False
        tail = segment.read(end, 4)
        if following >= segment.size or tail == b"\r\n\r\n" or tail.startswith(b"\n" if self._arc else b"\n\n"):
            return True
        if _VERSION.match(segment.read(following, 32)) is not None:
            # A block that ends without line ends and holds a record has swallowed it.
            return segment.find(self._next, body) >= end
        return self._arc > 0 and ARC_RECORD.match(segment.read(following, MAX_LINE_BYTES)) is not None

    def _bad(self, reason: str, start: int, end: int, note: str = "") -> Row:
        """Returns the row of a stretch of the file that cannot be read."""
        more = {"error": note} if note else {}
        return self._records.bad(self._number, reason, None, offset=start, bytes=end - start, **more)

    def _stretch(self, segment: Segment, start: int, end: int, reason: str) -> Row:
        return self._bad(reason, segment.offset + start, segment.offset + end)

    def _record(self, segment: Segment, fields: Mapping[str, str], body: int, length: int) -> Row | None:
        """Returns the row of one whole record, or null if its type holds no document."""
        if fields["warc-type"].lower() not in DOCUMENT_TYPES:
            return None
        if length > self._source.max_record_bytes + MAX_HEADER_BYTES:
            name, url = fields.get("warc-record-id"), fields.get("warc-target-uri")
            return self._records.bad(
                self._number, "too_large", None, name, url, offset=segment.offset + body, bytes=length
            )
        # A large block is copied once: what is read of it, not what it lies in.
        content, start = (segment.read(body, length), 0) if segment.whole is None else (segment.whole, body)
        return self._records.row(
            content, start, start + length, fields, self._number,
            segment.is_vouched_for, self._arc > 0, segment.salvaged,
        )  # fmt: skip


def _content_length(fields: Mapping[str, str]) -> int | None:
    # Some writers repeat the field; parse_headers joins the values.
    value = fields.get("content-length", "").split(",")[0].strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
