"""Finds single documents in a ledger of any size: by key, or a few that left for a reason."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.keyed import keyed_unit
from flows.report.published import PORTION_ROWS, Published

#: Columns that a document can be asked for by, tried in this order.
KEYS = ("id", "origin_id", "locator", "url")

#: The shortest start of an id that is taken for one.
SHORTEST_PREFIX = 6

#: Matches that are returned at most.
MOST = 50

#: A row's place: ledger file, row group, row in the group.
Place = tuple[Path, int, int]


def find(published: Published, key: str) -> tuple[str, list[dict[str, Any]]]:
    """Returns the column in which a key was found ("" if nowhere) and the rows that it names, with `ledger_row`.

    Args:
        published: the run.
        key: an id or its unmistakable start, an origin_id, a locator or a URL.
    """
    by_id, by_prefix = _with_id(published, key)
    if by_id is not None:
        return "id", _numbered(published, [by_id])
    for column in KEYS[1:]:
        if numbers := _matches(published, column, key):
            return column, _numbered(published, numbers)
    return ("id", _numbered(published, by_prefix)) if by_prefix else ("", [])


def choose(
    published: Published, number: int, *, reason: str | None, status: str | None, source: str | None
) -> tuple[list[dict[str, Any]], int]:
    """Returns some rows by keyed hash, and how many there are to choose from.

    Args:
        published: the run.
        number: how many rows to return at most.
        reason: only rows that left for this reason, or because of the rule with this address.
        status: only rows with this status; None: all that were not kept.
        source: only rows of this source.
    """
    best: list[tuple[float, int]] = []
    total, few = 0, ["status", "reason", "rule", "source"]
    for start, batch in published.portions(["id", *few], few):
        mask = pc.equal(batch["status"], status) if status else pc.not_equal(batch["status"], "kept")
        if reason:
            by_rule = pc.fill_null(pc.equal(batch["rule"], reason), False)
            mask = pc.and_(mask, pc.or_(pc.equal(batch["reason"], reason), by_rule))
        if source:
            mask = pc.and_(mask, pc.equal(batch["source"], source))
        rows = np.flatnonzero(np.asarray(mask.to_numpy(zero_copy_only=False)))
        total += len(rows)
        chances = keyed_unit(published.seed, "sample", batch["id"].take(pa.array(rows)).to_pylist())
        best = heapq.nsmallest(number, [*best, *zip(chances.tolist(), (start + rows).tolist(), strict=True)])
    return _numbered(published, [row for _, row in best]), total


def rows_at(published: Published, places: list[Place], columns: list[str] | None = None) -> list[dict[str, Any]]:
    """Returns whole rows of the ledger, or only some columns, in the order of their places as given."""
    rows: dict[Place, dict[str, Any]] = {}
    for path, group in dict.fromkeys((place[0], place[1]) for place in places):
        waiting = sorted({place[2] for place in places if place[:2] == (path, group)}, reverse=True)
        start = 0
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(PORTION_ROWS, row_groups=[group], columns=columns, use_threads=False):
                here = []
                while waiting and waiting[-1] < start + batch.num_rows:
                    here.append(waiting.pop())
                found = batch.take(pa.array([row - start for row in here], pa.int64())).to_pylist() if here else []
                rows.update({(path, group, row): one for row, one in zip(here, found, strict=True)})
                start += batch.num_rows
                if not waiting:
                    break
    return [rows[place] for place in places]


def places_of(published: Published, rows: Sequence[int]) -> list[Place]:
    """Returns where some rows of the ledger stand, by their numbers from 0."""
    groups: list[tuple[Path, int]] = []
    starts = [0]
    for path in published.ledger_files:
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            groups.append((path, group))
            starts.append(starts[-1] + metadata.row_group(group).num_rows)
    places = []
    for row in rows:
        number = int(np.searchsorted(starts, row, side="right")) - 1
        places.append((*groups[number], row - starts[number]))
    return places


def _numbered(published: Published, numbers: list[int]) -> list[dict[str, Any]]:
    rows = rows_at(published, places_of(published, numbers))
    return [{**row, "ledger_row": number} for number, row in zip(numbers, rows, strict=True)]


def _with_id(published: Published, key: str) -> tuple[int | None, list[int]]:
    """Returns the number of the row with an id, or else those of the first rows whose ids start with it."""
    is_start = len(key) >= SHORTEST_PREFIX and all(character in "0123456789abcdef" for character in key)
    begins: list[int] = []
    for start, batch in published.portions(["id"]):
        if (place := pc.index(batch["id"], key).as_py()) >= 0:
            return start + place, []
        if is_start and len(begins) < MOST:
            begins += (start + _places(pc.starts_with(batch["id"], key))).tolist()
    return None, begins[:MOST]


def _matches(published: Published, column: str, key: str) -> list[int]:
    """Returns the numbers of the first rows that have a value in a column."""
    numbers: list[int] = []
    for start, batch in published.portions([column]):
        numbers += (start + _places(pc.equal(batch[column], key))).tolist()
        if len(numbers) >= MOST:
            break
    return numbers[:MOST]


def _places(mask: Any) -> npt.NDArray[np.int64]:
    return np.flatnonzero(np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False)))
