"""From a record with named columns to a document's row; from rows to tables of bounded size."""

from __future__ import annotations

import datetime
import decimal
import hashlib
import math
import re
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

import orjson
import pyarrow as pa

from data.recipe import Source
from data.schema import document, document_id, to_table
from data.sources.cells import Broken, TooLong, id_text, name_text
from data.sources.languages import language_of
from data.sources.licences import combine

Row = dict[str, Any]

#: Bytes of text and HTML in one table.
TABLE_BYTES = 8 * 2**20
#: Rows in one table: short rows cost more in overhead than in text.
TABLE_ROWS = 8192
#: A metadata value larger than this is left out; so are values beyond ten times this in one row.
METADATA_VALUE_BYTES = 10_000
MAX_METADATA_BYTES = 10 * METADATA_VALUE_BYTES
#: Where metadata holds the signals that a record brings along.
SIGNALS = "signals"
#: A number as text: what float() takes, without its words for no number.
_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*")


def quarantined(
    source: Source,
    locator: str,
    reason: str,
    raw: bytes | None = None,
    *,
    origin_id: str | None = None,
    url: str | None = None,
    **metadata: Any,
) -> Row:
    """Returns the row of a record that cannot be read.

    Args:
        source: where it stands.
        locator: where it stands in the source.
        reason: the fault's name.
        raw: its bytes; their size and SHA-256 are noted, they themselves are not kept.
        origin_id: the input's own name for it, where that can be read.
        url: its address, where that can be read.
        metadata: further facts, such as a byte offset.
    """
    if raw is not None:
        metadata |= {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    return document(
        source.name,
        locator,
        kind=source.documents_are,
        origin_id=origin_id,
        url=url,
        metadata=metadata,
        status="quarantined",
        reason=reason,
    )


def record_row(record: Mapping[str, Any], source: Source, locator: str, raw: bytes | None = None) -> Row:
    """Returns the row of a JSON object, Parquet row or dataset row, quarantined if it is unusable.

    Columns that have no role go to the metadata, unless they are binary or large.

    Args:
        record: values by column; a body may be a `Broken` or a `TooLong`.
        source: says which column is what.
        locator: where it stands in the source.
        raw: its bytes, which are noted of one that is unusable.
    """
    body_column = source.html_column or source.text_column
    body, identity = record.get(body_column), name_text(record.get(source.id_column or ""))
    is_named = isinstance(identity, (str, int, float)) and not isinstance(identity, bool)
    origin_id = str(identity) if is_named else None
    roles = {body_column, source.id_column, *source.signals.values()}
    columns = {}
    for role in ("url", "language", "licence"):
        name = getattr(source, f"{role}_column")
        value = name_text(record.get(name or ""))
        if role == "licence" and isinstance(value, list):
            value = combine([licence for licence in value if isinstance(licence, str) and licence])
        columns[role] = value if isinstance(value, str) and value else None
        if columns[role]:
            roles.add(name)
    reason = _fault(body, source) or ("" if is_named or identity is None else "bad_id")
    if reason:
        return quarantined(source, locator, reason, raw, origin_id=origin_id, url=columns["url"])
    html = source.html_column is not None
    path = name_text(record.get(source.path_column or ""))
    if not columns["language"] and not html and isinstance(path, str) and source.documents_are == "code":
        columns["language"] = language_of(path, body)
    return document(
        source.name,
        locator,
        kind=source.documents_are,
        text=None if html else body,
        content=(body.encode() if isinstance(body, str) else body) if html else None,
        content_type=("text/html; charset=utf-8" if isinstance(body, str) else "text/html") if html else None,
        origin_id=origin_id,
        url=columns["url"],
        language=columns["language"],
        licence=columns["licence"] or source.licence,
        metadata=_metadata(record, roles, source),
    )


def role_columns(source: Source) -> set[str]:
    """Returns the columns that give an id, address, language, licence or path."""
    named = (
        source.id_column, source.url_column, source.language_column, source.licence_column, source.path_column
    )  # fmt: skip
    return {name for name in named if name}


def column_row(record: dict[str, Any], source: Source, locator: str) -> Row:
    """Returns what `record_row` does of a row of typed columns: an id may be nested there, for all rows alike."""
    if source.id_column in record:
        record[source.id_column] = id_text(record[source.id_column])
    return record_row(record, source, locator)


def _fault(body: Any, source: Source) -> str:
    """Returns why a record with this body cannot enter, or an empty string."""
    if isinstance(body, Broken):
        return "bad_encoding"
    if isinstance(body, TooLong):
        return "too_large"
    if body is None or body == "" or body == b"":
        return "missing_text"
    if not isinstance(body, str) and not (source.html_column and isinstance(body, bytes)):
        return "bad_text_type"
    if len(body) > source.max_record_bytes:
        return "too_large"
    return ""


def _metadata(record: Mapping[str, Any], roles: set[str | None], source: Source) -> dict[str, Any]:
    kept = record_facts(record, roles)
    if source.signals:
        kept[SIGNALS] = signal_values(record, source)
    return kept


def record_facts(record: Mapping[str, Any], roles: set[str | None]) -> dict[str, Any]:
    """Returns the columns of a record that become metadata: those without a role, unless they are binary or large."""
    kept: dict[str, Any] = {}
    room = MAX_METADATA_BYTES
    for name in sorted(name for name in record if name not in roles):
        value = record[name]
        if isinstance(value, (datetime.date, datetime.time)):
            value = value.isoformat()
        elif isinstance(value, decimal.Decimal):
            value = str(value)
        size = json_size(value)
        if 0 < size <= min(room, METADATA_VALUE_BYTES):
            kept[name] = value
            room -= size
    return kept


def signal_values(record: Mapping[str, Any], source: Source) -> dict[str, float]:
    """Returns the signals that a record carries already, where they are finite numbers."""
    values = {signal: number(record.get(column)) for signal, column in source.signals.items()}
    return {signal: value for signal, value in values.items() if value is not None}


def number(value: Any) -> float | None:
    """Returns a finite number, also one that is written as text, or true or false; null for anything else."""
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    is_number = isinstance(value, (int, float, decimal.Decimal)) and math.isfinite(value)
    return float(value) if is_number else None


def json_size(value: Any) -> int:
    """Returns the bytes that a value takes as JSON; 0 for null and for what is not JSON."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return 0
    if isinstance(value, (str, bytes)) and len(value) > METADATA_VALUE_BYTES:
        return 0
    try:
        return len(orjson.dumps(value))
    except TypeError:  # orjson's error for what has no JSON form, broken strings included
        return 0


def apart(rows: Iterable[Row]) -> Iterator[Row]:
    """Yields rows; one whose locator stood before gets one of its own, with `:2` and so on at its end.

    For inputs that name their records themselves: nothing keeps a tar, or a tree of git, from naming two alike.
    """
    seen: dict[str, int] = {}
    for row in rows:
        key, locator = row["id"], row["locator"]
        while key in seen:
            first = document_id(row["source"], locator)
            seen[first] += 1
            own = f"{locator}:{seen[first]}"
            key = document_id(row["source"], own)
            row = {**row, "locator": own, "id": key}
        seen[key] = 1
        yield row


class Counted(NamedTuple):
    """A table, and what its rows are together as `row_size` counts."""

    table: pa.Table
    size: int


def to_tables(rows: Iterable[Row | pa.Table | Counted]) -> Iterator[pa.Table]:
    """Yields rows, and tables of rows, in their order as tables with DOCUMENT_SCHEMA of at most 16 MB, or one row."""
    waiting: list[Row] = []
    tables: list[pa.Table] = []
    size = count = 0
    for item in rows:
        if isinstance(item, pa.Table):
            item = Counted(item, item.nbytes)
        item_size, item_count = (item.size, item.table.num_rows) if isinstance(item, Counted) else (row_size(item), 1)
        if count and (size + item_size > TABLE_BYTES or count + item_count > TABLE_ROWS):
            yield _together(tables, waiting)
            waiting, tables, size, count = [], [], 0, 0
        if isinstance(item, Counted):
            if waiting:
                tables.append(to_table(waiting))
                waiting = []
            tables.append(item.table)
        else:
            waiting.append(item)
        size += item_size
        count += item_count
    if count:
        yield _together(tables, waiting)


def _together(tables: list[pa.Table], waiting: list[Row]) -> pa.Table:
    if waiting:
        tables = [*tables, to_table(waiting)]
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables)


def row_size(row: Row) -> int:
    """Returns the bytes of a row's text, page and metadata; four for each character where a text is not ASCII."""
    text = 4 * len(row["text"] or "") if _wide(row["text"]) else len(row["text"] or "")
    return text + len(row["content"] or b"") + len(row["metadata"])


def _wide(text: str | None) -> bool:
    """Returns whether a text may take more than a byte for each character."""
    return text is not None and not text.isascii()
