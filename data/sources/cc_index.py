"""A crawl's index: which captures of it a selection wants. Columnar (Parquet), CDXJ and CDX files."""

from __future__ import annotations

import dataclasses
import fnmatch
import re
import urllib.parse
from typing import Any, Iterator

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from data.iso_639 import short_code
from data.keyed import keyed_unit
from data.recipe import Source
from data.sources import InputFile
from data.sources.cc_selection import Selection, in_ascii
from data.sources.members import Damage
from data.sources.pieces import read_pieces

#: The columnar index's columns, by what they are here; the first that the file has counts.
_COLUMNS = {
    "url": ("url",),
    "host": ("url_host_name",),
    "status": ("fetch_status",),
    "mime": ("content_mime_detected", "content_mime_type"),
    "languages": ("content_languages",),
    "filename": ("warc_filename",),
    "offset": ("warc_record_offset",),
    "length": ("warc_record_length",),
    "digest": ("content_digest",),
}
_NEEDED = ("url", "filename", "offset", "length")
#: CDX fields by the letters that its first line, ` CDX N b a …`, may name them by; and their usual order.
_CDX_LETTERS = {"a": "url", "m": "mime", "s": "status", "k": "digest", "S": "length", "V": "offset", "g": "filename"}
_CDX_ORDER = "NbamskrMSVg"
_CDX_HEADER = re.compile(rb"\s?CDX((?:\s[A-Za-z])+)\s*")
BATCH_ROWS = 16_384
MAX_LINE_BYTES = 2**20


@dataclasses.dataclass(frozen=True)
class Capture:
    """One fetched page, and where its record is; `place` is where the index names it: a row from 0, a line from 1."""

    place: str
    url: str
    filename: str
    offset: int
    length: int
    status: int | None = None
    mime: str | None = None
    languages: str | None = None
    digest: str | None = None


@dataclasses.dataclass(frozen=True)
class BadIndexLine:
    """A place in an index file that cannot be read."""

    place: str
    reason: str
    facts: dict[str, Any]


def read_captures_of(file: InputFile, source: Source) -> Iterator[Capture | BadIndexLine]:
    """Yields the captures of an index file that the source's selection wants, in the index's order.

    Old indexes and CDX files name no languages: that is a bad place of such a file, if languages are asked for.
    """
    assert source.select is not None
    wanted = _Wanted(source.select)
    number = 0
    has_languages, missed = not source.select.languages, 0
    for item in _captures(file):
        if isinstance(item, BadIndexLine):
            yield item
            continue
        has_languages = has_languages or bool(item.languages)
        if not wanted.fits(item):
            continue
        if wanted.speaks(item):
            yield item
            number += 1
            if source.select.max_records is not None and number >= source.select.max_records:
                return
        else:
            missed += 1
    if missed and not has_languages:
        error = f"names no languages, and {missed:,} captures fit but for that; choose without `languages`"
        yield BadIndexLine("0", "schema_mismatch", {"error": error})


def _captures(file: InputFile) -> Iterator[Capture | BadIndexLine]:
    if file.bytes == 0:
        return iter([BadIndexLine("0", "empty_file", {})])
    with open(file.path, "rb") as opened:
        is_parquet = opened.read(4) == b"PAR1"
    return _of_parquet(file) if is_parquet else _of_lines(file)


def _of_parquet(file: InputFile) -> Iterator[Capture | BadIndexLine]:
    number = 0
    try:
        with pq.ParquetFile(file.path, page_checksum_verification=True) as opened:
            names = set(opened.schema_arrow.names)
            columns = {role: next((n for n in known if n in names), None) for role, known in _COLUMNS.items()}
            missing = [_COLUMNS[role][0] for role in _NEEDED if columns[role] is None]
            if missing:
                yield BadIndexLine(
                    "0", "schema_mismatch", {"expected": ", ".join(missing), "columns": sorted(names)[:50]}
                )
                return
            read = {name: role for role, name in columns.items() if name is not None}
            for batch in opened.iter_batches(BATCH_ROWS, columns=list(read)):
                for row in batch.rename_columns([read[name] for name in batch.schema.names]).to_pylist():
                    yield _capture(row, str(number)) or BadIndexLine(str(number), "bad_index", {})
                    number += 1
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield BadIndexLine(str(number), "bad_parquet", {"error": str(error).split("\n")[0][:200]})


def _of_lines(file: InputFile) -> Iterator[Capture | BadIndexLine]:
    """Yields the captures of CDXJ, `key timestamp {"url": …}` on each line, or of CDX, values between spaces."""
    rest, number, is_long = b"", 0, False
    order = _CDX_ORDER
    for piece in read_pieces(file):
        if isinstance(piece, Damage):
            yield BadIndexLine(f"byte-{piece.offset}", piece.reason, {"bytes": piece.end - piece.offset})
            rest, is_long = b"", False
            continue
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            number += 1
            if is_long:  # the end of a line that was named already
                is_long = False
            elif header := _CDX_HEADER.fullmatch(line):
                order = header[1].decode().replace(" ", "")
            elif line.strip():
                yield _of_line(line, number, order)
        if len(rest) > MAX_LINE_BYTES:
            if not is_long:
                yield BadIndexLine(str(number + 1), "too_large", {})
            rest, is_long = b"", True
    if rest.strip() and not is_long:
        yield _of_line(rest, number + 1, order)


def _of_line(line: bytes, number: int, order: str) -> Capture | BadIndexLine:
    fields = line.split()
    if len(fields) == len(order) and b"{" not in fields[2]:
        texts = (field.decode("utf-8", "replace") for field in fields)
        row = {_CDX_LETTERS.get(letter, letter): text for letter, text in zip(order, texts, strict=True)}
        return _capture(row, str(number)) or BadIndexLine(str(number), "bad_index", {})
    start = line.find(b"{")
    try:
        values = orjson.loads(line[start:]) if start >= 0 else None
    except orjson.JSONDecodeError:
        values = None
    found = None
    if isinstance(values, dict):
        found = _capture({**values, "mime": values.get("mime-detected") or values.get("mime")}, str(number))
    return found or BadIndexLine(str(number), "bad_index", {})


def _capture(row: dict[str, Any], place: str) -> Capture | None:
    """Returns a capture of an index's values, or null if they are none; CDXJ has its numbers as strings."""
    numbers = {key: _number(row.get(key)) for key in ("offset", "length", "status")}
    url, filename = row.get("url"), row.get("filename")
    if (
        not isinstance(url, str)
        or not isinstance(filename, str)
        or numbers["offset"] is None
        or numbers["length"] is None
    ):
        return None
    texts = {key: value if isinstance(value := row.get(key), str) else None for key in ("mime", "languages", "digest")}
    return Capture(place, url, filename, numbers["offset"], numbers["length"], numbers["status"], **texts)


def _number(value: Any) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _Wanted:
    """A selection, made ready to be asked for each capture."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._languages = {short_code(language) for language in selection.languages}
        self._url = re.compile(selection.url) if selection.url else None
        self._domains = set(selection.domains)

    def speaks(self, capture: Capture) -> bool:
        """Returns whether a capture is in a language that is wanted."""
        return not self._languages or bool(self._languages & self._of(capture))

    def fits(self, capture: Capture) -> bool:
        """Returns whether a capture is selected, whatever its language."""
        chosen = self._selection
        if chosen.status and capture.status not in chosen.status:
            return False
        mime = (capture.mime or "").lower()
        if chosen.mimes and not any(fnmatch.fnmatchcase(mime, pattern.lower()) for pattern in chosen.mimes):
            return False
        if self._domains and not self._is_below(capture.url):
            return False
        if self._url is not None and not self._url.search(capture.url):
            return False
        key = f"{capture.url} {capture.digest or capture.offset}"
        return chosen.share is None or float(keyed_unit(0, "common-crawl", [key])[0]) < chosen.share

    def _of(self, capture: Capture) -> set[str]:
        languages = [short_code(one.strip()) for one in (capture.languages or "").split(",") if one.strip()]
        return set(languages[:1] if self._selection.first_language_only else languages)

    def _is_below(self, url: str) -> bool:
        try:
            host = in_ascii((urllib.parse.urlsplit(url).hostname or "").rstrip("."))
        except ValueError:
            return False
        while host:
            if host in self._domains:
                return True
            host = host.partition(".")[2]
        return False
