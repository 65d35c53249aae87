"""Runs of words and where they stand: the inverted index behind `filters/contamination/ngrams.py`."""

from __future__ import annotations

import dataclasses
from typing import Any, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from filters.shingles import Int64Array, UInt64Array

#: A run that more items of one benchmark share is the benchmark's frame and identifies none.
MAX_ITEMS = 10

Int32Array = npt.NDArray[np.int32]

_BASE = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd


@dataclasses.dataclass(frozen=True)
class Texts:
    """The benchmarks' texts as numbers.

    Attributes:
        words: word numbers of all texts, one after the other; shape (words,).
        starts: where each text begins; shape (texts + 1,).
        items: which item each text belongs to, items numbered through; shape (texts,).
        benchmarks: which benchmark each item belongs to; shape (items,).
        names: the items' ids; shape (items,).
        values: 64 random-looking bits for each word number; shape (vocabulary + 1,).
        telling: whether a word is longer than a character and no number; the same shape.
    """

    words: Int32Array
    starts: Int64Array
    items: Int32Array
    benchmarks: Int32Array
    names: list[str]
    values: UInt64Array
    telling: npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Postings:
    """Where each run of one length stands in the texts: parallel arrays, sorted by key.

    `present` tells by a key's upper bits whether it may occur, several times faster than a
    search among the keys.
    """

    keys: UInt64Array
    texts: Int32Array
    places: Int64Array
    present: npt.NDArray[np.bool_]

    def slots(self, keys: UInt64Array) -> UInt64Array:
        """Returns the places of keys in `present`."""
        return keys >> np.uint64(64 - (len(self.present).bit_length() - 1))

    @classmethod
    def of(cls, keys: UInt64Array, texts: Int32Array, places: Int64Array) -> Postings:
        """Returns the postings with `present` made from their keys."""
        present = np.zeros(2 ** min(24, max(12, (8 * len(keys)).bit_length())), dtype=np.bool_)
        made = cls(keys, texts, places, present)
        present[made.slots(keys)] = True
        return made


def running_hashes(values: UInt64Array, sizes: Iterable[int]) -> Iterator[tuple[int, UInt64Array]]:
    """Yields, for each size ascending, a hash of each run of that many neighbours."""
    total = np.zeros(len(values), dtype=np.uint64)
    factor, done = np.uint64(1), 0
    for size in sorted(sizes):
        while done < size:
            count = max(0, len(values) - done)
            total = total[:count] + values[done:] * factor
            with np.errstate(over="ignore"):
                factor = factor * _BASE
            done += 1
        if not len(total):
            return
        yield size, total


def index_runs(held: Texts, texts: Int64Array, size: int, least_telling: int) -> Postings:
    """Returns the identifying runs of `size` words of some texts, each once for a text.

    Left out are runs with fewer than `least_telling` distinct telling words, and those that
    more than MAX_ITEMS items of one benchmark share.
    """
    counts = np.diff(held.starts)[texts] - size + 1
    owners = np.repeat(texts, counts).astype(np.int32)
    places = np.repeat(held.starts[:-1][texts], counts) + count_up(counts)
    keys = dict(running_hashes(held.values[held.words], [size]))[size][places]
    enough = _count_telling_words(held, places, size) >= least_telling
    owners, places, keys = owners[enough], places[enough], keys[enough]
    order = np.lexsort((places, owners, keys))
    owners, places, keys = owners[order], places[order], keys[order]
    items = held.items[owners]
    # Texts, and so owners, stand in the order of items and benchmarks.
    new_run = _changes(keys)
    new_text, new_item = new_run | _changes(owners), new_run | _changes(items)
    group = np.cumsum(new_run | _changes(held.benchmarks[items])) - 1
    sharing = np.bincount(group, weights=new_item)
    kept = new_text & (sharing[group] <= MAX_ITEMS)
    return Postings.of(keys[kept], owners[kept], places[kept])


def _count_telling_words(held: Texts, places: Int64Array, size: int) -> Int64Array:
    """Returns the number of distinct telling words of the runs that begin at some places."""
    numbers = np.where(held.telling[held.words], held.words, 0)
    distinct = np.zeros(len(places), dtype=np.int64)
    for begin in range(0, len(places), 65536):
        runs = np.sort(numbers[places[begin : begin + 65536, None] + np.arange(size)], axis=1)
        distinct[begin : begin + 65536] = (runs[:, 1:] != runs[:, :-1]).sum(axis=1) + (runs[:, 0] != 0)
    return distinct


def _changes(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Returns where a value differs from the one before it; the first place counts as one."""
    changed = np.ones(len(values), dtype=np.bool_)
    changed[1:] = values[1:] != values[:-1]
    return changed


def count_up(counts: Int64Array) -> Int64Array:
    """Returns 0, 1, … for each count, one after the other: [2, 3] → [0, 1, 0, 1, 2]."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
