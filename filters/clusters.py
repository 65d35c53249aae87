"""Clusters of duplicates: which documents belong together, and through which confirmed pair.

Documents are numbered by rank, best first, so the survivor of a cluster is its smallest
number, and nothing here can depend on the order in which documents arrived.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.shingles import Int64Array


class Components:
    """Which of n documents are connected; every pair joined is recorded with its similarity."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))
        self.links: dict[tuple[int, int], float] = {}

    def find(self, document: int) -> int:
        """Returns the smallest number of the document's cluster."""
        parents = self._parents
        while parents[document] != document:
            parents[document] = parents[parents[document]]
            document = parents[document]
        return document

    def connected(self, left: int, right: int) -> bool:
        """Whether two documents are in the same cluster already."""
        return self.find(left) == self.find(right)

    def join(self, left: int, right: int, similarity: float) -> None:
        """Records a confirmed pair and unites the clusters of its two documents."""
        self.links[min(left, right), max(left, right)] = similarity
        first, second = sorted((self.find(left), self.find(right)))
        self._parents[second] = first

    def survivors(self) -> Int64Array:
        """Returns for each document its cluster's best document, itself if alone."""
        return np.fromiter(map(self.find, range(len(self._parents))), dtype=np.int64, count=len(self._parents))


def trace_links(
    survivors: Int64Array, links: Mapping[tuple[int, int], float]
) -> tuple[Int64Array, npt.NDArray[np.float64]]:
    """Returns for each dropped document the confirmed neighbour that leads towards its survivor.

    The survivor itself where that pair is confirmed; otherwise the neighbour with the fewest
    steps to the survivor, of those the most similar, then the best. So whoever follows
    `matched` from document to document walks over confirmed pairs only and ends at the survivor.

    Returns:
        Neighbours (-1 for survivors) and the similarities of those pairs (NaN), each of
        shape (documents,).
    """
    matched = np.full(len(survivors), -1, dtype=np.int64)
    similarity = np.full(len(survivors), np.nan)
    neighbours: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for (left, right), value in links.items():
        neighbours[left].append((right, value))
        neighbours[right].append((left, value))
    layer = sorted({int(survivors[document]) for document in neighbours})
    reached = set(layer)
    while layer:
        offers: dict[int, tuple[float, int]] = {}
        for document in layer:
            for other, value in neighbours[document]:
                if other not in reached:
                    offers[other] = min(offers.get(other, (0.0, document)), (-value, document))
        for other, (value, document) in offers.items():
            matched[other], similarity[other] = document, -value
        reached.update(offers)
        layer = sorted(offers)
    return matched, similarity


def rank(ids: pa.Array, keys: list[npt.NDArray[np.float64]]) -> Int64Array:
    """Returns the row numbers, best first: the highest by each key in turn, then the smallest id.

    NaN ranks below every number.
    """
    by_id = np.empty(len(ids), dtype=np.int64)
    by_id[np.asarray(pa.compute.sort_indices(ids))] = np.arange(len(ids))
    descending = [-np.where(np.isnan(key), -np.inf, key) for key in keys]
    return np.lexsort([by_id, *reversed(descending)])
