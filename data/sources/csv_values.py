"""The values of one record of a CSV file, the names in its header, and what stands between them."""

from __future__ import annotations

import csv
import itertools
import re

_PACKED = re.compile(r"\.(?:gz|gzip|zst|zstd|bz2|xz)$", re.IGNORECASE)
#: What stands between values where no comma does; spreadsheets say so in a line before the header.
_DELIMITERS = (";", "\t", "|", ",")
_SAID_DELIMITER = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MARK = "\ufeff"


def values_of(text: str, delimiter: str) -> list[str] | None:
    """Returns the values of one record, or null if a text is not exactly one."""
    values = _parsed(text, delimiter, strict=True)
    # More after a value's closing quote: some write quotes so; spreadsheets take it as part of the value.
    if values is None and text.count("\n") <= 1 and text.count('"') % 2 == 0:
        values = _parsed(text.replace('\\"', '""'), delimiter, strict=True)
        if values is None:
            values = _parsed(text, delimiter, strict=False)
    return values


def _parsed(text: str, delimiter: str, strict: bool) -> list[str] | None:
    try:
        records = list(csv.reader([text], delimiter=delimiter, strict=strict))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def names_of(values: list[str]) -> list[str]:
    """Returns the names of columns, without the byte order mark of a file that was put behind another."""
    return [value.removeprefix(_MARK).strip() for value in values]


def told_apart(names: list[str]) -> list[str]:
    """Returns names, those that stand more than once numbered from their second time on: x, x.1, x.2."""
    apart: dict[str, None] = {}
    for name in names:
        numbers = itertools.count(1)
        own = name
        while own in apart:
            own = f"{name}.{next(numbers)}"
        apart[own] = None
    return list(apart)


def usual_delimiter(name: str) -> str:
    """Returns what stands between values in files that are called so."""
    return "\t" if _PACKED.sub("", name).lower().endswith((".tsv", ".tab")) else ","


def said_delimiter(text: str) -> str | None:
    """Returns what a line says that stands between values, or null if it says nothing about that."""
    said = _SAID_DELIMITER.fullmatch(text)
    return said[1] if said else None


def split_with(header: str, name: str) -> tuple[list[str], str] | None:
    """Returns a header's names, and what stands between them if one of them is to be a certain one; null for none."""
    for delimiter in _DELIMITERS:
        if name in (names := names_of(_parsed(header, delimiter, strict=True) or [])):
            return names, delimiter
    return None
