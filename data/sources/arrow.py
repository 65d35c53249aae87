"""Arrow IPC files and streams (Feather 2 is such a file): one document for each row, numbered from 0.

These formats have no checksums: every batch is validated before a value of it is believed.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.recipe import Source
from data.sources import InputFile
from data.sources.arrow_batches import Batches, Cut, TooMuch, Trailing
from data.sources.cells import (
    TooLong,
    decoded,
    is_binary,
    is_broken,
    is_plain_structure,
    is_string,
    time_text,
)
from data.sources.left_columns import readable_columns
from data.sources.records import Row, column_row, quarantined, role_columns

#: Rows, and bytes of their values, unfolded to Python objects at a time; one row may be larger.
SLICE_ROWS, SLICE_BYTES = 256, 2**24
#: Longer values of other columns than the body are left out: they are facts, and kept up to 10 kB.
LONG_FACT_BYTES = 2**20

Lengths = npt.NDArray[np.int64]


def read_arrow(file: InputFile, source: Source, scratch: Path | None = None) -> Iterator[Row]:
    """Yields a row for each row of an Arrow file or stream; what cannot be read of a batch is one quarantined row."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    number = 0
    try:
        batches = Batches(file.path, scratch)
        body = source.html_column or source.text_column
        if not _is_text(batches.schema, body):
            columns = ", ".join(f"{field.name} ({field.type})"[:200] for field in list(batches.schema)[:50])
            yield quarantined(source, file.relative, "schema_mismatch", expected=body, columns=columns)
            return
        for rows, batch in batches.read(readable_columns(batches.schema, {body, *role_columns(source)})):
            end = number + rows
            try:
                if isinstance(batch, Exception):
                    raise batch
                batch.validate()
                for record in _records(batch, body, source, batches.let_go):
                    yield _row(record, body, source, f"{file.relative}:{number}")
                    number += 1
            except (pa.ArrowException, TooMuch) as error:
                yield quarantined(
                    source, f"{file.relative}:{number}", _reason(error), rows=end - number, error=_brief(error)
                )
            number = end
    except (pa.ArrowException, TooMuch, Trailing, Cut, OSError, UnicodeDecodeError) as error:  # the last one: of a name
        locator = f"{file.relative}:{number}" if number else file.relative
        yield quarantined(source, locator, _reason(error), bytes=file.bytes, error=_brief(error))


def _reason(error: Exception) -> str:
    if isinstance(error, Trailing):
        return "trailing_garbage"
    if isinstance(error, Cut):
        return "truncated"
    return "decompression_limit" if isinstance(error, (TooMuch, MemoryError)) else "bad_arrow"


def _brief(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]


def _is_text(schema: pa.Schema, name: str) -> bool:
    if schema.names.count(name) != 1:
        return False
    kind = schema.field(name).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return is_string(kind) or is_binary(kind)


def _records(batch: pa.RecordBatch, body: str, source: Source, let_go: Callable[[], None]) -> Iterator[dict[str, Any]]:
    """Yields the rows of a batch as dictionaries; few at a time, so that long values need not be held together."""
    names = batch.schema.names
    limits = [4 * source.max_record_bytes if name == body else LONG_FACT_BYTES for name in names]
    lengths = [_lengths(column) for column in batch.columns]
    held = np.zeros(batch.num_rows, np.int64)
    for own, limit in zip(lengths, limits, strict=True):
        held += np.where(own > limit, 0, own)
    for start, end in itertools.pairwise(_edges(held)):
        columns = [
            _values(column.slice(start, end - start), own[start:end] > limit, TooLong() if name == body else None)
            for name, column, own, limit in zip(names, batch.columns, lengths, limits, strict=True)
        ]
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))
        let_go()


def _edges(held: Lengths) -> list[int]:
    """Returns where rows are to be parted, from 0 to their number."""
    before = np.concatenate([np.zeros(1, np.int64), held.cumsum()])
    edges = [0]
    while edges[-1] < len(held):
        start = edges[-1]
        fit = int(np.searchsorted(before, before[start] + SLICE_BYTES, side="right")) - 1
        edges.append(min(max(fit, start + 1), start + SLICE_ROWS, len(held)))
    return edges


def _lengths(column: pa.Array) -> Lengths:
    """Returns the bytes of each string; 0 for null and for other values."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        words = _lengths(column.dictionary)
        indices = np.asarray(column.indices.cast(pa.int64()).fill_null(-1))
        if (
            indices.max(initial=-1) >= len(words)
            or (column.is_valid().to_numpy(zero_copy_only=False) & (indices < 0)).any()
        ):
            raise pa.ArrowInvalid("a dictionary index is out of range")
        each: Lengths = np.append(words, 0)[indices]
        return each
    if is_plain_structure(kind):
        return sum(map(_lengths, column.flatten()), np.zeros(len(column), np.int64))
    if kind in (pa.string_view(), pa.binary_view()):
        views = np.frombuffer(column.buffers()[1], np.int32)[::4]
        found = views[column.offset : column.offset + len(column)].astype(np.int64)
    elif is_string(kind) or is_binary(kind):
        found = np.asarray(pc.binary_length(column).fill_null(0)).astype(np.int64)
    else:
        return np.zeros(len(column), np.int64)
    if found.min(initial=0) < 0:
        raise pa.ArrowInvalid("a string has a negative length")
    return found


def _values(column: pa.Array, is_long: npt.NDArray[np.bool_], instead: Any) -> list[Any]:
    """Returns a column's values; times as text, strings that are no UTF-8 as `Broken`, long ones as `instead`."""
    if is_long.any():
        rest = iter(_values(column.filter(pa.array(~is_long)), np.zeros(len(column) - is_long.sum(), bool), None))
        return [instead if long else next(rest) for long in is_long]
    if pa.types.is_dictionary(column.type):  # its values are shared, not laid out: one may stand in every row
        indices = column.indices.to_pylist()
        used = sorted({index for index in indices if index is not None})
        shared = column.dictionary.take(pa.array(used, pa.int64()))
        words = dict(zip(used, _values(shared, np.zeros(len(used), bool), None), strict=True))
        return [None if index is None else words[index] for index in indices]
    if pa.types.is_temporal(column.type):
        return [time_text(value) for value in column]
    try:
        column.validate(full=True)
        return list(column.to_pylist())
    except (UnicodeDecodeError, pa.ArrowInvalid):
        if is_plain_structure(column.type):
            column.validate()
            return [None if is_broken(value) else value.as_py() for value in column]
        if not is_string(column.type):
            raise pa.ArrowInvalid("a column is damaged") from None
        raw = column.cast(pa.large_binary())
        raw.validate(full=True)
        return [decoded(value) for value in raw.to_pylist()]


def _row(record: dict[str, Any], body: str, source: Source, locator: str) -> Row:
    if isinstance(record[body], bytes) and not source.html_column:
        record[body] = decoded(record[body])
    return column_row(record, source, locator)
