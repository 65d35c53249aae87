"""Counts over a stream of ledger batches: categories before and after, rule overlap, clusters."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

#: Distinct values of a category that are counted; beyond, the rarest are forgotten.
_MANY = 200_000

_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?P<host>[^/:?#@]+)"


@dataclasses.dataclass
class Categories:
    """Documents and tokens of each value of a column, of all rows with text and of the kept ones."""

    before: Counter[str] = dataclasses.field(default_factory=Counter)
    after: Counter[str] = dataclasses.field(default_factory=Counter)
    tokens_before: Counter[str] = dataclasses.field(default_factory=Counter)
    tokens_after: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, names: pa.ChunkedArray | pa.Array, tokens: pa.ChunkedArray, kept: pa.ChunkedArray) -> None:
        """Counts a batch; the three columns have the same rows, names without null."""
        table = pa.table({"name": names, "tokens": tokens, "kept": kept})
        sums = table.group_by(["name", "kept"], use_threads=False).aggregate([("tokens", "sum"), ([], "count_all")])
        for row in sums.to_pylist():
            self.before[row["name"]] += row["count_all"]
            self.tokens_before[row["name"]] += row["tokens_sum"] or 0
            if row["kept"]:
                self.after[row["name"]] += row["count_all"]
                self.tokens_after[row["name"]] += row["tokens_sum"] or 0
        if len(self.before) > _MANY:
            self._forget()

    def _forget(self) -> None:
        stay = {name for name, _ in largest(self.before, _MANY // 2)}
        for counter in (self.before, self.after, self.tokens_before, self.tokens_after):
            for name in [name for name in counter if name not in stay]:
                del counter[name]


def largest(counter: Counter[str], most: int) -> list[tuple[str, int]]:
    """Returns the largest entries; equal ones in the order of their names."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:most]


def hosts(urls: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns each URL's host in lower case, null where there is none."""
    return pc.utf8_lower(pc.struct_field(pc.extract_regex(urls, _HOST), "host"))


class Overlap:
    """How many documents fail two rules at once.

    Attributes:
        matrix: shape (rules, rules); the diagonal counts the documents that fail a rule.
    """

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = pa.array(addresses, pa.string())
        self.matrix: npt.NDArray[np.int64] = np.zeros((len(addresses), len(addresses)), np.int64)

    def flags(self, batch: pa.Table) -> npt.NDArray[np.bool_]:
        """Returns shape (rows, rules): which row fails which rule."""
        flags = np.zeros((batch.num_rows, len(self._addresses)), dtype=bool)
        lists = batch["failed_rules"].combine_chunks()
        column = pc.fill_null(pc.index_in(lists.flatten(), self._addresses), -1)
        rules = np.asarray(column.to_numpy(zero_copy_only=False))
        rows = np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False))
        known = rules >= 0
        flags[rows[known], rules[known]] = True
        return flags

    def add(self, flags: npt.NDArray[np.bool_]) -> None:
        """Counts a batch's flags."""
        failing = flags[flags.any(axis=1)].astype(np.float32)
        self.matrix += (failing.T @ failing).astype(np.int64)


@dataclasses.dataclass
class Clusters:
    """Clusters of duplicates, from the rows that belong to one."""

    _keys: list[pa.Array] = dataclasses.field(default_factory=list)

    def add(self, batch: pa.Table) -> None:
        """Notes the clusters of a batch."""
        self._keys.append(batch["cluster"].drop_null().combine_chunks().cast(pa.string()))

    def result(self, most: int) -> tuple[npt.NDArray[np.int64], list[tuple[str, int]]]:
        """Returns all clusters' sizes, and the largest clusters with their sizes."""
        counted = pc.value_counts(pa.chunked_array(self._keys, pa.string()))
        sizes = np.asarray(pc.struct_field(counted, "counts").to_numpy(zero_copy_only=False), dtype=np.int64)
        names = pc.struct_field(counted, "values")
        table = pa.table({"name": names, "size": sizes})
        top = table.sort_by([("size", "descending"), ("name", "ascending")]).slice(0, most)
        return sizes, list(zip(top["name"].to_pylist(), top["size"].to_pylist(), strict=True))


def count_values(
    counter: Counter[tuple[str, ...]],
    columns: Iterable[pa.ChunkedArray | pa.Array],
    sums: Counter[tuple[str, ...]] | None = None,
    summed: pa.ChunkedArray | None = None,
) -> None:
    """Adds how often each combination of the columns' values occurs; null counts as an empty string.

    With `sums`, the numbers of the column `summed` are added there by the same combinations.
    """
    filled = [pc.fill_null(column.cast(pa.string()), "") for column in columns]
    names = [str(place) for place in range(len(filled))]
    table = pa.table(dict(zip(names, filled, strict=True)))
    table = table.append_column("sum", pa.nulls(table.num_rows, pa.int64()) if summed is None else summed)
    grouped = table.group_by(names, use_threads=False).aggregate([([], "count_all"), ("sum", "sum")])
    for row in grouped.to_pylist():
        key = tuple(row[name] for name in names)
        counter[key] += row["count_all"]
        if sums is not None:
            sums[key] += row["sum_sum"] or 0
