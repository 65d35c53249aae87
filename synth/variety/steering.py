"""What to ask for next: the thinnest cell first, and nothing more once the answers stop being new."""

from __future__ import annotations

import copy
import heapq
import math
from typing import Any, Sequence

from data.keyed import keyed_unit
from synth.plans import Outcome
from synth.specs import ExerciseSpec
from synth.variety.cells import cells_of, draw_in
from synth.variety.coverage import CoverageRow, Filling, coverage, empty_share
from synth.variety.files import VarietyFile
from synth.variety.novelty import COLLAPSED_SHARE, LEAST_TO_COLLAPSE, NoveltyMeter, opener_shares, summary


class Steering:
    """A plan that fills cells evenly.

    The order depends on what became of earlier requests, and on nothing else: the same outcomes
    give the same plan, so an interrupted run that has them in its journal plans the same again.

    Args:
        file: the specification of variety.
        seed: another one gives other requests.
        documents: the seed documents, in a fixed order.
    """

    def __init__(self, file: VarietyFile, seed: int, documents: Sequence[str] = ()) -> None:
        self.file, self.seed, self.documents = file, seed, documents
        self.cells = cells_of(file)
        self.fillings = [Filling() for _ in self.cells]
        self.meter = NoveltyMeter()
        self.openers: list[str] = []
        self._starts: list[float] = keyed_unit(seed, "cells", [cell.key for cell in self.cells]).tolist()
        self._places: dict[int, int] = {}
        self._kept = 0
        self._news: list[bool] = []  # of each sound record, kept or a duplicate of one: whether it was new

    @property
    def finished(self) -> str:
        """Why there is nothing more to ask for; "" if there is."""
        novelty = self.file.variety.novelty
        if self._kept >= self.file.variety.budget.kept:
            return "the budget of records is reached"
        last = self._news[-novelty.window :]
        rate = sum(last) * 1000 / len(last) if len(last) == novelty.window else None
        if rate is not None and rate < novelty.floor_per_1000:
            return (
                f"novelty fell to {rate:.0f} new {novelty.by}s in 1,000 records, "
                f"below the floor of {novelty.floor_per_1000}"
            )
        if not any(self._wants(number) for number in range(len(self.cells))):
            return "every cell is full or was given up"
        return ""

    def plan(self, number: int) -> list[ExerciseSpec]:
        """Returns up to `number` specifications, each for the cell that is thinnest once those before it count."""
        if self.finished:
            return []
        number = min(number, self._needed())
        queue = [(self._fullness(place), place) for place in range(len(self.cells)) if self._wants(place)]
        heapq.heapify(queue)
        specs: list[ExerciseSpec] = []
        while queue and len(specs) < number:
            _, place = heapq.heappop(queue)
            filling = self.fillings[place]
            spec = draw_in(self.file, self.cells[place], self.seed, filling.asked, self.documents)
            filling.asked += 1
            filling.open += 1
            self._places[spec.seed] = place
            specs.append(spec)
            if self._wants(place):
                heapq.heappush(queue, (self._fullness(place), place))
        return specs

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Takes in what became of those planned before, in their order."""
        for outcome in outcomes:
            filling = self.fillings[self._places[outcome.spec.seed]]
            filling.open -= 1
            if not outcome.kept:
                filling.rejected[outcome.reason] += 1
                if "duplicate" in outcome.reason:  # paid for, and nothing new
                    self._news.append(False)
                    filling.stale += 1
                continue
            filling.kept += 1
            self._kept += 1
            self.openers.append(outcome.opener)
            # Prose has neither skeleton nor behaviour: its opener says whether it is new.
            new = self.meter.add(outcome.skeleton or outcome.opener, outcome.behaviour or outcome.skeleton)
            self._news.append(new[self.file.variety.novelty.by])
            filling.stale = 0 if self._news[-1] else filling.stale + 1

    def coverage(self, axes: Sequence[str] = ()) -> list[CoverageRow]:
        """Returns the coverage matrix, summed up over the axes that are not named; default: every cell."""
        return coverage(self.cells, self.fillings, axes or self.file.variety.cells)

    def facts(self, outcomes: Sequence[Outcome] | None = None) -> dict[str, Any]:
        """Returns coverage, novelty and openers as plain values, for the manifest and the report.

        Args:
            outcomes: everything that was asked for. Of a round that was not asked to its end the plan itself has
                learned nothing yet; None: what it has learned.
        """
        if outcomes is not None:
            return self._after(outcomes).facts()
        shares = opener_shares(self.openers, 1)
        return {
            "specification": self.file.variety.name,
            "cells": len(self.cells),
            "empty_cells_share": empty_share(self.fillings),
            "finished": self.finished,
            "collapsed": bool(shares) and len(self.openers) >= LEAST_TO_COLLAPSE and shares[0][1] > COLLAPSED_SHARE,
            "coverage": [
                {
                    "cell": dict(cell.values),
                    "target": cell.target,
                    "asked": filling.asked,
                    "kept": filling.kept,
                    "rejected": dict(sorted(filling.rejected.items())),
                }
                for cell, filling in zip(self.cells, self.fillings, strict=True)
            ],
            **summary(self.meter, self.openers),
        }

    def _after(self, outcomes: Sequence[Outcome]) -> Steering:
        """Returns a plan of the same cells that has seen these outcomes and nothing else."""
        seen = copy.copy(self)
        seen.fillings, seen.meter, seen.openers = [Filling() for _ in self.cells], NoveltyMeter(), []
        seen._kept, seen._news = 0, []
        for outcome in outcomes:
            filling = seen.fillings[self._places[outcome.spec.seed]]
            filling.asked += 1
            filling.open += 1
        seen.learn(outcomes)
        return seen

    def _fullness(self, place: int) -> float:
        """Returns how full a cell would be if all that is on its way were kept; stale ones count as fuller.

        Cells start with different fractions of a record, so that a run that ends early has asked
        for each kind and topic by its share, and not for the first cells only.
        """
        filling, share = self.fillings[place], self.cells[place].share
        return (filling.kept + filling.open + filling.stale / 2 + self._starts[place]) / share

    def _wants(self, place: int) -> bool:
        cell, filling = self.cells[place], self.fillings[place]
        tries = math.ceil(cell.target * self.file.variety.budget.most_tries)
        return filling.kept + filling.open < cell.target and filling.asked < tries

    def _needed(self) -> int:
        """Returns how many records are still wished for beside those on their way."""
        on_way = sum(filling.open for filling in self.fillings)
        return max(0, self.file.variety.budget.kept - self._kept - on_way)
