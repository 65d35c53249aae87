"""Finds single documents in a ledger of any size: by key, or a few that left for a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.keyed import keyed_unit
from flows.report.published import Published

#: Columns that a document can be asked for by, tried in this order.
KEYS = ("id", "origin_id", "locator", "url")

#: The shortest start of an id that is taken for one.
SHORTEST_PREFIX = 6

#: Matches that are returned at most.
MOST = 50

#: A row's place: ledger file, row group, row in the group.
Place = tuple[Path, int, int]


def find(published: Published, key: str) -> tuple[str, list[dict[str, Any]]]:
    """Returns the rows that a key names, and the column in which it was found ("" if nowhere).

    Args:
        published: the run.
        key: an id or its unmistakable start, an origin_id, a locator or a URL.
    """
    for column in KEYS:
        if places := _matches(published, column, lambda values: pc.equal(values, key)):
            return column, rows_at(published, places)
    is_start = len(key) >= SHORTEST_PREFIX and all(character in "0123456789abcdef" for character in key)
    places = _matches(published, "id", lambda values: pc.starts_with(values, key)) if is_start else []
    return ("id", rows_at(published, places)) if places else ("", [])


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
    best: list[tuple[float, Place]] = []
    total = 0
    for path, group, table in _groups(published, ["id", "status", "reason", "rule", "source"]):
        mask = pc.equal(table["status"], status) if status else pc.not_equal(table["status"], "kept")
        if reason:
            by_rule = pc.fill_null(pc.equal(table["rule"], reason), False)
            mask = pc.and_(mask, pc.or_(pc.equal(table["reason"], reason), by_rule))
        if source:
            mask = pc.and_(mask, pc.equal(table["source"], source))
        rows = np.flatnonzero(np.asarray(mask.to_numpy()))
        total += len(rows)
        chances = keyed_unit(published.seed, "sample", table["id"].take(pa.array(rows)).to_pylist())
        smallest = np.argsort(chances, kind="stable")[:number]
        best += [(float(chances[place]), (path, group, int(rows[place]))) for place in smallest]
        best = sorted(best)[:number]
    return rows_at(published, [place for _, place in best]), total


def rows_at(published: Published, places: list[Place], columns: list[str] | None = None) -> list[dict[str, Any]]:
    """Returns whole rows of the ledger, or only some columns, in the order of their places as given."""
    rows: dict[Place, dict[str, Any]] = {}
    for path, group in dict.fromkeys((place[0], place[1]) for place in places):
        wanted = [place for place in places if place[:2] == (path, group)]
        with pq.ParquetFile(path) as file:
            table = file.read_row_group(group, columns=columns).take(pa.array([place[2] for place in wanted]))
        rows.update(zip(wanted, table.to_pylist(), strict=True))
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


def _matches(published: Published, column: str, test: Any) -> list[Place]:
    places: list[Place] = []
    for path, group, table in _groups(published, [column]):
        mask = pc.fill_null(test(table[column]), False)
        places += [(path, group, int(row)) for row in np.flatnonzero(np.asarray(mask.to_numpy()))]
        if len(places) >= MOST:
            break
    return places[:MOST]


def _groups(published: Published, columns: list[str]) -> Iterator[tuple[Path, int, pa.Table]]:
    for path in published.ledger_files:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield path, group, file.read_row_group(group, columns=columns)
