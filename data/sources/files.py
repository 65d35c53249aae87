"""Single files as documents: source code, plain text, saved HTML pages."""

from __future__ import annotations

from typing import Iterator

from data.charset import Undecodable, decode_source
from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.languages import language_of
from data.sources.licences import find_tag
from data.sources.records import Row, quarantined


def read_file(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields the one row of a file; its locator is its relative path.

    An empty file enters and is dropped as `empty` when it is extracted: repositories are full of them.
    """
    if file.bytes > source.max_record_bytes:
        yield quarantined(source, file.relative, "too_large", bytes=file.bytes, sha256=file.sha256)
        return
    with open(file.path, "rb") as opened:
        content = opened.read()
    if source.kind == "html":
        yield document(
            source.name,
            file.relative,
            kind=source.documents_are,
            content=content,
            content_type="text/html",
            licence=source.licence,
        )
        return
    try:
        text = decode_source(content)
    except Undecodable as error:
        yield quarantined(source, file.relative, error.reason, content)
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
