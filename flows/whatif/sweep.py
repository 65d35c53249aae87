"""Sweeps: one bound at many values, one answer each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from data.errors import UsageError
from filters.judging.plan import Plan
from flows.whatif.answer import Change, Outcome, changes_between, describe
from flows.whatif.evidence import Evidence
from flows.whatif.question import Question

#: Values in one sweep, at most.
MOST_VALUES = 1000

_EXPECTED = (
    "expected ADDRESS=START:STOP:STEP, such as gopher-quality.min_words=20:100:10 or quality.min_quality=p10:p90:p10"
)


class Sweep:
    """A bound's address, the values it is to have, and the plan at each.

    Raises:
        UsageError: not of the form ADDRESS=START:STOP:STEP, or no such bound.
    """

    def __init__(self, question: Question, text: str, changes: Sequence[str]) -> None:
        self.text = text
        key, _, span = text.partition("=")
        key = key.strip()
        self.values = steps(text, span)
        self.plans = [question.ask([*changes, f"{key}={value}"]) for value in self.values]
        self.base = question.ask(changes)
        self.address, self.setting = question.address(key), question.setting(f"{key}=0").partition("=")[0]
        if not any(rule.address == self.address for plan in self.plans for rule in plan.rules):
            raise UsageError(f"--sweep {text}: {self.address} is not the bound of a rule; {_EXPECTED}")

    def changes(self, now: Plan) -> list[list[Change]]:
        """Returns what differs from the present plan at each value."""
        return [changes_between(now, plan) for plan in self.plans]

    def answer(self, evidence: Evidence, now: Plan) -> dict[str, Any]:
        """Returns a row for each value and one for the bound as it is without the sweep."""
        rows = []
        for value, plan in zip((None, *self.values), (self.base, *self.plans), strict=True):
            outcome = Outcome.of(evidence, changes_between(now, plan))
            rows.append({"value": value, **self._row(outcome, plan)})
        return {
            "sweep": self.text,
            "rule": self.address,
            "setting": self.setting,
            "judged": evidence.table.num_rows,
            "base": rows[0],
            "rows": rows[1:],
        }

    def _row(self, outcome: Outcome, plan: Plan) -> dict[str, Any]:
        rule = next((rule for rule in plan.rules if rule.address == self.address), None)
        flags, kept = outcome.flags(rule), outcome.kept
        bound = describe(outcome.evidence, rule) or {"bound": None, "sign": None, "stated": None}
        return {
            **{name: bound[name] for name in ("bound", "sign", "stated")},
            "documents": int(kept.sum()),
            "tokens": int(outcome.evidence.tokens[kept].sum()),
            "drops": int(flags.sum()),
            "only": int((flags & (outcome.failing == 1)).sum()),
        }


def steps(text: str, span: str) -> list[str]:
    """Returns the values of START:STOP:STEP, both ends included, without drift.

    Raises:
        UsageError: no such span, a step of 0 or in the wrong direction, or too many values.
    """
    parts = span.split(":")
    prefix = "p" if parts[0].strip().startswith("p") else ""
    try:
        start, stop, step = (Decimal(re.sub(r"^p", "", part.strip())) for part in parts)
    except (InvalidOperation, ValueError):
        raise UsageError(f"--sweep {text}: {_EXPECTED}") from None
    if not all(number.is_finite() for number in (start, stop, step)) or not step or (stop - start) * step < 0:
        raise UsageError(f"--sweep {text}: from {start} by {step} never comes to {stop}; {_EXPECTED}")
    count = int((stop - start) / step) + 1
    if count > MOST_VALUES:
        raise UsageError(f"--sweep {text}: {count:,} values; at most {MOST_VALUES:,}")
    return [f"{prefix}{start + step * number:f}" for number in range(count)]
