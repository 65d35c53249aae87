"""From a whole WARC or ARC record to a document's row, in few steps: small pages are hardly more than that."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import xxhash

from data.recipe import Source
from data.schema import to_metadata
from data.sources.digests import fits_digest
from data.sources.http_message import BadMessage, Response, parse_response
from data.sources.record_heads import MAX_HEADER_BYTES, STATUS, STATUS_AT, USUAL_HEADS, WANTED, read_head
from data.sources.records import Row, quarantined

#: Record types that hold documents, or what others of them go on with; the rest are numbered and passed over.
DOCUMENT_TYPES = ("response", "resource", "conversion", "continuation")
#: HTTP headers that later steps look at; the patterns in `http_message` and `record_heads` name them too.
KEPT_HEADERS = (
    ("x-robots-tag", "x_robots_tag"),
    ("content-language", "content_language"),
    ("tdm-reservation", "tdm_reservation"),
)
#: Types of those others, as a usual header has them.
_PASSED_OVER = frozenset((b"request\r", b"metadata\r", b"revisit\r", b"warcinfo\r"))
#: Media types of responses.
_HTTP = frozenset(
    (b"application/http; msgtype=response\r", b"application/http;msgtype=response\r", b"application/http\r")
)
_END = b"\r\n\r\n"
_UTF8_MARK = "\ufeff"

_usual_heads = USUAL_HEADS.match


def _nothing(place: int, size: int) -> bytes:
    return b""


class Records:
    """Makes the rows of one file's records.

    Args:
        relative: the file's path, the head of locators.
        source: as the recipe describes it.
    """

    def __init__(self, relative: str, source: Source) -> None:
        self._source, self._place = source, f"{relative}:"
        self._start_of_id = f"{source.name}\x00{relative}:"
        self._name, self._kind, self._licence = source.name, source.documents_are, source.licence
        self._max_bytes, self._checks_all = source.max_record_bytes, source.digests == "all"

    def usual(
        self,
        content: bytes | bytearray,
        start: int,
        number: int,
        is_sure: bool,
        read: Callable[[int, int], bytes] = _nothing,
        base: int = 0,
    ) -> tuple[int, Row | None] | None:
        """Returns a record's end and its row, null if its type holds no document.

        Null instead of both if the record is not written as nearly all are, or is not all there: then its frame has
        to be looked at more closely.

        Args:
            content: holds the record, or its beginning, and more.
            start: where it begins.
            number: its own.
            is_sure: a checksum vouches for the content.
            read: returns so many bytes from a place on, for records that go on where the content ends.
            base: the content's own place, as `read` counts.
        """
        heads = _usual_heads(content, start, start + MAX_HEADER_BYTES)
        if heads is None:
            return self._in_any_form(content, start, number, is_sure)
        values, end = heads.groups(), heads.end()
        kind, length, status = values[0], values[6], values[7]
        if kind is None or length is None:
            return None
        body = end if status is None else heads.start(STATUS) - STATUS_AT
        stop = body + int(length)
        is_cut = stop + 4 > len(content)
        if (content[stop : stop + 4] if not is_cut else read(base + stop, 4)) != _END:
            return None
        if stop - body > self._max_bytes or content.find(0, start, body) >= 0:
            return None
        if kind in _PASSED_OVER:
            return stop + 4, None
        try:
            return stop + 4, self._usual_row(
                content, values, body, end, stop, number, is_sure, read if is_cut else None, base
            )
        except UnicodeDecodeError:
            return self._in_any_form(content, start, number, is_sure)

    def _usual_row(
        self,
        content: bytes | bytearray,
        values: tuple[bytes | None, ...],
        body: int,
        end: int,
        stop: int,
        number: int,
        is_sure: bool,
        read: Callable[[int, int], bytes] | None,
        base: int,
    ) -> Row | None:
        """Returns the row of a record with usual heads, whose values these are; `read` if it goes beyond the content.

        Raises:
            UnicodeDecodeError: one of them, or its text, is not UTF-8.
        """
        kind, url, date, name, digest, mime, _, status, told = values
        text = page = content_type = None
        rest = b""
        if kind == b"response\r" and status is not None and mime in _HTTP and end <= stop and date is not None:
            if read is not None:
                page = rest = read(base + end, stop - end)
            else:
                page = content[end:stop] if isinstance(content, bytes) else bytes(memoryview(content)[end:stop])
            content_type = (told.decode().strip() or None) if told is not None else None
            metadata = f'{{"date":"{date.decode().strip()}","http_status":{status.decode()}}}'
        elif kind == b"conversion\r" and mime == b"text/plain\r" and date is not None and read is None:
            text = str(memoryview(content)[body:stop], "utf-8").removeprefix(_UTF8_MARK)
            metadata = f'{{"date":"{date.decode().strip()}"}}'
        else:
            fields = zip(WANTED, values, strict=False)
            known = {field: value.decode().strip() for field, value in fields if value is not None}
            if read is not None:
                content, body, stop = read(base + body, stop - body), 0, stop - body
            return self.row(content, body, min(stop, len(content)), known, number, is_sure)
        origin = None if name is None else name.decode().strip()
        address = None if url is None else url.decode().strip()
        if digest is not None and (self._checks_all or not is_sure):
            first = memoryview(content)[body : stop if read is None else end]
            if not fits_digest(first, digest.decode(), rest):
                return self.bad(number, "bad_digest", bytes(first) + rest, origin, address)
        return self._document(number, origin, address, metadata, text, page, content_type)

    def _in_any_form(
        self, content: bytes | bytearray, start: int, number: int, is_sure: bool
    ) -> tuple[int, Row | None] | None:
        """Returns what `usual` does, of records whose header is written otherwise, too."""
        head = read_head(content, start)
        if head is None:
            return None
        fields, body = head
        length = fields.get("content-length", "")
        if "warc-type" not in fields or not (length.isascii() and length.isdigit() and len(length) < 19):
            return None
        size = int(length)
        stop = body + size
        if content[stop : stop + 4] != _END or size > self._max_bytes:
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
        name, url = fields.get("warc-record-id"), fields.get("warc-target-uri")

        def bad(reason: str, **facts: str) -> Row:
            return self.bad(number, reason, bytes(content[start:stop]), name, url, **facts)

        if not is_sure or self._checks_all:
            digest = fields.get("warc-block-digest")
            if digest is not None and not fits_digest(memoryview(content)[start:stop], digest):
                return bad("bad_digest")
        segment = _segment(fields)
        if segment and (kind == "continuation" or not self._source.salvage):
            return bad("truncated", error=segment)
        is_salvaged |= bool(segment)
        metadata: dict[str, object] = {}
        if "warc-date" in fields:
            metadata["date"] = fields["warc-date"]
        if "warc-truncated" in fields:  # why the crawler kept only the beginning: length, time, disconnect
            metadata["truncated"] = fields["warc-truncated"]
        text: str | None = None
        page: bytes | None = None
        content_type = fields.get("content-type")
        if kind == "response" and (
            content.startswith(b"HTTP/", start, stop) if is_arc else "http" in (content_type or "").lower()
        ):
            try:
                response, is_cut = self._response(content, start, stop, bool(segment) or "warc-truncated" in fields)
            except BadMessage as error:
                return bad(error.reason)
            is_salvaged |= is_cut
            page, content_type = response.body, response.headers.get("content-type")
            _add_facts(metadata, response)
        elif kind == "conversion" and (content_type or "").lower().startswith("text/plain"):
            try:
                text, content_type = str(memoryview(content)[start:stop], "utf-8-sig"), None
            except UnicodeDecodeError:
                return bad("bad_encoding")
        else:
            page = bytes(memoryview(content)[start:stop])
        if page is not None and len(page) > self._max_bytes:
            return bad("too_large")
        if is_salvaged:
            metadata["salvaged"] = True
        return self._document(number, name, url, to_metadata(metadata), text, page, content_type or None)

    def _response(self, content: bytes | bytearray, start: int, stop: int, is_cut: bool) -> tuple[Response, bool]:
        """Returns a response, and whether it is what could be had of a broken one."""
        try:
            return parse_response(content, self._max_bytes, is_cut, start, stop), False
        except BadMessage as error:
            if error.reason != "truncated" or not self._source.salvage:
                raise
        return parse_response(content, self._max_bytes, True, start, stop), True

    def _document(
        self,
        number: int,
        origin: str | None,
        url: str | None,
        metadata: str,
        text: str | None,
        page: bytes | None,
        content_type: str | None,
    ) -> Row:
        """Returns what `data.schema.document` would, in half the time."""
        own = str(number)
        return {
            "id": xxhash.xxh3_128_hexdigest(self._start_of_id + own),
            "source": self._name,
            "origin_id": _bare(origin),
            "locator": self._place + own,
            "url": _bare(url),
            "kind": self._kind,
            "language": None,
            "licence": self._licence,
            "metadata": metadata,
            "text": text,
            "content": page,
            "content_type": content_type,
            "status": "",
            "reason": "",
        }

    def bad(
        self,
        number: int,
        reason: str,
        block: bytes | None,
        origin: str | None = None,
        url: str | None = None,
        **facts: int | str,
    ) -> Row:
        """Returns the row of a record that cannot be read, named as its header has it."""
        return quarantined(
            self._source, f"{self._place}{number}", reason, block, origin_id=_bare(origin), url=_bare(url), **facts
        )


def _bare(name: str | None) -> str | None:
    """Returns a name without the signs that some put around it, null for none."""
    return name.removeprefix("<").removesuffix(">") or None if name else None


def _segment(fields: Mapping[str, str]) -> str:
    """Returns which segment of a record this is, "" for a whole one; they are not joined: most lie in other files.

    Source: WARC 1.1 (ISO 28500:2017), record type `continuation`.
    """
    if fields["warc-type"].lower() == "continuation":
        number, origin = fields.get("warc-segment-number", "?"), fields.get("warc-segment-origin-id", "?")
        return f"segment {number} of the record {origin}"
    if "warc-segment-number" in fields:
        return f"segment {fields['warc-segment-number']} of this record; the others are records of type continuation"
    return ""


def _add_facts(metadata: dict[str, Any], response: Response) -> None:
    metadata["http_status"] = response.status
    headers = response.headers
    for name, key in KEPT_HEADERS:
        if name in headers:
            metadata[key] = headers[name]
