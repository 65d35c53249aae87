"""Looks for words inside the texts of chosen documents: as far as one cares to wait, and says how far that was."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.parts import Part, count_rows, read_rows
from data.texts import texts_of_rows
from flows.explore.ledger import IntArray
from flows.inspect import parts_of
from flows.report.excerpts import mask, visible
from flows.report.lookup import places_of, rows_at
from flows.report.published import Published

#: One search ends after so many characters of texts, seconds of work, or documents that hold the words.
CHARS, SECONDS, FOUND = 24_000_000, 0.5, 50

#: Rows of which the shards are asked at a time, where there are no working parts.
PORTION = 2_000

#: Characters of a text in which an excerpt is sought, around the words, and behind them that are masked too.
EXCERPTED, AROUND, BEHIND = 50_000, 70, 2_000


@dataclasses.dataclass(frozen=True)
class Sought:
    """How a search went.

    Attributes:
        rows: the documents that hold the words, by their rows in the ledger, and where they stand, in three pieces
            (before, the words, behind), masked and visible; None where that cannot be shown.
        looked: how many documents were looked into.
        chars: characters of their texts.
        next: the row to go on from, None if there is nothing left.
    """

    rows: dict[int, tuple[str, str, str] | None]
    looked: int
    chars: int
    next: int | None


def seek(published: Published, folder: Path, words: str, rows: IntArray) -> Sought:
    """Looks for words in the texts of some documents, upper and lower case alike.

    Args:
        published: the run.
        folder: its out folder.
        words: what is sought; white space is taken as it is.
        rows: the documents' rows in the ledger, ascending.
    """
    found: dict[int, tuple[str, str, str] | None] = {}
    wanted, looked, chars = words.lower(), 0, 0
    until = time.thread_time() + SECONDS  # of work: a busy machine makes one wait longer, not see less
    for number, text in _texts(published, folder, rows):
        if looked and (chars >= CHARS or len(found) >= FOUND or time.thread_time() > until):
            return Sought(found, looked, chars, number)
        looked, chars = looked + 1, chars + len(text)
        if wanted in text.lower():
            found[number] = _excerpt(text, words)
    return Sought(found, looked, chars, None)


def places(words: str, text: str) -> Iterator[tuple[int, int]]:
    """Yields where words stand in a text, upper and lower case alike."""
    return (found.span() for found in re.finditer(re.escape(words), text, re.IGNORECASE))


def _excerpt(text: str, words: str) -> tuple[str, str, str] | None:
    """Returns the words with what stands around them; masked before it is cut, so that no half of a secret is left."""
    first = next(places(words, text[:EXCERPTED]), None)
    if first is None:
        return None
    shown = mask(text[: first[1] + BEHIND])
    span = next(places(words, shown), None)
    if span is None:  # they are within what is masked
        return None
    start, end = span
    pieces = (shown[max(start - AROUND, 0) : start], shown[start:end], shown[end : end + AROUND])
    before, inside, behind = (re.sub(r"\s+", " ", visible(piece)) for piece in pieces)
    return ("…" if start > AROUND else "") + before, inside, behind + ("…" if end + AROUND < len(shown) else "")


def _texts(published: Published, folder: Path, rows: IntArray) -> Iterator[tuple[int, str]]:
    """Yields row and text of the documents that have one, a row group's worth held at a time."""
    parts = parts_of(folder)
    if not parts:
        yield from _published_texts(published, rows)
        return
    start = 0
    for part in parts:
        end = start + count_rows(part.files[part.origin])
        first, last = np.searchsorted(rows, [start, end])
        for some in _by_group(part, rows[first:last] - start):
            table = texts_of_rows(part, some)
            yield from _pairs(some + start, table["text"])
        start = end


def _by_group(part: Part, rows: IntArray) -> Iterator[IntArray]:
    """Yields the rows that stand in one row group of a part, after each other; all of its text is read at once."""
    start = 0
    with pq.ParquetFile(part.files[part.origin]) as file:
        ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
    for end in np.searchsorted(rows, ends).tolist():
        if end > start:
            yield rows[start:end]
        start = end


def _published_texts(published: Published, rows: IntArray) -> Iterator[tuple[int, str]]:
    """Yields what the shards hold: the kept documents' texts."""
    for begin in range(0, len(rows), PORTION):
        some = rows[begin : begin + PORTION]
        held = rows_at(published, places_of(published, some.tolist()), ["shard", "row"])
        by_shard: dict[str, list[tuple[int, int]]] = {}
        for number, one in zip(some.tolist(), held, strict=True):
            if one["shard"]:
                by_shard.setdefault(one["shard"], []).append((one["row"], number))
        texts: dict[int, str] = {}
        for shard, pairs in by_shard.items():
            pairs.sort()
            table = read_rows(published.folder / shard, np.array([row for row, _ in pairs]), ["text"])
            texts.update(_pairs(np.array([number for _, number in pairs]), table["text"]))
        yield from sorted(texts.items())


def _pairs(rows: IntArray, texts: pa.ChunkedArray) -> Iterator[tuple[int, str]]:
    pairs = zip(rows.tolist(), texts.to_pylist(), strict=True)
    return ((row, text) for row, text in pairs if text is not None)
