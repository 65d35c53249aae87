"""WARC and ARC files: one document for each response, resource or conversion record.

Records are numbered from 0 among all records of the file, those that are no documents included.
A damaged stretch takes one number and is one quarantined row; reading goes on at the next gzip
member that holds a record, or the next line that begins one. Sources: WARC 1.1 (ISO 28500:2017).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from typing import Iterator, Mapping

from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.arc import ARC_RECORD, MAX_LINE_BYTES, NEXT_ARC_RECORD, arc_header, arc_version
from data.sources.http_message import BadMessage, parse_headers, parse_response
from data.sources.records import Row, quarantined
from data.sources.warc_segments import Segment, read_segments

#: A record's header beyond this is no header; real ones take a kilobyte.
MAX_HEADER_BYTES = 2**16
#: What is looked at first.
USUAL_HEADER_BYTES = 2**11
#: Record types that hold documents; the others are numbered and passed over.
DOCUMENT_TYPES = ("response", "resource", "conversion")
#: HTTP headers that later steps look at.
KEPT_HEADERS = (
    ("x-robots-tag", "x_robots_tag"),
    ("content-language", "content_language"),
    ("tdm-reservation", "tdm_reservation"),
)

_USUAL_VERSIONS = (b"WARC/1.0\r\n", b"WARC/1.1\r\n")
_VERSION = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")
#: After damage: on a line of its own, or anywhere if a header goes on (a hole swallows line ends too).
_NEXT_WARC_RECORD = re.compile(
    rb"WARC/\d\.\d+[ \t]*\r?\n(?=(?:WARC|Content)-[A-Za-z-]+[ \t]*:)|(?<=\n)WARC/\d\.\d+[ \t]*\r?\n"
)
_HEADER_END = re.compile(rb"\n\r?\n")
#: From base 32 as RFC 4648 has it to the digits of `int(…, 32)`.
_BASE_32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")


def read_warc(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each response, resource and conversion record, and for each damaged stretch.

    Nothing of a gzip member is read before its checksum is checked (but see `salvage`), and a block with a
    digest must fit it. A record that cannot be read is a quarantined row of the same number.
    """
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    handle = os.open(file.path, os.O_RDONLY)
    try:
        yield from _Records(file.relative, source).rows(handle)
    finally:
        os.close(handle)


class _Records:
    """The records of one file, numbered across its segments."""

    def __init__(self, relative: str, source: Source) -> None:
        self._relative, self._source = relative, source
        self._number = self._arc = 0

    def rows(self, handle: int) -> Iterator[Row]:
        """Yields a row for each document and damaged stretch."""
        cut: Row | None = None  # a record cut short: part of the stretch, if damage follows
        for item in read_segments(handle, self._relative, self._source.salvage):
            if not isinstance(item, Segment):
                self._number -= cut is not None
                cut = None
                yield self._bad(item.reason, None, offset=item.offset, bytes=item.end - item.offset)
                self._number += 1
                continue
            if cut:
                yield cut
                cut = None
            rows = self._only_row(item)
            for row in self._segment_rows(item) if rows is None else rows:
                if row["reason"] == "truncated":
                    cut = row
                else:
                    yield row
        if cut:
            yield cut

    def _only_row(self, segment: Segment) -> tuple[Row, ...] | None:
        """Returns what a segment of exactly one sound record gives: the usual case, in few steps. Else null."""
        content = segment.whole
        if content is None or content[:10] not in _USUAL_VERSIONS:
            return None
        end = content.find(b"\r\n\r\n", 10, MAX_HEADER_BYTES)
        if end < 0 or content.find(b"\n\n", 10, end) >= 0:
            return None
        fields = parse_headers(content[10:end])
        length = _content_length(fields)
        if length is None or "warc-type" not in fields or len(content) != end + length + 8:
            return None
        if not content.endswith(b"\r\n\r\n"):
            return None
        self._arc = 0
        row = self._record(segment, fields, end + 4, length)
        self._number += 1
        return () if row is None else (row,)

    def _segment_rows(self, segment: Segment) -> Iterator[Row]:
        """Yields a row for each document and damaged stretch; only the last can be `truncated`."""
        position = segment.skip_line_ends(0)
        while position < segment.size:
            header = self._header(segment, position)
            length = _content_length(header[0]) if header else None
            if header is None or length is None:
                following = segment.find(self._next, position + 1)
                yield self._stretch(segment, position, following, "bad_warc_header")
            else:
                fields, body = header[0], position + header[1]
                following = segment.skip_line_ends(body + length)
                if self._ends_well(segment, body + length, following):
                    row = self._record(segment, fields, body, length)
                    if row is not None:
                        yield row
                else:
                    following = segment.find(self._next, body - 1)
                    is_cut = following >= segment.size < body + length
                    yield self._stretch(segment, position, following, "truncated" if is_cut else "bad_warc_header")
            position = following
            self._number += 1

    @property
    def _next(self) -> re.Pattern[bytes]:
        return NEXT_ARC_RECORD if self._arc else _NEXT_WARC_RECORD

    def _header(self, segment: Segment, position: int) -> tuple[Mapping[str, str], int] | None:
        """Returns a record's header fields and the header's length, or null if there is none."""
        head = segment.read(position, USUAL_HEADER_BYTES)
        if not head.startswith(b"WARC/"):
            found = arc_header(segment.read(position, MAX_LINE_BYTES), self._arc or 1)
            if found and (not self._arc or found[0]["warc-type"] == "warcinfo"):
                self._arc = arc_version(segment.read(position + found[1], 2))
            return found
        if not _VERSION.match(head):
            return None
        end = _HEADER_END.search(head)
        if not end:
            head = segment.read(position, MAX_HEADER_BYTES)
            end = _HEADER_END.search(head)
            if not end:
                return None
        self._arc = 0
        fields = parse_headers(head[head.index(b"\n") + 1 : end.start()])
        return (fields, end.end()) if "warc-type" in fields else None

    def _ends_well(self, segment: Segment, end: int, following: int) -> bool:
        """Returns whether a record's declared end is one: its line ends, the next record, or nothing follows.

        Some writers forget line ends, and the next record may be the damaged one: so any of them will do.
        """
        if end > segment.size:
            return False
        tail = segment.read(end, 4)
        return (
            following >= segment.size
            or tail == b"\r\n\r\n"
            or tail.startswith(b"\n" if self._arc else b"\n\n")
            or _VERSION.match(segment.read(following, 32)) is not None
            or (self._arc > 0 and ARC_RECORD.match(segment.read(following, MAX_LINE_BYTES)) is not None)
        )

    def _bad(self, reason: str, block: bytes | None, **facts: int) -> Row:
        return quarantined(self._source, f"{self._relative}:{self._number}", reason, block, **facts)

    def _stretch(self, segment: Segment, start: int, end: int, reason: str) -> Row:
        return self._bad(reason, None, offset=segment.offset + start, bytes=end - start)

    def _record(self, segment: Segment, fields: Mapping[str, str], body: int, length: int) -> Row | None:
        """Returns the row of one whole record, or null if its type holds no document."""
        kind = fields["warc-type"].lower()
        if kind not in DOCUMENT_TYPES:
            return None
        source = self._source
        if length > source.max_record_bytes + MAX_HEADER_BYTES:
            return self._bad("too_large", None, offset=segment.offset + body, bytes=length)
        # A large block is copied once: what is read of it, not what it lies in.
        whole, start = (segment.read(body, length), 0) if segment.whole is None else (segment.whole, body)
        block = memoryview(whole)[start : start + length]
        is_sure = segment.is_vouched_for and source.digests != "all"
        if not is_sure and not fits_digest(block, fields.get("warc-block-digest", "")):
            return self._bad("bad_digest", bytes(block))
        content_type: str | None = fields.get("content-type", "")
        metadata: dict[str, object] = {"date": fields.get("warc-date")}
        if segment.salvaged:
            metadata["salvaged"] = True
        text = content = None
        is_http = bytes(block[:5]) == b"HTTP/" if self._arc else "http" in str(content_type).lower()
        if kind == "response" and is_http:
            try:
                response = parse_response(
                    whole, source.max_record_bytes, "warc-truncated" in fields, start, start + length
                )
            except BadMessage as error:
                return self._bad(error.reason, bytes(block))
            content, content_type = response.body, response.headers.get("content-type")
            metadata["http_status"] = response.status
            for name, key in KEPT_HEADERS:
                if name in response.headers:
                    metadata[key] = response.headers[name]
        elif kind == "conversion" and str(content_type).lower().startswith("text/plain"):
            try:
                text, content_type = str(block, "utf-8-sig"), None
            except UnicodeDecodeError:
                return self._bad("bad_encoding", bytes(block))
        else:
            content = bytes(block)
        if len(content or b"") > source.max_record_bytes:
            return self._bad("too_large", bytes(block))
        return document(
            source.name,
            f"{self._relative}:{self._number}",
            kind=source.documents_are,
            text=text,
            content=content,
            content_type=content_type or None,
            origin_id=_bare(fields.get("warc-record-id")),
            url=_bare(fields.get("warc-target-uri")),
            licence=source.licence,
            metadata=metadata,
        )


def _content_length(fields: Mapping[str, str]) -> int | None:
    # Some writers repeat the field; parse_headers joins the values.
    value = fields.get("content-length", "").split(",")[0].strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _bare(value: str | None) -> str | None:
    """Returns an identifier without the angle brackets that WARC 1.0 puts around it."""
    return value.removeprefix("<").removesuffix(">") or None if value else None


def fits_digest(block: bytes | memoryview, digest: str) -> bool:
    """Returns whether a block has its `algorithm:value` digest; an unknown or absent one fits.

    Values come in base 32 (as the standard's examples have them) and in base 16.
    """
    algorithm, _, value = digest.partition(":")
    algorithm = algorithm.strip().lower().replace("sha-", "sha")
    value = value.strip()
    if algorithm == "sha1" and len(value) == 32:  # nearly all; Python's own decoder takes as long as hashing
        try:
            wanted = int(value.upper().translate(_BASE_32), 32)
        except ValueError:
            return True
        return int.from_bytes(hashlib.sha1(block, usedforsecurity=False).digest()) == wanted
    if algorithm not in ("md5", "sha1", "sha256", "sha512") or not value:
        return True
    found = hashlib.new(algorithm, block, usedforsecurity=False).digest()
    if len(value) == 2 * len(found):
        return value.lower() == found.hex()
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == found
    except binascii.Error:
        return True
