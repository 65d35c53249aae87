"""Which code reads usual records: compiled code where a file has so many that loading it is worth the while.

Both give the same tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from data.recipe import Source
from data.sources.record_layout import TAKE, UNPACK

if TYPE_CHECKING:
    from data.sources.record_columns import RecordColumns

#: Smaller files are read as fast one by one. Loading compiled code costs what it saves in one of this size; compiling
#: it, what it saves on so many records.
FILE_BYTES = 2**20
RECORDS_BEFORE_COMPILING = 1_500_000


class _State:
    """How many records this process has read one by one, and what makes columns, once compiled code is loaded.

    Some systems let no program load code that it has made: SELinux, say, or a service with MemoryDenyWriteExecute.
    """

    records = 0
    is_refused = False
    make: Callable[[str, Source], RecordColumns] | None = None


def note(records: int) -> None:
    """Counts records that were read one by one."""
    _State.records += records


def columns_for(relative: str, source: Source, file_bytes: int, records: int = 0) -> RecordColumns | None:
    """Returns columns for a file's records, or null where its rows are to come one by one.

    Args:
        relative: the file's path.
        source: as the recipe describes it.
        file_bytes: its size.
        records: that are still to be expected in the file, about.
    """
    if file_bytes < FILE_BYTES or _State.is_refused:
        return None
    if _State.make is None:
        if not is_kept() and _State.records + records < RECORDS_BEFORE_COMPILING:
            return None
        try:
            load()
        except OSError:
            _State.is_refused = True
            return None
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
