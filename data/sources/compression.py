"""Compressed files, member by member: nothing of a member is handed out before its checksum is checked.

A gzip file is a chain of members, a zstd file a chain of frames; each ends with a checksum of its
content. A damaged stretch becomes one `Damage`, and reading resumes at the next member that is whole.
Plain files are one member without a checksum. Memory is bounded: a member that unpacks to more than
BUFFER_BYTES is unpacked twice, once to check it and once to hand it out.
"""

from __future__ import annotations

import dataclasses
import os
import zlib
from typing import IO, Callable, Generator, Iterator, cast

import zstandard

BUFFER_BYTES = 16 * 2**20
PIECE_BYTES = 2**20
READ_BYTES = 2**16
#: A member beyond both is a bomb: text packs 3 to 20 times, and no honest file of ours is that long.
BOMB_RATIO = 200
BOMB_BYTES = 2 * 2**30

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: Skippable frames begin with 0x50 … 0x5f and these three bytes (RFC 8878, section 3.1.2).
SKIPPABLE_TAIL = b"\x2a\x4d\x18"

#: Unpacks one member that starts at an offset of an open file; yields pieces, returns where it ends.
Unpacker = Callable[[int, int], Generator[bytes, None, int]]


class Broken(Exception):
    """A member cannot be unpacked; `reason` names the fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Damage:
    """A stretch of a file that cannot be read: bytes [offset, end)."""

    offset: int
    end: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Member:
    """A checked stretch of a file: bytes [offset, end), which unpack to `size` bytes.

    Attributes:
        content: all of them, where they are at most BUFFER_BYTES; else null.
        unpack: yields them in pieces, in either case.
        plain: the file is not compressed.
    """

    offset: int
    end: int
    size: int
    content: bytes | None
    unpack: Callable[[], Iterator[bytes]]
    plain: bool = False


def read_members(handle: int, name: str, begins: Callable[[bytes], bool]) -> Iterator[Member | Damage]:
    """Yields the members and damaged stretches of a file, in order.

    Args:
        handle: descriptor of the open file.
        name: its name; the suffixes .gz and .zst are only believed where the first bytes are no text.
        begins: whether a member's first piece looks right; used to find the next one after damage.
    """
    head = os.pread(handle, READ_BYTES, 0)
    if head.startswith(ZSTD_MAGIC) or _is_skippable(head):
        return _chain(handle, _unzstd, ZSTD_MAGIC, begins)
    if head.startswith(GZIP_MAGIC):
        return _chain(handle, _gunzip, GZIP_MAGIC, begins)
    if name.endswith((".gz", ".zst", ".zstd")) and not looks_like_text(head):
        gzip = name.endswith(".gz")
        return _chain(handle, _gunzip if gzip else _unzstd, GZIP_MAGIC if gzip else ZSTD_MAGIC, begins)
    return iter([_plain(handle)])


def looks_like_text(head: bytes) -> bool:
    """Returns whether the first bytes of a file are UTF-8 without NUL; a cut last character is forgiven."""
    if b"\0" in head or head[:1] == GZIP_MAGIC[:1]:
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
            yield os.pread(handle, PIECE_BYTES, offset)

    return Member(0, size, size, None, pieces, plain=True)


def _chain(handle: int, unpacker: Unpacker, magic: bytes, begins: Callable[[bytes], bool]) -> Iterator[Member | Damage]:
    size = os.fstat(handle).st_size
    offset, damage = 0, None
    while offset < size:
        try:
            member = _check(handle, unpacker, offset)
        except Broken as broken:
            if _is_padding(handle, offset, size):
                break
            reason = broken.reason
            if reason == "no_member":
                reason = "trailing_garbage" if offset else "not_gzip"
            damage = damage or Damage(offset, size, reason)
            following = _find_member(handle, unpacker, magic, offset + 1, begins)
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
        offset = member.end
    if damage:
        yield damage


def _check(handle: int, unpacker: Unpacker, offset: int) -> Member:
    """Unpacks a member to its end, which checks it; keeps the content if it is small."""
    kept: list[bytes] | None = []
    size = 0
    pieces = unpacker(handle, offset)
    while True:
        try:
            piece = next(pieces)
        except StopIteration as stop:
            end = int(stop.value)
            break
        size += len(piece)
        if size > BUFFER_BYTES:
            kept = None
        if kept is not None:
            kept.append(piece)
    if kept is None:
        return Member(offset, end, size, None, lambda: unpacker(handle, offset))
    content = b"".join(kept)
    return Member(offset, end, size, content, lambda: iter([content] if content else []))


def _find_member(
    handle: int, unpacker: Unpacker, magic: bytes, offset: int, begins: Callable[[bytes], bool]
) -> int | None:
    """Returns the first place from `offset` on where a member seems to start."""
    while True:
        window = os.pread(handle, PIECE_BYTES, offset)
        at = window.find(magic)
        while at >= 0:
            try:
                if begins(next(unpacker(handle, offset + at), b"")):
                    return offset + at
            except Broken:
                pass
            at = window.find(magic, at + 1)
        if len(window) < PIECE_BYTES:
            return None
        offset += len(window) - len(magic) + 1


def _is_padding(handle: int, offset: int, size: int) -> bool:
    """Returns whether a file holds only zero bytes from an offset on; tape blocks are padded so."""
    return offset > 0 and all(
        not os.pread(handle, PIECE_BYTES, place).strip(b"\0") for place in range(offset, size, PIECE_BYTES)
    )


def _refuse_bomb(unpacked: int, packed: int) -> None:
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        raise Broken("decompression_limit")


def _gunzip(handle: int, offset: int) -> Generator[bytes, None, int]:
    if os.pread(handle, len(GZIP_MAGIC), offset) != GZIP_MAGIC:
        raise Broken("no_member")
    inflater = zlib.decompressobj(wbits=31)
    position, waiting, size, piece = offset, b"", 0, b""
    while not inflater.eof:
        if not waiting and len(piece) < PIECE_BYTES:  # a full piece may have more behind it already
            waiting = os.pread(handle, READ_BYTES, position)
            position += len(waiting)
            if not waiting:
                raise Broken("truncated")
        try:
            piece = inflater.decompress(waiting, PIECE_BYTES)
        except zlib.error as error:
            raise Broken(
                "bad_crc" if "incorrect" in str(error) and "check" in str(error) else "corrupt_member"
            ) from error
        waiting = inflater.unconsumed_tail
        size += len(piece)
        _refuse_bomb(size, position - offset)
        if piece:
            yield piece
    return position - len(inflater.unused_data)


def _unzstd(handle: int, offset: int) -> Generator[bytes, None, int]:
    end, holds_data = _zstd_frame(handle, offset)
    if not holds_data:
        return end
    # It asks for `read` only, but is typed as wanting a whole file.
    source = cast("IO[bytes]", _Slice(handle, offset, end))
    reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(source, read_across_frames=False)
    size = 0
    while True:
        try:
            piece = reader.read(PIECE_BYTES)
        except zstandard.ZstdError as error:
            if "memory" in str(error):
                raise Broken("decompression_limit") from error
            raise Broken("bad_crc" if "checksum" in str(error) else "corrupt_member") from error
        if not piece:
            return end
        size += len(piece)
        _refuse_bomb(size, end - offset)
        yield piece


def _zstd_frame(handle: int, offset: int) -> tuple[int, bool]:
    """Returns where a zstd frame ends, read from its block headers alone, and whether it holds data.

    Source: RFC 8878, sections 3.1.1 and 3.1.2.
    """
    head = os.pread(handle, 18, offset)
    if _is_skippable(head):
        return _within(handle, offset + 8 + int.from_bytes(head[4:8], "little")), False
    if not head.startswith(ZSTD_MAGIC) or len(head) < 6:
        raise Broken("no_member" if head[:4] != ZSTD_MAGIC else "truncated")
    flags = head[4]
    single, checksum = flags >> 5 & 1, flags >> 2 & 1
    content_size = (single, 2, 4, 8)[flags >> 6]
    position = offset + 5 + (not single) + (0, 1, 2, 4)[flags & 3] + content_size
    last = False
    while not last:
        block = os.pread(handle, 3, position)
        if len(block) < 3:
            raise Broken("truncated")
        header = int.from_bytes(block, "little")
        last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
        if kind == 3:
            raise Broken("corrupt_member")
        position += 3 + (1 if kind == 1 else size)
    return _within(handle, position + 4 * checksum), True


def _is_skippable(head: bytes) -> bool:
    return head[1:4] == SKIPPABLE_TAIL and 0x50 <= head[0] <= 0x5F


def _within(handle: int, end: int) -> int:
    if end > os.fstat(handle).st_size:
        raise Broken("truncated")
    return end


class _Slice:
    """Bytes [start, end) of an open file, as zstandard wants to read them."""

    def __init__(self, handle: int, start: int, end: int) -> None:
        self._handle, self._position, self._end = handle, start, end

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._position
        piece = os.pread(self._handle, left if size < 0 else min(size, left), self._position)
        self._position += len(piece)
        return piece
