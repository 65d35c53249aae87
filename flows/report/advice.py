"""One document's road: what each stage said, each rule's value, and what would have kept it."""

from __future__ import annotations

import math
from typing import Any

from data.schema import STAGES
from flows.report.formatting import THIN, value, words
from flows.report.published import TAUGHT, Published, Rule


def road(row: dict[str, Any], judged: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Returns each stage on a document's road with its verdict and what it is based on.

    Args:
        row: the document's row of the ledger.
        judged: its rules, as `judgements` returns them.
    """
    taught = row["source"].startswith(TAUGHT)
    stages = [stage for stage in STAGES if (stage == "synthesise") <= taught]
    stages = stages[stages.index("synthesise") :] if taught else stages
    stages = stages if not row["stage"] or row["stage"] in stages else list(STAGES)
    left = stages.index(row["stage"]) if row["stage"] in stages else len(stages)
    steps = []
    for place, stage in enumerate(stages):
        verdict = "passed" if place < left else row["status"] if place == left else "not reached"
        found = _basis(stage, row, judged) if place <= left else ""
        steps.append({"stage": stage, "verdict": verdict, "found": found})
    return steps


def judgements(row: dict[str, Any], rules: list[Rule]) -> list[dict[str, Any]]:
    """Returns every rule that looked at a document, with value, bound and fate (passes, fails, excused)."""
    failed = set(row["failed_rules"] or [])
    judged = []
    for rule in rules:
        number = measured(row, rule)
        applies = all(row.get(column) in names for column, names in rule.where.items())
        if rule.address in failed:
            fate = "fails"
        elif number is None or not applies:
            continue
        else:
            fate = "passes" if rule.passes(number) else "excused"
        judged.append(
            {
                "rule": rule.address,
                "signal": rule.signal,
                "value": number,
                "at_least" if rule.lower else "at_most": rule.bound,
                "sign": rule.sign,
                "fate": fate,
                "reason": rule.reason,
            }
        )
    return judged


def measured(row: dict[str, Any], rule: Rule) -> float | None:
    """Returns the value of a rule's signal in a row of the ledger, None if there is none."""
    number = row.get(rule.signal)
    return float(number) if number is not None and math.isfinite(number) else None


def changes(row: dict[str, Any], published: Published) -> list[dict[str, Any]]:
    """Returns the bounds that must give way for a document to pass the judge, the nearest first.

    Each has `rule`, `bound`, `value`, `needed` (the strictest bound that would let it pass, at four
    significant digits), `distance` (relative to the bound), `stated` (such as `t0.85`, where the pool
    makes the bound) and `setting` (for `--set`, None where the rule is not a preset's or the recipe
    does not state the bound as a number). Where a rule fails a value that keeps to its bound (a language
    that is not wanted, say), no bound helps: `needed`, `distance` and `setting` are None.
    """
    failed = set(row["failed_rules"] or [])
    needed = []
    for rule in published.rules:
        number = measured(row, rule)
        if rule.address not in failed or number is None:
            continue
        helps = not rule.passes(number)
        bound = _loosest(number, rule) if helps else None
        needed.append(
            {
                "rule": rule.address,
                "bound": rule.bound,
                "stated": rule.stated or None,
                "value": number,
                "needed": bound,
                "distance": abs(number - rule.bound) / max(abs(rule.bound), 1e-9) if helps else None,
                "setting": f"filters.{rule.address}={bound:.15g}" if helps and _is_settable(rule, published) else None,
            }
        )
    return sorted(needed, key=lambda one: (one["distance"] is None, one["distance"] or 0.0, one["rule"]))


def advice(row: dict[str, Any], published: Published) -> str:
    """Returns in words what would have kept a document."""
    if row["status"] == "kept":
        return "It was kept."
    if row["stage"] == "judge":
        found = changes(row, published)
        needed = len(found)
        if any(change["needed"] is None for change in found):
            return "No bound alone: a rule drops it for another cause than the measured value (see its explanation)."
        if not needed:
            return "The ledger holds no values for its rules (recipe: `ledger: reasons`), so this cannot be said."
        which = "This bound" if needed == 1 else f"All {needed} of these bounds"
        return f"{which} would have to give way; later stages have not looked at it and may still drop it."
    if row["stage"] == "deduplicate":
        return _keep_duplicate(row)
    others = {
        "ingest": "Nothing but a readable record: look at its place in the input.",
        "extract": "Nothing in the recipe's bounds: the page gave no text worth keeping (see the reason).",
        "synthesise": "An exercise that parses and passes its tests in the sandbox.",
        "decontaminate": "Nothing should: it holds text of a benchmark item.",
        "mix": "A larger `mixture.tokens`, or a larger share for its group: it is good, but over the budget.",
    }
    return others.get(row["stage"], "")


def _basis(stage: str, row: dict[str, Any], judged: list[dict[str, Any]]) -> str:
    here = row["stage"] == stage
    reason = words(row["reason"]) if here else ""
    if stage == "judge":
        failing = sum(rule["fate"] == "fails" for rule in judged)
        return "; ".join(filter(None, [reason, f"{len(judged)} rules, {failing} failed"]))
    if stage == "deduplicate" and row["cluster"]:
        alike = f"Jaccard {row['jaccard']:.3f} with {row['matched']}" if row["jaccard"] is not None and here else ""
        return "; ".join(filter(None, [reason, alike, f"cluster {row['cluster']}"]))
    if stage == "decontaminate" and row["benchmark"]:
        return f"{reason}: {row['benchmark']}, item {row['benchmark_item']}"
    if stage == "mix" and row["shard"]:
        return f"{row['shard']}, row {row['row']}"
    if here and row["measured"] is not None:
        bound = f", bound {value(row['threshold'])}" if row["threshold"] is not None else ""
        return f"{reason}: {value(row['measured'])}{bound}".replace(THIN, ",")
    return reason


def _keep_duplicate(row: dict[str, Any]) -> str:
    if row["reason"] == "near_duplicate" and row["jaccard"] is not None and row["jaccard"] < 1:
        above = math.floor(row["jaccard"] * 1000 + 1) / 1000
        return f"A higher threshold: --set deduplicate.threshold={above:g}; or to be preferred to {row['survivor']}."
    return f"To be preferred to its equal {row['survivor']}: a higher quality score or source priority."


def _loosest(number: float, rule: Rule) -> float:
    """Returns the strictest bound that a value keeps to, rounded to four significant digits."""
    if number.is_integer() or number == 0:
        return number + (0 if not rule.strict else -1 if rule.lower else 1)
    unit = 10.0 ** (math.floor(math.log10(abs(number))) - 3)
    steps = math.floor(number / unit) if rule.lower else math.ceil(number / unit)
    bound = steps * unit
    if rule.strict and bound == number:
        bound += -unit if rule.lower else unit
    return float(f"{bound:.6g}")


def _is_settable(rule: Rule, published: Published) -> bool:
    """Whether `--set` can give the bound: a preset's, stated as a number."""
    if rule.stated:
        return False
    entries = (published.manifest.get("recipe") or {}).get("filters") or []
    return any(entry.get("name") == rule.filter and entry.get("preset") for entry in entries)
