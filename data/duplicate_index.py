"""The documents that were shipped before, kept so that new ones can be held against them: a folder of Parquet parts.

    INDEX/index.json        what belongs to it: layout, generation, settings, parts with rows, bytes and SHA-256
    INDEX/parts/G-N.parquet `id`, `kind`, `length`, `text`, and what the engine signed: written once, never changed
    INDEX/lock              held alone by whoever writes, together by those who read

Every change writes new files and then replaces `index.json`; a killed change leaves the old index. A removed
document is gone from the files, its text included, when the command ends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_write
from data.errors import DamageError, LockedError, UsageError
from data.fingerprint import digest, file_sha256
from data.parts import PART_BYTES, read_batches, read_part, read_rows, write_tables

LAYOUT = 1
NAME = "index.json"


@dataclasses.dataclass(frozen=True)
class IndexPart:
    """One file of an index, relative to its folder."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class DuplicateIndex:
    """An index as it stands.

    Attributes:
        folder: where it lies.
        generation: counts its changes.
        made_with: the settings that its documents were signed with; only the same ones find them.
        parts: its files, in order; documents are numbered through.
    """

    folder: Path
    generation: int
    made_with: dict[str, Any]
    parts: tuple[IndexPart, ...]

    @property
    def documents(self) -> int:
        """How many documents it holds."""
        return sum(part.rows for part in self.parts)

    @property
    def bytes(self) -> int:
        """How many bytes its files have."""
        return sum(part.bytes for part in self.parts)

    @property
    def digest(self) -> str:
        """What a result that rests on the index depends on."""
        return digest([self.made_with, [part.sha256 for part in self.parts]])

    def path(self, part: IndexPart) -> Path:
        """Returns where a part lies."""
        return self.folder / part.file

    def column(self, name: str) -> pa.ChunkedArray:
        """Returns one column of all documents."""
        read = [read_part(self.path(part), [name])[name] for part in self.parts]
        return pa.chunked_array([chunk for column in read for chunk in column.chunks], read[0].type if read else None)

    def fetch(self, numbers: npt.NDArray[np.int64]) -> pa.Table:
        """Returns `text` and `kind` of some documents, given by ascending number."""
        pieces, start = [], 0
        for part in self.parts:
            first, last = np.searchsorted(numbers, [start, start + part.rows])
            if first < last:
                pieces.append(read_rows(self.path(part), numbers[first:last] - start, ["kind", "text"]))
            start += part.rows
        return pa.concat_tables(pieces)

    def check(self, sha256: Callable[[Path], str] = file_sha256) -> None:
        """Makes sure that every file is what was written.

        Raises:
            DamageError: naming the first that is not.
        """
        for part in self.parts:
            path = self.path(part)
            if not path.is_file():
                raise DamageError(f"{path}: is missing; bring it back, or build the index anew")
            if path.stat().st_size != part.bytes or sha256(path) != part.sha256:
                raise DamageError(f"{path}: is not what was written; bring it back, or build the index anew")


@contextlib.contextmanager
def open_index(folder: Path) -> Iterator[DuplicateIndex]:
    """Yields an index to be read; nobody changes it meanwhile.

    Raises:
        UsageError: there is none.
        LockedError: somebody is changing it.
    """
    if not (folder / NAME).is_file():
        command = f"phimill dedup index add {quote(str(folder))} INPUT…"
        raise UsageError(f"{folder}: holds no index; make one with `{command}`")
    with _locked(folder, fcntl.LOCK_SH):
        yield _read(folder)


def add_documents(folder: Path, made_with: dict[str, Any], tables: Iterable[pa.Table]) -> dict[str, int]:
    """Adds signed documents to an index, which is made if it is not there.

    Args:
        folder: the index.
        made_with: the settings that they were signed with.
        tables: `id`, `kind`, `length`, `text` and the engine's columns; always the same ones.

    Returns:
        `added`, and `known`: documents left out because the index has their ids.

    Raises:
        UsageError: it was made with other settings, or two documents have the same id.
    """
    with _locked(folder, fcntl.LOCK_EX):
        index = _read(folder) if (folder / NAME).is_file() else DuplicateIndex(folder, 0, made_with, ())
        check_settings(index, made_with)
        known = index.column("id") if index.parts else pa.chunked_array([], pa.string())
        written: list[IndexPart] = []
        given = 0
        for number, table in enumerate(_gathered(tables)):
            given += table.num_rows
            table = table.filter(pc.invert(pc.is_in(table["id"], known)))
            if table.num_rows:
                name = f"parts/{index.generation + 1:06d}-{number:04d}.parquet"
                written.append(_write(folder, name, [table]))
                known = pa.chunked_array([*known.chunks, *table["id"].chunks], pa.string())
        if pc.count_distinct(known).as_py() != len(known):
            counts = pc.value_counts(known.combine_chunks())
            twice = counts.field("values").filter(pc.greater(counts.field("counts"), 1))[0]
            _sweep(folder, index)
            raise UsageError(f"two documents have the id {twice.as_py()!r}; name the column of the ids with --id")
        added = sum(part.rows for part in written)
        _replace(index, (*index.parts, *written))
        return {"added": added, "known": given - added}


def remove_documents(folder: Path, ids: Iterable[str]) -> dict[str, Any]:
    """Removes documents from an index; the parts that hold them are written anew without them.

    Returns:
        `removed`, and `unknown`: the ids that the index does not have.
    """
    wanted = pa.array(sorted(set(ids)), pa.string())
    with _locked(folder, fcntl.LOCK_EX):
        index = _read(folder)
        kept: list[IndexPart] = []
        found: list[pa.ChunkedArray] = []
        for number, part in enumerate(index.parts):
            held = read_part(index.path(part), ["id"])["id"]
            hits = pc.is_in(held, wanted)
            if not pc.any(hits).as_py():
                kept.append(part)
                continue
            found.append(held.filter(hits))
            if pc.all(hits).as_py():
                continue
            rest = (batch.filter(pc.invert(pc.is_in(batch["id"], wanted))) for batch in read_batches(index.path(part)))
            kept.append(_write(folder, f"parts/{index.generation + 1:06d}-{number:04d}.parquet", rest))
        _replace(index, tuple(kept))
        gone = pa.chunked_array([chunk for column in found for chunk in column.chunks], pa.string())
        unknown = wanted.filter(pc.invert(pc.is_in(wanted, gone)))
        return {"removed": len(gone), "unknown": unknown.to_pylist()}


def compact_index(folder: Path) -> DuplicateIndex:
    """Joins small parts; returns the index then."""
    with _locked(folder, fcntl.LOCK_EX):
        index = _read(folder)
        batches = (batch for part in index.parts for batch in read_batches(index.path(part)))
        written = [
            _write(folder, f"parts/{index.generation + 1:06d}-{number:04d}.parquet", [table])
            for number, table in enumerate(_gathered(batches))
        ]
        return _replace(index, tuple(written))


def check_settings(index: DuplicateIndex, made_with: dict[str, Any]) -> None:
    """Makes sure that documents signed with some settings can be held against an index.

    Raises:
        UsageError: naming the first setting that is another.
    """
    for name in sorted({*made_with, *index.made_with}):
        own, other = index.made_with.get(name), made_with.get(name)
        if own != other:
            raise UsageError(
                f"{index.folder}: was made with {name} {json.dumps(own)}, here it is {json.dumps(other)}; "
                "take the same, or build an index anew"
            )


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yields the tables joined up to about PART_BYTES."""
    waiting: list[pa.Table] = []
    size = 0
    for table in tables:
        if waiting and size + table.nbytes > PART_BYTES:
            yield pa.concat_tables(waiting)
            waiting, size = [], 0
        waiting.append(table)
        size += table.nbytes
    if waiting:
        yield pa.concat_tables(waiting)


def _write(folder: Path, name: str, tables: Iterable[pa.Table]) -> IndexPart:
    path = folder / name
    rows = write_tables(path, tables)
    return IndexPart(name, rows, path.stat().st_size, file_sha256(path))


def _replace(index: DuplicateIndex, parts: tuple[IndexPart, ...]) -> DuplicateIndex:
    """Makes an index consist of some parts; what it no longer needs is deleted."""
    if parts == index.parts and index.generation:
        return index
    new = dataclasses.replace(index, generation=index.generation + 1, parts=parts)
    content = {
        "layout": LAYOUT,
        "generation": new.generation,
        "documents": new.documents,
        "made_with": new.made_with,
        "parts": [dataclasses.asdict(part) for part in parts],
    }
    atomic_write(index.folder / NAME, json.dumps(content, indent=1, sort_keys=True) + "\n")
    _sweep(index.folder, new)
    return new


def _sweep(folder: Path, index: DuplicateIndex) -> None:
    wanted = {index.path(part) for part in index.parts}
    for path in (folder / "parts").glob("*"):
        if path not in wanted:
            path.unlink()


def _read(folder: Path) -> DuplicateIndex:
    path = folder / NAME
    if not path.is_file():
        raise UsageError(f"{folder}: holds no index")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        layout = content["layout"]
        parts = tuple(IndexPart(**part) for part in content["parts"]) if layout == LAYOUT else ()
        index = DuplicateIndex(folder, int(content["generation"]), dict(content["made_with"]), parts)
    except (ValueError, KeyError, TypeError) as error:
        raise DamageError(f"{path}: cannot be read ({error}); bring it back, or build the index anew") from None
    if layout != LAYOUT:
        raise UsageError(f"{path}: has the layout {layout}, this phimill reads {LAYOUT}; build the index anew")
    return index


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; an index is a folder")
    if how == fcntl.LOCK_EX and folder.is_dir() and not (folder / NAME).exists() and _foreign(folder):
        raise UsageError(f"{folder}: is not empty and holds no index; choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise LockedError(f"{folder}: somebody else is using this index; try again when they are done") from None
    finally:
        os.close(handle)


def _foreign(folder: Path) -> bool:
    return any(path.name not in ("lock", "parts") for path in folder.iterdir())
