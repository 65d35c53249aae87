"""Benchmark files: which texts stand for which item.

A file holds one JSON object on each line (.jsonl, also .gz or .zst). Every string of an object
is a text of that item, in nested objects too; a list of strings is one text, its strings
joined by line breaks. Values that only name the item (its id, wherever it recurs) are no text.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Iterator, Protocol, Sequence

from data.errors import UsageError, did_you_mean
from data.objects import EXPECTED, read_objects


class BenchmarkFile(Protocol):
    """What is needed to read a benchmark; the recipe's `Benchmark` is one."""

    @property
    def name(self) -> str:
        """What items are called by."""

    @property
    def path(self) -> str:
        """Where its JSON Lines are."""

    @property
    def fields(self) -> list[str] | None:
        """The fields whose strings count; None for every one."""

    @property
    def id_field(self) -> str | None:
        """The field that holds an item's id; None for `task_id` or `id`."""


@dataclasses.dataclass(frozen=True)
class ItemText:
    """One text of one item.

    Attributes:
        text: the text.
        listed: whether it is one of several in a list, such as an answer among choices.
    """

    text: str
    listed: bool


def read_benchmark(benchmark: BenchmarkFile) -> list[tuple[str, list[ItemText]]]:
    """Returns the id and the texts of each item of a benchmark, in the file's order.

    Raises:
        UsageError: the file is missing, damaged, empty, or a line is not a JSON object, or
            a field that was named occurs in no item.
    """
    path = Path(benchmark.path)
    items: list[tuple[str, list[ItemText]]] = []
    seen: set[str] = set()
    for number, record in read_objects(path):
        item, id_field = item_id(record, benchmark.id_field, f"{path}:{number}", number)
        seen.update(record)
        items.append((item, list(_texts_of_item(record, item, id_field, benchmark.fields))))
    if not items:
        raise UsageError(f"{path}: holds no items; {EXPECTED}")
    for field in benchmark.fields or ():
        if field.split(".")[0] not in seen:
            raise UsageError(f"{path}: no item has the field {field!r}.{did_you_mean(field, seen)}")
    return items


def item_id(record: dict[str, Any], id_field: str | None, place: str, number: int) -> tuple[str, str | None]:
    """Returns an item's id and the field that it came from, if any."""
    if id_field is not None and id_field not in record:
        raise UsageError(f"{place}: the item has no field {id_field!r}.{did_you_mean(id_field, record)}")
    for field in (id_field,) if id_field is not None else ("task_id", "id"):
        if isinstance(record.get(field), (str, int)):
            return str(record[field]), field
    return str(number), None


def _texts_of_item(
    record: dict[str, Any], item: str, id_field: str | None, fields: Sequence[str] | None
) -> Iterator[ItemText]:
    for path, text, listed in _strings(record, "", False):
        chosen = fields is None or any(path == field or path.startswith(f"{field}.") for field in fields)
        if chosen and path != id_field and text != item:
            yield ItemText(text, listed)


def _strings(value: Any, path: str, listed: bool) -> Iterator[tuple[str, str, bool]]:
    """Yields (dotted path of fields, string, whether in a list) for each text in a JSON value."""
    if isinstance(value, str):
        yield path, value, listed
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(inner, f"{path}.{key}" if path else key, listed)
    elif isinstance(value, list):
        if value and all(isinstance(inner, str) for inner in value):
            yield path, "\n".join(value), True
        else:
            for inner in value:
                yield from _strings(inner, path, True)
