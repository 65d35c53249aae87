"""The metadata of many records at once, as JSON: what `record_row` would make of each."""

from __future__ import annotations

import re
from typing import Any, Sequence

import numpy as np
import orjson
import pyarrow as pa

from data.recipe import Source
from data.schema import to_metadata
from data.sources.lines import Line
from data.sources.records import METADATA_VALUE_BYTES, SIGNALS, record_facts
from data.sources.string_columns import cut_strings

#: Digits of an integer that may take more than 64 bits, or of a text.
LONG_INTEGER = re.compile(rb"[0-9]{19}")
#: A float beyond 64 bits as JSON has it.
_EXPONENT = orjson.dumps(1e20)[1:-2]
_HUGE_FLOAT = re.compile(rb"[:,\[]-?\d(?:\.\d+)?e\+?(?:19|[2-9]\d|\d{3})[,}\]]")
#: Between objects that are written in one go: within JSON a line end is written otherwise.
_LINE_END = orjson.Fragment(b"\n")


def packed_metadata(records: list[dict[str, Any]], lines: Sequence[Line], source: Source) -> pa.Array | None:
    """Returns records as metadata; null if one has a huge integer.

    Args:
        records: all of each is metadata, SIGNALS among it if the source has some.
        lines: of which they were parsed.
        source: says whether there are signals.
    """
    packed = _packed(records, source)
    whole = b"".join(packed)
    if _EXPONENT in whole:
        for line, facts in zip(lines, packed, strict=True):
            if _EXPONENT in facts and _HUGE_FLOAT.search(facts) and LONG_INTEGER.search(line):
                return None
    return cut_strings(whole, np.fromiter(map(len, packed), np.int64, len(packed)))


def _packed(records: list[dict[str, Any]], source: Source) -> list[bytes]:
    """Returns the metadata of each record as JSON."""
    with_ends: list[Any] = [_LINE_END] * (2 * len(records) - 1)
    with_ends[::2] = records
    try:
        whole = orjson.dumps(with_ends, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # too deep to be written, though it could be read
        return [_metadata(record, source).encode() for record in records]
    packed = whole[1:-1].split(b",\n,")
    if b"null" in whole or max(map(len, packed)) > METADATA_VALUE_BYTES:
        for row, facts in enumerate(packed):
            if len(facts) > METADATA_VALUE_BYTES or b"null" in facts:
                packed[row] = _metadata(records[row], source).encode()
    return packed


def _metadata(record: dict[str, Any], source: Source) -> str:
    """Returns what is left of a record as JSON, in one go if all of it is small."""
    try:
        packed = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
        if b"null" in packed and len(packed) <= METADATA_VALUE_BYTES:
            kept = {name: value for name, value in record.items() if value is not None}
            packed = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # too deep to be written, though it could be read
        packed = b""
    if packed and len(packed) <= METADATA_VALUE_BYTES:
        return packed.decode()  # as bytes each would hold on to the kilobytes that it was written into
    facts = record_facts(record, {SIGNALS} if source.signals else set())
    return to_metadata({**facts, SIGNALS: record[SIGNALS]} if source.signals else facts)
