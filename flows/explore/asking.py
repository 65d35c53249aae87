"""What-ifs while one waits: the run's evidence is read once, each answer is that of `phimill whatif`."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import PhimillError, UsageError
from filters.judging.plan import Rule
from flows.report import histograms
from flows.report.published import Published
from flows.whatif.answer import Change, Outcome, answer, changes_between, rules_of
from flows.whatif.evidence import Evidence, read_evidence
from flows.whatif.export import recipe_with
from flows.whatif.question import Question
from flows.whatif.samples import border_samples

#: Verdicts of rules that are held in memory, a byte for each document.
HELD = 200


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar of a histogram, in the units of a box of 1000 × 100."""

    x: float
    width: float
    height: float
    low: float
    high: float
    documents: int


@dataclasses.dataclass(frozen=True)
class Slider:
    """A rule's bound as something that can be moved.

    Attributes:
        key: the setting, without its value: `filters.NAME.KEY`.
        bound: as the run had it, None if it was off; now: under the changes.
        low, high: ends of the slider.
        scale: `linear`, `log`, or `share` where the bound is a share of the pool's tokens.
        whole: whether values are whole numbers.
        bars: the signal over the documents that the rule looks at.
        judged: how many these are.
    """

    rule: Rule
    key: str
    bound: float | None
    now: float | None
    low: float
    high: float
    scale: str
    whole: bool
    bars: list[Bar]
    judged: int


class Asker:
    """Answers what-ifs on one run, from any thread."""

    def __init__(self, published: Published, folder: Path) -> None:
        self.published, self.folder = published, folder
        self._lock = threading.RLock()
        self._question: Question | None = None
        self._evidence: Evidence | None = None
        self._checked: set[Rule] = set()
        self._answers: dict[tuple[str, ...], dict[str, Any]] = {}

    @property
    def question(self) -> Question:
        """What can be asked.

        Raises:
            PhimillError: nothing can; it says why.
        """
        with self._lock:
            if self._question is None:
                self._question = Question(self.published, self.folder)
            return self._question

    def warm(self) -> None:
        """Reads what every answer needs, so that the first one comes at once."""
        with self._lock:
            try:
                evidence = self._read()
                Outcome.of(evidence, []).evidence.overlap(evidence.failing > 0)
            except PhimillError:
                return  # it is said where somebody asks

    def answer(self, settings: Sequence[str]) -> dict[str, Any]:
        """Returns what `phimill whatif --json` says of some settings, without samples and sweeps."""
        key = tuple(settings)
        with self._lock:
            if key not in self._answers:
                found = answer(self._outcome(settings))
                names = [self.question.setting(setting) or setting for setting in settings]
                self._answers[key] = {"name": self.published.manifest["name"], "settings": names, **found}
                while len(self._answers) > HELD:
                    del self._answers[next(iter(self._answers))]
            return self._answers[key]

    def samples(self, settings: Sequence[str], number: int) -> list[dict[str, Any]]:
        """Returns documents gained and lost that stand nearest to the changed bounds.

        Each document once on a side, with `values`: rule and measured value for each bound that it is near to.
        """
        with self._lock:
            found = border_samples(self._outcome(settings), self.published, self.folder, number)
        once: dict[tuple[str, str], dict[str, Any]] = {}
        for one in found:
            known = once.setdefault((one["side"], one["id"]), {**one, "values": []})
            known["values"].append((one["rule"], one["value"]))
        return list(once.values())

    def recipe(self, settings: Sequence[str]) -> str:
        """Returns the run's recipe under some settings, as YAML."""
        return recipe_with(self.question, self.published, settings, self.answer(settings))

    def slider(self, address: str, settings: Sequence[str]) -> Slider:
        """Returns a rule's bound as something to move.

        Raises:
            UsageError: no such rule, or none whose bound can be moved.
        """
        with self._lock:
            rule = next((rule for rule in self.question.plan.rules if rule.address == address), None)
            if rule is None or not self.can_move(rule):
                raise UsageError(f"{address}: no rule with a bound that can be moved")
            evidence = self._read()
            evidence.learn([rule])
            changed = self.question.ask(settings)
            then = next((one for one in changed.rules if one.address == address), None)
            if then is not None:
                evidence.learn([then])
            return _slider(evidence, rule, then)

    def can_move(self, rule: Rule) -> bool:
        """Whether a rule's bound can be set without measuring anew."""
        try:
            self.question.ask([f"filters.{rule.address}={_present(rule)}"])
        except UsageError:
            return False
        return True

    def _outcome(self, settings: Sequence[str]) -> Outcome:
        evidence = self._read()
        differing: list[Change] = changes_between(self.question.plan, self.question.ask(settings))
        rules = rules_of(differing)
        evidence.learn(rules)
        evidence.forget(HELD)
        unchecked = [rule for rule in rules if rule in self.question.plan.rules and rule not in self._checked]
        evidence.check(unchecked)
        self._checked.update(unchecked)
        return Outcome.of(evidence, differing)

    def _read(self) -> Evidence:
        if self._evidence is None:
            self._evidence = read_evidence(self.published, self.question.plan, ())
        return self._evidence


def _present(rule: Rule) -> str:
    """Returns a rule's bound as a setting has it."""
    if isinstance(rule.bound, str):
        return rule.bound.removeprefix("t") if rule.bound.startswith("t") else rule.bound
    return f"{rule.bound:.15g}"


def _slider(evidence: Evidence, rule: Rule, then: Rule | None) -> Slider:
    is_share = isinstance(rule.bound, str) and rule.bound.startswith("t")
    values = evidence.values(rule)
    number = evidence.number(rule)
    is_right = rule.compare in ("at_least", "below")
    sample = values[:: max(len(values) // 40_000, 1)]
    histogram = histograms.for_bound(sample, number, is_right, groups=1) if np.isfinite(number) else None
    low, high, bars = 0.0, 1.0, []
    if histogram is not None and not is_share:
        histogram.add(values, np.zeros(len(values), dtype=np.int64))
        low, high = float(histogram.edges[0]), float(histogram.edges[-1])
        bars = _bars(histogram)
    scale = "share" if is_share else "log" if histogram is not None and histogram.logarithmic else "linear"
    whole = histogram is not None and histogram.whole and not is_share
    return Slider(
        rule=rule,
        key=f"filters.{rule.address}",
        bound=float(str(rule.bound)[1:]) if is_share else _finite(number),
        now=None if then is None else float(str(then.bound)[1:]) if is_share else _finite(evidence.number(then)),
        low=low,
        high=high,
        scale=scale,
        whole=whole,
        bars=bars,
        judged=len(values),
    )


def _bars(histogram: histograms.Histogram) -> list[Bar]:
    """Returns the bars; heights by the square root, so that a thin tail is seen beside a tall peak."""
    edges = np.log(histogram.edges) if histogram.logarithmic else histogram.edges
    places = (edges - edges[0]) / (edges[-1] - edges[0]) * 1000
    counts = histogram.counts[0]
    top = np.sqrt(max(int(counts.max()), 1))
    return [
        Bar(
            x=round(float(places[place]), 2),
            width=round(float(places[place + 1] - places[place]), 2),
            height=round(float(np.sqrt(counts[place]) / top * 100), 2),
            low=float(histogram.edges[place]),
            high=float(histogram.edges[place + 1]),
            documents=int(counts[place]),
        )
        for place in range(len(counts))
    ]


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None
