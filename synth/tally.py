"""How a generation stands: what was asked, answered, run, kept and rejected, cell by cell, and what it has cost."""

from __future__ import annotations

import collections
import dataclasses


@dataclasses.dataclass
class Tally:
    """Numbers for whoever watches; they are true at every moment, but no record: that is the journal.

    Attributes:
        total: requests that are wished for.
        planned, answered, examined: how many have come so far.
        kept: of those that are decided.
        rejected: reason → how many.
        cells: (topic, kind) → [decided, kept].
        nano_usd, reserved: charged so far, and what of that is the worst case of open calls.
        usd_known: whether a price is known.
        tokens: prompt and reply tokens of what was answered.
        shared: answers that another run had paid for.
    """

    total: int
    planned: int = 0
    answered: int = 0
    examined: int = 0
    kept: int = 0
    rejected: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    cells: dict[tuple[str, str], list[int]] = dataclasses.field(default_factory=dict)
    nano_usd: int = 0
    reserved: int = 0
    usd_known: bool = True
    tokens: int = 0
    shared: int = 0

    @property
    def decided(self) -> int:
        """Requests of which it is known whether they are kept."""
        return self.kept + sum(self.rejected.values())

    @property
    def steps(self) -> int:
        """Answers and verdicts, each half of the work, as a number of requests that are done."""
        return min(self.total, (self.answered + self.examined) // 2)

    def decide(self, topic: str, kind: str, reason: str) -> None:
        """Counts one request that is done."""
        cell = self.cells.setdefault((topic, kind), [0, 0])
        cell[0] += 1
        if reason:
            self.rejected[reason] += 1
        else:
            self.kept += 1
            cell[1] += 1

    def forecast_usd(self) -> float | None:
        """Returns what the whole will cost if it goes on as it went; None before the first answer."""
        if not self.answered or not self.usd_known:
            return None
        return (self.nano_usd - self.reserved) / 1e9 * self.total / self.answered
