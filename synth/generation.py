"""Exercises from a teacher, round by round: planned, asked for, read, repaired, run, kept.

Every request is a row, whatever became of it. Rows depend on the settings, the seed and the
replies alone: no times, no ports, no order of arrival. Rounds have one size, however many are
wished for, so that a larger wish later asks for the same first ones, which the journal has.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any, Callable, Sequence

import pyarrow as pa

from data.recipe import Synthesise, Teacher
from data.schema import to_table
from synth.asking import Asker
from synth.budget import price_of
from synth.builtin.faults import FaultRates, rates_of
from synth.examining import Examined, examine_record, with_tests
from synth.figures import figures_of, limits_of
from synth.journal import Journal
from synth.kinds.registry import find_kind
from synth.novelty import Novelty
from synth.plans import DocumentPlan, Outcome, PlainPlan, Plan
from synth.prompts import Prompts
from synth.questions import Questions
from synth.rows import Item, facts_of, row_of
from synth.sandbox.sandbox import Sandbox
from synth.shared_answers import SharedAnswers
from synth.specs import ExerciseSpec
from synth.tally import Tally

ROUND = 64
ROUND_IN_BATCH = 2000  # a batch may take a day, whatever its size
_OPENER_WORDS = 5


class Generation:
    """One wish for exercises on its way; a context manager.

    Args:
        settings: the recipe's section; `exercises` is how many requests are wished for.
        seed: the recipe's seed; another one asks for other exercises.
        journal: the request ledger. What it has settled is not asked again.
        rates: how often the built-in teacher is wrong on purpose; default: as the settings say.
        plan: what to ask for; default: topics and kinds in turn.
        shared: answers of other runs.
        on_change: called whenever the tally has changed.
        find_leak: given a record's text, code and the kind of its document, says what of a benchmark it repeats; "":
            nothing.
        examine: runs a record and weighs what that shows; default: `examine_record`.

    Attributes:
        items: everything asked for so far, decided, in order.
        tally: how it stands.
        price: of the teacher's tokens; None if unknown.
        novelty: what was kept so far, and what earlier runs shipped.
        ended: why it ended before its wish was fulfilled; "" if it did not.
    """

    def __init__(
        self,
        settings: Synthesise,
        seed: int,
        journal: Path,
        *,
        rates: FaultRates | None = None,
        plan: Plan | None = None,
        shared: SharedAnswers | None = None,
        on_change: Callable[[Tally], None] = lambda tally: None,
        examine: Callable[..., Examined] | None = None,
        find_leak: Callable[[str, str, str], str] = lambda text, code, kind: "",
    ) -> None:
        self.examine, self.find_leak = examine or examine_record, find_leak
        self.settings, self.rates = settings, rates or rates_of(settings.teacher)
        self.prompts = Prompts(Path(settings.prompts) if settings.prompts else None)
        self.plan: Plan = plan or PlainPlan(seed, settings.topics, settings.kinds)
        self.journal = Journal(journal, shared)
        self.items: list[Item] = []
        self.ended = ""
        self.on_change = on_change
        self.price = price_of(settings.teacher)
        self.tally = Tally(settings.exercises, usd_known=self.price is not None)
        self._steers = not isinstance(self.plan, (PlainPlan, DocumentPlan))
        self._round: list[ExerciseSpec] = []  # planned, not yet asked for
        self._unlearned: list[Item] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Generation:
        try:
            self._stack.enter_context(self.journal)
            shipped = Path(self.settings.shipped) if self.settings.shipped else None
            caps = (self.settings.max_per_skeleton, self.settings.max_per_behaviour)
            self.novelty = Novelty(*caps, shipped, self.journal.name if shipped else "")
            second = solver_of(self.settings)
            self.asker = self._stack.enter_context(Asker(self.settings.teacher, self.journal, self.rates))
            solver = self._stack.enter_context(Asker(second, self.journal, self.rates)) if second else self.asker
            self.questions = Questions(self.settings, self.prompts, self.asker, solver, self._answered)
            self.sandbox = self._stack.enter_context(Sandbox())
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def left(self) -> int:
        """How many requests are still to be made."""
        return self.settings.exercises - len(self.items)

    def run(self) -> None:
        """Makes all requests that are wished for, unless there is nothing more to ask for."""
        while self.left > 0 and not self.ended:
            # A batch takes as long for a thousand requests as for one.
            items = self.step(self.left if self.settings.teacher.batch else min(ROUND, self.left))
            if self._steers and items and all(item.reason == "budget_exhausted" for item in items):
                self.ended = f"{self.journal.cap_reached} is reached"

    def step(self, number: int) -> list[Item]:
        """Makes up to so many more requests, all the way to their verdicts; returns them."""
        items = [self.questions.item(spec, len(self.items) + place) for place, spec in enumerate(self._specs(number))]
        origins: dict[int, str] = getattr(self.plan, "origins", {})
        for item in items:
            item.document = origins.get(item.spec.seed, "")
        self.tally.planned += len(items)
        self.questions.ask(items)
        self._examine(items)
        self.items += items
        self._learn(items)
        charges = self.journal.charges([key for item in items for key in item.keys])
        for item in items:
            item.nano_usd = sum(charges[key] for key in item.keys)
        return items

    def table(self) -> pa.Table:
        """Returns one row (DOCUMENT_SCHEMA) for each request, in the requests' order."""
        return to_table([row_of(self.asker, self.prompts, item) for item in self.items])

    def facts(self) -> dict[str, Any]:
        """Returns counts, spending and identities, for the manifest."""
        facts = facts_of(self.asker, self.prompts, self.items)
        outcomes = [outcome_of(item) for item in self.items]
        spent = self.journal.spent([key for item in self.items for key in item.keys])
        facts |= figures_of(self.items, outcomes, spent) | {"caps": limits_of(self.settings.teacher)}
        told = getattr(self.plan, "facts", None)
        more = {"variety": told(outcomes)} if told else {}
        stopped = any(item.reason == "budget_exhausted" for item in self.items)
        cap = (self.journal.cap_reached or "max_requests") if stopped else None
        return {**facts, "ended": self.ended or None, "cap_reached": cap, **more}

    def _specs(self, number: int) -> list[ExerciseSpec]:
        """Returns up to so many specifications; of one round only, if the plan learns from round to round."""
        found: list[ExerciseSpec] = []
        while len(found) < number and not (found and self._steers):
            if not self._round:
                if self.plan.finished:
                    self.ended = self.plan.finished
                    break
                self._round = self.plan.plan(ROUND_IN_BATCH if self.settings.teacher.batch else ROUND)
                if not self._round:
                    self.ended = self.plan.finished or "there was nothing more to ask for"
                    break
            wanted = number - len(found)
            found += self._round[:wanted]
            self._round = self._round[wanted:]
        return found

    def _learn(self, items: Sequence[Item]) -> None:
        """Tells the plan about a round when all of it is decided, in its order."""
        self._unlearned += items
        if self._round:
            return
        self.plan.learn([outcome_of(item) for item in self._unlearned])
        self._unlearned = []

    def _examine(self, items: list[Item]) -> None:
        """Runs all records that could be read, as many at a time as there are processors, and decides about each.

        Those that could not be read are decided at once, the others in their order: as soon as each was run, or, where
        second solutions are wished for, when all were.
        """
        todo = [item for item in items if item.parsed.record is not None and not item.reason]
        self.tally.examined += len(items) - len(todo)
        for item in items:
            if item.parsed.record is None or item.reason:
                self._decide(item)

        def examine(item: Item) -> Examined:
            assert item.parsed.record is not None
            return self.examine(item.parsed.record, item.spec, self.settings, self.sandbox, item.second)

        with concurrent.futures.ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)))) as pool:
            for item, examined in zip(todo, pool.map(examine, todo), strict=True):
                item.examined = examined
                self.tally.examined += 1
                self._changed()
                if not self.questions.solves_again:
                    self._decide_examined(item)
            if self.questions.solves_again:
                solved = self.questions.solve_again(todo)
                for item, examined in zip(solved, pool.map(examine, solved), strict=True):
                    item.examined = examined
                for item in todo:
                    self._decide_examined(item)

    def _decide_examined(self, item: Item) -> None:
        """Gives a record the tests that it needs, and decides about it."""
        if item.parsed.record is not None and item.examined is not None:
            record = with_tests(item.parsed.record, item.examined.added)
            item.parsed = dataclasses.replace(item.parsed, record=record)
        self._decide(item)

    def _decide(self, item: Item) -> None:
        """Decides about a record; of equal ones the first that passes is kept."""
        examined = item.examined
        if examined is not None and not item.reason:
            if examined.reason:
                item.reason, item.detail = examined.reason, examined.detail
            else:
                item.detail = self._leak(item)
                item.reason = "contaminated" if item.detail else self._met(item, examined)
        self.tally.decide(item.spec.topic, item.spec.kind, item.reason)
        self.tally.shared += item.answer.origin == "shared"
        self.tally.tokens += sum(item.answer.usage or ())
        self._changed()

    def _leak(self, item: Item) -> str:
        """Returns what of a benchmark a record repeats; "" if nothing."""
        record = item.parsed.record
        return self.find_leak(record.text, record.code, find_kind(item.spec.kind).document_kind) if record else ""

    def _met(self, item: Item, examined: Examined) -> str:
        """Returns why a record that could be kept is not new; "" if it is."""
        text = item.parsed.record.text if item.parsed.record else ""
        marks = (examined.form, examined.skeleton, examined.behaviour)
        return self.novelty.meet(item.request.key, item.spec.kind, *marks, text)

    def _answered(self) -> None:
        self.tally.answered += 1
        self._changed()

    def _changed(self) -> None:
        self.tally.nano_usd, self.tally.reserved = self.journal.nano_usd, self.journal.reserved
        self.on_change(self.tally)


def solver_of(settings: Synthesise) -> Teacher | None:
    """Returns who is asked for second solutions, if that is another teacher; the first one's caps hold for it."""
    solver, first = settings.second_teacher, settings.teacher
    if solver is None:
        return None
    caps = ("max_usd", "max_requests", "max_total_tokens", "max_seconds", "replay", "resend_in_doubt")
    solver = solver.model_copy(update={name: getattr(first, name) for name in caps if not getattr(solver, name)})
    price_of(solver)
    return solver


def outcome_of(item: Item) -> Outcome:
    """Returns what a plan learns about a request."""
    record, examined = item.parsed.record, item.examined or Examined()
    opener = " ".join(record.text.split()[:_OPENER_WORDS]) if record else ""
    return Outcome(item.spec, not item.reason, item.reason, examined.skeleton, examined.behaviour, opener)
