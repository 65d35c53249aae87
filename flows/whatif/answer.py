"""The answer: what the filters would keep, gain and lose, and how each changed rule stands to the others."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from filters.judging.conditions import BoolArray
from filters.judging.plan import Plan, Rule
from flows.whatif.evidence import Evidence, IntArray

#: Rules that are named beside a changed one.
TOP_OVERLAPS = 5

#: The order in which a document that the judge kept can still leave, and its end.
LATER = ("deduplicate", "decontaminate", "mix", "published")

_SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


@dataclasses.dataclass(frozen=True)
class Change:
    """A rule before and after; None where it was off, or would be."""

    before: Rule | None
    after: Rule | None

    @property
    def rule(self) -> Rule:
        """The rule as it is, or else as it would be."""
        rule = self.before or self.after
        assert rule is not None
        return rule


def changes_between(before: Plan, after: Plan) -> list[Change]:
    """Returns the rules that differ, in the order of the plans."""
    old = {rule.address: rule for rule in before.rules}
    new = {rule.address: rule for rule in after.rules}
    return [
        Change(old.get(address), new.get(address))
        for address in {**old, **new}
        if old.get(address) != new.get(address)
    ]  # fmt: skip


def rules_of(changes: list[Change]) -> list[Rule]:
    """Returns every rule that is to be looked at."""
    return [rule for change in changes for rule in (change.before, change.after) if rule is not None]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The verdicts under the changes.

    Attributes:
        failing: how many rules each document fails.
    """

    evidence: Evidence
    changes: list[Change]
    failing: IntArray

    @classmethod
    def of(cls, evidence: Evidence, changes: list[Change]) -> Outcome:
        """Returns the verdicts: the ledger's, with the changed rules judged anew."""
        failing = evidence.failing.copy()
        for change in changes:
            failing -= evidence.flags(change.before) if change.before else 0
            failing += evidence.flags(change.after) if change.after else 0
        return cls(evidence, changes, failing)

    @property
    def kept(self) -> BoolArray:
        """Which documents fail no rule."""
        kept: BoolArray = self.failing == 0
        return kept

    @property
    def gained(self) -> BoolArray:
        """Which documents would be kept and are not now."""
        return self.kept & (self.evidence.failing > 0)

    @property
    def lost(self) -> BoolArray:
        """Which documents are kept now and would not be."""
        lost: BoolArray = ~self.kept & (self.evidence.failing == 0)
        return lost

    def flags(self, rule: Rule | None) -> BoolArray:
        """Returns which documents fail a rule; none if there is no rule."""
        return self.evidence.flags(rule) if rule else np.zeros(self.evidence.table.num_rows, dtype=np.bool_)


def answer(outcome: Outcome) -> dict[str, Any]:
    """Returns the whole answer as plain values; see `phimill whatif --json`."""
    evidence = outcome.evidence
    now = evidence.failing == 0
    kinds = {"now": now, "then": outcome.kept, "gained": outcome.gained, "lost": outcome.lost}
    return {
        "judged": _size(evidence, np.ones(len(now), dtype=np.bool_)),
        **{name: _size(evidence, some) for name, some in kinds.items()},
        "by_source": _by(evidence, "source", kinds),
        "by_kind": _by(evidence, "kind", kinds),
        "later": {"kept_now": _later(evidence, now), "lost": _later(evidence, outcome.lost)},
        "rules": [_rule(outcome, change) for change in outcome.changes],
    }


def describe(evidence: Evidence, rule: Rule | None) -> dict[str, Any] | None:
    """Returns a rule's bound: its number, its sign, as the recipe states it, and the rule's other conditions."""
    if rule is None:
        return None
    number = evidence.number(rule)
    excuse = rule.unless
    return {
        "bound": number if np.isfinite(number) else None,
        "sign": _SIGNS[rule.compare],
        "stated": rule.bound if isinstance(rule.bound, str) else None,
        "where": rule.where,
        "unless": f"{excuse.signal} {excuse.sign} {excuse.bound}" if excuse else None,
        "wanted": list(rule.wanted),
    }


def _size(evidence: Evidence, some: BoolArray) -> dict[str, int]:
    return {"documents": int(some.sum()), "tokens": int(evidence.tokens[some].sum())}


def _by(evidence: Evidence, column: str, kinds: dict[str, BoolArray]) -> dict[str, dict[str, int]]:
    counted = {name: evidence.by(column, some) for name, some in kinds.items()}
    every = sorted(evidence.by(column, np.ones(evidence.table.num_rows, dtype=np.bool_)))
    return {value: {name: counted[name].get(value, 0) for name in kinds} for value in every}


def _later(evidence: Evidence, some: BoolArray) -> dict[str, int]:
    """Returns where documents that the judge kept left the road after it, and how many were published."""
    stages = evidence.by("stage", some)
    return {stage: stages.get("" if stage == "published" else stage, 0) for stage in LATER}


def _rule(outcome: Outcome, change: Change) -> dict[str, Any]:
    evidence = outcome.evidence
    before, after = outcome.flags(change.before), outcome.flags(change.after)
    sides = {}
    for name, rule, flags, failing in (
        ("now", change.before, before, evidence.failing),
        ("then", change.after, after, outcome.failing),
    ):
        counts = {**_drops(evidence, flags), "only": int((flags & (failing == 1)).sum())}
        sides[name] = {**bound, **counts} if (bound := describe(evidence, rule)) else None
    return {
        "rule": change.rule.address,
        "signal": change.rule.signal,
        "reason": change.rule.reason,
        **sides,
        "gained": int((outcome.gained & before & ~after).sum()),
        "lost": int((outcome.lost & after & ~before).sum()),
        "overlap": _overlap(outcome, change, before, after),
    }


def _drops(evidence: Evidence, flags: BoolArray) -> dict[str, int]:
    size = _size(evidence, flags)
    return {"drops": size["documents"], "tokens": size["tokens"]}


def _overlap(outcome: Outcome, change: Change, before: BoolArray, after: BoolArray) -> list[dict[str, Any]]:
    """Returns the other rules that most of the rule's documents fail too, now and then."""
    now, then = (outcome.evidence.overlap(flags) for flags in (before, after))
    for other in outcome.changes:
        then[other.rule.address] = int((outcome.flags(other.after) & after).sum())
    names = [name for name in {**now, **then} if name != change.rule.address and (now.get(name) or then.get(name))]
    names.sort(key=lambda name: (-max(now.get(name, 0), then.get(name, 0)), name))
    return [{"rule": name, "now": now.get(name, 0), "then": then.get(name, 0)} for name in names[:TOP_OVERLAPS]]
