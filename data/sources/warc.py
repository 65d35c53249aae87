"""WARC files: one document for each response, resource or conversion record.

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
from typing import Iterable, Iterator, Mapping

from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.http_message import BadMessage, parse_headers, parse_response
from data.sources.records import Row, quarantined
from data.sources.warc_segments import Segment, read_segments

#: A record's header beyond this is no header; real ones take a kilobyte.
MAX_HEADER_BYTES = 2**16
#: Record types that hold documents; the others are numbered and passed over.
DOCUMENT_TYPES = ("response", "resource", "conversion")
#: HTTP headers that later steps look at.
KEPT_HEADERS = ("x-robots-tag", "content-language", "tdm-reservation")

_VERSION = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")
_NEXT_RECORD = re.compile(rb"\nWARC/\d\.\d+[ \t]*\r?\n")
_HEADER_END = re.compile(rb"\n\r?\n")


def read_warc(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each response, resource and conversion record, and for each damaged stretch.

    Nothing of a gzip member is read before its checksum is checked, and a block with a digest must
    fit it. A record that cannot be read is a quarantined row of the same number.
    """
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    handle = os.open(file.path, os.O_RDONLY)
    try:
        yield from _merged(_numbered_rows(handle, file.relative, source))
    finally:
        os.close(handle)


def _numbered_rows(handle: int, relative: str, source: Source) -> Iterator[Row | None]:
    number = 0
    cut = False
    for item in read_segments(handle, relative):
        if isinstance(item, Segment):
            for row in _segment_rows(item, relative, number, source):
                number += 1
                cut = row is not None and row["reason"] == "truncated"
                yield row
            continue
        # A record cut short by the damage that follows it is part of one and the same stretch.
        number -= cut
        cut = False
        locator = f"{relative}:{number}"
        yield quarantined(source, locator, item.reason, offset=item.offset, bytes=item.end - item.offset)
        number += 1


def _merged(rows: Iterable[Row | None]) -> Iterator[Row]:
    """Yields the rows that are documents or damage; of two with one locator, the later."""
    waiting: Row | None = None
    for row in rows:
        if row is None:
            continue
        if waiting and waiting["locator"] != row["locator"]:
            yield waiting
        waiting = row
    if waiting:
        yield waiting


def _segment_rows(segment: Segment, relative: str, number: int, source: Source) -> Iterator[Row | None]:
    """Yields a row for each document or damaged stretch of a segment, null for other records."""
    position = segment.skip_line_ends(0)
    while position < segment.size:
        locator = f"{relative}:{number}"
        number += 1
        header = _read_header(segment, position)
        body = position + header[1] if header else 0
        length = _content_length(header[0]) if header else None
        if header is None or length is None:
            next_record = segment.find(_NEXT_RECORD, position)
            yield _stretch(segment, position, next_record, locator, "bad_warc_header", source)
            position = next_record
            continue
        end = segment.skip_line_ends(body + length)
        if not _ends_well(segment, body + length, end):
            next_record = segment.find(_NEXT_RECORD, body - 1)
            reason = "truncated" if next_record >= segment.size < body + length else "bad_warc_header"
            yield _stretch(segment, position, next_record, locator, reason, source)
            position = next_record
            continue
        yield _record(segment, header[0], body, length, locator, source)
        position = end


def _ends_well(segment: Segment, end: int, following: int) -> bool:
    """Returns whether a record's declared end is one: its two line ends, the next record, or nothing follows.

    Some writers forget line ends, and the next record may be the damaged one: so any of them will do.
    """
    if end > segment.size:
        return False
    tail = segment.read(end, 4)
    return (
        following >= segment.size
        or tail == b"\r\n\r\n"
        or tail.startswith(b"\n\n")
        or _VERSION.match(segment.read(following, 32)) is not None
    )


def _stretch(segment: Segment, start: int, end: int, locator: str, reason: str, source: Source) -> Row:
    return quarantined(source, locator, reason, offset=segment.offset + start, bytes=end - start)


def _read_header(segment: Segment, position: int) -> tuple[Mapping[str, str], int] | None:
    """Returns a record's header fields and the header's length, or null if there is none."""
    head = segment.read(position, MAX_HEADER_BYTES)
    if not _VERSION.match(head):
        return None
    end = _HEADER_END.search(head)
    if not end:
        return None
    fields = parse_headers(head[: end.start()].split(b"\n")[1:])
    return (fields, end.end()) if "warc-type" in fields else None


def _content_length(fields: Mapping[str, str]) -> int | None:
    # Some writers repeat the field; parse_headers joins the values.
    value = fields.get("content-length", "").split(",")[0].strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _record(
    segment: Segment, fields: Mapping[str, str], body: int, length: int, locator: str, source: Source
) -> Row | None:
    """Returns the row of one whole record, or null if its type holds no document."""
    kind = fields["warc-type"].lower()
    if kind not in DOCUMENT_TYPES:
        return None
    if length > source.max_record_bytes + MAX_HEADER_BYTES:
        return quarantined(source, locator, "too_large", offset=segment.offset + body, bytes=length)
    block = segment.read(body, length)
    if not fits_digest(block, fields.get("warc-block-digest", "")):
        return quarantined(source, locator, "bad_digest", block)
    content_type: str | None = fields.get("content-type", "")
    metadata: dict[str, object] = {"date": fields.get("warc-date")}
    text = None
    content: bytes | None = block
    if kind == "response" and "http" in str(content_type).lower():
        try:
            response = parse_response(block, source.max_record_bytes, cut="warc-truncated" in fields)
        except BadMessage as error:
            return quarantined(source, locator, error.reason, block)
        content, content_type = response.body, response.headers.get("content-type")
        metadata["http_status"] = response.status
        metadata |= {name.replace("-", "_"): response.headers.get(name) for name in KEPT_HEADERS}
    elif kind == "conversion" and str(content_type).lower().startswith("text/plain"):
        try:
            text, content, content_type = block.decode("utf-8-sig"), None, None
        except UnicodeDecodeError:
            return quarantined(source, locator, "bad_encoding", block)
    if len(content or b"") > source.max_record_bytes:
        return quarantined(source, locator, "too_large", block)
    return document(
        source.name,
        locator,
        kind=source.documents_are,
        text=text,
        content=content,
        content_type=content_type or None,
        origin_id=_bare(fields.get("warc-record-id")),
        url=_bare(fields.get("warc-target-uri")),
        licence=source.licence,
        metadata=metadata,
    )


def _bare(value: str | None) -> str | None:
    """Returns an identifier without the angle brackets that WARC 1.0 puts around it."""
    return value.removeprefix("<").removesuffix(">") or None if value else None


def fits_digest(block: bytes, digest: str) -> bool:
    """Returns whether a block has its `algorithm:value` digest; an unknown or absent one fits.

    Values come in base 32 (as the standard's examples have them) and in base 16.
    """
    algorithm, _, value = digest.partition(":")
    algorithm = algorithm.strip().lower().replace("sha-", "sha")
    if algorithm not in ("md5", "sha1", "sha256", "sha512") or not value.strip():
        return True
    found = hashlib.new(algorithm, block, usedforsecurity=False).digest()
    value = value.strip()
    if len(value) == 2 * len(found):
        return value.lower() == found.hex()
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == found
    except binascii.Error:
        return True
