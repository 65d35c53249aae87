"""Where documents come from: files are grouped into units, and each unit is read into document tables.

A unit is the smallest amount of input that is read again when something changes: one JSONL,
WARC or Parquet file, one of K groups of a folder of small files, or one Hub dataset.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator

if TYPE_CHECKING:
    import pyarrow as pa

    from data.recipe import Source


@dataclasses.dataclass(frozen=True)
class InputFile:
    """One file of a source.

    Attributes:
        path: absolute path.
        relative: path relative to the source's root, with forward slashes; the head of locators.
        bytes: its size.
        sha256: of its content.
        licence: files: SPDX id found in the nearest licence file, else null.
    """

    path: str
    relative: str
    bytes: int
    sha256: str
    licence: str | None = None


@dataclasses.dataclass(frozen=True)
class Unit:
    """What is read in one go.

    Attributes:
        source: name of the source.
        name: unique in the source, safe as a file name, the same in every run.
        files: sorted by relative path; empty for datasets on the Hub.
        key: digest of everything that reading it depends on.
        address: huggingface only: the hub's name or an absolute local folder.
    """

    source: str
    name: str
    files: tuple[InputFile, ...]
    key: str
    address: str = ""


def list_units(source: Source, root: Path, sha256: Callable[[Path], str]) -> list[Unit]:
    """Returns a source's units, sorted by name.

    Args:
        source: as the recipe describes it.
        root: the folder that relative paths start from.
        sha256: returns a file's SHA-256 in hexadecimal; callers may cache it.

    Raises:
        RecipeError: a path is missing or matches nothing, or two files would share a locator.
    """
    from data.sources.listing import list_source

    return list_source(source, root, sha256)


def read_unit(unit: Unit, source: Source) -> Iterator[pa.Table]:
    """Yields a unit's documents as tables with DOCUMENT_SCHEMA, each at most 16 MB or one row.

    Every record becomes exactly one row, in the input's order. What cannot be read is a row with
    status `quarantined` and a reason; bad data never raises.
    """
    from data.sources.records import to_tables

    yield from to_tables(_rows(unit, source))


def _rows(unit: Unit, source: Source) -> Iterator[dict[str, object]]:
    if source.kind == "huggingface":
        from data.sources.hub import read_dataset

        yield from read_dataset(unit.address, source)
        return
    if source.kind == "jsonl":
        from data.sources.jsonl import read_jsonl as read
    elif source.kind == "parquet":
        from data.sources.parquet import read_parquet as read
    elif source.kind == "warc":
        from data.sources.warc import read_warc as read
    else:
        from data.sources.files import read_file as read
    for file in unit.files:
        yield from read(file, source)
