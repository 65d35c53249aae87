"""How a MinHash signature is cut into bands: what a setting finds, and the best setting for a threshold."""

from __future__ import annotations

import functools


def chance_found(similarity: float, bands: int, rows: int) -> float:
    """Returns the chance that a pair of this Jaccard similarity agrees in all rows of at least one band."""
    return float(1.0 - (1.0 - similarity**rows) ** bands)


def midpoint(bands: int, rows: int) -> float:
    """Returns (1/bands)^(1/rows): about the similarity at which the chance to be found rises most steeply."""
    return float((1.0 / bands) ** (1.0 / rows))


@functools.cache
def best_bands(threshold: float, permutations: int) -> tuple[int, int]:
    """Returns (bands, rows), bands × rows <= permutations, with the least error about a threshold.

    The error is the area under the curve of `chance_found` below the threshold plus that above the
    curve beyond it. Of equal ones the setting with the fewest bands, then the fewest rows.

    Source: Zhu et al. 2016 (LSH Ensemble); the same choice as datasketch's `MinHashLSH` with weights of 0.5.
    """
    best = (float("inf"), 1, 1)
    for bands in range(1, permutations + 1):
        for rows in range(1, permutations // bands + 1):
            below = _area(0.0, threshold, bands, rows)
            beyond = (1.0 - threshold) - _area(threshold, 1.0, bands, rows)
            if below + beyond < best[0] - 1e-12:
                best = (below + beyond, bands, rows)
    return best[1], best[2]


#: Gauss–Legendre nodes and weights on [-1, 1], 5 points: exact for polynomials up to degree 9.
_NODES = (
    (0.0, 0.5688888888888889),
    (0.5384693101056831, 0.47862867049936647),
    (-0.5384693101056831, 0.47862867049936647),
    (0.906179845938664, 0.23692688505618908),
    (-0.906179845938664, 0.23692688505618908),
)
_PIECES = 12


def _area(begin: float, end: float, bands: int, rows: int) -> float:
    """Returns the integral of the chance between two similarities."""
    half = (end - begin) / _PIECES / 2
    total = 0.0
    for piece in range(_PIECES):
        centre = begin + (2 * piece + 1) * half
        total += sum(weight * chance_found(centre + half * node, bands, rows) for node, weight in _NODES)
    return total * half
