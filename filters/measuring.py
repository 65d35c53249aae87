"""Measures a table of documents: signals, language, and the text that modifiers leave."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from data.recipe import Language
from filters.conditions import BoolArray, Scope
from filters.language import detect
from filters.modifiers import clean_lines
from filters.plan import LANGUAGE_SCORE, Segment, segments_from_json
from filters.signals import measure_signals
from filters.words import FloatArray, IntArray

#: Characters measured at a time: enough to make arrays worth while, few enough to keep them small.
CHUNK_CHARS = 1_000_000


def measure(table: pa.Table, settings: Mapping[str, Any], language: Language | None) -> pa.Table:
    """Returns each document's signals, in the same order.

    Args:
        table: id, text, kind, language, source.
        settings: `Plan.measure_settings()`.
        language: how natural language is detected; None: it is not.

    Returns:
        id, language (detected for the kinds that `language` names and where there are letters,
        else as it came), language_score, every signal of the settings (null where a document has
        no text or its kind is not measured so), text (after the last modifier; null where
        that changed nothing). Columns depend on the settings alone.
    """
    segments = segments_from_json(settings)
    texts: list[str | None] = table["text"].to_pylist()
    languages, scores = _languages(table, texts, language)
    known = table.select(["kind", "source"]).append_column("language", languages)
    columns: dict[str, FloatArray] = {LANGUAGE_SCORE: scores}
    current = list(texts)
    for segment in segments:
        if segment.lines is not None:
            current = _modify(current, segment.scope.mask(known), segment.lines)
        columns.update(_measure_segment(segment, current, known))
    changed = [now if now != before else None for now, before in zip(current, texts, strict=True)]
    arrays = {name: pa.array(values, pa.float64(), from_pandas=True) for name, values in columns.items()}
    return pa.table({"id": table["id"], "language": languages, **arrays, "text": pa.array(changed, pa.large_string())})


def _languages(table: pa.Table, texts: Sequence[str | None], language: Language | None) -> tuple[pa.Array, FloatArray]:
    """Returns each document's language and the detected one's score."""
    stated: list[str | None] = table["language"].to_pylist()
    scores = np.full(len(stated), np.nan)
    if language is not None:
        rows = np.flatnonzero(Scope(kind=tuple(language.kinds)).mask(table)).tolist()
        found, scores[rows] = detect([texts[row] for row in rows], language.head_chars)
        for row, name in zip(rows, found, strict=True):
            stated[row] = name or stated[row]
    return pa.array(stated, pa.string()), scores


def _modify(texts: list[str | None], mask: BoolArray, lines: Mapping[str, float]) -> list[str | None]:
    return [
        clean_lines(text, lines) if changes and text is not None else text
        for text, changes in zip(texts, mask.tolist(), strict=True)
    ]


def _measure_segment(segment: Segment, texts: list[str | None], known: pa.Table) -> dict[str, FloatArray]:
    """Returns the segment's columns; NaN where a kind is not measured so."""
    columns = {segment.column(signal): np.full(len(texts), np.nan) for signal in segment.signals}
    kinds: list[str] = known["kind"].to_pylist()
    languages: list[str | None] = known["language"].to_pylist()
    for groups in sorted(set(segment.groups.values())):
        rows = [
            row for row, kind in enumerate(kinds) if texts[row] is not None and segment.groups.get(kind, ()) == groups
        ]
        for chunk in _chunks(rows, texts):
            found = measure_signals([texts[row] or "" for row in chunk], groups, [languages[row] for row in chunk])
            for signal, values in found.items():
                columns[segment.column(signal)][chunk] = values
    return columns


def _chunks(rows: Sequence[int], texts: Sequence[str | None]) -> Iterator[IntArray]:
    """Yields the rows in runs of about CHUNK_CHARS characters."""
    chunk, chars = [], 0
    for row in rows:
        chunk.append(row)
        chars += len(texts[row] or "")
        if chars >= CHUNK_CHARS:
            yield np.array(chunk, dtype=np.int64)
            chunk, chars = [], 0
    if chunk:
        yield np.array(chunk, dtype=np.int64)
