"""Parquet columns of strings with pages too large for memory, value by value.

Arrow unpacks a page whole, and a writer that puts a thousand rows into each page makes pages of gigabytes of
long texts. Here a page is unpacked in pieces into a file without a name, and each value is read from there.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from typing import IO, Iterator, cast

import brotli
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import zstandard

from data.sources.cells import TooLong
from data.sources.parquet_pages import DATA_V2, Chunk, Page
from data.sources.unpacking import MAX_DICTIONARY_BYTES, read_at

PIECE_BYTES = 2**20
#: What cannot be unpacked in pieces (lz4) must fit into memory.
MAX_WHOLE_BYTES = 400 * 2**20
#: Snappy is cut into pieces from this size on, since that takes a look at every element.
SNAPPY_BYTES = 200 * 2**20
#: Every writer packs fragments of this size by themselves.
SNAPPY_FRAGMENT_BYTES = 2**16
#: To count how often a dictionary's values are used takes less than to unpack it, of so many uses.
MAX_COUNTED = 50_000

_PLAIN, _PLAIN_DICTIONARY, _RLE_DICTIONARY = 0, 2, 8


class Unreadable(Exception):
    """A page is damaged, or of a kind that is not read here."""


def read_values(handle: int, chunk: Chunk, limit: int) -> Iterator[bytes | TooLong | None]:
    """Yields a column chunk's values in order: null, a string, or TooLong instead of one of more than `limit` bytes.

    Raises:
        Unreadable: after the last value before a page that cannot be read.
    """
    dictionary: _Values | None = None
    if chunk.dictionary is not None:
        dictionary = _Values(_unpacked(handle, chunk.dictionary, chunk.codec), 0, chunk.dictionary.values)
    for page in chunk.pages:
        with _unpacked(handle, page, chunk.codec) as content:
            present, start = _present(content, page, chunk.is_optional)
            count = int(present.sum())
            if page.encoding == _PLAIN:
                own = _Values(content, start, count)
                values = (own.at(number, limit) for number in range(count))
            elif page.encoding in (_PLAIN_DICTIONARY, _RLE_DICTIONARY) and dictionary is not None:
                known = dictionary
                values = (known.at(int(number), limit) for number in _indices(content, start, page, count))
            else:
                raise Unreadable(f"a large page in encoding {page.encoding}")
            for is_present in present.tolist():
                yield next(values) if is_present else None


def most_uses(handle: int, chunk: Chunk) -> int:
    """Returns how often the dictionary's value that is used most is used in a chunk of a column that is not nested.

    Raises:
        Unreadable: a page is damaged, or that is hard to tell.
    """
    pages = [page for page in chunk.pages if page.encoding in (_PLAIN_DICTIONARY, _RLE_DICTIONARY)]
    values = sum(page.values for page in pages)
    size = sum(max(page.packed, page.unpacked, *page.levels) for page in pages)  # as headers say, which may lie
    if not chunk.is_whole or values > MAX_COUNTED or size > PIECE_BYTES or not all(page.has_runs for page in pages):
        raise Unreadable("too many values to be counted")
    found = [np.zeros(0, np.int64)]
    for page in pages:
        with _unpacked(handle, page, chunk.codec) as content:
            present, start = _present(content, page, chunk.is_optional)
            found.append(_indices(content, start, page, int(present.sum())))
    return int(np.unique(np.concatenate(found), return_counts=True)[1].max(initial=0))


class _Values:
    """Strings in Parquet's plain encoding, one after the other in a file."""

    def __init__(self, content: IO[bytes], start: int, count: int) -> None:
        self._handle = content.fileno()
        self._content = content  # closing it would end the file
        size = os.fstat(self._handle).st_size
        places = []
        for _ in range(count):
            head = read_at(self._handle, 4, start)
            length = int.from_bytes(head, "little")
            if len(head) < 4 or start + 4 + length > size:
                raise Unreadable("a value goes on behind its page's end")
            places.append((start + 4, length))
            start += 4 + length
        self._places = places

    def at(self, number: int, limit: int) -> bytes | TooLong:
        """Returns the value of a number."""
        if not 0 <= number < len(self._places):
            raise Unreadable("a dictionary index is out of range")
        start, length = self._places[number]
        return TooLong() if length > limit else read_at(self._handle, length, start)


def _unpacked(handle: int, page: Page, codec: str | None) -> IO[bytes]:
    """Returns a file without a name that holds a page's body, unpacked, after its checksum was checked."""
    if page.crc is not None:
        crc = 0
        for piece in _pieces(handle, page.offset, page.packed):
            crc = zlib.crc32(piece, crc)
        if crc != page.crc:
            raise Unreadable("a page's checksum is wrong")
    target = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # the caller closes it
    plain = sum(page.levels) if page.kind == DATA_V2 else 0
    for piece in _pieces(handle, page.offset, plain):
        target.write(piece)
    written = plain
    packed = page.packed - plain
    pieces = _unpack(handle, page.offset + plain, packed, page.unpacked - plain, codec if page.is_packed else "")
    for unpacked in pieces:
        written += len(unpacked)
        if written > page.unpacked:
            break
        target.write(unpacked)
    if written != page.unpacked:
        target.close()
        raise Unreadable("a page has another size than its header says")
    return cast(IO[bytes], target)


def _pieces(handle: int, offset: int, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = read_at(handle, min(length, PIECE_BYTES), offset)
        if not piece:
            raise Unreadable("the file ends within a page")
        yield piece
        offset += len(piece)
        length -= len(piece)


def _unpack(handle: int, offset: int, packed: int, unpacked: int, codec: str | None) -> Iterator[bytes | memoryview]:
    pieces = _pieces(handle, offset, packed)
    try:
        if codec == "":
            yield from pieces
        elif codec == "zstd":
            inflater = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY_BYTES)
            yield from inflater.read_to_iter(cast("IO[bytes]", _Pieces(pieces)), write_size=PIECE_BYTES)
        elif codec == "gzip":
            unzip = zlib.decompressobj(wbits=47)
            for piece in pieces:
                while piece:
                    yield unzip.decompress(piece, PIECE_BYTES)
                    piece = unzip.unconsumed_tail
            yield unzip.flush()
        elif codec == "brotli":
            yield from _unbrotli(pieces)
        elif codec == "snappy" and unpacked > SNAPPY_BYTES and packed <= MAX_WHOLE_BYTES // 2:
            yield from _unsnappy(b"".join(pieces))
        elif codec is not None and unpacked <= MAX_WHOLE_BYTES:
            whole = memoryview(pa.decompress(b"".join(pieces), unpacked, codec))
            for start in range(0, len(whole), PIECE_BYTES):
                yield whole[start : start + PIECE_BYTES]
        else:
            raise Unreadable(f"a page of {unpacked:,} bytes that cannot be unpacked in pieces ({codec or 'unknown'})")
    except (zstandard.ZstdError, zlib.error, brotli.error, pa.ArrowException, OSError, IndexError) as error:
        raise Unreadable("a page cannot be unpacked") from error


def _unbrotli(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflater = brotli.Decompressor()
    for piece in pieces:
        yield inflater.process(piece, output_buffer_limit=PIECE_BYTES)
        while not inflater.can_accept_more_data():
            yield inflater.process(b"", output_buffer_limit=PIECE_BYTES)


def _unsnappy(packed: bytes) -> Iterator[bytes]:
    """Unpacks snappy's raw format a few megabytes at a time. Source: snappy's format_description.txt."""
    place = size = 0
    while packed[place] > 127:
        place += 1
    start = place = place + 1
    while place < len(packed):
        tag = packed[place]
        kind, length = tag & 3, tag >> 2
        if kind == 0:
            extra = max(0, length - 59)
            if extra:
                length = int.from_bytes(packed[place + 1 : place + 1 + extra], "little")
            place += 2 + extra + length
        else:
            length = length & 7 if kind == 1 else length
            place += (2, 3, 5)[kind - 1]
        size += length + (4 if kind == 1 else 1)
        if (size >= 4 * PIECE_BYTES and size % SNAPPY_FRAGMENT_BYTES == 0) or place >= len(packed):
            yield pa.decompress(_varint(size) + packed[start:place], size, "snappy", asbytes=True)
            start, size = place, 0


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


class _Pieces:
    """Pieces, as zstandard wants to read them."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int = -1) -> bytes:
        rest = self._rest or next(self._pieces, b"")
        end = len(rest) if size < 0 else size
        self._rest = rest[end:]
        return rest[:end]


def _present(content: IO[bytes], page: Page, is_optional: bool) -> tuple[npt.NDArray[np.bool_], int]:
    """Returns which values of a page are not null, and where its values begin."""
    start, length = (0, 0)
    if page.kind == DATA_V2:
        start, length = page.levels
        end = start + length
    elif is_optional:
        length = int.from_bytes(read_at(content.fileno(), 4, 0), "little")
        start, end = 4, 4 + length
    else:
        end = 0
    if not is_optional:
        return np.ones(page.values, dtype=np.bool_), end
    levels = read_at(content.fileno(), length, start)
    return _run_lengths(levels, 1, page.values).astype(np.bool_), end


def _indices(content: IO[bytes], start: int, page: Page, count: int) -> npt.NDArray[np.int64]:
    packed = read_at(content.fileno(), page.unpacked - start, start)
    if not count:
        return np.zeros(0, dtype=np.int64)
    if not packed or packed[0] > 32:
        raise Unreadable("dictionary indices of an impossible width")
    return _run_lengths(packed[1:], packed[0], count)


def _run_lengths(packed: bytes, width: int, count: int) -> npt.NDArray[np.int64]:
    """Returns numbers in Parquet's hybrid of runs and bit-packed groups of eight."""
    found: list[npt.NDArray[np.int64]] = []
    place = have = 0
    size = (width + 7) // 8
    while have < count:
        head = shift = 0
        while True:
            if place >= len(packed) or shift > 35:
                raise Unreadable("numbers end too early")
            head |= (packed[place] & 127) << shift
            place, shift = place + 1, shift + 7
            if packed[place - 1] < 128:
                break
        if head & 1:
            groups = head >> 1
            bits = np.unpackbits(np.frombuffer(packed[place : place + groups * width], np.uint8), bitorder="little")
            usable = len(bits) // max(1, width)
            rows = bits[: usable * width].reshape(usable, width).astype(np.int64)
            run = (rows << np.arange(width)).sum(axis=1) if width else np.zeros(min(8 * groups, count - have), np.int64)
            place += groups * width
        else:
            length = min(head >> 1, count - have)
            run = np.full(length, int.from_bytes(packed[place : place + size], "little"), np.int64)
            place += size
        if not len(run):
            raise Unreadable("numbers end too early")
        found.append(run)
        have += len(run)
    return np.concatenate(found)[:count] if found else np.zeros(0, dtype=np.int64)
