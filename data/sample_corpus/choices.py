"""Choices of the sample corpus: keyed hashes, so that every call makes the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from data.keyed import keyed_hash

SEED = 2306_11644  # the number of the paper that phimill follows; any constant would do

T = TypeVar("T")


def number(stage: str, key: str, below: int) -> int:
    """Returns a number in [0, below) that depends on stage and key alone."""
    return keyed_hash(SEED, f"sample/{stage}", key) % below


def pick(stage: str, key: str, options: Sequence[T]) -> T:
    """Returns one of the options."""
    return options[number(stage, key, len(options))]


def ranked(stage: str, items: Iterable[T], key: Callable[[T], str]) -> list[T]:
    """Returns the items in an order that looks random; ties are broken by the key itself."""
    return sorted(items, key=lambda item: (keyed_hash(SEED, f"sample/{stage}", key(item)), key(item)))
