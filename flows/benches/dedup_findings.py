"""What a tool found of planted copies, how fast and in how much memory: as numbers, as tables."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections import Counter
from typing import Any

from data.banding import chance_found
from flows.benches.dedup_sides import BANDS, ROWS
from flows.benches.planted import Planted

#: Similarities that recall is stated for: from the first up to the second; equal texts apart.
LEVELS = ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0), (1.0, 1.1))
THRESHOLD = 0.7


@dataclasses.dataclass(frozen=True)
class Result:
    """What one tool did.

    Attributes:
        name: the tool's.
        seconds: processor seconds, one for each turn.
        peak_megabytes, added_megabytes: the process's peak, and what the work added to it; means of the turns.
        found, planted: pairs by level.
        expected: share of pairs that banding finds on average, by level; null where there are none.
        precision: share of the dropped documents that have a copy of at least THRESHOLD, and of at least 0.5.
    """

    name: str
    seconds: list[float]
    peak_megabytes: float
    added_megabytes: float
    found: list[int]
    planted: list[int]
    expected: list[float | None]
    precision: tuple[float, float]

    @property
    def recall(self) -> list[float | None]:
        """The share of planted pairs found, by level."""
        return [found / planted if planted else None for found, planted in zip(self.found, self.planted, strict=True)]


def judge(name: str, turns: list[dict[str, Any]], planted: Planted) -> Result:
    """Returns what a tool did: its turns' times, and its first turn's decisions held against the planted pairs."""
    labels = turns[0]["labels"]
    joined = [(similarity, labels[left] == labels[right]) for left, right, similarity in planted.pairs]
    found, total, expected = [], [], []
    for low, high in LEVELS:
        level = [(similarity, hit) for similarity, hit in joined if low <= similarity < high]
        found.append(sum(hit for _, hit in level))
        total.append(len(level))
        chances = [chance_found(similarity, BANDS, ROWS) for similarity, _ in level]
        expected.append(statistics.fmean(chances) if chances else None)
    dropped = sum(size - 1 for size in Counter(labels).values())
    right = [sum(hit for similarity, hit in joined if similarity >= least) for least in (THRESHOLD, 0.5)]
    return Result(
        name,
        [turn["seconds"] for turn in turns],
        statistics.fmean(turn["peak_megabytes"] for turn in turns),
        statistics.fmean(turn["added_megabytes"] for turn in turns),
        found,
        total,
        expected,
        (right[0] / dropped if dropped else 1.0, right[1] / dropped if dropped else 1.0),
    )


def outside(result: Result, level: int) -> bool:
    """Returns whether recall at a level is below what banding finds by more than three standard deviations."""
    expected, total = result.expected[level], result.planted[level]
    if expected is None or LEVELS[level][0] < THRESHOLD:
        return False
    deviation = math.sqrt(expected * (1 - expected) / total)
    return result.found[level] / total < expected - 3 * deviation - 1e-9


def ratio(result: Result, ours: Result) -> float:
    """Returns how many times longer a tool takes than phimill: the median over turns."""
    return statistics.median(theirs / mine for theirs, mine in zip(result.seconds, ours.seconds, strict=True))


def to_json(results: list[Result], planted: Planted) -> dict[str, Any]:
    """Returns the results, phimill's first, as JSON."""
    ours, documents, megabytes = results[0], len(planted.texts), planted.megabytes
    rows = []
    for result in results:
        seconds = statistics.median(result.seconds)
        rows.append(
            {
                **dataclasses.asdict(result),
                "recall": result.recall,
                "documents_per_second": round(documents / seconds, 1),
                "megabytes_per_second": round(megabytes / seconds, 3),
                "ratio": round(ratio(result, ours), 2),
            }
        )
    return {"documents": documents, "megabytes": megabytes, "levels": LEVELS, "tools": rows}


def show(results: list[Result], planted: Planted) -> None:
    """Prints the results, phimill's first, as two tables: speed, and what was found."""
    from flows.terminal import new_table, open_console

    documents, megabytes = len(planted.texts), planted.megabytes
    speed = new_table("", "documents/s>", "MB/s>", "phimill is>", "peak MB>", "added MB>")
    for result in results:
        seconds = statistics.median(result.seconds)
        speed.add_row(
            result.name,
            f"{documents / seconds:,.0f}",
            f"{megabytes / seconds:.2f}",
            f"{ratio(result, results[0]):.1f}×" if result is not results[0] else "",
            f"{result.peak_megabytes:,.0f}",
            f"{result.added_megabytes:,.0f}",
        )
    levels = [f"{low:g}+>" if low < 1 else "equal>" for low, _ in LEVELS]
    hits = new_table("", *levels, "right>", "of .5>")
    for result in results:
        recall = [
            "" if share is None else f"{share:.3f}" + ("!" if outside(result, place) else "")
            for place, share in enumerate(result.recall)
        ]
        hits.add_row(result.name, *recall, *(f"{share:.3f}" for share in result.precision))
    expected = ["" if share is None else f"{share:.3f}" for share in results[0].expected]
    hits.add_row("the curve", *expected, "", "")
    hits.add_row("pairs", *(f"{total:,}" for total in results[0].planted), "", "")
    console = open_console()
    console.print(f"{documents:,} documents, {megabytes:.1f} MB:")
    console.print(speed)
    console.print("Planted pairs found, by true Jaccard similarity; dropped documents that are copies:")
    console.print(hits)
    console.print(
        f"One processor. right: of {THRESHOLD:g} or more. !: over three deviations below 1 - (1 - J^{ROWS})^{BANDS}. "
        f"phimill confirms pairs: it leaves those below {THRESHOLD:g} alone."
    )
