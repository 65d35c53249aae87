"""The part store: Parquet files whose rows keep their places from ingest to the ledger.

A part is born at ingest. Every step after it writes one file about that part, with the same
rows in the same order, so that joining is laying columns side by side, and a lost row is a
difference in length that no step can overlook. A file's existence means that it is whole.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.atomic import atomic_path
from data.errors import AccountingError, DamageError

#: Text held in memory at a time, by readers and writers alike.
BATCH_BYTES = 16 * 2**20

#: Text in one part; a larger input file continues in the next part.
PART_BYTES = 128 * 2**20

#: Columns whose values differ from row to row. Parquet's writer makes a dictionary of their first megabyte and throws
#: it away, and nobody asks for the first and the last of them in order: a tenth of the time that writing texts takes.
_UNLIKE = frozenset(("id", "origin_id", "locator", "url", "metadata", "text", "content"))


@dataclasses.dataclass(frozen=True)
class Part:
    """One part and the files that steps have written about it.

    Attributes:
        name: `<source>/<unit>-<number>`, stable from run to run.
        source: the recipe's name for where its documents came from.
        keys: step → digest of all that its file depends on.
        files: step → path of its file.
    """

    name: str
    source: str
    keys: dict[str, str]
    files: dict[str, str]

    def having(self, step: str, key: str, file: Path) -> Part:
        """Returns this part with one more step's file."""
        return dataclasses.replace(self, keys={**self.keys, step: key}, files={**self.files, step: str(file)})

    @property
    def origin(self) -> str:
        """The step at which its documents were born: `ingest`, or `synthesise` for a teacher's."""
        return "ingest" if "ingest" in self.files else "synthesise"

    def to_json(self) -> dict[str, Any]:
        """Returns a plain dictionary, for index files and task arguments."""
        return dataclasses.asdict(self)


class PartWriter:
    """Writes one Parquet file, atomically, in row groups of at most BATCH_BYTES of text."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path, self.schema, self.rows = path, schema, 0

    def __enter__(self) -> PartWriter:
        with contextlib.ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self.path))
            alike = [leaf for field in self.schema if field.name not in _UNLIKE for leaf in _leaves(field)]
            self._writer = stack.enter_context(
                pq.ParquetWriter(
                    temporary,
                    self.schema,
                    compression="zstd",
                    compression_level=1,
                    write_page_checksum=True,
                    use_dictionary=alike,
                    write_statistics=alike,
                )
            )
            self._open = stack.pop_all()
        return self

    def write(self, table: pa.Table | pa.RecordBatch) -> None:
        """Appends rows; a column too many or of another type is an error."""
        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
        if not table.schema.equals(self.schema):
            table = table.select(self.schema.names).cast(self.schema)
        for piece in split_by_bytes(table):
            self._writer.write_table(piece, row_group_size=max(1, piece.num_rows))
            self.rows += piece.num_rows

    def __exit__(self, *failure: Any) -> None:
        self._open.__exit__(*failure)


def _leaves(field: pa.Field) -> Iterator[str]:
    """Yields what Parquet calls the columns that a field is kept in."""
    kind = field.type
    if not pa.types.is_nested(kind):
        yield field.name
    for inner in (kind.field(number) for number in range(kind.num_fields)):
        step = "list.element" if pa.types.is_list(kind) else inner.name
        yield from (f"{field.name}.{leaf}" for leaf in _leaves(inner.with_name(step)))


def write_tables(path: Path, tables: Iterable[pa.Table]) -> int:
    """Writes tables of one schema, as they come, as one part file; returns its rows."""
    with contextlib.ExitStack() as stack:
        writer: PartWriter | None = None
        for table in tables:
            writer = writer or stack.enter_context(PartWriter(path, table.schema))
            writer.write(table)
    return writer.rows if writer else 0


def split_by_bytes(table: pa.Table, limit: int = BATCH_BYTES) -> Iterator[pa.Table]:
    """Yields the table in pieces of at most `limit` bytes, or of one row."""
    if table.num_rows <= 1 or table.nbytes <= limit:
        if table.num_rows:
            yield table
        return
    half = table.num_rows // 2
    yield from split_by_bytes(table.slice(0, half), limit)
    yield from split_by_bytes(table.slice(half), limit)


def write_part(path: Path, table: pa.Table) -> None:
    """Writes a whole table as one part file."""
    with PartWriter(path, table.schema) as writer:
        if table.num_rows:
            writer.write(table)


def read_part(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Returns a part file's columns whole; for files without text, or small ones."""
    with _opened(path, columns) as file:
        return file.read(columns=list(columns) if columns is not None else None)


def read_batches(path: str | Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yields a part file's row groups, each at most BATCH_BYTES of text, in order."""
    with _opened(path, columns) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=list(columns) if columns is not None else None)


def read_rows(path: str | Path, rows: npt.NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
    """Returns some columns of some rows of a part file; reads the row groups that hold them.

    Args:
        rows: ascending.
    """
    with _opened(path, columns) as file:
        pieces, start = [file.schema_arrow.empty_table().select(list(columns))], 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            first, last = np.searchsorted(rows, [start, end])
            if first < last:
                read = file.read_row_group(group, columns=list(columns))
                pieces.append(read.take(pa.array(rows[first:last] - start)))
            start = end
    if len(rows) and rows[-1] >= start:
        raise DamageError(f"{path}: has no row {rows[-1]}; run again")
    return pa.concat_tables(pieces)


def read_between(path: str | Path, column: str, low: int, high: int) -> pa.Table:
    """Returns the rows of a part file whose value in an integer column, by which they are sorted, is low to high."""
    with _opened(path, [column]) as file:
        place = file.schema_arrow.get_field_index(column)
        pieces = [file.schema_arrow.empty_table()]
        for group in range(file.num_row_groups):
            span = file.metadata.row_group(group).column(place).statistics
            if span is not None and span.has_min_max and (span.max < low or span.min > high):
                continue
            read = file.read_row_group(group)
            values = np.asarray(read[column])
            first, last = np.searchsorted(values, low), np.searchsorted(values, high, side="right")
            pieces.append(read.slice(first, last - first))
    return pa.concat_tables(pieces)


def row_at(path: str | Path, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """Returns some columns of one row of a part file; reads the one row group that holds it."""
    with _opened(path, columns) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row < rows:
                return dict(file.read_row_group(group, columns=list(columns)).slice(row, 1).to_pylist()[0])
            row -= rows
    raise DamageError(f"{path}: has no row {row} beyond its end; run again")


def count_rows(path: str | Path) -> int:
    """Returns the number of rows of a part file, from its footer."""
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def column_names(path: str | Path) -> list[str]:
    """Returns a part file's column names, from its footer."""
    with _opened(path) as file:
        return list(file.schema_arrow.names)


@contextlib.contextmanager
def _opened(path: str | Path, columns: Sequence[str] | None = None) -> Iterator[pq.ParquetFile]:
    """Yields an open part file; every way in which damage shows ends in an error that names the file."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            _check_footer(file, columns or ())
            yield file
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamageError(f"{path}: cannot be read back ({error}); delete this file and run again") from error


def _check_footer(file: pq.ParquetFile, columns: Sequence[str]) -> None:
    """Pages have checksums, the footer has none; but it says the schema twice."""
    schema = file.schema_arrow
    stored = base64.b64decode((file.metadata.metadata or {}).get(b"ARROW:schema", b""))
    if not stored or not pa.ipc.read_schema(pa.py_buffer(stored)).equals(schema):
        raise ValueError("its footer is damaged")
    missing = set(columns) - set(schema.names)
    if missing:
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")


def lay_side_by_side(left: pa.Table, right: pa.Table, where: str) -> pa.Table:
    """Returns left with right's further columns, after making sure that the rows are the same."""
    if left.num_rows != right.num_rows or not left["id"].equals(right["id"].cast(left["id"].type)):
        raise AccountingError(f"{where}: its rows are not those of the step before it")
    for field in right.schema:
        if field.name not in left.schema.names:
            left = left.append_column(field, right[field.name])
    return left


def scatter(some: pa.Table, mask: pa.Array) -> pa.Table:
    """Returns a table as long as `mask` with the rows of `some` where it is true, null elsewhere."""
    places = pc.if_else(mask, pc.subtract(pc.cumulative_sum(pc.cast(mask, pa.int64())), 1), None)
    return some.take(places)


def alive(part: Part, steps: Iterable[str]) -> pa.Array:
    """Returns a boolean for each row of a part: no given step has ended its road."""
    mask: pa.ChunkedArray | None = None
    for step in steps:
        if step in part.files:
            goes_on = pc.equal(read_part(part.files[step], ["status"])["status"], "")
            mask = goes_on if mask is None else pc.and_(mask, goes_on)
    if mask is None:
        raise AccountingError(f"part {part.name}: none of the steps {list(steps)} has run")
    return mask.combine_chunks()
