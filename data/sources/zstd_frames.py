"""Frames of zstd: what one is, from its headers alone, and what it unpacks to, to its checksum where it has one."""

from __future__ import annotations

from typing import IO, Generator, NamedTuple, cast

import zstandard

from data.sources.unpacking import MAX_DICTIONARY_BYTES, PIECE_BYTES, Broken, Window, fault_of, read_at, refuse_bomb

#: What a zstd frame may look back on, in memory: `zstd --long=28`. Those of larger windows can be read as far as they
#: unpack to no more.
MAX_WINDOW_BYTES = 2**28
#: No block of a zstd frame unpacks to more.
ZSTD_BLOCK_BYTES = 2**17
#: A dictionary has some hundred kilobytes.
MOST_DICTIONARY_BYTES = 2**24
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: Skippable frames begin with 0x50 … 0x5f and these three bytes (RFC 8878, section 3.1.2).
SKIPPABLE_TAIL = b"\x2a\x4d\x18"
#: In the byte after a frame's magic (RFC 8878, section 3.1.1.1.1).
_HAS_CHECKSUM = 4
#: A skippable frame with this first byte at a file's start holds the dictionary of all its frames.
DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"


def unzstd(window: Window, offset: int, salvage: bool = False) -> Generator[bytes, None, int]:
    """Unpacks one frame; see `data.sources.packings.Unpacker`."""
    frame = _zstd_frame(window, offset)
    if frame.fault and not salvage:
        raise Broken(frame.fault)
    if not frame.holds_data:
        if offset == 0 and window.at(0, 4) == DICTIONARY_MAGIC:
            window.dictionary = _zstd_dictionary(bytes(window.at(8, min(frame.end - 8, MOST_DICTIONARY_BYTES))))
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
            raise Broken(fault_of(error)) from error
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
        unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY_BYTES).stream_reader(content)
        try:
            content = unpacker.read(MOST_DICTIONARY_BYTES)  # not all at once: room is made for what its head says
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
        piece = self._window.before_hole(at, size) if self._salvage else read_at(self._window.handle, size, at)
        if self._salvage and at <= self._descriptor < at + len(piece):
            place = self._descriptor - at
            piece = piece[:place] + bytes([piece[place] & ~_HAS_CHECKSUM]) + piece[place + 1 :]
        self._position += len(piece)
        return piece
