"""The records of a large XML file, cut out one by one: each is parsed by itself, so that no fault reaches the next.

Nothing of a document type is believed: no entities but XML's own five, no inclusions, no network.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Iterator

from data.sources import InputFile
from data.sources.members import Damage
from data.sources.pieces import read_pieces


@dataclasses.dataclass(frozen=True)
class XmlRecord:
    """What begins and ends as a record does.

    Attributes:
        content: its bytes; null if there are more than the limit.
        is_whole: whether its end was found; the file's own end, missing, is a record without content that is not.
        offset: where it begins in the unpacked file.
        is_stray: whether it stands between records and only ends like one: its beginning is damaged.
    """

    content: bytes | None
    is_whole: bool
    offset: int
    is_stray: bool = False


@dataclasses.dataclass(frozen=True)
class Marks:
    """What a file's records are told by.

    Attributes:
        begin: the first bytes of a record, which XML allows nowhere else.
        end: what closes a record.
        stray: what nothing between records holds, unless it is the end of one.
        close: what closes the file.
        keep_end: whether the end belongs to the record, or is the beginning of what follows.
    """

    begin: bytes
    end: bytes
    stray: bytes
    close: bytes
    keep_end: bool = True


class BadXml(Exception):
    """A record cannot be parsed; the message says why."""


def cut_records(file: InputFile, marks: Marks, limit: int) -> Iterator[bytes | XmlRecord | Damage]:
    """Yields what stands before the first record, then each record, and each damaged stretch.

    Args:
        file: plain or packed XML in UTF-8.
        marks: of the file's records.
        limit: of a record's bytes.
    """
    cutter = _Cutter(marks, limit)
    is_damaged = False
    for item in read_pieces(file):
        is_damaged = isinstance(item, Damage)
        if isinstance(item, Damage):
            yield from cutter.finish(is_damaged)
            yield item
        else:
            yield from cutter.feed(item)
    yield from cutter.finish(is_damaged)


class _Cutter:
    def __init__(self, marks: Marks, limit: int) -> None:
        self._marks, self._limit = marks, limit
        self._held = bytearray()
        self._offset = 0
        self._inside = self._skipping = self._is_cut = self._is_torn = False
        self._head: bytearray | None = bytearray()
        self._from = 0
        self._between = bytearray()
        self._ready: list[bytes | XmlRecord] = []

    def feed(self, piece: bytes) -> Iterator[bytes | XmlRecord]:
        """Yields the records that this piece completes."""
        self._held += piece
        while self._step_inside() if self._inside else self._step_outside():
            yield from self._ready
            self._ready.clear()

    def _step_outside(self) -> bool:
        """Passes over what is between records; returns whether there is more to do."""
        at = self._held.find(self._marks.begin)
        size = at if at >= 0 else max(0, len(self._held) - len(self._marks.begin) + 1)
        if self._head is not None and len(self._head) < self._limit:
            self._head += self._held[:size]
        if len(self._between) <= self._limit:
            self._between += self._held[:size]
        if at >= 0:
            if self._head is not None:
                self._ready.append(bytes(self._head))
                self._head = None
            self._end_between(self._offset + size)
        self._drop(size)
        self._inside = at >= 0
        return at >= 0

    def _end_between(self, end: int) -> None:
        """Takes what stood between two records for one, if it ends like one."""
        if not self._is_torn and (self._marks.stray in self._between or len(self._between) > self._limit):
            content = bytes(self._between) if len(self._between) <= self._limit else None
            self._ready.append(XmlRecord(content, True, end - len(self._between), is_stray=True))
        self._between.clear()

    def _step_inside(self) -> bool:
        """Looks for a record's end; returns whether it was found."""
        marks = self._marks
        start = max(len(marks.begin), self._from)
        end = self._held.find(marks.end, start)
        again = self._held.find(marks.begin, start, end if end >= 0 else len(self._held))
        if again >= 0:
            self._finish_record(again, is_whole=False)
            return True
        if end >= 0:
            self._finish_record(end + len(marks.end) * marks.keep_end, is_whole=True)
            return True
        self._from = max(0, len(self._held) - max(len(marks.end), len(marks.begin)))
        if len(self._held) > 2 * self._limit + 1000 and not self._skipping:
            self._skipping = True
        if self._skipping and self._from > len(marks.begin):
            del self._held[len(marks.begin) : self._from]
            self._offset += self._from - len(marks.begin)
            self._from = len(marks.begin)
        return False

    def _finish_record(self, size: int, is_whole: bool) -> None:
        content = None if self._skipping or size > self._limit else bytes(self._held[:size])
        self._ready.append(XmlRecord(content, is_whole, self._offset))
        self._is_cut = not is_whole
        # What follows a record that ends too soon is its rest.
        self._is_torn = not self._marks.keep_end and not self._held[:size].rstrip().endswith(b"/>")
        self._drop(size)
        self._inside = self._skipping = False

    def _drop(self, size: int) -> None:
        del self._held[:size]
        self._offset += size
        self._from = 0

    def finish(self, is_damaged: bool) -> Iterator[bytes | XmlRecord]:
        """Yields the record that has no end, if there is one, and what says that a file has none."""
        end = self._offset + len(self._held)
        if self._head is not None:
            self._head += self._held
            self._ready.append(bytes(self._head[: self._limit]))
            self._head = None
            self._between.clear()
        elif self._inside:
            is_whole = not self._marks.keep_end and self._held.rstrip().endswith(b"/>")
            self._finish_record(len(self._held), is_whole=is_whole)
            if is_whole and not is_damaged:
                self._ready.append(XmlRecord(b"", False, end))
        else:
            self._between += self._held
            is_closed = self._marks.close in self._between
            self._end_between(end)
            if not (is_closed or is_damaged or self._is_cut):
                self._ready.append(XmlRecord(b"", False, end))
        yield from self._ready
        self._ready.clear()
        self._drop(len(self._held))
        self._inside, self._is_torn = False, is_damaged


def parse(content: bytes) -> Any:
    """Returns a record's element.

    Raises:
        BadXml: it is not well formed.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, encoding="utf-8"
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXml(str(error).split("\n")[0][:200]) from error
