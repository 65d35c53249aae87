"""The headers of WARC records: as nearly all are written, matched in one go; and in any other way."""

from __future__ import annotations

import re
from typing import Mapping

from data.sources.http_message import parse_headers

#: A record's header beyond this is no header; real ones take a kilobyte.
MAX_HEADER_BYTES = 2**16

_VERSIONS = (b"WARC/1.0\r\n", b"WARC/1.1\r\n")
_VERSION_BYTES = 10


def _once(group: int, value: bytes = rb".*+") -> bytes:
    """Returns a pattern of a field's value and line end that fails where the field was met before."""
    return rb"(?(%d)(?!)|(%b)\n)" % (group, value)


_WARC = (
    rb"WARC/1\.[01]\r\n(?:WARC-(?:[^BDRSTbdrst\s].*+\n|Refers-To.*+\n"
    rb"|T(?:ype: " + _once(1) + rb"|arget-URI: " + _once(2) + rb")|Date: " + _once(3, rb"[0-9TZ:.+-]++\r")
    + rb"|Record-ID: " + _once(4) + rb"|Block-Digest: " + _once(5) + rb")"
    + rb"|Content-(?:Type: " + _once(6) + rb"|Length: " + _once(7, rb"[0-9]{1,18}\r") + rb")"
    + rb"|[!-BD-VX-bd-vx-~].*+\n)+\r\n"
)  # fmt: skip
_HTTP = (
    rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r].*+\n(?:[!-BD-SU-WYZ[-bd-su-wyz-~].*+\n"
    rb"|[Cc](?:(?i:ontent-type):" + _once(9) + rb"|(?!(?i:ontent-(?:type|encoding|language))).*+\n)"
    + rb"|[Tt](?!(?i:ransfer-encoding|dm-reservation)).*+\n|[Xx](?!(?i:-robots-tag)).*+\n)*\r\n"
)  # fmt: skip
#: A header as nearly all writers put it down; its groups are type, URI, date, record id, block digest, media type and
#: length. A field that is asked for stands at most once and is spelled as in the standard. Where a name of theirs is
#: spelled otherwise, a line goes on with the one before, or the crawler says that it cut the record, once or into
#: segments, there is no match.
#: Then the head of a response that needs no decoding, has no header to be kept but the content type, and is written in
#: the usual way as well; its groups are status and content type. Values have their line ends still.
#: No line is looked at twice.
USUAL_HEADS = re.compile(rb"%b(?:%b|)" % (_WARC, _HTTP))
#: The fields that its first groups are.
WANTED = (
    "warc-type", "warc-target-uri", "warc-date", "warc-record-id", "warc-block-digest", "content-type",
    "content-length",
)  # fmt: skip
#: The status' group, and how far it is from the beginning of the response.
STATUS, STATUS_AT = 8, len(b"HTTP/1.1 ")


def read_head(content: bytes | bytearray, start: int) -> tuple[Mapping[str, str], int] | None:
    """Returns what a header says, and where it ends; null if it has to be looked at more closely."""
    if not content.startswith(_VERSIONS, start):
        return None
    end = content.find(b"\r\n\r\n", start + _VERSION_BYTES - 2, start + MAX_HEADER_BYTES)
    if end < 0:
        return None
    head = bytes(content[start + _VERSION_BYTES - 1 : end + 2])
    if b"\n\n" in head or b"\n\r\n" in head or b"\0" in head:  # with a hole in it, it may be two
        return None
    return parse_headers(head[1:-2]), end + 4
