"""Recipe tests: the documents that a recipe's `expect` names, judged by its filters."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from data.recipe import Expectation
from data.recipe_file import RecipeFile
from filters.judging.plan import Plan, Rule
from filters.judging.verdicts import rule_values
from flows.expectations import read_documents, source_of
from flows.survival import Judge
from flows.terminal import one_line

#: Documents of a missed expectation that are shown, and rules shown for each.
SHOWN_DOCUMENTS, SHOWN_RULES = 5, 3

_SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


@dataclasses.dataclass
class Result:
    """What became of one expectation's documents.

    Attributes:
        number: its place in the recipe's `expect`, from 0.
        documents: how many there are.
        met: how many were kept, or dropped as they should be.
        reasons: why documents were dropped (first failing rule); in a test by reason also those dropped for others.
        misses: some documents that were not as expected, with the rules that tell.
        unjudged: whether some documents were looked at by no rule at all.
    """

    number: int
    expectation: Expectation
    documents: int = 0
    met: int = 0
    reasons: Counter[str] = dataclasses.field(default_factory=Counter)
    misses: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    unjudged: bool = False

    @property
    def share(self) -> float:
        """The share of the documents that was as expected."""
        return self.met / max(self.documents, 1)

    @property
    def passed(self) -> bool:
        """Whether enough documents were as expected."""
        return self.documents > 0 and self.met >= self.expectation.at_least * self.documents - 1e-9

    def to_json(self) -> dict[str, Any]:
        """Returns the result as plain values."""
        given = self.expectation.model_dump(mode="json", exclude_none=True)
        return {
            "number": self.number,
            "expectation": {name: [one_line(v) for v in _list(value)] if name.endswith("_text") else value
                            for name, value in given.items()},
            **{name: getattr(self, name) for name in ("documents", "met", "share", "passed", "unjudged", "misses")},
            "reasons": dict(self.reasons.most_common()),
        }  # fmt: skip


def run_tests(
    file: RecipeFile, plan: Plan, tell: Callable[[str, int], None] = lambda label, documents: None
) -> tuple[list[Result], dict[str, str]]:
    """Returns every expectation's result, and address of a rule that could not be judged → why.

    Args:
        file: the recipe.
        plan: its filters.
        tell: is told what is judged and how many documents of it are done.
    """
    judges: dict[tuple[str, ...], Judge] = {}
    results = []
    for number, wanted in enumerate(file.recipe.expect):
        source = source_of(wanted, file.recipe)
        given = tuple(sorted(source.signals)) if source else ()
        if given not in judges:
            judges[given] = Judge(plan, file.recipe, file.root, given)
        results.append(_run_one(file, number, judges[given], tell))
    left_out: dict[str, str] = {}
    for address in (rule.address for rule in plan.rules):
        reasons = [judge.left_out.get(address) for judge in judges.values()]
        if all(reasons):
            left_out[address] = str(reasons[0])
    return results, left_out


def _run_one(file: RecipeFile, number: int, judge: Judge, tell: Callable[[str, int], None]) -> Result:
    wanted = file.recipe.expect[number]
    result = Result(number, wanted)
    for table in read_documents(file, number):
        start = 0
        for judged in judge.portions(table):
            names = table["locator"].slice(start, judged.fates.num_rows).to_pylist()
            start += judged.fates.num_rows
            _count(result, judge.plan, names, judged.fates, judged.signals)
            tell(label_of(wanted), result.documents)
    return result


def _count(result: Result, plan: Plan, names: list[str], fates: pa.Table, signals: pa.Table) -> None:
    """Adds some documents' verdicts to an expectation's result."""
    wanted = result.expectation
    rows = fates.select(["reason", "failed", "failed_rules"]).to_pylist()
    result.documents += len(rows)
    result.reasons.update(row["reason"] for row in rows if row["reason"])
    looked_at = np.zeros(len(rows), dtype=np.bool_)
    for rule in plan.rules:
        looked_at |= rule.scope.mask(signals)
    result.unjudged |= not looked_at.all()
    for place, row in enumerate(rows):
        failed = row["failed_rules"]
        met = not failed if wanted.keeps else bool(failed) and wanted.reason in (None, *row["failed"], *failed)
        result.met += met
        if not met and len(result.misses) < SHOWN_DOCUMENTS:
            telling = [r for r in plan.rules if r.address in failed or wanted.reason in (r.reason, r.address)]
            here = signals.slice(place, 1)
            facts = [_fact(rule, here, rule.address in failed) for rule in _wanted_first(telling, wanted.reason)]
            result.misses.append({"document": one_line(names[place]), "rules": facts[:SHOWN_RULES]})


def _wanted_first(rules: Iterable[Rule], reason: str | None) -> list[Rule]:
    return sorted(rules, key=lambda rule: reason not in (rule.reason, rule.address))


def _fact(rule: Rule, here: pa.Table, fails: bool) -> dict[str, Any]:
    value = float(rule_values(rule, here)[0])
    return {
        "rule": rule.address,
        "reason": rule.reason,
        "signal": rule.signal,
        "value": value if np.isfinite(value) else None,
        "sign": _SIGNS[rule.compare],
        "bound": rule.number({}),
        "fails": fails,
    }


def label_of(wanted: Expectation) -> str:
    """Returns what an expectation asks for, in a few words."""
    listed = wanted.listed
    shown = one_line(listed[0])[:36] + ("…" if len(listed[0]) > 36 else "") if listed else ""
    more = f" +{len(listed) - 1}" if len(listed) > 1 else ""
    quoted = f'"{shown}"' if wanted.key.endswith("_text") else shown
    return f"{'keep' if wanted.keeps else 'drop'}  {quoted}{more}"


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
