"""What a Parquet file's pages are, read from its footer and their headers, before anything of them is unpacked.

Arrow lays out a value that is stored once and used in every row as often as it is used, and unpacks a page
whatever its size; both are told by headers of a few bytes. Its own view of a column chunk cannot be asked: of
damaged footers it crashes. Source: the Parquet format's parquet.thrift.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection
from typing import Any

import pyarrow as pa

from data.sources.thrift import Reader
from data.sources.unpacking import read_at

MAGIC = b"PAR1"
#: Page headers are small unless their statistics hold long strings.
HEADER_BYTES = (2**12, 2**17, 2**22)
#: A dictionary is looked into if it is larger than this: then its longest string matters.
SMALL_DICTIONARY, LARGE_DICTIONARY = 2**20, 2**26
#: Of more strings none can be long.
MAX_LOOKED_AT = 50_000

DATA, DICTIONARY, DATA_V2 = 0, 2, 3
_BYTE_ARRAY, _RLE = 6, 3
#: What comes of structures that lack what must be in them, or have it of another type.
_SHAPELESS = (IndexError, KeyError, TypeError, AttributeError)
_OPTIONAL = 1
CODECS = {0: "", 1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}


@dataclasses.dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        kind: DATA, DICTIONARY or DATA_V2.
        values: how many it holds, null ones included.
        offset: where its body begins.
        packed: bytes of its body in the file.
        unpacked: bytes of its body when unpacked.
        crc: checksum of the packed body, if there is one.
        encoding: of its values.
        levels: DATA_V2: bytes of repetition and definition levels, which are not packed.
        is_packed: DATA_V2: whether the values are.
        has_runs: whether levels come as runs; very old writers have them otherwise.
    """

    kind: int
    values: int
    offset: int
    packed: int
    unpacked: int
    crc: int | None
    encoding: int
    levels: tuple[int, int] = (0, 0)
    is_packed: bool = True
    has_runs: bool = True


@dataclasses.dataclass(frozen=True)
class Chunk:
    """One column's pages in one row group.

    Attributes:
        pages: its data pages.
        dictionary: its dictionary page, if it has one.
        longest: no value in the dictionary takes more bytes, or no MAX_BATCH_ROWS of them do on the average; 0 without
            one.
        codec: how pages are packed: a name that Arrow knows, "" for not at all, null if it is another.
        is_optional: whether values can be null.
        is_bytes: whether its values are strings of bytes.
        is_whole: whether all of its pages were found; where the header of one is damaged, those before it are here.
    """

    pages: tuple[Page, ...]
    dictionary: Page | None
    longest: int
    codec: str | None
    is_optional: bool
    is_bytes: bool
    is_whole: bool = True

    @property
    def is_worth_a_look(self) -> bool:
        """Whether there is a dictionary of strings, so large that it matters how long they are, but not too large."""
        is_large = self.dictionary is not None and SMALL_DICTIONARY < self.dictionary.unpacked <= LARGE_DICTIONARY
        return is_large and self.codec is not None and self.is_bytes

    @property
    def values(self) -> int:
        """Values in all data pages."""
        return sum(page.values for page in self.pages)

    @property
    def largest(self) -> int:
        """Bytes of the largest page, unpacked."""
        pages = [*self.pages, self.dictionary] if self.dictionary else self.pages
        return max((page.unpacked for page in pages if page), default=0)


_NOT_FOUND = Chunk((), None, 0, None, True, True, is_whole=False)


def read_chunks(handle: int, columns: list[str], structures: Collection[str] = ()) -> list[dict[str, Chunk]]:
    """Returns for each row group the chunks of some columns by name: of those that are not nested, and of structures.

    Args:
        handle: descriptor of the open file.
        columns: their names.
        structures: those of them that are structures without lists; the name of a part has NUL between its steps.

    Raises:
        ValueError: the footer is damaged.
    """
    try:
        footer = _footer(handle)
        optional = _optional_columns(footer[2])
        return [_group(handle, group, columns, optional, structures) for group in footer[4]]
    except _SHAPELESS as error:
        raise ValueError(f"its footer is damaged ({type(error).__name__})") from error


def _footer(handle: int) -> dict[int, Any]:
    size = os.fstat(handle).st_size
    tail = read_at(handle, 8, max(0, size - 8))
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size - 12:
        raise ValueError("it has no footer")
    return Reader(read_at(handle, length, size - 8 - length)).struct()


def _optional_columns(schema: list[dict[int, Any]]) -> set[str]:
    """Returns the names of the columns at the top whose values can be null."""
    names, place = set(), 1
    for _ in range(schema[0].get(5, 0)):
        element = schema[place]
        if element.get(3) == _OPTIONAL:
            names.add(element[4].decode("utf-8", "replace"))
        waiting = 1
        while waiting:  # past the element and what is in it
            waiting += schema[place].get(5, 0) - 1
            place += 1
    return names


def _group(
    handle: int, group: dict[int, Any], wanted: list[str], optional: set[str], structures: Collection[str]
) -> dict[str, Chunk]:
    chunks = {}
    for column in group[1]:
        if 3 not in column:  # encrypted, and so is which one it is
            return dict.fromkeys(wanted, _NOT_FOUND)
        facts = column[3]
        path = [part.decode("utf-8", "replace") for part in facts[3]]
        if path[0] in wanted and (len(path) == 1 or path[0] in structures):
            chunks["\0".join(path)] = _chunk(handle, facts, len(path) > 1 or path[0] in optional)
    return chunks


def _chunk(handle: int, facts: dict[int, Any], is_optional: bool) -> Chunk:
    codec, is_bytes = CODECS.get(facts[4]), facts[1] == _BYTE_ARRAY
    dictionary, pages, seen, is_whole = None, [], 0, False
    try:
        start = facts[9]
        if 0 < facts.get(11, 0) < start:
            start = facts[11]
        end = start + facts[7]
        while start < end and seen < facts[5]:
            page = _page(handle, start)
            if page.kind == DICTIONARY:
                dictionary = dictionary or page
            elif page.kind in (DATA, DATA_V2):
                pages.append(page)
                seen += page.values
            start = page.offset + page.packed
        is_whole = True
    except (ValueError, OSError, OverflowError, *_SHAPELESS):  # of places that no file can have, too
        pass
    longest = dictionary.unpacked if dictionary else 0
    return Chunk(tuple(pages), dictionary, longest, codec, is_optional, is_bytes, is_whole)


def _page(handle: int, start: int) -> Page:
    header, length = _page_header(handle, start)
    kind, unpacked, packed = header[1], header[2], header[3]
    if packed < 0 or unpacked < 0:
        raise ValueError("a page has a negative size")
    crc = header[4] & 0xFFFFFFFF if 4 in header else None
    own = header.get({DATA: 5, DICTIONARY: 7, DATA_V2: 8}.get(kind, 0), {1: 0, 2: 0, 4: 0})
    levels, is_packed, has_runs = (0, 0), True, kind != DATA or own.get(3) == _RLE
    if kind == DATA_V2:
        levels, is_packed = (own.get(6, 0), own[5]), own.get(7, True)
    encoding = own[4 if kind == DATA_V2 else 2]
    return Page(kind, own[1], start + length, packed, unpacked, crc, encoding, levels, is_packed, has_runs)


def _page_header(handle: int, offset: int) -> tuple[dict[int, Any], int]:
    for size in HEADER_BYTES:
        content = read_at(handle, size, offset)
        reader = Reader(content)
        try:
            return reader.struct(), reader.place
        except IndexError:
            if len(content) < size:
                raise
    raise ValueError("a page header has no end")


def longest_value(handle: int, page: Page, codec: str) -> int:
    """Returns the bytes of the longest string of a dictionary page, or all its bytes if that is hard to tell."""
    content: Any = read_at(handle, page.packed, page.offset)
    try:
        content = memoryview(pa.decompress(content, page.unpacked, codec)) if codec else memoryview(content)
    except (pa.ArrowException, OSError):
        return page.unpacked
    place = longest = count = 0
    while place < len(content) and count < MAX_LOOKED_AT:
        size = int.from_bytes(content[place : place + 4], "little")
        longest = max(longest, size)
        place += 4 + size
        count += 1
    return page.unpacked if place < len(content) else longest
