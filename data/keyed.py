"""Choices that look random and never change: keyed hashes of (seed, stage, document id).

No generator is shared, so neither order nor the number of workers can alter a choice.
"""

from __future__ import annotations

from typing import Iterable

import numpy as np
import numpy.typing as npt
import xxhash


def keyed_hash(seed: int, stage: str, key: str) -> int:
    """Returns 64 bits that depend on nothing but the three arguments."""
    return xxhash.xxh3_64_intdigest(f"{seed}\x00{stage}\x00{key}".encode("utf-8", "surrogatepass"))


def keyed_unit(seed: int, stage: str, keys: Iterable[str]) -> npt.NDArray[np.float64]:
    """Returns for each key a number in [0, 1), uniform over keys; shape (len(keys),)."""
    hashes = np.fromiter((keyed_hash(seed, stage, key) for key in keys), dtype=np.uint64)
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53
