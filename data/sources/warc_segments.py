"""The undamaged stretches of a WARC or ARC file, each readable at any place."""

from __future__ import annotations

import re
import tempfile
from typing import IO, TYPE_CHECKING, Callable, Iterator

from data.sources.arc import ARC_RECORD, MAX_LINE_BYTES, NEXT_ARC_RECORD
from data.sources.compression import BUFFER_BYTES, read_runs
from data.sources.members import Damage, Member, Run
from data.sources.unpacking import read_at

if TYPE_CHECKING:
    from data.sources.run_unpacker import RunUnpacker

#: Searched at once, after what is searched first: mostly, the next record is near.
WINDOW_BYTES, FIRST_SEARCH_BYTES = 2**20, 2**14
#: Read of a plain file at once; what fits into a processor's own memory is read, cut and copied at twice the speed.
READ_BYTES = 2**18
#: The same after a record that is longer: its page is read in one go, and so may be the next one's.
HEAD_BYTES = 2**14
#: glibc hands back to the system what is freed at its heap's end beyond twice the largest block it ever got for itself
#: and freed: with pages of some hundred kilobytes, each of them, and new memory costs as much as reading. So it gets
#: such a block and frees it, untouched.
FREED_BYTES = 2**20
#: A version line is shorter; windows overlap by this much, so that none is cut in two.
OVERLAP_BYTES = 256
#: Where a record begins amid a member: the version's line, and a field below it.
_HELD_RECORD = re.compile(rb"\nWARC/\d\.\d+[ \t]*\r?\n(?=(?:WARC|Content)-[A-Za-z-]+[ \t]*:)")


class Segment:
    """A stretch of unpacked bytes.

    Attributes:
        offset: where it starts in the input file (compressed: where its first member starts).
        size: its length in bytes.
        whole: all of them, where they are in memory.
        file: the descriptor of the file that they are read from, else -1.
        near: what was looked at of them last, and where it begins.
        salvaged: it is what could be had of damaged bytes.
        is_vouched_for: a checksum says that these are the bytes that were packed.
    """

    __slots__ = ("file", "is_vouched_for", "near", "offset", "salvaged", "size", "whole")

    def __init__(
        self,
        offset: int,
        size: int,
        source: bytes | bytearray | int,
        salvaged: bool = False,
        is_vouched_for: bool = False,
    ) -> None:
        """Takes the bytes themselves, or the descriptor of a file that holds them from its beginning."""
        self.offset, self.size, self.salvaged, self.is_vouched_for = offset, size, salvaged, is_vouched_for
        self.whole: bytes | bytearray | None = None
        self.file = -1
        self.near: tuple[bytes | bytearray, int] = (b"", -1)
        if isinstance(source, int):
            self.file = source
            bytes(FREED_BYTES)
        else:
            self.whole, self.near = source, (source, 0)

    @classmethod
    def of(cls, member: Member) -> Segment:
        """Returns the stretch that a member in memory is."""
        assert member.content is not None
        return cls(member.offset, member.size, member.content, member.salvaged, member.is_vouched_for)

    def look(self, start: int, length: int) -> tuple[bytes | bytearray, int]:
        """Returns bytes from a place on, and where they begin; they are `near` from now on."""
        if self.whole is None:
            self.near = self.piece(start, length), start
        return self.near

    def piece(self, start: int, length: int) -> bytes:
        """Returns at most `length` bytes from a place on; of a file, nothing more is read than that."""
        if self.whole is not None:
            return bytes(memoryview(self.whole)[start : start + max(0, length)])
        length = max(0, min(length, self.size - start))
        return read_at(self.file, length, start)

    def read(self, start: int, length: int) -> bytes:
        """Returns what `piece` does; what lies near each other is read at once."""
        if self.whole is not None or length > READ_BYTES // 2:
            return self.piece(start, length)
        length = max(0, min(length, self.size - start))
        near, base = self.near
        if not base <= start <= start + length <= base + len(near):
            near, base = self.look(start, READ_BYTES)
        return bytes(near[start - base : start - base + length])

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
        """Returns the place where the next match begins, or the size."""
        length = FIRST_SEARCH_BYTES
        while start < self.size:
            window = self.read(start, length)
            found = pattern.search(window)
            if found:
                return start + found.start()
            if len(window) < length:
                break
            start += len(window) - OVERLAP_BYTES
            length = WINDOW_BYTES
        return self.size


def read_segments(
    handle: int, name: str, salvage: bool = False, unpacker: Callable[[], RunUnpacker | None] = lambda: None
) -> Iterator[Segment | Member | Run | Damage]:
    """Yields the stretches of a WARC file in which records can be sought; whole sound members as they are.

    A plain file is one segment, and so is a gzip member, unless records run over members' ends
    (some tools compress in blocks): a member that does not begin with a record is joined to those
    before it. Beyond BUFFER_BYTES a segment waits in a file without a name. Where there is an
    unpacker for them, small members that all begin with a record come together.
    """
    waiting: Member | Run | _Joined | None = None  # until the next member shows that it ends with a record
    for item in read_runs(handle, name, _holds_record, salvage, unpacker):
        if isinstance(item, Damage):
            yield from _ended(waiting)
            waiting = None
            yield item
            continue
        content = None if isinstance(item, Run) else item.content
        if isinstance(item, Run) or (content is not None and (content.startswith(b"WARC/") or begins_record(content))):
            if isinstance(waiting, _Joined):
                yield from waiting.segment()
            elif waiting is not None:
                yield waiting
            waiting = item
        elif item.plain:
            yield Segment(0, item.size, handle)
        else:
            pieces = item.unpack()
            first = next(pieces, b"")
            if item.content is None and begins_record(first):
                yield from _ended(waiting)
                waiting = None
            if isinstance(waiting, Run):
                run, waiting = waiting, waiting.pop()
                if len(run):
                    yield run
            waiting = _Joined.onto(waiting, item)
            waiting.add(first)
            for piece in pieces:
                waiting.add(piece)
    yield from _ended(waiting)


def _ended(waiting: Member | Run | _Joined | None) -> Iterator[Segment | Member | Run]:
    if isinstance(waiting, _Joined):
        yield from waiting.segment()
    elif waiting is not None:
        yield waiting


def begins_record(piece: bytes | bytearray) -> bool:
    """Returns whether unpacked bytes start with a WARC or ARC record."""
    if piece.startswith(b"WARC/"):
        return True
    head = piece[: 64 + MAX_LINE_BYTES].lstrip(b"\r\n")
    return head.startswith(b"WARC/") or ARC_RECORD.match(head) is not None


def _holds_record(piece: bytes | bytearray) -> bool:
    """Returns whether reading can go on with these bytes after damage: blocks do not begin where records do."""
    is_next = _HELD_RECORD.search(piece) is not None or NEXT_ARC_RECORD.search(piece) is not None
    return is_next or begins_record(piece)


class _Joined:
    """Unpacked members, one after the other."""

    def __init__(self, offset: int) -> None:
        self._offset, self._size = offset, 0
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._salvaged, self._is_vouched_for = False, True

    @classmethod
    def onto(cls, waiting: Member | _Joined | None, member: Member) -> _Joined:
        """Returns what a member is to be joined to: what waits, or nothing."""
        if isinstance(waiting, _Joined):
            joined = waiting
        else:
            joined = cls(waiting.offset if waiting else member.offset)
            if waiting is not None:
                for piece in waiting.unpack():
                    joined.add(piece)
                joined._salvaged, joined._is_vouched_for = waiting.salvaged, waiting.is_vouched_for
        joined._salvaged |= member.salvaged
        joined._is_vouched_for &= member.is_vouched_for
        return joined

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        self._pieces.append(piece)
        if self._size > BUFFER_BYTES and self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # see segment
        if self._file is not None:
            for waiting in self._pieces:
                self._file.write(waiting)
            self._pieces.clear()

    def segment(self) -> Iterator[Segment]:
        """Yields the one segment; when the caller is done with it, its space is freed."""
        if self._file is None:
            content = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            yield Segment(self._offset, self._size, content, self._salvaged, self._is_vouched_for)
            return
        with self._file as file:
            yield Segment(self._offset, self._size, file.fileno(), self._salvaged, self._is_vouched_for)
