"""Zip archives: each file in one is unpacked to the scratch folder, checked, read, and removed.

Names in an archive are labels, by which nothing is written; locators have the archive's own path before them.
Nothing is read of what is damaged, encrypted, or unpacks to more than anything honest; its neighbours are.
"""

from __future__ import annotations

import contextlib
import dataclasses
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, Callable, Iterator

import orjson
import pyarrow as pa

from data.errors import PhimillError
from data.recipe import Source
from data.schema import to_metadata
from data.sources import InputFile
from data.sources.records import Row, quarantined
from data.sources.unpacking import PIECE_BYTES, Broken, refuse_bomb

SUFFIX = ".zip"
#: Kinds whose files may lie in one; the others read folders, or archives of their own.
KINDS = ("warc", "html", "jsonl", "json", "csv", "parquet", "arrow", "files", "books", "documents", "stackexchange",
         "wikipedia")  # fmt: skip
#: Archives in an archive are not opened, but told.
NESTED = (SUFFIX, ".7z", ".rar")
#: Kinds that can use the beginning of a file; read in small steps: what is unpacked in the one that fails is lost.
_SALVAGED, _SALVAGE_BYTES = ("warc", "jsonl"), 2**12
_DAMAGED = ("truncated", "bad_crc", "corrupt_member")
#: A zip file's list of contents takes ten times as much memory.
MAX_DIRECTORY_BYTES = 16 * 2**20
#: Stored, deflate, bzip2; LZMA in a zip file may ask for 4 GB of memory.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_LINK = 0o120000


def is_archive(relative: str, kind: str) -> bool:
    """Returns whether a file's contents are read instead of it; among source files, only that of one at the top."""
    return relative.lower().endswith(SUFFIX) and kind in KINDS and (kind != "files" or "/" not in relative)


def is_nested(name: str, kind: str) -> bool:
    """Returns whether a file in an archive is one, too; among source files it is a file like any other."""
    return name.lower().endswith(NESTED) and kind != "files"


def read_archive(
    file: InputFile,
    source: Source,
    scratch: Path | None,
    wanted: Callable[[str], bool],
    read: Callable[[InputFile], Iterator[Row | pa.Table]],
) -> Iterator[Row | pa.Table]:
    """Yields the rows of the files in an archive.

    Args:
        file: the archive.
        source: where it stands.
        scratch: where its files are put down, one at a time.
        wanted: whether a file is read, by its name in the archive.
        read: reads one.
    """
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(_opened(stack.enter_context(open(file.path, "rb"))))
        except Broken as broken:
            yield quarantined(source, file.relative, broken.reason, bytes=file.bytes)
            return
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="unpacked-", dir=scratch))
        seen: dict[str, int] = {}
        total = 0
        for info in archive.infolist():
            name = _label(info.filename)
            if _is_folder(info) or not wanted(name):
                continue
            seen[name] = seen.get(name, 0) + 1
            # The number of a name's second file stands before the name, which tells by its end what the file is.
            locator = file.relative + (f":{seen[name]}" if seen[name] > 1 else "") + f"/{name}"
            if is_nested(name, source.kind):
                note = "archives in archives are not opened; unpack the outer one"
                yield quarantined(source, locator, "nested_archive", packed_bytes=info.compress_size, error=note)
                continue
            inner = dataclasses.replace(file, path=f"{folder}/file", relative=locator, sha256="", changed_ns=None)
            try:
                size = _put_down(_pieces(archive, info), Path(inner.path), info.compress_size)
                total += size
                refuse_bomb(total, file.bytes)  # one stretch of packed bytes may stand for many files
            except Broken as broken:
                if source.salvage and source.kind in _SALVAGED and broken.reason in _DAMAGED:
                    yield from _salvaged(archive, info, inner, read)
                yield quarantined(source, locator, broken.reason, packed_bytes=info.compress_size)
                continue
            yield from read(dataclasses.replace(inner, bytes=size))
        if not seen:
            files = sum(not _is_folder(info) for info in archive.infolist())
            yield quarantined(source, file.relative, "empty_archive", bytes=file.bytes, files=files)


def _salvaged(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    inner: InputFile,
    read: Callable[[InputFile], Iterator[Row | pa.Table]],
) -> Iterator[Row]:
    """Yields the rows of what can be had of a broken file, marked so; a record that is cut at its end is not one."""
    path, last = Path(inner.path), None
    with contextlib.suppress(Broken):
        _put_down(_pieces(archive, info, _SALVAGE_BYTES), path, info.compress_size)
    if not (size := path.stat().st_size):
        return
    for item in read(dataclasses.replace(inner, bytes=size)):
        for row in item.to_pylist() if isinstance(item, pa.Table) else [item]:
            if last is not None:
                yield last
            last = row if row["status"] else {**row, "metadata": _marked(row["metadata"])}
    if last is not None and not last["status"]:
        yield last


def _marked(metadata: str) -> str:
    return to_metadata({**orjson.loads(metadata), "salvaged": True})


def _label(name: str) -> str:
    return name.replace("\\", "/").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    """Returns an archive.

    Raises:
        Broken: it is none, or its list of contents is longer than memory should hold.
    """
    try:
        # Not a reader of one's own: where two find different ends, one of them can be deceived.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
        if end and end[zipfile._ECD_SIZE] > MAX_DIRECTORY_BYTES:  # type: ignore[attr-defined]
            raise Broken("decompression_limit")
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError, EOFError) as error:
        raise Broken("bad_archive") from error


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith("/")  # its own `is_dir` does not know that names may be empty


def names_in(path: Path) -> list[str]:
    """Returns the names of the files in an archive; none if it cannot be opened."""
    try:
        with path.open("rb") as file:
            return names_of(file)
    except OSError:
        return []


def is_damaged(path: Path) -> bool:
    """Returns whether an archive cannot be opened, so that nobody can tell what lies in it."""
    try:
        with path.open("rb") as file, _opened(file):
            return False
    except (OSError, Broken):
        return True


def names_of(file: IO[bytes]) -> list[str]:
    """Returns the names of the files in an archive that is open; none if it is damaged."""
    try:
        with _opened(file) as archive:
            return [_label(info.filename) for info in archive.infolist() if not _is_folder(info)]
    except Broken:
        return []


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, step: int = PIECE_BYTES) -> Iterator[bytes]:
    if info.flag_bits & 1:
        raise Broken("encrypted")
    if info.external_attr >> 16 & 0o170000 == _LINK:
        raise Broken("link")
    if info.compress_type not in _METHODS:
        raise Broken("unsupported_packing")
    try:
        with archive.open(info) as opened:
            while piece := opened.read(step):
                yield piece
    except EOFError as error:
        raise Broken("truncated") from error
    except zipfile.BadZipFile as error:
        raise Broken("bad_crc" if "CRC" in str(error) else "corrupt_member") from error
    except (OSError, ValueError, zlib.error, struct.error, NotImplementedError, RuntimeError) as error:
        raise Broken("corrupt_member") from error


def _put_down(pieces: Iterator[bytes], path: Path, packed: int) -> int:
    """Writes pieces to a file; returns how many bytes they are."""
    size = 0
    with path.open("wb") as target:
        for piece in pieces:
            size += len(piece)
            refuse_bomb(size, packed)
            try:
                target.write(piece)
            except OSError as error:
                raise PhimillError(f"{path}: cannot be written ({error.strerror or error}); make room there") from error
    return size
