"""`phimill dedup curve`: which similarity is found with which chance, before anything is signed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from data.banding import chance_found, midpoint
from data.deduplication import Deduplicate

#: Similarities that people ask about.
MARKS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)

_STEPS = 10_000
_EIGHTHS = " ▁▂▃▄▅▆▇█"


@dataclasses.dataclass(frozen=True)
class Curve:
    """What bands and rows find of pairs of a similarity, independent rows assumed.

    Attributes:
        bands, rows: of the signature.
        threshold: what is meant to be found, and what confirmation demands.
        confirmed: whether pairs below it are thrown out again.
    """

    bands: int
    rows: int
    threshold: float
    confirmed: bool = True

    @classmethod
    def of(cls, settings: Deduplicate) -> Curve:
        """Returns the curve of a recipe's settings."""
        return cls(settings.bands, settings.rows, settings.threshold, settings.confirm)

    def chance(self, similarity: float) -> float:
        """Returns the chance that a pair of this similarity becomes a candidate: 1 - (1 - s^rows)^bands."""
        return chance_found(similarity, self.bands, self.rows)

    @property
    def half(self) -> float:
        """The similarity that is found every other time."""
        return float((1.0 - 0.5 ** (1.0 / self.bands)) ** (1.0 / self.rows))

    @property
    def false_positive_weight(self) -> float:
        """The area under the curve below the threshold: candidates in vain, were all similarities as frequent."""
        return self._area(0.0, self.threshold)

    @property
    def false_negative_weight(self) -> float:
        """The area above the curve beyond the threshold: duplicates missed, were all similarities as frequent."""
        return (1.0 - self.threshold) - self._area(self.threshold, 1.0)

    def _area(self, begin: float, end: float) -> float:
        at = np.linspace(begin, end, _STEPS + 1)
        return float(np.trapezoid(1.0 - (1.0 - at**self.rows) ** self.bands, at))

    def to_json(self) -> dict[str, Any]:
        """Returns everything that is shown."""
        return {
            "bands": self.bands,
            "rows": self.rows,
            "permutations": self.bands * self.rows,
            "threshold": self.threshold,
            "confirmed": self.confirmed,
            "half": round(self.half, 4),
            "steepest": round(midpoint(self.bands, self.rows), 4),
            "recall": {f"{mark:.2f}": round(self.chance(mark), 4) for mark in MARKS},
            "false_positive_weight": round(self.false_positive_weight, 4),
            "false_negative_weight": round(self.false_negative_weight, 4),
        }


def plot(curve: Curve, width: int = 64, height: int = 12) -> list[str]:
    """Returns the curve as lines of characters: similarity from left to right, chance from bottom to top."""
    levels = [round(8 * height * curve.chance((place + 0.5) / width)) for place in range(width)]
    lines = []
    for line in range(height, 0, -1):
        cells = "".join(_EIGHTHS[min(8, max(0, level - 8 * (line - 1)))] for level in levels)
        share = f"{line / height:>4.0%}" if line in (height, height // 2) else "    "
        lines.append(f"{share} ┤{cells}".rstrip())
    lines.append("     └" + "─" * width)
    numbers = [" "] * (width + 4)
    for tick in range(0, 11, 2):
        place = round(width * tick / 10)
        numbers[place : place + 3] = f"{tick / 10:.1f}"
    lines.append("     " + "".join(numbers).rstrip() + "  Jaccard")
    return lines


def describe(curve: Curve) -> str:
    """Returns the plot and the numbers."""
    facts = curve.to_json()
    recall = "   ".join(f"{mark} {chance:.1%}" for mark, chance in facts["recall"].items())
    below = "are thrown out again, by their true similarity" if curve.confirmed else "stay: pairs are not confirmed"
    lines = [
        f"{curve.bands} bands × {curve.rows} rows = {curve.bands * curve.rows} permutations",
        "",
        *plot(curve),
        "",
        f"found   {recall}",
        f"half    every other pair of similarity {curve.half:.3f} is found; steepest at {facts['steepest']:.3f}",
        f"false   positives {curve.false_positive_weight:.4f}, negatives {curve.false_negative_weight:.4f}"
        f" (areas about the threshold {curve.threshold:g}); candidates below it {below}",
    ]
    return "\n".join(lines)


def draw(curve: Curve, target: Path) -> None:
    """Draws the curve into a file; its name says whether as PNG, SVG or HTML."""
    from flows.report.recall_chart import write_chart

    similarities = [place / 200 for place in range(201)]
    write_chart(target, [(at, curve.chance(at)) for at in similarities], curve.to_json())
