"""Many ordinary records at once: columns to document tables, a tenth of the cost of a row each.

What is made here is what `record_row` and `to_table` would make of the same records, to the last byte; wherever a
record is out of the ordinary there is no table, and the caller takes them one by one.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import orjson
import pyarrow as pa
import xxhash

from data.recipe import Source
from data.schema import DOCUMENT_SCHEMA
from data.sources.languages import language_of
from data.sources.licences import combine
from data.sources.records import METADATA_VALUE_BYTES, record_metadata, signal_values

_IDS = {str, int, float, type(None)}
_NAMES = {str, type(None)}


def records_table(records: list[dict[str, Any]], first: int, relative: str, source: Source) -> pa.Table | None:
    """Returns records as documents, or null if one of them is out of the ordinary.

    Args:
        records: as they were parsed; numbered from `first` on.
        first: the first one's number.
        relative: the path that locators begin with.
        source: says which column is what.
    """
    body = source.html_column or source.text_column
    try:
        bodies = [record[body] for record in records]
    except KeyError:
        return None
    if set(map(type, bodies)) != {str} or not all(bodies) or max(map(len, bodies)) > source.max_record_bytes:
        return None
    texts = pa.array(bodies, pa.large_string())
    left_out = _left_out(source)

    def metadata() -> list[str]:
        return [_metadata(record, left_out, source) for record in records]

    return _table(
        lambda name: [record.get(name) for record in records], metadata, texts, bodies, first, relative, source
    )


def columns_table(
    columns: Mapping[str, list[Any]], texts: pa.ChunkedArray, first: int, relative: str, source: Source
) -> pa.Table | None:
    """Returns the rows of a table as documents, or null if one of them is out of the ordinary.

    Args:
        columns: all but the body, by name.
        texts: the bodies, known to be texts that can enter.
        first: the first one's number.
        relative: the path that locators begin with.
        source: says which column is what.
    """
    rows = len(texts)
    left_out = _left_out(source)
    names = [name for name in columns if name not in left_out or name in source.signals.values()]

    def metadata() -> list[str]:
        if not names:
            return ["{}"] * rows
        values = zip(*(columns[name] for name in names), strict=True)
        return [_metadata(dict(zip(names, row, strict=True)), left_out, source) for row in values]

    return _table(lambda name: columns.get(name) or [None] * rows, metadata, texts, None, first, relative, source)


def _left_out(source: Source) -> set[str | None]:
    """Returns the columns that do not become metadata, as far as ordinary records go."""
    body = source.html_column or source.text_column
    return {body, source.id_column, *_role_columns(source).values(), *source.signals.values()}


def _table(
    values: Callable[[str], list[Any]],
    metadata: Callable[[], list[str]],
    texts: pa.Array | pa.ChunkedArray,
    bodies: Sequence[str] | None,
    first: int,
    relative: str,
    source: Source,
) -> pa.Table | None:
    """Returns documents, or null if an id, URL, language or licence is odd.

    Args:
        values: a column's values by its name; nulls if there is no such column.
        metadata: makes their metadata; asked only if all the rest is ordinary.
        texts: their bodies.
        bodies: the same as Python strings, where they are at hand.
        first: the first one's number.
        relative: the path that locators begin with.
        source: says which column is what.
    """
    rows = len(texts)
    found = _identities(values(source.id_column or ""))
    roles = _roles(values, rows, source)
    if found is None or roles is None:
        return None
    languages = roles["language"]
    if source.documents_are == "code" and not source.html_column and source.path_column:
        languages = _code_languages(values(source.path_column), languages, bodies, texts)
    locators = [f"{relative}:{number}" for number in range(first, first + rows)]
    is_html = source.html_column is not None
    start = f"{source.name}\x00"
    columns = {
        "id": pa.array([xxhash.xxh3_128_hexdigest(start + locator) for locator in locators], pa.string()),
        "source": _constant(source.name, rows),
        "origin_id": pa.array(found, pa.string()),
        "locator": pa.array(locators, pa.string()),
        "url": pa.array(roles["url"], pa.string()),
        "kind": _constant(source.documents_are, rows),
        "language": pa.array(languages, pa.string()),
        "licence": pa.array([licence or source.licence for licence in roles["licence"]], pa.string()),
        "metadata": pa.array(metadata(), pa.string()),
        "text": pa.nulls(rows, pa.large_string()) if is_html else texts,
        "content": texts.cast(pa.large_binary()) if is_html else pa.nulls(rows, pa.large_binary()),
        "content_type": _constant("text/html; charset=utf-8", rows) if is_html else pa.nulls(rows, pa.string()),
        "status": _constant("", rows),
        "reason": _constant("", rows),
    }
    return pa.table(columns, schema=DOCUMENT_SCHEMA)


def _identities(found: list[Any]) -> list[str | None] | None:
    kinds = set(map(type, found))
    if not kinds <= _IDS or float in kinds:  # whether a float is an id as it was written, JSON must say
        return None
    return found if kinds <= _NAMES else [None if value is None else str(value) for value in found]


def _role_columns(source: Source) -> dict[str, str | None]:
    return {"url": source.url_column, "language": source.language_column, "licence": source.licence_column}


def _roles(values: Callable[[str], list[Any]], rows: int, source: Source) -> dict[str, list[str | None]] | None:
    """Returns URLs, languages and licences; null if one is no name, or empty: such values are metadata."""
    roles: dict[str, list[str | None]] = {}
    for role, name in _role_columns(source).items():
        found = values(name) if name else [None] * rows
        kinds = set(map(type, found))
        if role == "licence" and list in kinds:
            found = [_combined(value) if isinstance(value, list) else value for value in found]
            kinds = set(map(type, found))
        if not kinds <= _NAMES or "" in found:
            return None
        roles[role] = found
    return roles


def _combined(licences: list[Any]) -> str:
    return combine([licence for licence in licences if isinstance(licence, str) and licence]) or ""


def _code_languages(
    paths: list[Any],
    languages: list[str | None],
    bodies: Sequence[str] | None,
    texts: pa.Array | pa.ChunkedArray,
) -> list[str | None]:
    """Returns languages, those that are not given found by the file's path and content."""
    found = list(languages)
    for place, (language, path) in enumerate(zip(languages, paths, strict=True)):
        if language is None and isinstance(path, str):
            found[place] = language_of(path, bodies[place] if bodies is not None else texts[place].as_py())
    return found


def _metadata(record: Mapping[str, Any], left_out: set[str | None], source: Source) -> str:
    """Returns a record's metadata as JSON, in one go if all of it is small."""
    kept = {name: value for name, value in record.items() if value is not None and name not in left_out}
    if source.signals:
        kept["signals"] = signal_values(record, source)
    if not kept:
        return "{}"
    if any(type(value) is str and len(value) > METADATA_VALUE_BYTES for value in kept.values()):
        return record_metadata(record, left_out, source)
    try:
        packed = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # objects, integers beyond 64 bits
        packed = b""
    # Infinite and undefined numbers would come out as null.
    if packed and len(packed) <= METADATA_VALUE_BYTES and b"null" not in packed:
        return packed.decode()
    return record_metadata(record, left_out, source)


def _constant(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), rows)
