"""Values of Arrow columns, as the readers of Parquet and Arrow files hand them on: times as text, UTF-8 or not."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import pyarrow as pa


class Broken:
    """Stands for a value that is no UTF-8."""


class TooLong:
    """Stands for a value longer than a record may be."""


def decoded(value: bytes | None) -> Any:
    """Returns bytes as text, or a `Broken` where they are no UTF-8; None stays None."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return Broken()


def time_text(scalar: pa.Scalar) -> str | None:
    """Returns a date, time or duration as text; None for null and for what Python cannot hold."""
    try:
        value = scalar.as_py()
    except (ValueError, OverflowError):  # beyond Python's years, or nanoseconds without pandas
        return None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return None if value is None else str(value)


def column_values(column: pa.ChunkedArray) -> list[Any]:
    """Returns a column's values as Python objects; times as text, strings that are no UTF-8 as `Broken`."""
    return list(itertools.chain.from_iterable(map(_values, column.chunks)))


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        indices = column.indices.to_pylist()
        used = sorted({index for index in indices if index is not None})
        if used and not 0 <= used[0] <= used[-1] < len(column.dictionary):
            raise pa.ArrowInvalid("a dictionary index is out of range")  # page headers have no checksum
        # Values are shared, not laid out: one of them may stand in every row.
        words = dict(zip(used, _values(column.dictionary.take(pa.array(used, pa.int64()))), strict=True))
        return [None if index is None else words[index] for index in indices]
    if pa.types.is_temporal(column.type):
        return [None if value is None else time_text(value) for value in column]
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return [decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]


def is_string(kind: pa.DataType) -> bool:
    """Returns whether a type is one of those that Arrow has for texts."""
    return kind in (pa.string(), pa.large_string(), pa.string_view())


def sound_strings(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray | None:
    """Returns a column of strings, all of them UTF-8, as one of another type of strings; else null."""
    try:
        column.validate(full=True)
        return column.cast(target)  # of bytes, this looks whether they are UTF-8
    except pa.ArrowInvalid:
        return None
