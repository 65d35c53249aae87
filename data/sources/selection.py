"""Some records of an input file, copied as they are: the same bytes of each line, the same columns of each row."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path
from typing import IO, Iterator, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from data.atomic import atomic_path
from data.errors import AccountingError
from data.recipe import Source
from data.sources import InputFile
from data.sources.jsonl import read_lines

#: Text and other columns held at a time.
BATCH_BYTES = 16 * 2**20
LEVEL = 3  # of zstd: 162 MB/s; 6 of gzip is six times slower


def copy_records(file: InputFile, source: Source, numbers: npt.NDArray[np.int64], target: Path) -> None:
    """Writes the records of a JSONL or Parquet file that have some numbers to a file of the same format.

    Args:
        file: what they are read from.
        source: says how: its `kind` is jsonl or parquet.
        numbers: ascending; as locators give them: JSONL's lines from 1, Parquet's rows from 0.
        target: a name that ends in .gz or .zst is of a compressed file; JSONL only.

    Raises:
        AccountingError: a record is not there any more.
    """
    copy = _copy_rows if source.kind == "parquet" else _copy_lines
    written = copy(file, source, numbers, target)
    if written != len(numbers):
        raise AccountingError(f"{file.path}: {len(numbers)} records were wanted, {written} are there; it has changed")


def _copy_lines(file: InputFile, source: Source, numbers: npt.NDArray[np.int64], target: Path) -> int:
    wanted, written = iter(numbers.tolist()), 0
    awaited = next(wanted, None)
    with atomic_path(target) as temporary, _written(temporary, target.name) as out:
        for number, line in read_lines(file, source.max_record_bytes):
            if awaited is None:
                break
            if number == awaited:
                out.write(line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r") + b"\n")
                written += 1
                awaited = next(wanted, None)
    return written


@contextlib.contextmanager
def _written(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Yields a file to write to, packed as its name says; the same content gives the same bytes."""
    with path.open("wb") as plain:
        if name.lower().endswith((".zst", ".zstd")):
            with zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).stream_writer(
                plain, closefd=False
            ) as packed:
                yield cast(IO[bytes], packed)
        elif name.lower().endswith(".gz"):
            with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=plain, mtime=0) as packed_gz:
                yield cast(IO[bytes], packed_gz)
        else:
            yield plain


def _copy_rows(file: InputFile, source: Source, numbers: npt.NDArray[np.int64], target: Path) -> int:
    first = written = 0
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(pq.ParquetFile(file.path, page_checksum_verification=True))
        temporary = stack.enter_context(atomic_path(target))
        writer = stack.enter_context(pq.ParquetWriter(temporary, opened.schema_arrow, compression="zstd"))
        for group in range(opened.num_row_groups):
            facts = opened.metadata.row_group(group)
            places = numbers[np.searchsorted(numbers, first) : np.searchsorted(numbers, first + facts.num_rows)]
            for table in _rows_at(opened, group, places - first) if len(places) else ():
                writer.write_table(table)
                written += table.num_rows
            first += facts.num_rows
    return written


def _rows_at(opened: pq.ParquetFile, group: int, places: npt.NDArray[np.int64]) -> Iterator[pa.Table]:
    """Yields the rows of a row group that stand at some places, all columns."""
    facts = opened.metadata.row_group(group)
    mean = facts.total_byte_size / max(1, facts.num_rows)
    start = 0
    for batch in opened.iter_batches(max(1, min(8192, int(BATCH_BYTES / max(mean, 1.0)))), row_groups=[group]):
        here = places[np.searchsorted(places, start) : np.searchsorted(places, start + batch.num_rows)] - start
        start += batch.num_rows
        if len(here):
            yield pa.Table.from_batches([batch]).take(pa.array(here))
