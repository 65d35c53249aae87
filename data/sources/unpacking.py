"""Unpacking one gzip, bzip2, xz or zstd member that starts at some place of a file, in pieces, to its checksum.

gzip is unpacked by Intel's ISA-L: twice the speed of zlib, and it checks length and CRC alike. Small members have a
way of their own: see `gzip_members`.
"""

from __future__ import annotations

import bz2
import dataclasses
import lzma
import os
from typing import IO, Callable, Generator, NamedTuple, Protocol, cast

import zstandard
from isal import igzip_lib

#: Largest piece that is handed out.
PIECE_BYTES = 2**20
#: A member beyond both is a bomb: text packs 3 to 20 times, and no honest file of ours is that long.
BOMB_RATIO = 200
BOMB_BYTES = 2 * 2**30
#: Larger windows and dictionaries are refused: they would take that much memory.
MAX_DICTIONARY_BYTES = 2**27
#: What a zstd frame may look back on, in memory: `zstd --long=28`. Those of larger windows can be read as far as they
#: unpack to no more.
MAX_WINDOW_BYTES = 2**28
#: No block of a zstd frame unpacks to more.
ZSTD_BLOCK_BYTES = 2**17
#: The first read of a member; members of a crawl take a few kilobytes, and what is read too far is copied.
FIRST_READ_BYTES = 2**14
#: Reads where a broken member is salvaged. What an unpacker made of the read in which it fails is lost: near the
#: place where it failed before, it gets byte by byte.
SALVAGE_READ_BYTES = 2**12
#: Zeros after a member that may be meant.
MAX_PADDING_BYTES = 2**16
#: So many zero bytes are a hole where a file was not written, and no packed text. Unpackers go on in them: to deflate
#: they say to repeat what came before, without end.
HOLE_BYTES = 512

#: What its decompressor raises; its stub says less.
GZIP_ERROR = cast("type[Exception]", igzip_lib.error)

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: Skippable frames begin with 0x50 … 0x5f and these three bytes (RFC 8878, section 3.1.2).
SKIPPABLE_TAIL = b"\x2a\x4d\x18"
#: In the byte after a frame's magic (RFC 8878, section 3.1.1.1.1).
_HAS_CHECKSUM = 4
#: A skippable frame with this first byte at a file's start holds the dictionary of all its frames.
DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"


class Broken(Exception):
    """A member cannot be unpacked; `reason` names the fault, `note` tells people more where there is more to tell."""

    def __init__(self, reason: str, note: str = "") -> None:
        super().__init__(reason)
        self.reason, self.note = reason, note


class Window:
    """An open file, read at any place; reads that stand near each other cost one system call.

    It is never mapped: a file that shrinks while it is read would end the process.
    """

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.dictionary: zstandard.ZstdCompressionDict | None = None
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
        self._bytes, self._start = os.pread(self.handle, there, offset), offset
        self._is_last = len(self._bytes) < length


#: Unpacks one member that starts at an offset; yields pieces, returns where it ends. With `salvage` it hands out
#: all that can be had before it fails.
Unpacker = Callable[[Window, int, bool], Generator[bytes, None, int]]


@dataclasses.dataclass(frozen=True)
class Packing:
    """A way to pack.

    Attributes:
        name: as people call it.
        magic: the bytes that a member begins with.
        suffixes: of file names.
        unpack: unpacks one member.
    """

    name: str
    magic: bytes
    suffixes: tuple[str, ...]
    unpack: Unpacker


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


def _stream(
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
            raise Broken(_fault(error)) from error
        size += len(piece)
        refuse_bomb(size, position - offset)
        if piece:
            yield piece
    return position - len(unpacker.unused_data)


def _fault(error: Exception) -> str:
    text = str(error).lower()
    if "checksum" in text:
        return "bad_crc"
    return "decompression_limit" if "memory" in text else "corrupt_member"


def _gunzip(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    return _stream(window, offset, salvage, GZIP.magic, lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP))


def _bunzip2(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    return _stream(window, offset, salvage, BZIP2.magic, bz2.BZ2Decompressor)


def _unxz(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    end = yield from _stream(
        window, offset, salvage, XZ.magic,
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY_BYTES + 2**20),
    )  # fmt: skip
    after = bytes(window.at(end, MAX_PADDING_BYTES + 4))
    padding = (len(after) - len(after.lstrip(b"\0"))) // 4 * 4  # between streams it belongs to the format
    return end + padding if padding <= MAX_PADDING_BYTES else end


def _unzstd(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    frame = _zstd_frame(window, offset)
    if frame.fault and not salvage:
        raise Broken(frame.fault)
    if not frame.holds_data:
        if offset == 0 and window.at(0, 4) == DICTIONARY_MAGIC:
            window.dictionary = _zstd_dictionary(bytes(window.at(8, frame.end - 8)))
        return frame.end
    if frame.looks_back > MAX_WINDOW_BYTES:
        raise Broken("decompression_limit", _too_wide(frame.window))
    # It asks for `read` only, but is typed as wanting a whole file.
    source = cast("IO[bytes]", _Slice(window, offset, frame.end, salvage))
    reader = zstandard.ZstdDecompressor(
        dict_data=window.dictionary, max_window_size=min(max(MAX_WINDOW_BYTES, frame.window), 2**31)
    ).stream_reader(source, read_across_frames=False, read_size=2**12 if salvage else 2**17)
    size = 0
    while True:
        try:
            piece = reader.read(2**12 if salvage else PIECE_BYTES)
        except (zstandard.ZstdError, OverflowError, MemoryError) as error:
            raise Broken(_fault(error)) from error
        if not piece:
            if frame.fault:
                raise Broken(frame.fault)
            return frame.end
        size += len(piece)
        refuse_bomb(size, frame.end - offset)
        yield piece


def _too_wide(window: int) -> str:
    most = MAX_WINDOW_BYTES / 2**20
    return (
        f"its zstd window is {window / 2**20:,.0f} MB, and it unpacks to more than the {most:,.0f} MB that may be held "
        "in memory; pack it again with --long=28 or less"
    )


class _Frame(NamedTuple):
    """What a zstd frame's header and those of its blocks say.

    Attributes:
        end: where it ends; for one that is cut, the file.
        holds_data: whether it is no skippable one.
        window: bytes that it may look back.
        looks_back: bytes that it can look back: it may unpack to fewer.
        fault: what is wrong with it; "" for nothing.
    """

    end: int
    holds_data: bool
    window: int = 0
    looks_back: int = 0
    fault: str = ""


def _zstd_frame(window: Window, offset: int) -> _Frame:
    """Returns what a zstd frame is, from its headers alone.

    Raises:
        Broken: there is none.

    Source: RFC 8878, sections 3.1.1 and 3.1.2.
    """
    head, size = bytes(window.at(offset, 18)), window.size
    if head[1:4] == SKIPPABLE_TAIL and 0x50 <= head[0] <= 0x5F:
        end = offset + 8 + int.from_bytes(head[4:8], "little")
        if end > size:
            raise Broken("truncated")
        return _Frame(end, holds_data=False)
    if not head.startswith(ZSTD_MAGIC) or len(head) < 6:
        raise Broken("no_member" if head[:4] != ZSTD_MAGIC else "truncated")
    flags = head[4]
    single, has_checksum = flags >> 5 & 1, bool(flags & _HAS_CHECKSUM)
    start = 5 + (not single) + (0, 1, 2, 4)[flags & 3]
    length = (single, 2, 4, 8)[flags >> 6]
    content = int.from_bytes(head[start : start + length], "little") + 256 * (length == 2) if length else 2**64
    exponent, mantissa = head[5] >> 3, head[5] & 7
    reach = content if single else (1 << 10 + exponent) // 8 * (8 + mantissa)
    position, blocks, last, fault = offset + start + length, 0, False, ""
    while not last and not fault:
        block = window.at(position, 3)
        header = int.from_bytes(block, "little")
        last, kind, packed = bool(header & 1), header >> 1 & 3, header >> 3
        is_corrupt = kind == 3 or (not header and not window.before_hole(position, 3))
        fault = "truncated" if len(block) < 3 else "corrupt_member" if is_corrupt else ""
        position += 3 + (1 if kind == 1 else packed)
        blocks += 1
    end = position + 4 * has_checksum
    fault = fault or ("truncated" if end > size else "")
    return _Frame(size if fault else end, True, reach, min(reach, content, blocks * ZSTD_BLOCK_BYTES), fault)


def _zstd_dictionary(content: bytes) -> zstandard.ZstdCompressionDict | None:
    """Returns the dictionary that a .warc.zst file of the Internet Archive brings along, itself packed or not."""
    if content.startswith(ZSTD_MAGIC):
        try:
            content = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY_BYTES).decompress(content, 2**24)
        except zstandard.ZstdError:
            return None
    return zstandard.ZstdCompressionDict(content) if content.startswith(b"\x37\xa4\x30\xec") else None


class _Slice:
    """A zstd frame, bytes [start, end) of a file, as zstandard wants to read it.

    With `salvage` as far as no hole begins, and as one without a checksum: a wrong one takes the last blocks along.
    """

    def __init__(self, window: Window, start: int, end: int, salvage: bool) -> None:
        self._window, self._position, self._end, self._salvage = window, start, end, salvage
        self._descriptor = start + 4

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._position
        size = left if size < 0 else min(size, left)
        at = self._position
        piece = self._window.before_hole(at, size) if self._salvage else os.pread(self._window.handle, size, at)
        if self._salvage and at <= self._descriptor < at + len(piece):
            place = self._descriptor - at
            piece = piece[:place] + bytes([piece[place] & ~_HAS_CHECKSUM]) + piece[place + 1 :]
        self._position += len(piece)
        return piece


GZIP = Packing("gzip", b"\x1f\x8b\x08", (".gz", ".gzip"), _gunzip)
BZIP2 = Packing("bzip2", b"BZh", (".bz2",), _bunzip2)
XZ = Packing("xz", b"\xfd7zXZ\0", (".xz",), _unxz)
ZSTD = Packing("zstd", ZSTD_MAGIC, (".zst", ".zstd"), _unzstd)
PACKINGS = (GZIP, ZSTD, BZIP2, XZ)
