"""Unpacking one member of a compressed file that starts at some place of it, in pieces, to its checksum."""

from __future__ import annotations

import lzma
import os
from typing import TYPE_CHECKING, Callable, Generator, Protocol, cast

from isal import igzip_lib

if TYPE_CHECKING:
    import zstandard

#: Largest piece that is handed out.
PIECE_BYTES = 2**20
#: A member beyond both is a bomb: text packs 3 to 20 times, and no honest file of ours is that long.
BOMB_RATIO = 200
BOMB_BYTES = 2 * 2**30
#: Larger windows and dictionaries are refused: they would take that much memory.
MAX_DICTIONARY_BYTES = 2**27
#: The first read of a member; members of a crawl take a few kilobytes, and what is read too far is copied.
FIRST_READ_BYTES = 2**14
#: Reads where a broken member is salvaged. What an unpacker made of the read in which it fails is lost: near the
#: place where it failed before, it gets byte by byte.
SALVAGE_READ_BYTES = 2**12
#: So many zero bytes are a hole where a file was not written, and no packed text. Unpackers go on in them: to deflate
#: they say to repeat what came before, without end.
HOLE_BYTES = 512

#: What its decompressor raises; its stub says less.
GZIP_ERROR = cast("type[Exception]", igzip_lib.error)


class Broken(Exception):
    """A member cannot be unpacked; `reason` names the fault, `note` tells people more where there is more to tell."""

    def __init__(self, reason: str, note: str = "") -> None:
        super().__init__(reason)
        self.reason, self.note = reason, note


def read_at(handle: int, length: int, offset: int) -> bytes:
    """Returns the bytes of an open file from a place on: `length`, or as many as there are.

    The system may give fewer at once: 2 GiB at most, of a disk far away what has come so far.
    """
    found = os.pread(handle, length, offset)
    while len(found) < length and (more := os.pread(handle, length - len(found), offset + len(found))):
        found += more
    return found


class Window:
    """An open file, read at any place; reads that stand near each other cost one system call.

    It is never mapped: a file that shrinks while it is read would end the process.
    """

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.dictionary: zstandard.ZstdCompressionDict | None = None  # of all frames
        self.broken_at: dict[int, int] = {}  # where the read began in which a member's unpacking failed
        self._start, self._bytes, self._is_last = 0, b"", False

    @property
    def size(self) -> int:
        """The file's size, as it is now."""
        return os.fstat(self.handle).st_size

    def at(self, offset: int, length: int) -> memoryview:
        """Returns the bytes from a place on: `length`, or as many as there are."""
        start = offset - self._start
        if start < 0 or (start + length > len(self._bytes) and not self._is_last):
            self._load(offset, max(length, PIECE_BYTES))
            start = 0
        return memoryview(self._bytes)[start : start + length]

    def before_hole(self, offset: int, length: int) -> bytes:
        """Returns what `at` does, as far as no hole begins."""
        ahead = bytes(self.at(offset, length + HOLE_BYTES))
        hole = ahead.find(bytes(HOLE_BYTES))
        return ahead[: min(length, hole) if hole >= 0 else length]

    def around(self, offset: int, length: int = PIECE_BYTES) -> tuple[bytes, int, bool]:
        """Returns bytes that hold a place and `length` more, where they begin, and whether the file ends with them.

        If it does, there may be fewer.
        """
        self.at(offset, length)
        return self._bytes, self._start, self._is_last

    def _load(self, offset: int, length: int) -> None:
        # Room for more than there is would cost as much as a small file.
        there = max(0, min(length, self.size - offset))
        self._bytes, self._start = read_at(self.handle, there, offset), offset
        self._is_last = len(self._bytes) < length


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int = ...) -> bytes: ...


def refuse_bomb(unpacked: int, packed: int) -> None:
    """Raises Broken if so much has come out of so little that it must be a bomb."""
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        raise Broken("decompression_limit")


def stream(
    window: Window, offset: int, salvage: bool, magic: bytes, make: Callable[[], _Decompressor]
) -> Generator[bytes, None, int]:
    """Unpacks one member with a decompressor of Python's usual shape."""
    if window.at(offset, len(magic)) != magic:
        raise Broken("no_member")
    unpacker = make()
    position, size = offset, 0
    step = FIRST_READ_BYTES
    while not unpacker.eof:
        packed: bytes | memoryview = b""
        if unpacker.needs_input:
            if salvage:
                step = max(1, min(SALVAGE_READ_BYTES, window.broken_at.get(offset, window.size) - position))
            packed = window.before_hole(position, step) if salvage else window.at(position, step)
            position += len(packed)
            step = min(4 * step, PIECE_BYTES)
            if not packed:
                raise Broken("truncated")
        try:
            piece = unpacker.decompress(packed, PIECE_BYTES)
        except (GZIP_ERROR, OSError, lzma.LZMAError, EOFError) as error:
            window.broken_at[offset] = position - len(packed)
            raise Broken(fault_of(error)) from error
        size += len(piece)
        refuse_bomb(size, position - offset)
        if piece:
            yield piece
    return position - len(unpacker.unused_data)


def fault_of(error: Exception) -> str:
    """Returns the reason that an unpacker's error stands for."""
    text = str(error).lower()
    if "checksum" in text:
        return "bad_crc"
    return "decompression_limit" if "memory" in text else "corrupt_member"
