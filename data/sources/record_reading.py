"""Which code reads usual records: compiled code once there are so many that loading it is worth the while.

Both give the same tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.compiled import is_kept
from data.recipe import Source

if TYPE_CHECKING:
    from data.sources.record_columns import RecordColumns

#: Loading compiled code costs what it saves on so many small records; compiling it, some twenty times that.
RECORDS_BEFORE = 100_000
RECORDS_BEFORE_COMPILING = 2_000_000
_CANARY = (
    b"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 1\r\n\r\na\r\n\r\n"
)


class _State:
    """How many records this process has read one by one, and whether compiled code is loaded."""

    records = 0
    is_loaded = False


def note(records: int) -> None:
    """Counts records of a file that was read one by one."""
    _State.records += records


def columns_for(relative: str, source: Source) -> RecordColumns | None:
    """Returns columns for a file's records, or null where its rows are to come one by one."""
    if not _State.is_loaded:
        if _State.records < RECORDS_BEFORE:
            return None
        if _State.records < RECORDS_BEFORE_COMPILING and not is_kept("data.sources.kernels"):
            return None
        load()
    from data.sources.record_columns import RecordColumns

    return RecordColumns(relative, source)


def load() -> None:
    """Loads compiled code; compiles it first where this machine's cache does not have it."""
    from data.sources.record_columns import RecordColumns

    columns = RecordColumns("", Source(name="none", kind="warc", path="none"))
    for _ in columns.take(_CANARY, 0, 0, True):
        pass
    list(columns.finish())
    _State.is_loaded = True
