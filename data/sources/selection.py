"""Some records of an input file, copied as they are: the same bytes of each line, the same columns of each row.

A record whose text was changed on the road gets the new text; the rest of it stays.
"""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path
from typing import IO, Iterator, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from data.atomic import atomic_path
from data.errors import AccountingError
from data.parts import read_batches
from data.recipe import Source
from data.sources import InputFile
from data.sources.jsonl import read_lines
from data.sources.text_pieces import UTF8_MARK

#: Text and other columns held at a time.
BATCH_BYTES = 16 * 2**20
LEVEL = 3  # of zstd: 162 MB/s; 6 of gzip is six times slower


class Changes:
    """New texts of some records of a file, in the order of their numbers.

    Args:
        path: a part file with `number`, ascending, and `text`; None: nothing has changed.
    """

    def __init__(self, path: Path | None) -> None:
        self._batches = read_batches(path, ["number", "text"]) if path is not None else iter(())
        self._table: pa.Table | None = next(self._batches, None)

    def between(self, first: int, after: int) -> dict[int, str]:
        """Returns the new texts of records `first` up to `after`; ranges must ascend."""
        found: dict[int, str] = {}
        while self._table is not None:
            numbers = np.asarray(self._table["number"])
            low, high = np.searchsorted(numbers, [first, after])
            here = self._table.slice(low, high - low)
            found.update(zip(here["number"].to_pylist(), here["text"].to_pylist(), strict=True))
            if high < len(numbers):
                break
            self._table = next(self._batches, None)
        return found


def copy_records(
    file: InputFile, source: Source, numbers: npt.NDArray[np.int64], target: Path, changes: Path | None = None
) -> None:
    """Writes the records of a JSONL or Parquet file that have some numbers to a file of the same format.

    Args:
        file: what they are read from.
        source: says how: its `kind` is jsonl or parquet.
        numbers: ascending; as locators give them: JSONL's lines from 1, Parquet's rows from 0.
        target: a name that ends in .gz or .zst is of a compressed file; JSONL only.
        changes: new texts; see `Changes`.

    Raises:
        AccountingError: a record is not there any more.
    """
    copy = _copy_rows if source.kind == "parquet" else _copy_lines
    written = copy(file, source, numbers, target, Changes(changes))
    if written != len(numbers):
        raise AccountingError(f"{file.path}: {len(numbers)} records were wanted, {written} are there; it has changed")


def _copy_lines(file: InputFile, source: Source, numbers: npt.NDArray[np.int64], target: Path, changes: Changes) -> int:
    wanted, written = iter(numbers.tolist()), 0
    awaited = next(wanted, None)
    with atomic_path(target) as temporary, _written(temporary, target.name) as out:
        for number, line in read_lines(file, source.max_record_bytes):
            if awaited is None:
                break
            if number == awaited:
                line = line.removeprefix(UTF8_MARK).removeprefix(b"\x1e").removesuffix(b"\r")
                text = changes.between(number, number + 1).get(number)
                out.write((line if text is None else _with_text(line, source.text_column, text)) + b"\n")
                written += 1
                awaited = next(wanted, None)
    return written


def _with_text(line: bytes, column: str, text: str) -> bytes:
    """Returns a line of JSON with another text."""
    record = {**json.loads(line), column: text}
    try:
        return json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair in another column
        return json.dumps(record).encode()


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


def _copy_rows(file: InputFile, source: Source, numbers: npt.NDArray[np.int64], target: Path, changes: Changes) -> int:
    first = written = 0
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(pq.ParquetFile(file.path, page_checksum_verification=True))
        temporary = stack.enter_context(atomic_path(target))
        writer = stack.enter_context(pq.ParquetWriter(temporary, opened.schema_arrow, compression="zstd"))
        for group in range(opened.num_row_groups):
            facts = opened.metadata.row_group(group)
            places = numbers[np.searchsorted(numbers, first) : np.searchsorted(numbers, first + facts.num_rows)]
            for table, rows in _rows_at(opened, group, places - first) if len(places) else ():
                new = changes.between(int(rows[0]) + first, int(rows[-1]) + first + 1)
                writer.write_table(_with_texts(table, source.text_column, rows + first, new))
                written += table.num_rows
            first += facts.num_rows
    return written


def _with_texts(table: pa.Table, column: str, numbers: npt.NDArray[np.int64], new: dict[int, str]) -> pa.Table:
    """Returns rows with other texts where there are such."""
    if not new:
        return table
    texts = [new.get(number) for number in numbers.tolist()]
    place, kind = table.schema.get_field_index(column), table.schema.field(column)
    plain = table[column].cast(pa.large_string())
    return table.set_column(place, kind, pc.coalesce(pa.array(texts, pa.large_string()), plain).cast(kind.type))


def _rows_at(
    opened: pq.ParquetFile, group: int, places: npt.NDArray[np.int64]
) -> Iterator[tuple[pa.Table, npt.NDArray[np.int64]]]:
    """Yields the rows of a row group that stand at some places, all columns, and their places."""
    facts = opened.metadata.row_group(group)
    mean = facts.total_byte_size / max(1, facts.num_rows)
    start = 0
    for batch in opened.iter_batches(max(1, min(8192, int(BATCH_BYTES / max(mean, 1.0)))), row_groups=[group]):
        here = places[np.searchsorted(places, start) : np.searchsorted(places, start + batch.num_rows)]
        if len(here):
            yield pa.Table.from_batches([batch]).take(pa.array(here - start)), here
        start += batch.num_rows
