"""Wikipedia's XML dumps (pages-articles, multistream or not): one document for each page of the wanted namespaces.

Pages are numbered from 0. Redirects and pages of other namespaces are rows that end here, under those names.
"""

from __future__ import annotations

import dataclasses
import re
import urllib.parse
from typing import Any, Iterator

from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.members import Damage
from data.sources.pieces import damage_row
from data.sources.records import Row, quarantined
from data.sources.wikitext import to_text
from data.sources.xml_records import BadXml, Marks, XmlRecord, cut_records, parse

_MARKS = Marks(b"<page>", b"</page>", stray=b"</page>", close=b"</mediawiki")
#: Media and categories are namespaces 6 and 14 in every wiki.
_MEDIA, _CATEGORY = "6", "14"
_LANGUAGE = re.compile(r'<mediawiki\b[^>]{0,2000}\bxml:lang="([A-Za-z-]{2,20})"')
_BASE = re.compile(r"<base>(https?://[^<\s]{1,200}/)[^/<\s]{0,200}</base>")
_NAMESPACE = re.compile(r'<namespace key="(-?\d+)"[^>]{0,200}>([^<]{1,100})</namespace>')


def read_dump(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each page of a dump, and one for each damaged stretch."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    site, number, damages = _Site(), 0, 0
    for item in cut_records(file, _MARKS, source.max_record_bytes):
        if isinstance(item, bytes):
            site = _Site.of(item.decode("utf-8", "replace"))
        elif isinstance(item, Damage):
            yield damage_row(file, source, item, damages)
            damages += 1
        else:
            yield _page(item, f"{file.relative}:{number}", site, source)
            number += 1
    if not number and not damages:
        yield quarantined(source, file.relative, "no_pages", expected="a MediaWiki export with <page> elements")


@dataclasses.dataclass(frozen=True)
class _Site:
    """What a dump says about its wiki."""

    language: str | None = None
    base: str | None = None
    media: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, head: str) -> _Site:
        language, base = _LANGUAGE.search(head), _BASE.search(head)
        names = _NAMESPACE.findall(head)
        return cls(
            language[1].lower() if language else None,
            base[1] if base else None,
            tuple(name for key, name in names if key == _MEDIA),
            tuple(name for key, name in names if key == _CATEGORY),
        )


def _page(record: XmlRecord, locator: str, site: _Site, source: Source) -> Row:
    if record.content is None:
        return quarantined(source, locator, "too_large", offset=record.offset)
    if not record.is_whole:
        return quarantined(source, locator, "truncated", record.content, offset=record.offset)
    if record.is_stray:
        error = "a page's first tag is damaged"
        return quarantined(source, locator, "bad_xml", record.content, offset=record.offset, error=error)
    try:
        page = parse(record.content)
    except BadXml as problem:
        reason = "bad_encoding" if _is_broken(record.content) else "bad_xml"
        return quarantined(source, locator, reason, record.content, offset=record.offset, error=str(problem))
    title, space, identity = _text(page, "title"), _text(page, "ns"), _text(page, "id")
    revisions = page.findall("{*}revision")
    if title is None or not revisions:
        return quarantined(source, locator, "bad_page", record.content, origin_id=identity, offset=record.offset)
    revision = revisions[-1]
    facts: dict[str, Any] = {
        "title": title,
        "revision": _text(revision, "id"),
        "date": _text(revision, "timestamp"),
    }
    row: dict[str, Any] = {
        "kind": source.documents_are,
        "origin_id": identity,
        "url": site.base + urllib.parse.quote(title.replace(" ", "_"), safe="/:(),'!*") if site.base else None,
        "language": site.language,
        "licence": source.licence,
    }
    redirect = page.find("{*}redirect")
    if redirect is not None:
        facts["redirect"] = redirect.get("title")
        return document(source.name, locator, **row, metadata=facts, status="dropped", reason="redirect")
    if space is not None and space not in {str(wanted) for wanted in source.namespaces}:
        facts["namespace"] = space
        return document(source.name, locator, **row, metadata=facts, status="dropped", reason="other_namespace")
    model = _text(revision, "model") or "wikitext"
    if model != "wikitext":
        return document(
            source.name, locator, **row, metadata={**facts, "model": model}, status="dropped", reason="not_wikitext"
        )
    body = to_text(_text(revision, "text") or "", site.media, site.categories)
    text = f"# {title}\n\n{body}\n" if body else ""
    return document(source.name, locator, **row, text=text, metadata=facts)


def _text(element: Any, name: str) -> str | None:
    found = element.find(f"{{*}}{name}")
    return None if found is None else str(found.text or "")


def _is_broken(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return False
