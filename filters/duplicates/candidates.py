"""Candidates: the pairs of documents that agree in at least one band, found a band at a time.

In memory are one band's keys (8 bytes for a document), a table that tells which of them may occur
twice, and the pairs found. Only the keys that may occur twice are sorted.
"""

from __future__ import annotations

from typing import Callable, cast

import numpy as np
import numpy.typing as npt

from filters.buffers import IntArray
from filters.duplicates.clusters import pairs_of

UInt64Array = npt.NDArray[np.uint64]

#: Returns the keys of one band, in the documents' order.
Band = Callable[[int], UInt64Array]

#: A run of documents that agree in a band is compared pair by pair up to this size.
ALL_PAIRS = 24
#: In a longer run each document meets this many that stand next in the order of signatures …
NEXT = 8
#: … and this many of the best-ranked documents of the run.
HEADS = 4

#: Pairs that are gathered before repeats among them are removed: 128 MB.
_GATHERED = 2**24


def candidate_pairs(band: Band, bands: int, *, all_pairs: int = ALL_PAIRS) -> UInt64Array:
    """Returns the pairs of documents that agree in at least one band, each once, sorted.

    Documents stand in the order of rank, best first; a pair is better << 32 | other. Up to
    `all_pairs` documents that share a band's key are paired with one another. In a longer run,
    which would have quadratic cost, each is paired with the NEXT documents that follow it when the
    run is sorted by its other bands' keys (near-duplicates agree in most of them and stand side by
    side), and with the HEADS best of the run: at most 12 pairs for a document and band.
    """
    gathered = _Pairs()
    long_runs: list[tuple[int, IntArray]] = []
    for number in range(bands):
        documents, starts, ends = runs(band(number))
        small = ends - starts <= all_pairs
        gathered.add(_pairs_within(documents, starts[small], ends[small]))
        long_runs += [(number, documents[a:b]) for a, b in zip(starts[~small], ends[~small], strict=True)]
    if long_runs:
        _add_long_runs(long_runs, band, bands, gathered)
    return gathered.result()


def linked_pairs(band: Band, bands: int) -> UInt64Array:
    """Returns the pairs of each document with the best one that it shares a band's key with: classic MinHash."""
    from filters.kernels.clusters import link_up

    gathered = _Pairs()
    for number in range(bands):
        gathered.add(link_up(*runs(band(number))))
    return gathered.result()


def runs(keys: UInt64Array) -> tuple[IntArray, IntArray, IntArray]:
    """Returns documents sorted by their key, and where the runs of several that share one start and end.

    In every run the documents ascend.
    """
    documents = repeated(keys)
    order = np.argsort(keys[documents], kind="stable")
    documents = documents[order]
    column = keys[documents]
    changes = np.flatnonzero(column[1:] != column[:-1]) + 1
    starts = np.concatenate((np.zeros(1, dtype=np.int64), changes))
    ends = np.append(changes, len(documents))
    several = ends - starts > 1
    return documents, starts[several], ends[several]


def repeated(keys: UInt64Array) -> IntArray:
    """Returns the places of the keys that may occur more than once, ascending: all that do, and some more."""
    from filters.kernels.clusters import may_repeat

    places: IntArray = may_repeat(keys, np.zeros(1 << max(10, (4 * len(keys)).bit_length()), dtype=np.uint8))
    return places


class _Pairs:
    """Pairs that are being gathered; repeats are removed whenever many have come together."""

    def __init__(self) -> None:
        self._pieces: list[UInt64Array] = []
        self._fresh = 0

    def add(self, pairs: UInt64Array) -> None:
        """Adds pairs."""
        self._pieces.append(pairs)
        self._fresh += len(pairs)
        if self._fresh > _GATHERED:
            self._pieces, self._fresh = [self.result()], 0

    def result(self) -> UInt64Array:
        """Returns all pairs, each once, sorted."""
        everything = np.concatenate([np.empty(0, dtype=np.uint64), *self._pieces])
        everything.sort()
        first = np.ones(len(everything), dtype=np.bool_)
        first[1:] = everything[1:] != everything[:-1]
        distinct: UInt64Array = everything[first]
        return distinct


def _pairs_within(documents: IntArray, starts: IntArray, ends: IntArray) -> UInt64Array:
    from filters.kernels.clusters import pair_up

    return cast(UInt64Array, pair_up(documents, starts, ends))


def _add_long_runs(long_runs: list[tuple[int, IntArray]], band: Band, bands: int, gathered: _Pairs) -> None:
    """Adds the pairs of long runs, for which the other bands' keys of their documents are read again."""
    members = np.unique(np.concatenate([run for _, run in long_runs]))
    keys = np.empty((bands, len(members)), dtype=np.uint64)
    for number in range(bands):
        keys[number] = band(number)[members]
    for number, run in long_runs:
        places = np.searchsorted(members, run)
        others = [keys[(number + shift) % bands, places] for shift in range(bands - 1, 0, -1)]
        gathered.add(_pairs_of_long_run(run, np.lexsort(others) if others else np.arange(len(run))))


def _pairs_of_long_run(run: IntArray, similar: IntArray) -> UInt64Array:
    """Returns the pairs of one run in order of rank; `similar` is its order by signature."""
    chain = run[similar]
    sides = [(chain[:-step], chain[step:]) for step in range(1, NEXT + 1)]
    sides += [(np.full(len(run) - head - 1, run[head]), run[head + 1 :]) for head in range(HEADS)]
    left = np.concatenate([one for one, _ in sides])
    right = np.concatenate([other for _, other in sides])
    return pairs_of(left, right)
