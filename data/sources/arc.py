"""ARC, the format before WARC: a line with address, IP, time, type and length, then that many bytes.

Source: the Internet Archive's ARC file format, versions 1 and 2.
"""

from __future__ import annotations

import re

#: What a record begins with, where it is sought and where it is believed.
ARC_RECORD = re.compile(
    rb"(?:filedesc|https?|ftp|gopher|dns|whois|urn|metadata):[^\r\n]* (?:[0-9a-fA-F.:]+|-) \d{8,14} "
    rb"[^\r\n]* \d+[ \t]*\r?\n"
)
NEXT_ARC_RECORD = re.compile(rb"(?<=\n)" + ARC_RECORD.pattern)
#: Addresses may be long.
MAX_LINE_BYTES = 2**14

#: Fields of a header line, by version; the address is the only one that may hold blanks.
_FIELDS = {
    1: ("target", "ip", "date", "type", "length"),
    2: ("target", "ip", "date", "type", "status", "checksum", "location", "offset", "file", "length"),
}


def arc_header(head: bytes, version: int) -> tuple[dict[str, str], int] | None:
    """Returns a record's fields under the names that WARC has for them, and the header's length; null if it is none.

    Args:
        head: bytes from the record's beginning on.
        version: 1 or 2, as `arc_version` found it in the file's first record.
    """
    if not ARC_RECORD.match(head):
        return None
    line, _, _ = head.partition(b"\n")
    names = _FIELDS[version]
    values = line.decode("utf-8", "replace").strip().rsplit(" ", len(names) - 1)
    if len(values) < len(names):
        values = line.decode("utf-8", "replace").strip().rsplit(" ", 4)
        names = _FIELDS[1]
    fields = dict(zip(names, values, strict=True))
    target, date = fields["target"], fields["date"].ljust(14, "0")
    return {
        "warc-type": "warcinfo" if target.startswith("filedesc:") else "response",
        "warc-target-uri": target,
        "warc-date": f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:14]}Z",
        "content-type": fields["type"],
        "content-length": fields["length"],
    }, len(line) + 1


def arc_version(block: bytes) -> int:
    """Returns the version that a `filedesc:` record's block declares."""
    return 2 if block.startswith(b"2 ") else 1
