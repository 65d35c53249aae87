"""The headers of WARC records: a writer keeps to a few orders of names, which are learned and matched in one go."""

from __future__ import annotations

import re
from typing import Mapping

from data.sources.http_message import parse_headers

#: A record's header beyond this is no header; real ones take a kilobyte.
MAX_HEADER_BYTES = 2**16
#: The fields that are asked for.
WANTED = (
    "warc-type", "content-length", "content-type", "warc-record-id", "warc-target-uri", "warc-date",
    "warc-block-digest", "warc-truncated",
)  # fmt: skip
#: Compiling a pattern costs as much as reading a hundred headers without: every so many are looked at, and so many
#: patterns kept.
LEARN_EVERY, MAX_PATTERNS = 32, 8

_VERSIONS = (b"WARC/1.0\r\n", b"WARC/1.1\r\n")
_VERSION_BYTES = 10
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class RecordHeads:
    """Reads the headers of one file's records."""

    def __init__(self) -> None:
        self._patterns: list[tuple[re.Pattern[bytes], tuple[str, ...], int]] = []
        self._read = 0

    def read(self, content: bytes | bytearray, start: int) -> tuple[Mapping[str, str], int] | None:
        """Returns what a header says, and where it ends; null if it is not written as nearly all are.

        Of fields that nobody asks for it may say nothing.
        """
        for pattern, names, lines in self._patterns:
            found = pattern.match(content, start, start + MAX_HEADER_BYTES)
            if found is not None:
                end = found.end()
                if content.count(b"\n", start, end) != lines or content.find(b"\0", start, end) >= 0:
                    break
                try:
                    values = b"\r".join(found.groups()).decode().split("\r")
                except UnicodeDecodeError:
                    break
                return dict(zip(names, map(str.strip, values), strict=True)), end
        return self._read_any(content, start)

    def _read_any(self, content: bytes | bytearray, start: int) -> tuple[Mapping[str, str], int] | None:
        if not content.startswith(_VERSIONS, start):
            return None
        end = content.find(b"\r\n\r\n", start + _VERSION_BYTES - 2, start + MAX_HEADER_BYTES)
        if end < 0:
            return None
        head = bytes(content[start + _VERSION_BYTES - 1 : end + 2])
        if b"\n\n" in head or b"\n\r\n" in head or b"\0" in head:  # with a hole in it, it may be two
            return None
        self._read += 1
        if not self._read % LEARN_EVERY and len(self._patterns) < MAX_PATTERNS:
            self._learn(head[1:-2])
        return parse_headers(head[1:-2]), end + 4

    def _learn(self, head: bytes) -> None:
        """Makes a pattern of a header's names, if they are plain ones and none stands twice."""
        spelled = [line.partition(":")[0] for line in head.decode("latin-1").split("\r\n")]
        names = [name.lower() for name in spelled]
        if len(set(names)) < len(names) or not all(map(_NAME.fullmatch, spelled)):
            return
        values = [rb":([^\r]*)" if name in WANTED else rb":[^\r]*" for name in names]
        lines = [name.encode() + value for name, value in zip(spelled, values, strict=True)]
        pattern = re.compile(b"\r\n".join([rb"WARC/1\.[01]", *lines, b"", b""]))
        self._patterns.append((pattern, tuple(name for name in names if name in WANTED), len(names) + 2))
