"""How new the answers are: new programs per thousand, and openers that come again and again."""

from __future__ import annotations

import collections
import dataclasses
import re
from typing import Any, Iterable, Sequence

BLOCK = 1000
OPENER_WORDS = 5

#: Above this share of one opener a corpus sounds like one voice.
COLLAPSED_SHARE = 0.1

#: Fewer records say nothing about that.
LEAST_TO_COLLAPSE = 50


@dataclasses.dataclass(frozen=True)
class NoveltyPoint:
    """What a block of records brought that was new.

    Attributes:
        kept: records up to and including this block.
        skeletons, behaviours: how many of the block's records were the first of their kind, for 1,000 records.
    """

    kept: int
    skeletons: float
    behaviours: float


class NoveltyMeter:
    """Counts first occurrences, in the order of arrival."""

    def __init__(self, block: int = BLOCK) -> None:
        self._block = block
        self._known: dict[str, set[str]] = {"skeleton": set(), "behaviour": set()}
        self._new: dict[str, list[bool]] = {"skeleton": [], "behaviour": []}

    def add(self, skeleton: str, behaviour: str) -> dict[str, bool]:
        """Takes one record in; returns whether its skeleton and its behaviour are new ("" is never new)."""
        found = {}
        for name, value in (("skeleton", skeleton), ("behaviour", behaviour)):
            found[name] = bool(value) and value not in self._known[name]
            self._known[name].add(value)
            self._new[name].append(found[name])
        return found

    def distinct(self, by: str) -> int:
        """Returns how many different ones there were."""
        return sum(self._new[by])

    def curve(self) -> list[NoveltyPoint]:
        """Returns the novelty block by block; the last block may be shorter."""
        found = []
        total = len(self._new["skeleton"])
        for start in range(0, total, self._block):
            end = min(start + self._block, total)
            rates = [sum(self._new[name][start:end]) * 1000 / (end - start) for name in ("skeleton", "behaviour")]
            found.append(NoveltyPoint(end, *rates))
        return found


def opener_of(text: str) -> str:
    """Returns a text's first five words in lower case, without headings' and code's signs."""
    return " ".join(re.findall(r"[^\W_]+", text.lower())[:OPENER_WORDS])


def opener_shares(openers: Iterable[str], most: int = 10) -> list[tuple[str, float]]:
    """Returns the most frequent openers with their shares; the first share is the collapse meter's reading."""
    counts = collections.Counter(openers)
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(opener, count / total) for opener, count in ranked[:most]]


def summary(meter: NoveltyMeter, openers: Sequence[str]) -> dict[str, Any]:
    """Returns all readings as plain values, for facts and reports."""
    shares = opener_shares(openers)
    return {
        "skeletons": meter.distinct("skeleton"),
        "behaviours": meter.distinct("behaviour"),
        "curve": [dataclasses.asdict(point) for point in meter.curve()],
        "top_opener_share": shares[0][1] if shares else 0.0,
        "openers": [{"opener": opener, "share": share} for opener, share in shares],
    }
