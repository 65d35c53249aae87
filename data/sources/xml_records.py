"""The records of a large XML file, cut out one by one: each is parsed by itself, so that no fault reaches the next.

Nothing of a document type is believed: no entities but XML's own five, no inclusions, no network.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Iterator

from data.sources import InputFile
from data.sources.compression import Damage
from data.sources.pieces import read_pieces


@dataclasses.dataclass(frozen=True)
class XmlRecord:
    """What begins and ends as a record does.

    Attributes:
        content: its bytes; null if there are more than the limit.
        is_whole: whether its end was found.
        offset: where it begins in the unpacked file.
    """

    content: bytes | None
    is_whole: bool
    offset: int


class BadXml(Exception):
    """A record cannot be parsed; the message says why."""


def cut_records(
    file: InputFile, begin: bytes, end: bytes, limit: int, *, keep_end: bool = True
) -> Iterator[bytes | XmlRecord | Damage]:
    """Yields what stands before the first record, then each record, and each damaged stretch.

    Args:
        file: plain or packed XML in UTF-8.
        begin: the first bytes of a record, which XML allows nowhere else.
        end: what closes a record.
        limit: of a record's bytes.
        keep_end: whether the end belongs to the record, or is the beginning of what follows.
    """
    cutter = _Cutter(begin, end, limit, keep_end)
    for item in read_pieces(file):
        if isinstance(item, Damage):
            yield from cutter.finish()
            yield item
        else:
            yield from cutter.feed(item)
    yield from cutter.finish()


class _Cutter:
    def __init__(self, begin: bytes, end: bytes, limit: int, keep_end: bool) -> None:
        self._begin, self._end, self._limit, self._keep_end = begin, end, limit, keep_end
        self._held = bytearray()
        self._offset = 0
        self._inside = self._skipping = False
        self._head: bytearray | None = bytearray()
        self._from = 0

    def feed(self, piece: bytes) -> Iterator[bytes | XmlRecord]:
        """Yields the records that this piece completes."""
        self._held += piece
        while self._step_inside() if self._inside else self._step_outside():
            if self._ready is not None:
                yield self._ready
                self._ready = None

    _ready: bytes | XmlRecord | None = None

    def _step_outside(self) -> bool:
        """Passes over what is between records; returns whether there is more to do."""
        at = self._held.find(self._begin)
        size = at if at >= 0 else max(0, len(self._held) - len(self._begin) + 1)
        if self._head is not None:
            if len(self._head) < self._limit:
                self._head += self._held[:size]
            if at >= 0:
                self._ready, self._head = bytes(self._head), None
        self._drop(size)
        self._inside = at >= 0
        return at >= 0

    def _step_inside(self) -> bool:
        """Looks for a record's end; returns whether it was found."""
        start = max(len(self._begin), self._from)
        end = self._held.find(self._end, start)
        again = self._held.find(self._begin, start, end if end >= 0 else len(self._held))
        if again >= 0:
            self._finish_record(again, is_whole=False)
            return True
        if end >= 0:
            self._finish_record(end + len(self._end) * self._keep_end, is_whole=True)
            return True
        self._from = max(0, len(self._held) - max(len(self._end), len(self._begin)))
        if len(self._held) > 2 * self._limit + 1000 and not self._skipping:
            self._skipping = True
        if self._skipping and self._from > len(self._begin):
            del self._held[len(self._begin) : self._from]
            self._offset += self._from - len(self._begin)
            self._from = len(self._begin)
        return False

    def _finish_record(self, size: int, is_whole: bool) -> None:
        content = None if self._skipping or size > self._limit else bytes(self._held[:size])
        self._ready = XmlRecord(content, is_whole, self._offset)
        self._drop(size)
        self._inside = self._skipping = False

    def _drop(self, size: int) -> None:
        del self._held[:size]
        self._offset += size
        self._from = 0

    def finish(self) -> Iterator[bytes | XmlRecord]:
        """Yields the record that has no end, if there is one."""
        if self._head is not None:
            self._head += self._held
            yield bytes(self._head[: self._limit])
            self._head = None
        elif self._inside:
            whole = not self._keep_end and self._held.rstrip().endswith(b"/>")
            self._finish_record(len(self._held), is_whole=whole)
            if self._ready is not None:
                yield self._ready
                self._ready = None
        self._drop(len(self._held))
        self._inside = False


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
