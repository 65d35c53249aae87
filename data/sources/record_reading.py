"""Which code reads usual records: compiled code where a file has so many that loading it is worth the while.

Both give the same tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from data.recipe import Source
from data.sources.record_layout import TAKE, UNPACK

if TYPE_CHECKING:
    from data.sources.record_columns import RecordColumns

#: Loading compiled code costs what it saves on so many small records; compiling it, some 150 times that.
RECORDS_BEFORE = 10_000
RECORDS_BEFORE_COMPILING = 1_500_000
#: Records of more, on average, are read as fast one by one.
SMALL_RECORD_BYTES = 2**14


class _State:
    """How many small records this process has read one by one, and what makes columns, once that is loaded."""

    records = 0
    make: Callable[[str, Source], RecordColumns] | None = None


def note(records: int) -> None:
    """Counts small records that were read one by one."""
    _State.records += records


def columns_for(relative: str, source: Source, records: int = 0) -> RecordColumns | None:
    """Returns columns for a file's records, or null where its rows are to come one by one.

    Args:
        relative: the file's path.
        source: as the recipe describes it.
        records: small ones that are still to be expected in the file, about.
    """
    if _State.make is None:
        expected = _State.records + records
        if expected < RECORDS_BEFORE:
            return None
        if expected < RECORDS_BEFORE_COMPILING and not is_kept():
            return None
        load()
    assert _State.make is not None
    return _State.make(relative, source)


def is_kept() -> bool:
    """Returns whether an earlier process has kept the compiled code."""
    return TAKE.is_kept() and UNPACK.is_kept()


def load() -> None:
    """Loads compiled code; compiles it first where this machine's cache does not have it."""
    from data.sources import run_unpacker
    from data.sources.record_columns import RecordColumns

    take, make_unpacker = TAKE.load(), run_unpacker.load()
    _State.make = lambda relative, source: RecordColumns(
        relative, source, take, make_unpacker() if make_unpacker else None
    )
