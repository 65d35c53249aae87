"""Where documents come from: files are grouped into units, and each unit is read into document tables.

A unit is the smallest amount of input that is read again when something changes: one JSONL,
WARC or Parquet file, one of K groups of a folder of small files, or one Hub dataset.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator

from data.errors import RecipeError

if TYPE_CHECKING:
    import pyarrow as pa

    from data.recipe import Source
    from data.sources.folders import PassedOver
    from data.sources.records import Counted, Row


@dataclasses.dataclass(frozen=True, slots=True)
class InputFile:
    """One file of a source.

    Attributes:
        path: absolute path.
        relative: path relative to the source's root, with forward slashes; the head of locators.
        bytes: its size.
        sha256: of its content.
        licence: files: SPDX id found in the nearest licence file, else null.
        version: what stands for the digest where the content is not at hand: the ETag of a file far away,
            the commit of a git repository.
        url: of a file far away; `path` is empty until it is fetched.
        changed_ns: when it was last changed, in nanoseconds; reading makes sure that it still is.
    """

    path: str
    relative: str
    bytes: int
    sha256: str
    licence: str | None = None
    version: str | None = None
    url: str | None = None
    changed_ns: int | None = None


@dataclasses.dataclass(frozen=True)
class Unit:
    """What is read in one go.

    Attributes:
        source: name of the source.
        name: unique in the source, safe as a file name, the same in every run.
        files: sorted by relative path; empty for datasets on the Hub.
        key: digest of everything that reading it depends on.
        address: huggingface: the hub's name or an absolute local folder; common-crawl: where the archives are.
    """

    source: str
    name: str
    files: tuple[InputFile, ...]
    key: str
    address: str = ""


def list_units(
    source: Source,
    root: Path,
    sha256: Callable[[Path], str],
    passed_over: PassedOver | None = None,
    out: Path | None = None,
) -> list[Unit]:
    """Returns a source's units, sorted by name.

    Args:
        source: as the recipe describes it.
        root: the folder that relative paths start from.
        sha256: returns a file's SHA-256 in hexadecimal; callers may cache it.
        passed_over: told of links that lead out of a folder or nowhere, and of pipes and devices in it.
        out: the folder that the run writes to; what lies in it is not read.

    Raises:
        RecipeError: a path is missing or matches nothing, or two files would share a locator.
    """
    from data.sources.listing import list_source

    return list_source(source, root, sha256, passed_over, out)


def check_source(source: Source, root: Path) -> Iterator[RecipeError]:
    """Yields what is wrong with the paths that a source names; what is far away is not asked, nothing is read."""
    from data.sources.listing import check_address

    for address in source.addresses if source.kind != "huggingface" else ():
        try:
            check_address(address, source, root)
        except RecipeError as mistake:
            yield mistake


def read_unit(unit: Unit, source: Source, scratch: Path | None = None) -> Iterator[pa.Table]:
    """Yields a unit's documents as tables with DOCUMENT_SCHEMA, each at most 16 MB or one row.

    Every record becomes exactly one row, in the input's order. What cannot be read is a row with
    status `quarantined` and a reason; bad data never raises.

    Args:
        unit: what is read.
        source: as the recipe describes it.
        scratch: a folder for what has to be put down while reading, such as files from far away; default: the
            system's own.
    """
    from data.sources.records import to_tables

    yield from to_tables(_rows(unit, source, scratch))


def _rows(unit: Unit, source: Source, scratch: Path | None) -> Iterator[Row | pa.Table | Counted]:
    if source.kind == "huggingface":
        from data.sources.hub import read_dataset
        from data.sources.table_marks import marked

        yield from marked(read_dataset(unit.address, source, unit.files[0].version, unit.files), source)
        return
    from data.sources.reading import read_input

    if source.kind == "common-crawl":
        source = source.model_copy(update={"archives": unit.address})
    for file in unit.files:
        yield from read_input(file, source, scratch)
