"""Plain books: one document for each text file. What Project Gutenberg puts around a book is taken off and noted."""

from __future__ import annotations

import re
from typing import Iterator

from data.charset import Undecodable, decode_source
from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.members import Damage
from data.sources.pieces import read_pieces
from data.sources.records import Row, quarantined

#: The marks changed over thirty years: *** START OF THE PROJECT GUTENBERG EBOOK X ***, ***START OF THIS PROJECT …
_START = re.compile(
    r"^[ \t]*\*{1,3}[ \t]*START OF (?:THE|THIS) PROJECT GUTENBERG[^\n]*(?:\n[^\n]+){0,3}?\*{3}[ \t]*$"
    r"|^[ \t]*\*END[ *]*THE SMALL PRINT![^\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
_END = re.compile(
    r"^[ \t]*\*{1,3}[ \t]*END OF (?:THE|THIS) PROJECT GUTENBERG|^[ \t]*End of (?:the )?Project Gutenberg(?:'s)? ",
    re.MULTILINE | re.IGNORECASE,
)
_FACT = re.compile(r"^(Title|Author|Language|Release Date):[ \t]*([^\n]{1,300})$", re.MULTILINE)
_PRODUCED = re.compile(
    r"\A\s*(?:E-text prepared|Produced by|This eBook was produced)[^\n]*(?:\n[^\n]+)*\n\s*\n", re.IGNORECASE
)
#: Where the marks are sought: the header and the licence behind the book.
_HEAD_CHARS, _TAIL_CHARS = 30_000, 60_000


def read_book(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields the one row of a book's file; its locator is its relative path."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    content = bytearray()
    for piece in read_pieces(file, lambda head: b"\0" not in head, whole=True):
        if isinstance(piece, Damage):
            size = piece.end - piece.offset
            yield quarantined(source, file.relative, piece.reason, offset=piece.offset, bytes=size)
            return
        content += piece
        if len(content) > source.max_record_bytes:
            break
    if len(content) > source.max_record_bytes:
        yield quarantined(source, file.relative, "too_large", bytes=file.bytes, sha256=file.sha256 or None)
        return
    try:
        text = decode_source(bytes(content)).replace("\r\n", "\n")
    except Undecodable as error:
        yield quarantined(source, file.relative, error.reason, bytes(content), **error.position)
        return
    book, modified, facts = without_gutenberg(text)
    yield document(
        source.name,
        file.relative,
        kind=source.documents_are,
        text=book,
        language=_LANGUAGES.get(str(facts.get("language", "")).lower()),
        licence=source.licence,
        metadata={"path": file.relative, **facts, "modified": modified or None},
    )


_LANGUAGES = {
    "english": "en", "french": "fr", "german": "de", "spanish": "es", "italian": "it", "portuguese": "pt",
    "dutch": "nl",    "finnish": "fi",
    "swedish": "sv", "danish": "da", "latin": "la", "greek": "el", "chinese": "zh", "hungarian": "hu",
}  # fmt: skip


def without_gutenberg(text: str) -> tuple[str, list[str], dict[str, str]]:
    """Returns a book without Project Gutenberg's header and footer, which of them were taken off, and its facts."""
    modified: list[str] = []
    facts: dict[str, str] = {}
    start = _last(_START, text[:_HEAD_CHARS])
    if start is not None:
        facts = {
            name.lower().replace(" ", "_"): value.strip()
            for name, value in reversed(_FACT.findall(text[: start.end()]))
        }
        text = text[start.end() :]
        text = _PRODUCED.sub("", text, count=1)
        modified.append("gutenberg_header")
    tail = max(0, len(text) - _TAIL_CHARS)
    end = _END.search(text, tail)
    if end:
        text = text[: end.start()]
        modified.append("gutenberg_footer")
    return (text.strip("\n") + "\n" if modified else text), modified, facts


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007  # the last one counts
        pass
    return found
