"""Rows of source files from tables and folders: which are brought along or generated; and what an unread table has.

A repository says such things by where a file stands; a table says them by a path in one of its columns, or, as The
Stack v2 does, in columns of their own.
"""

from __future__ import annotations

import operator
import re
from typing import Any, Iterable, Iterator

import orjson
import pyarrow as pa

from data.recipe import Source
from data.schema import to_metadata
from data.sources.columns import COLUMN_PRESETS
from data.sources.records import Row
from data.sources.repository_marks import Attributes, is_generated, is_vendored

#: Columns that say it: The Stack v2's.
_SAID = {"vendored": "is_vendor", "generated": "is_generated"}
_NOTHING_SAID = Attributes()


def marked(items: Iterable[Row | pa.Table], source: Source) -> Iterator[Row | pa.Table]:
    """Yields rows and tables of rows, the vendored and generated files among them marked as `recognised` says.

    A table without the column that is to be read is told which known layout it has, if it has one.
    """
    for item in items:
        if isinstance(item, pa.Table):
            yield _marked_table(item, source) if source.recognised else item
        elif item["reason"] == "schema_mismatch":
            yield _advised(item)
        elif source.recognised and not item["status"]:
            yield _marked_row(item, source)
        else:
            yield item


def _marked_row(row: Row, source: Source) -> Row:
    facts = orjson.loads(row["metadata"])
    marks = _marks(facts, row["text"], source)
    if not marks:
        return row
    fate = {"status": "dropped", "reason": next(iter(marks))} if source.recognised == "drop" else {}
    return {**row, "metadata": to_metadata({**facts, **marks}), **fate}


def _marked_table(table: pa.Table, source: Source) -> pa.Table:
    """Returns a table with its rows marked: one by one, as their places cannot be told from whole columns."""
    names = ["metadata", "text", "status", "reason"]
    before = [
        dict(zip(names, values, strict=True))
        for values in zip(*(table[name].to_pylist() for name in names), strict=True)
    ]
    after = [row if row["status"] else _marked_row(row, source) for row in before]
    if all(map(operator.is_, before, after)):
        return table
    for name in ("metadata", "status", "reason"):
        field = table.schema.field(name)
        values = pa.array([row[name] for row in after], field.type)
        table = table.set_column(table.schema.get_field_index(name), field, values)
    return table


def _marks(facts: dict[str, Any], text: str | None, source: Source) -> dict[str, bool]:
    path = facts.get(source.path_column or "")
    path = path.lstrip("/") if isinstance(path, str) else ""
    found = {
        "vendored": is_vendored(path, _NOTHING_SAID),
        "generated": is_generated(path, text or "", _NOTHING_SAID),
    }
    said = {mark: facts[name] for mark, name in _SAID.items() if isinstance(facts.get(name), bool)}
    return {mark: is_it for mark, is_it in {**found, **said}.items() if is_it}


def _advised(row: Row) -> Row:
    """Returns the row of a table that lacks its column, with the layout whose columns it has."""
    facts = orjson.loads(row["metadata"])
    columns = facts.get("columns")
    names = set(re.findall(r"(?:^|, )([^,()]+?)(?= \(|,|$)", columns)) if isinstance(columns, str) else set()
    advice = ""
    fitting = [name for name, layout in COLUMN_PRESETS.items() if _columns_of(layout) <= names]
    if fitting:
        advice = f"columns: {max(fitting, key=lambda name: len(COLUMN_PRESETS[name]))}"
    elif "blob_id" in names or {"repo_name", "files"} <= names:
        advice = "it names files by blob_id and holds none of them; fetch their contents into a column `content` first"
    return {**row, "metadata": to_metadata({**facts, "advice": advice})} if advice else row


def _columns_of(layout: dict[str, str]) -> set[str]:
    return {column for role, column in layout.items() if role != "document_kind"}
