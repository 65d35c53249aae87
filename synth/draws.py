"""A stream of choices from a keyed hash: the same key gives the same choices everywhere."""

from __future__ import annotations

from typing import Sequence, TypeVar

from data.keyed import keyed_hash

T = TypeVar("T")


class Draws:
    """Choices that depend on (seed, stage, key) and on how many were drawn before, on nothing else."""

    def __init__(self, seed: int, stage: str, key: str) -> None:
        self._seed, self._stage, self._key, self._drawn = seed, stage, key, 0

    def bits(self) -> int:
        """Returns the next 64 bits."""
        self._drawn += 1
        return keyed_hash(self._seed, self._stage, f"{self._key}\x00{self._drawn}")

    def below(self, bound: int) -> int:
        """Returns an integer in [0, bound); bound must be at least 1."""
        return self.bits() * bound >> 64

    def between(self, low: int, high: int) -> int:
        """Returns an integer in [low, high]."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        """Returns True in this share of draws."""
        return (self.bits() >> 11) * 2.0**-53 < share

    def choice(self, items: Sequence[T]) -> T:
        """Returns one of the items."""
        return items[self.below(len(items))]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Returns up to `count` different items, in drawn order."""
        pool = list(items)
        return [pool.pop(self.below(len(pool))) for _ in range(min(count, len(pool)))]
