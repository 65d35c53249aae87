"""The bytes of a file, unpacked, in order: pieces, and the damaged stretches between them."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, Iterable, Iterator

from data.charset_detection import wide_order
from data.recipe import Source
from data.sources import InputFile
from data.sources.compression import looks_like_text, read_members
from data.sources.members import Damage
from data.sources.records import Row, quarantined
from data.sources.text_pieces import UTF8_MARK, TextPieces

#: Of UTF-16 and UTF-32.
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_QUOTED = re.compile(rb'"[^"]*"')


def read_pieces(
    file: InputFile, begins: Callable[[bytes], bool] = looks_like_text, *, whole: bool = False
) -> Iterator[bytes | Damage]:
    """Yields a file's unpacked bytes, the byte order mark of UTF-8 left out, and its damaged stretches.

    Text in UTF-16 or UTF-32 is one damaged stretch, `bad_encoding`: nothing that is understood by pieces may be in it.
    A file that unpacks to nothing is one, too: `empty_file`.

    Args:
        file: plain, or packed in any way that `compression` knows.
        begins: whether a member's first piece looks right; used to find the next one after damage.
        whole: the pieces are put together before they are decoded, so that they are as good as any.
    """
    handle = os.open(file.path, os.O_RDONLY)
    first, is_damaged = True, False
    try:
        for item in read_members(handle, file.relative, begins):
            if isinstance(item, Damage):
                is_damaged = True
                yield item
                continue
            for piece in item.unpack():
                if first and not whole and (piece.startswith(_WIDE_MARKS) or wide_order(piece)):
                    yield Damage(0, file.bytes, "bad_encoding")
                    return
                yield piece.removeprefix(UTF8_MARK) if first else piece
                first = False
        if first and not is_damaged:
            yield Damage(0, file.bytes, "empty_file")
    finally:
        os.close(handle)


def read_text_pieces(file: InputFile) -> Iterator[bytes | Damage]:
    """Yields what `read_pieces` does, but text in any encoding as UTF-8 (see `text_pieces`)."""
    text, is_empty = TextPieces(), True
    for item in read_pieces(file, whole=True):
        if isinstance(item, Damage):
            yield text.end()
            yield item
            is_empty = False
        else:
            piece = text.feed(item)
            is_empty &= not piece
            yield piece
    rest = text.end()
    yield rest
    if is_empty and not rest:  # nothing but a byte order mark
        yield Damage(0, file.bytes, "empty_file")


def with_line_feeds(items: Iterable[bytes | Damage]) -> Iterator[bytes | Damage]:
    """Yields a table's pieces, the carriage returns that alone end its lines, as on old Macs, as line feeds.

    The first piece decides: it has no line feed, but in quotes.
    """
    ends_in_returns: bool | None = None
    for item in items:
        if isinstance(item, Damage) or not item:
            yield item
            continue
        if ends_in_returns is None:
            ends_in_returns = b"\r" in item and not (b"\n" in item and b"\n" in _QUOTED.sub(b"", item))
        yield item.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if ends_in_returns else item


def damage_row(file: InputFile, source: Source, damage: Damage, number: int) -> Row:
    """Returns the row of the damaged stretch of a number (from 0); of later ones, the locator has the byte offset."""
    locator = f"{file.relative}:byte-{damage.offset}" if number else file.relative
    note: dict[str, Any] = {"error": damage.note} if damage.note else {}
    return quarantined(source, locator, damage.reason, offset=damage.offset, bytes=damage.end - damage.offset, **note)
