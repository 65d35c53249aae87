"""The coverage matrix: what each cell was to have, was asked for, and has."""

from __future__ import annotations

import collections
import dataclasses
from typing import Iterable, Sequence

from synth.variety.cells import Cell


@dataclasses.dataclass
class Filling:
    """How far a cell is filled.

    Attributes:
        asked: requests made for it.
        kept: records that it has.
        stale: kept records since the last one that was new.
        rejected: why the others were not kept, counted.
    """

    asked: int = 0
    open: int = 0
    kept: int = 0
    stale: int = 0
    rejected: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)


@dataclasses.dataclass(frozen=True)
class CoverageRow:
    """One line of the matrix: the values on some axes, and the sums over all cells that have them."""

    values: tuple[str, ...]
    cells: int
    target: int
    asked: int
    kept: int

    @property
    def filled(self) -> float:
        """The share of the target that is there."""
        return self.kept / self.target


def coverage(cells: Sequence[Cell], fillings: Sequence[Filling], axes: Sequence[str]) -> list[CoverageRow]:
    """Returns the matrix summed up over some of its axes, in the cells' order."""
    sums: dict[tuple[str, ...], list[int]] = {}
    for cell, filling in zip(cells, fillings, strict=True):
        row = sums.setdefault(tuple(cell.value(axis) for axis in axes), [0, 0, 0, 0])
        for place, number in enumerate((1, cell.target, filling.asked, filling.kept)):
            row[place] += number
    return [CoverageRow(values, *numbers) for values, numbers in sums.items()]


def empty_share(fillings: Iterable[Filling]) -> float:
    """Returns the share of cells that have nothing."""
    kept = [filling.kept for filling in fillings]
    return sum(number == 0 for number in kept) / len(kept) if kept else 0.0
