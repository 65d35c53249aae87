"""Parquet files: one document for each row, numbered from 0; pages are checked as they are read."""

from __future__ import annotations

import datetime
from typing import Any, Generator, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from data.recipe import Source
from data.sources import InputFile
from data.sources.records import Row, quarantined, record_row

#: A batch shall hold about this much text.
BATCH_BYTES = 4 * 2**20
#: Rows in a batch, at most, by the unpacked size of the row group. Means mislead where the large rows
#: stand together; few rows bound what a batch holds, but each batch brings its dictionary along.
MAX_BATCH_ROWS = ((64 * 2**20, 1024), (512 * 2**20, 128), (2**63, 32))


def read_parquet(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each row of a Parquet file.

    A file without a readable footer, or without the text column, is one quarantined row; so is the
    rest of a row group from a damaged page on. Text columns are read as dictionaries, since a value
    that is written once and used in every row would else unfold to any size.
    """
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    try:
        with pq.ParquetFile(file.path) as plain:
            schema = plain.schema_arrow
        texts = [field.name for field in schema if _is_string(field.type)]
        opened = pq.ParquetFile(file.path, page_checksum_verification=True, read_dictionary=texts)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield quarantined(source, file.relative, "bad_parquet", bytes=file.bytes, error=_brief(error))
        return
    with opened:
        body = source.html_column or source.text_column
        if not _is_text(schema, body, binary=source.html_column is not None):
            columns = ", ".join(schema.names[:50])
            yield quarantined(source, file.relative, "schema_mismatch", expected=body, columns=columns)
            return
        first = 0
        for group in range(opened.num_row_groups):
            first = yield from _group_rows(opened, group, first, _columns(schema, body), file.relative, source)
        missing = opened.metadata.num_rows - first
        if missing:  # footers have no checksum: a flipped bit can hide row groups
            yield quarantined(source, f"{file.relative}:{first}", "bad_parquet", rows=missing, error="rows are missing")


def _is_text(schema: pa.Schema, name: str, binary: bool) -> bool:
    if schema.names.count(name) != 1:
        return False
    kind = schema.field(name).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if binary and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        return True
    return _is_string(kind)


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _columns(schema: pa.Schema, body: str) -> list[str]:
    """Returns the columns worth reading: the body, and all that can become metadata."""
    names = []
    for field in schema:
        binary = pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
        wanted = field.name == body or not (pa.types.is_nested(field.type) or binary)
        if wanted and schema.names.count(field.name) == 1:
            names.append(field.name)
    return names


def _group_rows(
    opened: pq.ParquetFile, group: int, first: int, columns: list[str], relative: str, source: Source
) -> Generator[Row, None, int]:
    """Yields the rows of a row group, whose first has the number `first`; returns the next group's."""
    rows = int(opened.metadata.row_group(group).num_rows)
    number = first
    body = source.html_column or source.text_column
    error = ""
    try:
        for batch in _batches(opened, group, columns):
            values = [_values(batch.column(name)) for name in batch.schema.names]
            for row in zip(*values, strict=True):
                locator = f"{relative}:{number}"
                record = dict(zip(batch.schema.names, row, strict=True))
                broken = isinstance(record[body], _Broken)
                yield quarantined(source, locator, "bad_encoding") if broken else record_row(record, source, locator)
                number += 1
    except (pa.ArrowException, OSError) as failure:
        error = _brief(failure)
    if error or number < first + rows:
        lost = first + rows - number
        yield quarantined(source, f"{relative}:{number}", "bad_parquet", rows=lost, error=error or "rows are missing")
        number += 1
    return max(number, first + rows)


def _batches(opened: pq.ParquetFile, group: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yields a row group in batches of few rows, fewer where rows are large on average or in sum."""
    facts = opened.metadata.row_group(group)  # its columns' metadata segfault in damaged footers
    mean = facts.total_byte_size / max(1, facts.num_rows)
    most = next(rows for size, rows in MAX_BATCH_ROWS if facts.total_byte_size < size)
    rows = min(most, int(BATCH_BYTES / max(mean, 1.0)))
    yield from opened.iter_batches(max(1, rows), row_groups=[group], columns=columns)


class _Broken:
    """Stands for a value that is no UTF-8."""


def _values(column: pa.Array) -> list[Any]:
    """Returns a column's values as Python objects; times as text, broken strings as `_Broken`."""
    if pa.types.is_dictionary(column.type):
        indices = column.indices.to_pylist()
        used = sorted({index for index in indices if index is not None})
        if used and not 0 <= used[0] <= used[-1] < len(column.dictionary):
            raise pa.ArrowInvalid("a dictionary index is out of range")  # page headers have no checksum
        # Values are shared, not laid out: see `read_parquet`.
        words = dict(zip(used, _values(column.dictionary.take(pa.array(used, pa.int64()))), strict=True))
        return [None if index is None else words[index] for index in indices]
    if pa.types.is_temporal(column.type):
        return [None if value is None else _time_text(value) for value in column]
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _decoded(value: bytes | None) -> Any:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return _Broken()


def _time_text(scalar: pa.Scalar) -> str | None:
    try:
        value = scalar.as_py()
    except (ValueError, OverflowError):  # beyond Python's years, or nanoseconds without pandas
        return None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return None if value is None else str(value)


def _brief(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
