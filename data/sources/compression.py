"""Compressed files, member by member: nothing of a member is handed out before its checksum is checked.

A gzip file is a chain of members, a zstd file one of frames, a bzip2 or xz file one of streams; each ends
with a checksum of its content. A damaged stretch becomes one `Damage`, and reading resumes at the next member
that is whole. Plain files are one member without a checksum. Memory is bounded: a member that unpacks to more
than BUFFER_BYTES is unpacked twice, once to check it and once to hand it out.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from typing import Callable, Iterator, cast

from data.errors import PhimillError
from data.sources.gzip_members import gunzip_small, usual_members
from data.sources.unpacking import (
    BOMB_BYTES,
    BZIP2,
    GZIP,
    PACKINGS,
    PIECE_BYTES,
    SKIPPABLE_TAIL,
    ZSTD,
    Broken,
    Packing,
    Window,
)

BUFFER_BYTES = 16 * 2**20
#: Members that are handed out together: what one of them takes at most, unpacked, and all of them, about.
RUN_MEMBER_BYTES, RUN_BYTES = 2**14, 2**18
HEAD_BYTES = 2**16
#: After damage at most so many places are tried as the beginning of a member: chance offers one in 16 MB, and who
#: plants more wants us to be busy.
MAX_TRIES = 100_000


@dataclasses.dataclass
class HandedOut:
    """How many bytes of files, as they lie, this process has handed out: what a display goes by."""

    bytes: int = 0


handed_out = HandedOut()


@dataclasses.dataclass(frozen=True)
class Damage:
    """A stretch of a file that cannot be read: bytes [offset, end)."""

    offset: int
    end: int
    reason: str


class Member:
    """A checked stretch of a file: bytes [offset, end), which unpack to `size` bytes.

    Attributes:
        content: all of them, where they are at most BUFFER_BYTES; else null.
        plain: the file is not compressed.
        salvaged: what could be had of a damaged member; a Damage follows.
        is_vouched_for: its checksum was checked; zstd frames need not have one.
    """

    # No dataclass: that would take as long as all else about a small one.
    __slots__ = ("_pieces", "content", "end", "is_vouched_for", "offset", "plain", "salvaged", "size")

    def __init__(
        self,
        offset: int,
        end: int,
        size: int,
        content: bytes | bytearray | None,
        is_vouched_for: bool,
        pieces: Callable[[], Iterator[bytes]] | None = None,
        plain: bool = False,
        salvaged: bool = False,
    ) -> None:
        """Takes the content, or what yields it in pieces."""
        self.offset = offset
        self.end = end
        self.size = size
        self.content = content
        self.is_vouched_for = is_vouched_for
        self._pieces = pieces
        self.plain = plain
        self.salvaged = salvaged

    def unpack(self) -> Iterator[bytes]:
        """Returns the content in pieces."""
        if self._pieces is not None:
            return self._pieces()
        return iter((bytes(self.content),) if self.content else ())


class Run:
    """Small members that follow one another, each checked.

    Attributes:
        offset: where the first begins in the file.
        ends: where each ends there.
        contents: of each.
    """

    __slots__ = ("contents", "ends", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.ends: list[int] = []
        self.contents: list[bytearray] = []

    def __len__(self) -> int:
        return len(self.ends)

    def member(self, number: int) -> Member:
        """Returns one of them by itself."""
        content = self.contents[number]
        return Member(self.ends[number - 1] if number else self.offset, self.ends[number], len(content), content, True)

    def pop(self) -> Member:
        """Takes the last one out."""
        last = self.member(len(self) - 1)
        self.ends.pop()
        self.contents.pop()
        return last


def read_members(
    handle: int, name: str, begins: Callable[[bytes], bool], salvage: bool = False
) -> Iterator[Member | Damage]:
    """Yields the members and damaged stretches of a file, in order.

    Args:
        handle: descriptor of the open file.
        name: its name; its suffix is only believed where the first bytes are no text.
        begins: whether a member's first piece looks right; used to find the next one after damage.
        salvage: before a Damage comes a Member with what can be had of it.
    """
    return cast("Iterator[Member | Damage]", read_runs(handle, name, begins, salvage, runs=False))


def read_runs(
    handle: int, name: str, begins: Callable[[bytes], bool], salvage: bool = False, runs: bool = True
) -> Iterator[Member | Run | Damage]:
    """Yields what `read_members` does; with `runs`, small members come together."""
    head = os.pread(handle, HEAD_BYTES, 0)
    packing = next((one for one in PACKINGS if head.startswith(one.magic)), None)
    if head[1:4] == SKIPPABLE_TAIL and 0x50 <= head[0] <= 0x5F:
        packing = ZSTD
    if packing is BZIP2 and len(head) >= 10 and head[4:10] != b"1AY&SY" and looks_like_text(head):
        packing = None  # a text about "BZh"
    if packing is None and not begins(head) and not looks_like_text(head):
        packing = next((one for one in PACKINGS if name.lower().endswith(one.suffixes)), None)
    if packing is None:
        return iter([_plain(handle)])
    return _Chain(handle, name, packing, begins, salvage, runs).items()


def looks_like_text(head: bytes) -> bool:
    """Returns whether the first bytes of a file are UTF-8 without NUL; a cut last character is forgiven."""
    if b"\0" in head or head[:1] == GZIP.magic[:1]:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True


def _plain(handle: int) -> Member:
    size = os.fstat(handle).st_size

    def pieces() -> Iterator[bytes]:
        for offset in range(0, size, PIECE_BYTES):
            handed_out.bytes += PIECE_BYTES
            yield os.pread(handle, PIECE_BYTES, offset)

    return Member(0, size, size, None, False, pieces, plain=True)


class _Chain:
    """The members of one compressed file."""

    def __init__(
        self, handle: int, name: str, packing: Packing, begins: Callable[[bytes], bool], salvage: bool, runs: bool
    ) -> None:
        self._window, self._name, self._packing = Window(handle), name, packing
        self._begins, self._salvage, self._runs = begins, salvage, runs
        self._size = self._window.size
        self._tries = self._wasted = 0

    def items(self) -> Iterator[Member | Run | Damage]:
        """Yields members and damaged stretches, in order."""
        offset, damage = 0, None
        while offset < self._size:
            if damage is None and self._packing is GZIP:
                for item in self._together(offset) if self._runs else self._one_by_one(offset):
                    yield item
                    end = item.ends[-1] if isinstance(item, Run) else item.end
                    handed_out.bytes += end - offset
                    offset = end
                if offset >= self._size:
                    break
            try:
                member = self._check(offset)
            except Broken as broken:
                if self._is_padding(offset):
                    break
                damage = damage or Damage(offset, self._size, self._reason(broken, offset))
                if self._salvage and broken.reason != "no_member":
                    yield from self._salvaged(offset)
                following = self._next_member(offset + 1)
                if following is None:
                    break
                offset = following
                continue
            if damage:
                # Not the file's end after all, so it was not cut there.
                reason = "corrupt_member" if damage.reason == "truncated" else damage.reason
                yield Damage(damage.offset, offset, reason)
                damage = None
            yield member
            if member.content is not None:
                handed_out.bytes += member.end - offset
            offset = member.end
        if damage:
            yield damage

    def _one_by_one(self, offset: int) -> Iterator[Member]:
        for content, begin, end in usual_members(self._window, offset, BUFFER_BYTES):
            yield Member(begin, end, len(content), content, True)

    def _together(self, offset: int) -> Iterator[Member | Run]:
        run, size = Run(offset), 0
        for content, begin, end in usual_members(self._window, offset, BUFFER_BYTES):
            length = len(content)
            is_small = length <= RUN_MEMBER_BYTES
            size += length
            if run.ends and (size > RUN_BYTES or not is_small):
                yield run
                run, size = Run(begin), length
            if is_small:
                run.contents.append(content)
                run.ends.append(end)
            else:
                yield Member(begin, end, length, content, True)
                run, size = Run(end), 0
        if run.ends:
            yield run

    def _reason(self, broken: Broken, offset: int) -> str:
        if broken.reason != "no_member":
            return broken.reason
        if offset:
            return "trailing_garbage"
        return "not_gzip" if self._packing is GZIP else "corrupt_member"

    def _check(self, offset: int) -> Member:
        """Unpacks a member to its end, which checks it; keeps the content if it is small."""
        if self._packing is GZIP:
            found = gunzip_small(self._window, offset, BUFFER_BYTES)
            if found is not None and len(found[0]) <= BUFFER_BYTES:
                return Member(offset, found[1], len(found[0]), found[0], True)
        kept: list[bytes] | None = []
        size = 0
        pieces = self._packing.unpack(self._window, offset, False)
        while True:
            try:
                piece = next(pieces)
            except StopIteration as stop:
                end = int(stop.value)
                break
            except Broken:
                self._wasted += size
                raise
            size += len(piece)
            if size > BUFFER_BYTES:
                kept = None
            if kept is not None:
                kept.append(piece)
        is_vouched_for = self._packing is not ZSTD
        if kept is None:
            share = (end - offset) / size
            return Member(offset, end, size, None, is_vouched_for, lambda: self._again(offset, share))
        return Member(offset, end, size, b"".join(kept), is_vouched_for)

    def _again(self, offset: int, packed_share: float) -> Iterator[bytes]:
        """Unpacks a member that has been checked."""
        try:
            for piece in self._packing.unpack(self._window, offset, False):
                handed_out.bytes += int(len(piece) * packed_share)
                yield piece
        except Broken as broken:
            raise PhimillError(
                f"{self._name}: byte {offset}: was whole and is so no more ({broken.reason}): somebody writes to this "
                "file; run again when it is at rest"
            ) from broken

    def _salvaged(self, offset: int) -> Iterator[Member]:
        """Yields what can be had of a broken member, if there is anything."""

        def pieces() -> Iterator[bytes]:
            with contextlib.suppress(Broken):
                yield from self._packing.unpack(self._window, offset, True)

        size = sum(len(piece) for piece in pieces())
        if size:
            content = b"".join(pieces()) if size <= BUFFER_BYTES else None
            yield Member(offset, self._size, size, content, False, pieces, salvaged=True)

    def _next_member(self, offset: int) -> int | None:
        """Returns the first place from `offset` on where a member seems to start.

        Null as well if so much was unpacked in vain that somebody must have meant it.
        """
        magic = self._packing.magic
        while self._wasted <= BOMB_BYTES:
            window = bytes(self._window.at(offset, PIECE_BYTES))
            at = window.find(magic)
            while at >= 0:
                self._tries += 1
                if self._tries > MAX_TRIES:
                    return None
                try:
                    if self._begins(next(self._packing.unpack(self._window, offset + at, False), b"")):
                        return offset + at
                except Broken:
                    pass
                at = window.find(magic, at + 1)
            if len(window) < PIECE_BYTES:
                return None
            offset += len(window) - len(magic) + 1
        return None

    def _is_padding(self, offset: int) -> bool:
        """Returns whether the file holds only zero bytes from an offset on; tape blocks are padded so."""
        return offset > 0 and all(
            not bytes(self._window.at(place, PIECE_BYTES)).strip(b"\0")
            for place in range(offset, self._size, PIECE_BYTES)
        )
