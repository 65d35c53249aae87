"""Clusters of duplicates: which documents belong together, and through which confirmed pair.

Documents are numbered by rank, best first, so the best of a cluster is its smallest number, and
nothing here can depend on the order in which documents arrived. A pair is better << 32 | other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import AccountingError
from filters.buffers import FloatArray, IntArray

UInt64Array = npt.NDArray[np.uint64]

_LOWER = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def left_of(pairs: UInt64Array) -> IntArray:
    """Returns the better document of each pair."""
    return (pairs >> _HALF).astype(np.int64)


def right_of(pairs: UInt64Array) -> IntArray:
    """Returns the other document of each pair."""
    return (pairs & _LOWER).astype(np.int64)


def pairs_of(left: IntArray, right: IntArray) -> UInt64Array:
    """Returns pairs of documents, the better of each first."""
    better, other = np.minimum(left, right), np.maximum(left, right)
    return (better.astype(np.uint64) << _HALF) | other.astype(np.uint64)


class Components:
    """Which of n documents are connected; every pair joined is recorded with its similarity."""

    def __init__(self, count: int) -> None:
        self.parents: IntArray = np.arange(count, dtype=np.int64)
        self._pairs: list[UInt64Array] = []
        self._similarities: list[FloatArray] = []

    def join(self, pairs: UInt64Array, similarities: FloatArray) -> None:
        """Records pairs and unites the clusters of their documents."""
        from filters.kernels.clusters import unite_pairs

        unite_pairs(self.parents, pairs)
        self._pairs.append(pairs)
        self._similarities.append(similarities)

    @property
    def links(self) -> tuple[UInt64Array, FloatArray]:
        """All pairs joined, and their similarities."""
        pairs = np.concatenate([np.empty(0, dtype=np.uint64), *self._pairs])
        return pairs, np.concatenate([np.empty(0), *self._similarities])

    def roots(self) -> IntArray:
        """Returns for each document its cluster's best document, itself if alone."""
        from filters.kernels.clusters import find_all

        roots: IntArray = find_all(self.parents)
        return roots


def trace_links(
    survivors: IntArray, pairs: UInt64Array, similarities: FloatArray
) -> tuple[IntArray, npt.NDArray[np.float64]]:
    """Returns for each dropped document the linked neighbour that leads towards its survivor.

    The survivor itself where that pair is linked; otherwise the neighbour with the fewest
    steps to the survivor, of those the most similar, then the best. So whoever follows
    `matched` from document to document walks over confirmed pairs only and ends at the survivor.

    Args:
        survivors: each document's, its own number if it is kept.
        pairs, similarities: the links, each once.

    Returns:
        Neighbours (-1 for survivors) and the similarities of those pairs (NaN), each of
        shape (documents,).
    """
    from filters.kernels.clusters import trace

    left, right = left_of(pairs), right_of(pairs)
    source, other = np.concatenate((left, right)), np.concatenate((right, left))
    order = np.argsort(source, kind="stable")
    starts = np.zeros(len(survivors) + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=len(survivors)), out=starts[1:])
    linked = np.flatnonzero(np.diff(starts))
    seeds = linked[survivors[linked] == linked]
    values = np.concatenate((similarities, similarities))[order]
    matched, similarity = trace(seeds, survivors, starts, other[order], values)
    return matched, similarity


def tie_places(ids: pa.Array, names: pa.Array | None, digests: pa.Array | None) -> IntArray:
    """Returns each document's place where nothing else tells documents apart: by the smallest id of its own.

    A document without one comes after all others, by the digest of its text; so where it stood in the input, by
    which `ids` are made, decides only between equal texts.

    Args:
        ids: unique.
        names: the documents' own ids; None: these are `ids`.
        digests: of the documents' texts, if there are such.
    """
    places = alphabetical(ids)
    if names is None:
        return places
    columns: dict[str, pa.Array] = {"name": names, "place": pa.array(places)}
    keys = [("name", "ascending"), ("place", "ascending")]
    if names.null_count and digests is not None:
        columns["digest"] = digests.cast(pa.binary())
        keys.insert(1, ("digest", "ascending"))
    order = np.asarray(pc.sort_indices(pa.table(columns), sort_keys=keys))  # nulls come last
    places[order] = np.arange(len(ids))
    return places


def alphabetical(ids: pa.Array) -> IntArray:
    """Returns each document's place in the order of ids.

    Raises:
        AccountingError: two documents have the same id.
    """
    order = pc.sort_indices(ids)
    ordered = ids.take(order)
    if len(ids) > 1 and pc.any(pc.equal(ordered.slice(1), ordered.slice(0, len(ids) - 1))).as_py():
        raise AccountingError("duplicates: two documents have the same id")
    places = np.empty(len(ids), dtype=np.int64)
    places[np.asarray(order)] = np.arange(len(ids))
    return places


def rank(places: IntArray, keys: list[npt.NDArray[np.float64]]) -> IntArray:
    """Returns the row numbers, best first: the highest by each key in turn, then the smallest place.

    NaN ranks below every number.
    """
    descending = [-np.where(np.isnan(key), -np.inf, key) for key in keys if len(key)]
    telling = [key for key in descending if (key != key[0]).any()]
    if not telling:
        order = np.empty(len(places), dtype=np.int64)
        order[places] = np.arange(len(places))
        return order
    return np.lexsort([places, *reversed(telling)])
