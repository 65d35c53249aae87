"""Columns of typed tables that do not become metadata, and are told: readers note them, who reads a unit takes them."""

from __future__ import annotations

import collections
from collections.abc import Collection

import pyarrow as pa

from data.sources.cells import is_left_out

#: Names that are kept of a unit, and characters of a name and of a type.
_MAX_NOTED, _NAME_CHARS, _TYPE_CHARS = 1000, 200, 60
_noted: dict[str, str] = {}


def note(name: str, why: str) -> None:
    """Notes that a column, or a part of it, does not become metadata."""
    if len(_noted) < _MAX_NOTED:
        _noted.setdefault(name[:_NAME_CHARS].encode("utf-8", "replace").decode(), why)


def taken() -> dict[str, str]:
    """Returns what this process has noted since it was asked last: names, and why."""
    found = dict(sorted(_noted.items()))
    _noted.clear()
    return found


def readable_columns(schema: pa.Schema, wanted: Collection[str | None]) -> list[str]:
    """Returns the columns worth reading: those wanted, and all that can become metadata; notes the others."""
    times, columns = collections.Counter(schema.names), []
    for field in schema:
        if times[field.name] > 1:
            note(field.name, "several columns of this name")
        elif field.name in wanted or not is_left_out(field.type):
            columns.append(field.name)
        else:
            note(field.name, f"{str(field.type)[:_TYPE_CHARS]} is no metadata: neither bytes nor lists are")
    return columns
