"""Many ordinary records at once: columns to document tables, a tenth of the cost of a row each.

What is made here is what `record_row` and `to_table` would make of the same records, to the last byte; wherever a
record is out of the ordinary there is no table, and the caller takes them one by one.
"""

from __future__ import annotations

import itertools
from typing import Any, Callable, Sequence, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from data.recipe import Source
from data.schema import DOCUMENT_SCHEMA
from data.sources.cells import column_values, id_text, is_string, name_text, sound_strings
from data.sources.json_columns import as_json, as_objects
from data.sources.json_metadata import packed_metadata
from data.sources.languages import language_of
from data.sources.licences import combine
from data.sources.lines import Line
from data.sources.records import MAX_METADATA_BYTES, SIGNALS, number
from data.sources.string_columns import ID_CHARS, constant, cut_strings

#: The values of a column: Arrow's where they are all texts or whole numbers, else Python's.
Values: TypeAlias = "list[Any] | pa.ChunkedArray"

_IDS = {str, int, float, type(None)}
_NAMES = {str, type(None)}


def records_table(
    records: list[dict[str, Any]],
    lines: Sequence[Line],
    numbers: Sequence[int],
    relative: str,
    source: Source,
    texts: pa.Array | None = None,
) -> pa.Table | None:
    """Returns records as documents, or null if one of them is out of the ordinary.

    Args:
        records: as they were parsed; used up.
        lines: of which they were parsed.
        numbers: of each.
        relative: the path that locators begin with.
        source: says which column is what.
        texts: their bodies, where these are not in the records, and known to be texts that can enter.
    """
    left_out, taken = _left_out(source), dict[str, list[Any]]()

    def values(name: str) -> list[Any]:
        if name not in taken:
            take = dict[str, Any].pop if name in left_out else dict[str, Any].get
            taken[name] = list(map(take, records, itertools.repeat(name), itertools.repeat(None)))
        return taken[name]

    bodies = None
    if texts is None:
        bodies = values(source.html_column or source.text_column)
        if set(map(type, bodies)) != {str} or not all(bodies) or max(map(len, bodies)) > source.max_record_bytes:
            return None
        texts = pa.array(bodies, pa.large_string())
    return _table(
        values, lambda: _records_metadata(records, values, lines, source), texts, bodies, numbers, relative, source
    )


def columns_table(
    columns: pa.Table, texts: pa.ChunkedArray, numbers: Sequence[int], relative: str, source: Source
) -> pa.Table | None:
    """Returns the rows of a table as documents, or null if one of them is out of the ordinary.

    Args:
        columns: all that was read.
        texts: the bodies, known to be texts that can enter.
        numbers: of each row.
        relative: the path that locators begin with.
        source: says which column is what.
    """
    return _table(
        lambda name: _column(columns, name, id_text if name == source.id_column else name_text),
        lambda: _columns_metadata(columns, source),
        texts,
        None,
        numbers,
        relative,
        source,
    )


def _column(columns: pa.Table, name: str, text: Callable[[Any], Any]) -> Values:
    if name not in columns.column_names:
        return [None] * columns.num_rows
    column = columns[name]
    if is_string(column.type):
        sound = sound_strings(column, pa.string())
        return column_values(column) if sound is None else sound
    return column if pa.types.is_integer(column.type) else list(map(text, column_values(column)))


def _left_out(source: Source) -> set[str]:
    """Returns the columns that do not become metadata, as far as ordinary records go."""
    body = source.html_column or source.text_column
    named = (body, source.id_column, *_role_columns(source).values(), *source.signals.values())
    return {name for name in named if name is not None}


def _table(
    values: Callable[[str], Values],
    metadata: Callable[[], pa.Array | None],
    texts: pa.Array | pa.ChunkedArray,
    bodies: Sequence[str] | None,
    numbers: Sequence[int],
    relative: str,
    source: Source,
) -> pa.Table | None:
    """Returns documents, or null if an id, URL, language or licence is odd, or their metadata cannot be had so.

    Args:
        values: a column's values by its name; nulls if there is no such column.
        metadata: makes their metadata, or null; asked only if all the rest is ordinary, and last: it uses records up.
        texts: their bodies.
        bodies: the same as Python strings, where they are at hand.
        numbers: of each.
        relative: the path that locators begin with.
        source: says which column is what.
    """
    rows = len(texts)
    found = _identities(values(source.id_column)) if source.id_column else pa.nulls(rows, pa.string())
    roles = _roles(values, rows, source)
    if found is None or roles is None:
        return None
    languages = roles["language"]
    if source.documents_are == "code" and not source.html_column and source.path_column:
        languages = _code_languages(_listed(values(source.path_column)), _listed(languages), bodies, texts)
    facts = metadata()
    if facts is None:
        return None
    is_html = source.html_column is not None
    ids, locators = _places(source.name, f"{relative}:", numbers)
    columns = {
        "id": ids,
        "source": constant(source.name, rows),
        "origin_id": _strings(found),
        "locator": locators,
        "url": _strings(roles["url"]),
        "kind": constant(source.documents_are, rows),
        "language": _strings(languages),
        "licence": _filled(_strings(roles["licence"]), source.licence),
        "metadata": facts,
        "text": pa.nulls(rows, pa.large_string()) if is_html else texts,
        "content": texts.cast(pa.large_binary()) if is_html else pa.nulls(rows, pa.large_binary()),
        "content_type": constant("text/html; charset=utf-8", rows) if is_html else pa.nulls(rows, pa.string()),
        "status": constant("", rows),
        "reason": constant("", rows),
    }
    return pa.table(columns, schema=DOCUMENT_SCHEMA)


def _places(source: str, place: str, numbers: Sequence[int]) -> tuple[pa.Array, pa.Array]:
    """Returns the ids and locators of some numbers."""
    digits = list(map(str, numbers))
    ids = "".join(map(xxhash.xxh3_128_hexdigest, map(f"{source}\x00{place}".__add__, digits)))
    lengths = len(place.encode()) + np.fromiter(map(len, digits), np.int64, len(digits))
    locators = (place + place.join(digits)).encode()
    return cut_strings(ids.encode(), np.full(len(digits), ID_CHARS)), cut_strings(locators, lengths)


def _strings(values: Values) -> pa.Array | pa.ChunkedArray:
    return pa.array(values, pa.string()) if isinstance(values, list) else values


def _filled(strings: pa.Array | pa.ChunkedArray, value: str | None) -> pa.Array | pa.ChunkedArray:
    return strings if value is None else pc.fill_null(strings, value)


def _listed(values: Values) -> list[Any]:
    return values if isinstance(values, list) else values.to_pylist()


def _identities(found: Values) -> Values | None:
    if not isinstance(found, list):
        return found.cast(pa.string())
    kinds = set(map(type, found))
    if not kinds <= _IDS or float in kinds:  # whether a float is an id as it was written, JSON must say
        return None
    return found if kinds <= _NAMES else [None if value is None else str(value) for value in found]


def _role_columns(source: Source) -> dict[str, str | None]:
    return {"url": source.url_column, "language": source.language_column, "licence": source.licence_column}


def _roles(values: Callable[[str], Values], rows: int, source: Source) -> dict[str, Values] | None:
    """Returns URLs, languages and licences; null if one is no name, or empty: such values are metadata."""
    roles: dict[str, Values] = {}
    for role, name in _role_columns(source).items():
        found = values(name) if name else [None] * rows
        if not isinstance(found, list):
            if found.null_count < rows and (not pa.types.is_string(found.type) or _some_empty(found)):
                return None
            roles[role] = found.cast(pa.string())
            continue
        kinds = set(map(type, found))
        if role == "licence" and list in kinds:
            found = [_combined(value) if isinstance(value, list) else value for value in found]
            kinds = set(map(type, found))
        if not kinds <= _NAMES or "" in found:
            return None
        roles[role] = found
    return roles


def _some_empty(strings: pa.ChunkedArray) -> bool:
    return bool(pc.min(pc.binary_length(strings)).as_py() == 0)


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


def _records_metadata(
    records: list[dict[str, Any]], values: Callable[[str], list[Any]], lines: Sequence[Line], source: Source
) -> pa.Array | None:
    """Returns the metadata of records; null if one has a huge integer.

    Args:
        records: of them all is metadata but what `values` takes out.
        values: of a column.
        lines: of which they were parsed.
        source: says which column is what.
    """
    left_out = _left_out(source)
    if source.signals:
        left_out.discard(SIGNALS)
        signals = {signal: list(map(number, values(name))) for signal, name in source.signals.items()}
        for row, record in enumerate(records):
            found = {signal: column[row] for signal, column in signals.items()}
            record[SIGNALS] = {signal: value for signal, value in found.items() if value is not None}
    for name in left_out:
        values(name)
    return packed_metadata(records, lines, source)


def _columns_metadata(columns: pa.Table, source: Source) -> pa.Array | None:
    """Returns the metadata of the rows of a table; null if there is too much of it for one of them."""
    left_out = _left_out(source)
    facts = {name: as_json(columns[name]) for name in columns.column_names if name not in left_out}
    if source.signals:
        signals = {
            signal: as_json(_numbers(columns[name]))
            for signal, name in source.signals.items()
            if name in columns.column_names
        }
        facts[SIGNALS] = as_objects(signals, columns.num_rows)
    found = as_objects(facts, columns.num_rows)
    return found if pc.max(pc.binary_length(found)).as_py() <= MAX_METADATA_BYTES else None


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns the numbers of a column, null in place of what is none."""
    if pa.types.is_floating(column.type):
        return column
    return pa.chunked_array([pa.array(map(number, column_values(column)), pa.float64())])
