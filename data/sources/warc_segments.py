"""The undamaged stretches of a WARC file, each readable at any place."""

from __future__ import annotations

import os
import re
import tempfile
from typing import IO, Iterator

from data.sources.compression import BUFFER_BYTES, Damage, Member, read_members

WINDOW_BYTES = 2**20
#: A version line is shorter; windows overlap by this much, so that none is cut in two.
OVERLAP_BYTES = 64


class Segment:
    """A stretch of unpacked bytes.

    Attributes:
        offset: where it starts in the input file (compressed: where its first member starts).
        size: its length in bytes.
    """

    def __init__(self, offset: int, size: int, file: IO[bytes]) -> None:
        self.offset, self.size, self._file = offset, size, file

    def read(self, start: int, length: int) -> bytes:
        """Returns at most `length` bytes from a place on."""
        self._file.seek(start)
        return self._file.read(max(0, min(length, self.size - start)))

    def skip_line_ends(self, start: int) -> int:
        """Returns the first place from `start` on that holds no line end."""
        while start < self.size:
            window = self.read(start, 256)
            kept = window.lstrip(b"\r\n")
            start += len(window) - len(kept)
            if kept or not window:
                break
        return start

    def find(self, pattern: re.Pattern[bytes], start: int) -> int:
        """Returns the place after the line end with which the next match begins, or the size."""
        while start < self.size:
            window = self.read(start, WINDOW_BYTES)
            found = pattern.search(window)
            if found:
                return start + found.start() + 1
            if len(window) < WINDOW_BYTES:
                break
            start += len(window) - OVERLAP_BYTES
        return self.size


def read_segments(handle: int, name: str) -> Iterator[Segment | Damage]:
    """Yields the stretches of a WARC file in which records can be sought.

    A plain file is one segment, and so is a gzip member, unless records run over members' ends
    (some tools compress in blocks): a member that does not begin with a record is joined to those
    before it. Beyond BUFFER_BYTES a segment waits in a file without a name.
    """
    joined: _Joined | None = None
    for item in read_members(handle, name, begins_record):
        pieces = iter(()) if isinstance(item, Damage) else item.unpack()
        first = next(pieces, b"")
        if joined and (isinstance(item, Damage) or begins_record(first)):
            yield from joined.segment()
            joined = None
        if isinstance(item, Damage):
            yield item
        elif item.plain:
            with os.fdopen(os.dup(handle), "rb") as file:
                yield Segment(0, item.size, file)
        else:
            joined = joined or _Joined(item)
            joined.add(first)
            for piece in pieces:
                joined.add(piece)
    if joined:
        yield from joined.segment()


def begins_record(piece: bytes) -> bool:
    """Returns whether unpacked bytes start with a WARC record."""
    return piece[:64].lstrip(b"\r\n").startswith(b"WARC/")


class _Joined:
    """Unpacked members, one after the other."""

    def __init__(self, first: Member) -> None:
        self._offset, self._size = first.offset, 0
        self._file = tempfile.SpooledTemporaryFile(max_size=BUFFER_BYTES)  # noqa: SIM115  # see segment

    def add(self, piece: bytes) -> None:
        self._file.write(piece)
        self._size += len(piece)

    def segment(self) -> Iterator[Segment]:
        """Yields the one segment; when the caller is done with it, its space is freed."""
        with self._file as file:
            yield Segment(self._offset, self._size, file)
