"""Arrow IPC files and streams (Feather 2 is such a file): one document for each row, numbered from 0.

These formats have no checksums: every batch is validated before a value of it is believed.
"""

from __future__ import annotations

from typing import Any, Iterator

import pyarrow as pa

from data.recipe import Source
from data.sources import InputFile
from data.sources.cells import Broken, decoded, time_text
from data.sources.records import Row, quarantined, record_row

MAGIC = b"ARROW1"
#: Rows unfolded to Python objects at a time.
SLICE_ROWS = 256


def read_arrow(file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each row of an Arrow file or stream; what cannot be read of it is one quarantined row."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    number = 0
    try:
        with pa.memory_map(file.path) as mapped:
            batches = _Batches(mapped)
            body = source.html_column or source.text_column
            if not _is_text(batches.schema, body):
                columns = ", ".join(f"{field.name} ({field.type})"[:200] for field in list(batches.schema)[:50])
                yield quarantined(source, file.relative, "schema_mismatch", expected=body, columns=columns)
                return
            names = _columns(batches.schema, {body, source.licence_column})
            for batch in batches:
                batch = batch.select(names)
                batch.validate()
                for start in range(0, batch.num_rows, SLICE_ROWS):
                    for record in _records(batch.slice(start, SLICE_ROWS)):
                        yield _row(record, body, source, f"{file.relative}:{number}")
                        number += 1
    except (pa.ArrowException, OSError) as error:
        locator = f"{file.relative}:{number}" if number else file.relative
        yield quarantined(source, locator, "bad_arrow", bytes=file.bytes, error=str(error).strip().split("\n")[0][:200])


class _Batches:
    """The record batches of an Arrow file or stream, one at a time."""

    def __init__(self, mapped: pa.MemoryMappedFile) -> None:
        is_file = mapped.read(len(MAGIC)) == MAGIC
        mapped.seek(0)
        self._is_file = is_file
        self._reader: Any = pa.ipc.open_file(mapped) if is_file else pa.ipc.open_stream(mapped)
        self.schema: pa.Schema = self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._is_file:
            for number in range(self._reader.num_record_batches):
                yield self._reader.get_batch(number)
        else:
            yield from self._reader


def _is_string(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_text(schema: pa.Schema, name: str) -> bool:
    if schema.names.count(name) != 1:
        return False
    kind = schema.field(name).type
    return _is_string(kind) or _is_binary(kind)


def _columns(schema: pa.Schema, wanted: set[str | None]) -> list[str]:
    """Returns the columns worth reading: those wanted, and all that can become metadata."""
    return [
        field.name
        for field in schema
        if schema.names.count(field.name) == 1
        and (field.name in wanted or not (pa.types.is_nested(field.type) or _is_binary(field.type)))
    ]


def _records(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    columns = [_values(column) for column in batch.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


def _values(column: pa.Array) -> list[Any]:
    """Returns a column's values; times as text, strings that are no UTF-8 as `Broken`."""
    if pa.types.is_temporal(column.type):
        return [time_text(value) for value in column]
    try:
        column.validate(full=True)
        return list(column.to_pylist())
    except (UnicodeDecodeError, pa.ArrowInvalid):
        if not _is_string(column.type) or pa.types.is_dictionary(column.type):
            raise pa.ArrowInvalid("a column is damaged") from None
        raw = column.cast(pa.large_binary())
        raw.validate(full=True)
        return [decoded(value) for value in raw.to_pylist()]


def _row(record: dict[str, Any], body: str, source: Source, locator: str) -> Row:
    if isinstance(record[body], bytes) and not source.html_column:
        record[body] = decoded(record[body])
    if isinstance(record[body], Broken):
        return quarantined(source, locator, "bad_encoding")
    return record_row(record, source, locator)
