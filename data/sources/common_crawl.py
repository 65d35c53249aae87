"""Records of WARC files that an index names: only their byte ranges are read, from a folder or a listed host.

An index file is one of Common Crawl's columnar index (Parquet) or CDXJ. Each selected capture is one row; its
locator is its place in the index, since nothing keeps indexes from naming a record twice; the WARC file and the
record's offset are metadata.
"""

from __future__ import annotations

import os
import posixpath
import tempfile
import urllib.parse
from pathlib import Path
from typing import Any, Iterator

import orjson
import pyarrow as pa

from data.errors import PhimillError
from data.recipe import Source
from data.schema import document, document_id, to_metadata
from data.sources import InputFile
from data.sources.cc_index import BadIndexLine, Capture, read_captures_of
from data.sources.records import Row, quarantined
from data.sources.settings import is_address
from data.sources.unpacking import read_at
from data.sources.warc import read_warc
from data.sources.web import BadAnswer, WebFile, fetch_range, look_up

#: A capture that is longer, packed, is none; the largest real ones have a few megabytes.
MAX_CAPTURE_BYTES = 64 * 2**20


def read_captures(file: InputFile, source: Source, scratch: Path | None) -> Iterator[Row]:
    """Yields a row for each selected capture of an index file, and one for each line of it that cannot be read."""
    archives = _Archives(source)
    with tempfile.TemporaryDirectory(prefix="captures-", dir=scratch) as folder:
        for capture in read_captures_of(file, source):
            if isinstance(capture, BadIndexLine):
                yield quarantined(source, f"{file.relative}:{capture.place}", capture.reason, **capture.facts)
            else:
                locator = f"{file.relative}:{capture.place}"
                yield _row(capture, locator, archives, Path(folder) / "record.warc.gz", source)


def _row(capture: Capture, locator: str, archives: _Archives, path: Path, source: Source) -> Row:
    facts: dict[str, Any] = {"warc": capture.filename, "offset": capture.offset, "bytes": capture.length}

    def refused(reason: str, **more: Any) -> Row:
        return quarantined(source, locator, reason, url=capture.url, **facts, **more)

    if not 0 < capture.length <= MAX_CAPTURE_BYTES or capture.offset < 0:
        return refused("too_large" if capture.length > 0 else "bad_index")
    try:
        content = archives.read(capture)
    except _NotThere as missing:
        return refused(missing.reason)
    path.write_bytes(content)
    name = "record.warc.gz" if content.startswith(b"\x1f\x8b") else "record.warc"
    first = _first_row(read_warc(InputFile(str(path), name, len(content), ""), source))
    if first is None:
        return document(
            source.name, locator, kind=source.documents_are, url=capture.url, metadata=facts, status="dropped",
            reason="no_document",
        )  # fmt: skip
    if first["status"] == "" and first["url"] != capture.url:
        return refused("other_capture", origin_id=first["origin_id"], found=str(first["url"])[:2000])
    metadata = to_metadata({**orjson.loads(first["metadata"]), "warc": capture.filename, "offset": capture.offset})
    own = {"locator": locator, "id": document_id(source.name, locator), "metadata": metadata}
    return {**first, **own, "url": first["url"] or capture.url}


def _first_row(rows: Iterator[Row | pa.Table]) -> Row | None:
    for item in rows:
        if not isinstance(item, pa.Table):
            return item
        if item.num_rows:
            return dict(item.slice(0, 1).to_pylist()[0])
    return None


class _NotThere(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Archives:
    """Where the WARC files are: a folder, or a host."""

    def __init__(self, source: Source) -> None:
        assert source.archives is not None
        self._source, self._root = source, source.archives
        self._known: dict[str, WebFile] = {}

    def read(self, capture: Capture) -> bytes:
        """Returns the bytes of a capture's record.

        Raises:
            _NotThere: there is no such file or range.
            PhimillError: the host cannot be reached.
        """
        name = posixpath.normpath(capture.filename)
        if (
            name.startswith(("/", "../"))
            or name == ".."
            or "\\" in name
            or "\0" in name
            or is_address(capture.filename)
        ):
            raise _NotThere("bad_filename")
        return self._fetch(name, capture) if is_address(self._root) else self._local(name, capture)

    def _local(self, name: str, capture: Capture) -> bytes:
        root = os.path.realpath(self._root)
        path = os.path.realpath(os.path.join(root, name))
        if os.path.commonpath([root, path]) != root:
            raise _NotThere("bad_filename")
        try:
            with open(path, "rb") as file:
                content = read_at(file.fileno(), capture.length, capture.offset)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise _NotThere("missing_archive") from error
        if len(content) < capture.length:
            raise _NotThere("truncated")
        return content

    def _fetch(self, name: str, capture: Capture) -> bytes:
        address = self._root.rstrip("/") + "/" + urllib.parse.quote(name)
        end = capture.offset + capture.length
        try:
            if name not in self._known:
                if len(self._known) > 10_000:
                    self._known.clear()
                self._known[name] = look_up(address, self._source.hosts)
            if end > self._known[name].bytes:
                raise _NotThere("truncated")
            return b"".join(fetch_range(self._known[name], capture.offset, end, self._source.hosts))
        except BadAnswer as error:
            if error.status in (403, 404, 410):
                raise _NotThere("missing_archive") from error
            raise PhimillError(
                f"source {self._source.name}: {address}: cannot be read ({error}); try again later"
            ) from error
