"""MinHash signatures, and the pairs of documents that they make candidates.

Source: Broder 1997 (MinHash); Indyk & Motwani 1998 (locality-sensitive hashing, by bands).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from data.keyed import keyed_hash
from filters.shingles import Int64Array, UInt64Array, mix

UInt32Array = npt.NDArray[np.uint32]

# 1,024 shingles × 112 permutations × 8 bytes: 0.9 MB, which stays in a core's cache.
_BLOCK = 1024

#: A run of documents that agree in a band is compared pair by pair up to this size.
ALL_PAIRS = 24
#: In a longer run each document meets this many that stand next in the order of signatures …
NEXT = 8
#: … and this many of the best-ranked documents of the run.
HEADS = 4


def permutations(count: int, seed: int) -> UInt64Array:
    """Returns a multiplier (odd) and an offset for each permutation; shape (count, 2)."""
    drawn = [[keyed_hash(seed, "minhash", f"{which}{number}") for which in "ab"] for number in range(count)]
    table = np.array(drawn, dtype=np.uint64).reshape(count, 2)
    table[:, 0] |= np.uint64(1)
    return table


def sign_shingles(hashes: UInt64Array, offsets: Int64Array, seeds: UInt64Array) -> UInt32Array:
    """Returns the MinHash signatures of some texts' shingles.

    A permutation is x → a·x + b modulo 2^64 with odd a, which is one to one; the signature
    keeps the upper 32 bits of each minimum.

    Args:
        hashes, offsets: as `shingles.shingle` returns them; repeats do not matter.
        seeds: shape (permutations, 2), from `permutations`.

    Returns:
        shape (texts, permutations). Two signatures agree in a share of places that estimates
        the Jaccard similarity, with error about 1/sqrt(permutations). A text without
        shingles has the signature 2^32 - 1 throughout: it must not be compared.
    """
    multipliers, addends = seeds[:, :1], seeds[:, 1:]
    texts = len(offsets) - 1
    minima = np.full((texts, len(seeds)), np.iinfo(np.uint64).max, dtype=np.uint64)
    filled = np.flatnonzero(np.diff(offsets))
    starts = offsets[:-1][filled]
    values = np.empty((len(seeds), _BLOCK), dtype=np.uint64)
    for begin in range(0, len(hashes), _BLOCK):
        block = hashes[begin : begin + _BLOCK]
        permuted = values[:, : len(block)]
        np.multiply(multipliers, block, out=permuted)
        permuted += addends
        first = int(np.searchsorted(starts, begin, side="right")) - 1
        last = int(np.searchsorted(starts, begin + len(block), side="left"))
        cuts = np.maximum(starts[first:last] - begin, 0)
        # One text stands once in `filled`, so no row is written twice.
        rows = filled[first:last]
        minima[rows] = np.minimum(minima[rows], np.minimum.reduceat(permuted, cuts, axis=1).T)
    return (minima >> np.uint64(32)).astype(np.uint32)


def band_keys(signatures: UInt32Array, bands: int) -> UInt64Array:
    """Returns a 64-bit key for each band of each signature; shape (documents, bands)."""
    places = signatures.reshape(len(signatures), bands, -1)
    keys = np.zeros(places.shape[:2], dtype=np.uint64)
    for row in range(places.shape[2]):
        keys = mix(keys * np.uint64(0x9E3779B97F4A7C15) + places[:, :, row] + np.uint64(1))
    return keys


def candidate_pairs(keys: UInt64Array, *, all_pairs: int = ALL_PAIRS) -> Int64Array:
    """Returns the pairs of rows that agree in at least one band; shape (pairs, 2), each once, sorted.

    Rows must stand in the order of rank, best first. Up to `all_pairs` rows that share a
    band's key are paired with one another. In a longer run, which would have quadratic
    cost, each row is paired with the NEXT rows that follow it when the run is sorted by
    its other bands' keys (near-duplicates agree in most of them and stand side by side),
    and with the HEADS best rows of the run: at most 12 pairs for a row and band.
    """
    documents, bands = keys.shape
    found = [np.empty((0, 2), dtype=np.int64)]
    for band in range(bands if documents > 1 else 0):
        order = np.argsort(keys[:, band], kind="stable")
        column = keys[order, band]
        starts = np.flatnonzero(np.concatenate(([True], column[1:] != column[:-1])))
        sizes = np.diff(starts, append=documents)
        small = sizes <= all_pairs
        found += _pairs_within(order, starts[small], sizes[small])
        for begin, size in zip(starts[~small], sizes[~small], strict=True):
            run = order[begin : begin + size]
            others = [keys[run, (band + shift) % bands] for shift in range(bands - 1, 0, -1)]
            found.append(_pairs_of_long_run(run, np.lexsort(others) if others else np.arange(size)))
    pairs = np.sort(np.concatenate(found), axis=1)
    codes = np.unique(pairs[:, 0] * documents + pairs[:, 1])
    return np.stack((codes // documents, codes % documents), axis=1) if len(codes) else pairs


def _pairs_within(order: Int64Array, starts: Int64Array, sizes: Int64Array) -> list[Int64Array]:
    """Returns all pairs inside runs of `order`, run lengths handled together."""
    found = []
    for size in np.unique(sizes[sizes > 1]):
        runs = order[starts[sizes == size][:, None] + np.arange(size)]
        left, right = np.triu_indices(int(size), 1)
        found.append(np.stack((runs[:, left].ravel(), runs[:, right].ravel()), axis=1))
    return found


def _pairs_of_long_run(run: Int64Array, similar: Int64Array) -> Int64Array:
    """Returns the pairs of one run in order of rank; `similar` is its order by signature."""
    chain = run[similar]
    pairs = [np.stack((chain[:-step], chain[step:]), axis=1) for step in range(1, NEXT + 1)]
    for head in range(HEADS):
        pairs.append(np.stack((np.full(len(run) - head - 1, run[head]), run[head + 1 :]), axis=1))
    return np.concatenate(pairs)


def reject_margin(permutations_count: int) -> float:
    """Returns how far an estimate may lie below the true Jaccard similarity: five standard deviations.

    A pair whose signatures agree in less than (threshold - margin) of their places is not
    fetched for confirmation; a true pair is lost this way less than once in a million.
    """
    return 5 * 0.5 / math.sqrt(permutations_count)


def agreement(signatures: UInt32Array, pairs: Int64Array) -> npt.NDArray[np.float64]:
    """Returns the share of places in which the signatures of each pair agree; shape (pairs,)."""
    shares = np.empty(len(pairs))
    for begin in range(0, len(pairs), 4096):
        piece = pairs[begin : begin + 4096]
        shares[begin : begin + 4096] = (signatures[piece[:, 0]] == signatures[piece[:, 1]]).mean(axis=1)
    return shares
