"""Arrow columns as JSON, without a Python object for each row where that can be done.

What comes out is what orjson makes of the same values, to the last byte.
"""

from __future__ import annotations

import decimal
from typing import Any, Mapping

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from data.sources.cells import column_values, is_string, sound_strings
from data.sources.records import METADATA_VALUE_BYTES, json_size


def as_objects(columns: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """Returns for each row an object of the columns that are not null there, sorted by name.

    Args:
        columns: values as JSON, as `as_json` makes them, by name.
        rows: how many.
    """
    members = [
        pc.fill_null(pc.binary_join_element_wise(f",{orjson.dumps(name).decode()}:", columns[name], ""), "")
        for name in sorted(columns)
    ]
    if not members:
        return pa.repeat(pa.scalar("{}"), rows)
    joined = pc.binary_join_element_wise(*members, "")
    return pc.binary_join_element_wise("{", pc.binary_replace_slice(joined, 0, 1, ""), "}", "")


def as_json(column: pa.ChunkedArray) -> pa.Array:
    """Returns the values of a column as JSON; null where there is none, or more than a metadata value may take."""
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.string()).combine_chunks()
    if kind in (pa.float32(), pa.float64()):
        texts = pa.array(orjson.dumps(column.to_pylist())[1:-1].split(b","), pa.string())
        return pc.if_else(pc.equal(texts, "null"), None, texts)  # infinite and undefined numbers have no JSON
    strings = sound_strings(column, pa.string()) if is_string(kind) else None
    if strings is not None and not _has_escapes(whole := strings.combine_chunks()):
        fits = pc.less_equal(pc.binary_length(whole), METADATA_VALUE_BYTES - 2)
        return pc.if_else(fits, pc.binary_join_element_wise('"', whole, '"', ""), None)
    return pa.array(list(map(_value, column_values(column))), pa.string())


def _value(value: Any) -> str | None:
    value = str(value) if isinstance(value, decimal.Decimal) else value
    return (
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        if 0 < json_size(value) <= METADATA_VALUE_BYTES
        else None
    )


def _has_escapes(strings: pa.Array) -> bool:
    """Returns whether JSON cannot have some of these strings as they are."""
    _, offsets, content = strings.buffers()
    edges = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    if content is None:
        return False
    held = np.frombuffer(content, np.uint8)[edges[0] : edges[-1]]
    return bool((held < ord(" ")).any() or (held == ord('"')).any() or (held == ord("\\")).any())
