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
from typing import TYPE_CHECKING, Callable, Iterator, cast

from data.errors import PhimillError
from data.sources.gzip_members import gunzip_small, usual_members
from data.sources.members import Damage, Member, Run
from data.sources.packings import BZIP2, GZIP, MAX_PADDING_BYTES, PACKINGS, ZSTD, Packing
from data.sources.unpacking import BOMB_BYTES, PIECE_BYTES, Broken, Window, read_at
from data.sources.zstd_frames import SKIPPABLE_TAIL

if TYPE_CHECKING:
    from data.sources.run_unpacker import RunUnpacker

BUFFER_BYTES = 16 * 2**20
HEAD_BYTES = 2**16
#: After damage at most so many places are tried as the beginning of a member: chance offers one in 16 MB, and who
#: plants more wants us to be busy.
MAX_TRIES = 100_000
#: Tools that write blocks of so many bytes, as tar does, fill the last ones with zeros. Zeros up to another length, or
#: more than MAX_PADDING_BYTES, are what was never written: by a download that broke off, or a disk that was full.
BLOCK_BYTES = 512


@dataclasses.dataclass
class HandedOut:
    """How many bytes of files, as they lie, this process has handed out: what a display goes by."""

    bytes: int = 0


handed_out = HandedOut()


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
    return cast("Iterator[Member | Damage]", read_runs(handle, name, begins, salvage, lambda: None))


def read_runs(
    handle: int,
    name: str,
    begins: Callable[[bytes], bool],
    salvage: bool,
    unpacker: Callable[[], RunUnpacker | None],
) -> Iterator[Member | Run | Damage]:
    """Yields what `read_members` does, but runs of small members while there is an unpacker for them."""
    head = read_at(handle, HEAD_BYTES, 0)
    packing = next((one for one in PACKINGS if head.startswith(one.magic)), None)
    if head[1:4] == SKIPPABLE_TAIL and 0x50 <= head[0] <= 0x5F:
        packing = ZSTD
    if packing is BZIP2 and len(head) >= 10 and head[4:10] != b"1AY&SY" and looks_like_text(head):
        packing = None  # a text about "BZh"
    if packing is None and not begins(head) and not looks_like_text(head):
        packing = next((one for one in PACKINGS if name.lower().endswith(one.suffixes)), None)
    if packing is None:
        return iter([_plain(handle)])
    return _Chain(handle, name, packing, begins, salvage, unpacker).items()


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
            yield read_at(handle, PIECE_BYTES, offset)

    return Member(0, size, size, None, False, pieces, plain=True)


class _Chain:
    """The members of one compressed file."""

    def __init__(
        self,
        handle: int,
        name: str,
        packing: Packing,
        begins: Callable[[bytes], bool],
        salvage: bool,
        unpacker: Callable[[], RunUnpacker | None],
    ) -> None:
        self._window, self._name, self._packing = Window(handle), name, packing
        self._begins, self._salvage, self._unpacker = begins, salvage, unpacker
        self._size = self._window.size
        self._tries = self._wasted = 0

    def items(self) -> Iterator[Member | Run | Damage]:
        """Yields members and damaged stretches, in order."""
        offset, damage = 0, None
        while offset < self._size:
            if damage is None and self._packing is GZIP:
                for item in self._usual(offset):
                    yield item
                    handed_out.bytes += item.end - offset
                    offset = item.end
                if offset >= self._size:
                    break
            try:
                member = self._check(offset)
            except Broken as broken:
                if self._is_padding(offset):
                    break
                damage = damage or Damage(offset, self._size, self._reason(broken, offset), broken.note)
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
                yield self._told(Damage(damage.offset, offset, reason, damage.note))
                damage = None
            yield member
            if member.content is not None:
                handed_out.bytes += member.end - offset
            offset = member.end
        if damage:
            yield self._told(damage)

    def _usual(self, offset: int) -> Iterator[Member | Run]:
        """Yields gzip members from a place on; ends before one that is broken or not small."""
        while True:
            unpacker = self._unpacker()
            for run in unpacker.runs(self._window, offset) if unpacker is not None else ():
                yield run
                offset = run.end
            for content, begin, end in usual_members(self._window, offset, BUFFER_BYTES):
                yield Member(begin, end, len(content), content, True)
                offset = end
                if self._unpacker() is not None:
                    break
            else:
                return

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
        """Returns whether what is left of the file fills its last block."""
        is_short = self._size - offset <= MAX_PADDING_BYTES and self._size % BLOCK_BYTES == 0
        return offset > 0 and is_short and self._is_zero(offset, self._size)

    def _is_zero(self, offset: int, end: int) -> bool:
        """Returns whether bytes [offset, end) are all zero."""
        places = range(offset, end, PIECE_BYTES)
        return not any(bytes(self._window.at(place, min(PIECE_BYTES, end - place))).strip(b"\0") for place in places)

    def _told(self, damage: Damage) -> Damage:
        """Returns damage with a note if nothing but zeros stands there."""
        if damage.note or not self._is_zero(damage.offset, damage.end):
            return damage
        zeros = f"{damage.end - damage.offset:,} zero bytes from byte {damage.offset:,} on"
        return dataclasses.replace(damage, note=f"{zeros}: never written, or lost; fetch the file again")
