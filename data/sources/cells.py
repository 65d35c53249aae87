"""Values of Arrow columns, as the readers of Parquet and Arrow files hand them on: times as text, UTF-8 or not."""

from __future__ import annotations

import datetime
import decimal
import itertools
import uuid
from typing import Any

import orjson
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


def name_text(value: Any) -> Any:
    """Returns what stands where a name should as text: printable bytes as they read, others in hexadecimal.

    Text, and what JSON has as well, stays as it is.
    """
    if isinstance(value, bytes):
        text = decoded(value)
        return text if isinstance(text, str) and text.isprintable() else value.hex()
    return str(value) if isinstance(value, (decimal.Decimal, uuid.UUID)) else value


def id_text(value: Any) -> Any:
    """Returns a column's value as an id: as `name_text` does, nested ones as JSON; an undefined number is none."""
    if isinstance(value, (list, dict)):
        return orjson.dumps(value, default=name_text, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
    return None if value != value else name_text(value)


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
        return [None if value is None else time_text(value) for value in _in_known_zone(column)]
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        if pa.types.is_nested(column.type):
            return [None if is_broken(value) else value.as_py() for value in column]
        return [decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _in_known_zone(times: pa.Array) -> pa.Array:
    """Returns times of a time zone that Python does not know as times of UTC, which is what is stored."""
    if pa.types.is_timestamp(times.type):
        try:
            if zone := times.type.tz:
                pa.lib.string_to_tzinfo(zone)
        except (KeyError, ValueError, OSError):
            return times.view(pa.timestamp(times.type.unit, "UTC"))
    return times


def is_broken(value: pa.Scalar) -> bool:
    """Returns whether a text in a nested value is no UTF-8."""
    try:
        value.as_py()
    except UnicodeDecodeError:
        return True
    return False


def is_string(kind: pa.DataType) -> bool:
    """Returns whether a type is one of those that Arrow has for texts."""
    return kind in (pa.string(), pa.large_string(), pa.string_view())


def is_binary(kind: pa.DataType) -> bool:
    """Returns whether a type is one of those that Arrow has for bytes."""
    return kind in (pa.binary(), pa.large_binary(), pa.binary_view()) or bool(pa.types.is_fixed_size_binary(kind))


def is_plain_structure(kind: pa.DataType) -> bool:
    """Returns whether a type is of structures of texts, numbers and yes or no, at any depth, without lists."""
    if not pa.types.is_struct(kind):
        return False
    return all(_is_plain(kind.field(number).type) for number in range(kind.num_fields))


def _is_plain(kind: pa.DataType) -> bool:
    types = pa.types
    is_number = types.is_integer(kind) or kind in (pa.float32(), pa.float64()) or types.is_boolean(kind)
    return is_number or is_string(kind) or is_plain_structure(kind)


def is_left_out(kind: pa.DataType) -> bool:
    """Returns whether a column of this type is no metadata: bytes, and what is nested in any other way."""
    return is_binary(kind) or (bool(pa.types.is_nested(kind)) and not is_plain_structure(kind))


def sound_strings(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray | None:
    """Returns a column of strings, all of them UTF-8, as one of another type of strings; else null."""
    try:
        column.validate(full=True)
        return column.cast(target)  # of bytes, this looks whether they are UTF-8
    except pa.ArrowInvalid:
        return None
