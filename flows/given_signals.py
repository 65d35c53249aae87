"""Whether the columns that are to be signals hold numbers: what the first records of a source's smallest file say."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.errors import PhimillError
from data.recipe import Source
from data.sources import list_units, read_unit
from data.sources.records import number
from data.sources.settings import TABULAR, is_address

#: Nothing of a packed file is read before its checksum was seen: one that is larger takes longer than a look may.
MAX_BYTES = 32 * 2**20
#: Values shown, and characters of each.
_SHOWN, _SHOWN_CHARS = 3, 30
#: What tables write where there is no number.
_EMPTY = {"", "-", "na", "n/a", "nan", "none", "null", "inf", "-inf"}


def word_mistakes(source: Source, root: Path) -> Iterator[tuple[str, str]]:
    """Yields the signals whose columns hold no number but words such as "high", and what is wrong with them.

    Columns that are empty or missing in the first records may be filled later, and are let pass. What is far away is
    not asked, and nothing large is read.
    """
    local = source.kind in TABULAR and source.kind != "huggingface" and not any(map(is_address, source.addresses))
    if not source.signals or not local:
        return
    first = _first_facts(source, root)
    for name, column in source.signals.items():
        values = [facts[column] for facts in first if str(facts.get(column, "")).strip().lower() not in _EMPTY]
        words = {str(value)[:_SHOWN_CHARS]: None for value in values}
        if values and all(number(value) is None for value in values):
            shown = ", ".join(json.dumps(word, ensure_ascii=True) for word in itertools.islice(words, _SHOWN))
            records = f"{len(values):,} records" if len(values) > 1 else "record"
            yield (
                name,
                f'"{column}" holds no number in the first {records} with a value, but {shown}; '
                "give a column of numbers, or take the signal out",
            )


def _first_facts(source: Source, root: Path) -> list[dict[str, Any]]:
    """Returns the metadata of the first records of a source's smallest file: it holds the columns without a role."""
    plain = source.model_copy(update={"signals": {}})
    try:
        units = list_units(plain, root, lambda path: "")
        unit = min(units, key=lambda unit: sum(file.bytes for file in unit.files))
        small = sum(file.bytes for file in unit.files) <= MAX_BYTES
        table = next(read_unit(unit, plain), None) if small else None
    except (PhimillError, OSError):  # said where paths are checked, or when the file is read
        return []
    if table is None:
        return []
    living = zip(table["metadata"].to_pylist(), table["status"].to_pylist(), strict=True)
    return [json.loads(metadata) for metadata, status in living if not status]
