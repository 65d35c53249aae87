"""From a record with named columns to a document's row; from rows to tables of bounded size."""

from __future__ import annotations

import datetime
import hashlib
import math
from typing import Any, Iterable, Iterator, Mapping

import orjson
import pyarrow as pa

from data.recipe import Source
from data.schema import document, to_table
from data.sources.languages import language_of

Row = dict[str, Any]

#: Bytes of text and HTML in one table.
TABLE_BYTES = 8 * 2**20
#: Rows in one table: short rows cost more in overhead than in text.
TABLE_ROWS = 8192
#: A metadata value larger than this is left out; so are values beyond ten times this in one row.
METADATA_VALUE_BYTES = 10_000


def quarantined(source: Source, locator: str, reason: str, raw: bytes | None = None, **metadata: Any) -> Row:
    """Returns the row of a record that cannot be read.

    Args:
        source: where it stands.
        locator: where it stands in the source.
        reason: the fault's name.
        raw: its bytes; their size and SHA-256 are noted, they themselves are not kept.
        metadata: further facts, such as a byte offset.
    """
    if raw is not None:
        metadata |= {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    return document(
        source.name, locator, kind=source.documents_are, metadata=metadata, status="quarantined", reason=reason
    )


def record_row(record: Mapping[str, Any], source: Source, locator: str) -> Row:
    """Returns the row of a JSON object, Parquet row or dataset row, quarantined if it is unusable.

    Columns that have no role go to the metadata, unless they are binary or large.
    """
    body_column = source.html_column or source.text_column
    body, identity = record.get(body_column), record.get(source.id_column or "")
    reason = _fault(body, identity, source)
    if reason:
        return quarantined(source, locator, reason)
    roles = {body_column, source.id_column, *source.signals.values()}
    columns = {}
    for role in ("url", "language", "licence"):
        name = getattr(source, f"{role}_column")
        value = record.get(name or "")
        columns[role] = value if isinstance(value, str) and value else None
        if columns[role]:
            roles.add(name)
    html = source.html_column is not None
    path = record.get(source.path_column or "")
    if not columns["language"] and not html and isinstance(path, str) and source.documents_are == "code":
        columns["language"] = language_of(path, body)
    return document(
        source.name,
        locator,
        kind=source.documents_are,
        text=None if html else body,
        content=(body.encode() if isinstance(body, str) else body) if html else None,
        content_type=("text/html; charset=utf-8" if isinstance(body, str) else "text/html") if html else None,
        origin_id=None if identity is None else str(identity),
        url=columns["url"],
        language=columns["language"],
        licence=columns["licence"] or source.licence,
        metadata=_metadata(record, roles, source),
    )


def _fault(body: Any, identity: Any, source: Source) -> str:
    """Returns why a record cannot enter, or an empty string."""
    if body is None or body == "" or body == b"":
        return "missing_text"
    if not isinstance(body, str) and not (source.html_column and isinstance(body, bytes)):
        return "bad_text_type"
    if len(body) > source.max_record_bytes:
        return "too_large"
    if identity is not None and (isinstance(identity, bool) or not isinstance(identity, (str, int, float))):
        return "bad_id"
    return ""


def _metadata(record: Mapping[str, Any], roles: set[str | None], source: Source) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    room = 10 * METADATA_VALUE_BYTES
    for name in sorted(name for name in record if name not in roles):
        value = record[name]
        if isinstance(value, (datetime.date, datetime.time)):
            value = value.isoformat()
        size = _json_size(value)
        if 0 < size <= min(room, METADATA_VALUE_BYTES):
            kept[name] = value
            room -= size
    signals = {}
    for signal, column in source.signals.items():
        value = record.get(column)
        if isinstance(value, (int, float)) and math.isfinite(value):
            signals[signal] = float(value)
    if source.signals:
        kept["signals"] = signals
    return kept


def _json_size(value: Any) -> int:
    """Returns the bytes that a value takes as JSON; 0 for null and for what is not JSON."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return 0
    if isinstance(value, (str, bytes)) and len(value) > METADATA_VALUE_BYTES:
        return 0
    try:
        return len(orjson.dumps(value))
    except TypeError:  # orjson's error for what has no JSON form, broken strings included
        return 0


def to_tables(rows: Iterable[Row]) -> Iterator[pa.Table]:
    """Yields rows as tables with DOCUMENT_SCHEMA of at most 16 MB, or one row."""
    waiting: list[Row] = []
    size = 0
    for row in rows:
        row_size = 4 * len(row["text"] or "") if _wide(row["text"]) else len(row["text"] or "")
        row_size += len(row["content"] or b"") + len(row["metadata"])
        if waiting and (size + row_size > TABLE_BYTES or len(waiting) >= TABLE_ROWS):
            yield to_table(waiting)
            waiting, size = [], 0
        waiting.append(row)
        size += row_size
    if waiting:
        yield to_table(waiting)


def _wide(text: str | None) -> bool:
    """Returns whether a text may take more than a byte for each character."""
    return text is not None and not text.isascii()
