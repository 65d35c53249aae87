"""From a whole WARC or ARC record to a document's row, in few steps: small pages are hardly more than that."""

from __future__ import annotations

from typing import Any, Mapping

import xxhash

from data.recipe import Source
from data.schema import to_metadata
from data.sources.digests import fits_digest
from data.sources.http_message import BadMessage, Response, parse_response
from data.sources.record_heads import RecordHeads
from data.sources.records import Row, quarantined

#: Record types that hold documents; the others are numbered and passed over.
DOCUMENT_TYPES = ("response", "resource", "conversion")
#: HTTP headers that later steps look at.
KEPT_HEADERS = (
    ("x-robots-tag", "x_robots_tag"),
    ("content-language", "content_language"),
    ("tdm-reservation", "tdm_reservation"),
)


class Records:
    """Makes the rows of one file's records.

    Args:
        relative: the file's path, the head of locators.
        source: as the recipe describes it.
    """

    def __init__(self, relative: str, source: Source) -> None:
        self._source, self._place = source, f"{relative}:"
        self._start_of_id = f"{source.name}\x00{relative}:"
        self._heads = RecordHeads()

    def usual(
        self, content: bytes | bytearray, start: int, number: int, is_sure: bool
    ) -> tuple[int, Row | None] | None:
        """Returns a record's end and its row, null if its type holds no document.

        Null instead of both if the record is not written as nearly all are, or is not all there: then its frame has
        to be looked at more closely.

        Args:
            content: holds the record, and more.
            start: where it begins.
            number: its own.
            is_sure: a checksum vouches for the content.
        """
        head = self._heads.read(content, start)
        if head is None:
            return None
        fields, body = head
        length = fields.get("content-length", "")
        if "warc-type" not in fields or not (length.isascii() and length.isdigit() and len(length) < 19):
            return None
        size = int(length)
        stop = body + size
        if content[stop : stop + 4] != b"\r\n\r\n" or size > self._source.max_record_bytes:
            return None
        return stop + 4, self.row(content, body, stop, fields, number, is_sure)

    def row(
        self,
        content: bytes | bytearray,
        start: int,
        stop: int,
        fields: Mapping[str, str],
        number: int,
        is_sure: bool,
        is_arc: bool = False,
        is_salvaged: bool = False,
    ) -> Row | None:
        """Returns the row of one whole record, or null if its type holds no document.

        Args:
            content: holds the record's block.
            start: where that begins.
            stop: where it ends.
            fields: of the record's header.
            number: the record's.
            is_sure: a checksum vouches for the content.
            is_arc: the record is one of an ARC file, which say HTTP of everything.
            is_salvaged: the content is what could be had of damaged bytes.
        """
        kind = fields["warc-type"].lower()
        if kind not in DOCUMENT_TYPES:
            return None
        source = self._source
        if not is_sure or source.digests == "all":
            digest = fields.get("warc-block-digest")
            if digest is not None and not fits_digest(memoryview(content)[start:stop], digest):
                return self.bad(number, "bad_digest", bytes(content[start:stop]))
        metadata: dict[str, object] = {}
        if "warc-date" in fields:
            metadata["date"] = fields["warc-date"]
        text: str | None = None
        page: bytes | None = None
        content_type = fields.get("content-type")
        if kind == "response" and (
            content.startswith(b"HTTP/", start, stop) if is_arc else "http" in (content_type or "").lower()
        ):
            try:
                response = parse_response(content, source.max_record_bytes, "warc-truncated" in fields, start, stop)
            except BadMessage as error:
                return self.bad(number, error.reason, bytes(content[start:stop]))
            page, content_type = response.body, response.headers.get("content-type")
            _add_facts(metadata, response)
        elif kind == "conversion" and (content_type or "").lower().startswith("text/plain"):
            try:
                text, content_type = str(memoryview(content)[start:stop], "utf-8-sig"), None
            except UnicodeDecodeError:
                return self.bad(number, "bad_encoding", bytes(content[start:stop]))
        else:
            page = bytes(memoryview(content)[start:stop])
        if page is not None and len(page) > source.max_record_bytes:
            return self.bad(number, "too_large", bytes(content[start:stop]))
        if is_salvaged:
            metadata["salvaged"] = True
        return self._document(number, fields, metadata, text, page, content_type or None)

    def _document(
        self,
        number: int,
        fields: Mapping[str, str],
        metadata: dict[str, object],
        text: str | None,
        page: bytes | None,
        content_type: str | None,
    ) -> Row:
        """Returns what `data.schema.document` would, in half the time."""
        source, own = self._source, str(number)
        return {
            "id": xxhash.xxh3_128_hexdigest(self._start_of_id + own),
            "source": source.name,
            "origin_id": _bare(fields.get("warc-record-id")),
            "locator": self._place + own,
            "url": _bare(fields.get("warc-target-uri")),
            "kind": source.documents_are,
            "language": None,
            "licence": source.licence,
            "metadata": to_metadata(metadata),
            "text": text,
            "content": page,
            "content_type": content_type,
            "status": "",
            "reason": "",
        }

    def bad(self, number: int, reason: str, block: bytes | None, **facts: int) -> Row:
        """Returns the row of a record that cannot be read."""
        return quarantined(self._source, f"{self._place}{number}", reason, block, **facts)


def _add_facts(metadata: dict[str, Any], response: Response) -> None:
    metadata["http_status"] = response.status
    headers = response.headers
    for name, key in KEPT_HEADERS:
        if name in headers:
            metadata[key] = headers[name]


def _bare(value: str | None) -> str | None:
    """Returns an identifier without the angle brackets that WARC 1.0 puts around it."""
    return value.removeprefix("<").removesuffix(">") or None if value else None
