"""Single files as documents: source code, plain text, saved HTML pages, PDF and DOCX files."""

from __future__ import annotations

import os
from typing import Callable, Iterator

from data.charset import Undecodable, decode_source
from data.office_documents import DOCUMENT_TYPES, DOCX, PDF
from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.compression import looks_like_text, read_members
from data.sources.languages import language_of
from data.sources.licences import find_tag
from data.sources.members import Damage
from data.sources.passed_over import PACKED_ENDINGS
from data.sources.records import Row, quarantined

_CONTENT_TYPES = {ending: kind for kind, ending in DOCUMENT_TYPES.items()}


def read_file(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields the one row of a file; its locator is its relative path.

    An empty file enters and is dropped as `empty` when it is extracted: repositories are full of them. A PDF or
    DOCX file is never empty: it is quarantined.
    """
    if file.bytes > source.max_record_bytes:
        yield quarantined(source, file.relative, "too_large", bytes=file.bytes, sha256=file.sha256)
        return
    if source.kind in ("html", "documents") and file.relative.lower().endswith(PACKED_ENDINGS):
        begins = looks_like_text if source.kind == "html" else lambda head: True
        found = _unpacked(file, begins, source.max_record_bytes)
        if isinstance(found, Damage):
            size = found.end - found.offset
            yield quarantined(source, file.relative, found.reason, offset=found.offset, bytes=size)
            return
        content = found
    else:
        with open(file.path, "rb") as opened:
            content = opened.read()
    if source.kind == "documents" and not content:
        yield quarantined(source, file.relative, "empty_file")
        return
    if source.kind in ("html", "documents"):
        content_type = "text/html" if source.kind == "html" else _document_type(content, file.relative)
        if content_type is None:
            yield quarantined(source, file.relative, "bad_document", content)
            return
        yield document(
            source.name,
            file.relative,
            kind=source.documents_are,
            content=content,
            content_type=content_type,
            licence=source.licence,
            metadata={"path": file.relative} if source.kind == "documents" else None,
        )
        return
    try:
        text = decode_source(content)
    except Undecodable as error:
        yield quarantined(source, file.relative, error.reason, content, **error.position)
        return
    yield document(
        source.name,
        file.relative,
        kind=source.documents_are,
        text=text,
        language=language_of(file.relative, text),
        licence=find_tag(text) or file.licence or source.licence,
        metadata={"path": file.relative},
    )


def _unpacked(file: InputFile, begins: Callable[[bytes], bool], max_bytes: int) -> bytes | Damage:
    """Returns what a packed file holds, each byte after its checksum was seen, or why it is not read."""
    content = bytearray()
    with open(file.path, "rb") as opened:
        for item in read_members(opened.fileno(), file.relative, begins):
            if isinstance(item, Damage):
                return item
            for piece in item.unpack():
                content += piece
                if len(content) > max_bytes:
                    return Damage(0, file.bytes, "too_large")
    return bytes(content)


def _document_type(content: bytes, name: str) -> str | None:
    """Returns what kind of document a file is, by its first bytes, else by its name; null if neither tells."""
    if b"%PDF-" in content[:1024]:
        return PDF
    if content.startswith(b"PK\x03\x04"):
        return DOCX
    return _CONTENT_TYPES.get(os.path.splitext(name)[1].lower())
