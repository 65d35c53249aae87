"""One document's road: what each stage said, each rule's value, and what would have kept it."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.schema import STAGES
from flows.report.formatting import THIN, value, words
from flows.report.histograms import Floats
from flows.report.published import METHODS, TAUGHT, Published, Rule


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
    makes the bound), `share` (of the pool's tokens, that would reach down to it, where the bound is such
    a share) and `setting` (for `--set`, None where the rule is not a preset's or the recipe does not state
    the bound as a number or share). Where a rule fails a value that keeps to its bound (a language
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
        setting = (
            f"filters.{rule.address}={bound:.15g}" if bound is not None and _is_settable(rule, published) else None
        )
        share = share_needed(published, rule, number) if helps and rule.stated.startswith("t") else None
        needed.append(
            {
                "rule": rule.address,
                "bound": rule.bound,
                "stated": rule.stated or None,
                "value": number,
                "needed": bound,
                "distance": abs(number - rule.bound) / max(abs(rule.bound), 1e-9) if helps else None,
                "share": share,
                "setting": setting if share is None else f"filters.{rule.address}={share:.4f}",
            }
        )
    return sorted(needed, key=lambda one: (one["distance"] is None, one["distance"] or 0.0, one["rule"]))


def share_needed(published: Published, rule: Rule, value: float) -> float | None:
    """Returns the smallest share of the pool's tokens, at four digits, whose best documents reach down to a value.

    None where the ledger does not hold the documents' bytes, by which tokens are estimated.
    """
    if "signal.bytes" not in published.schema.names:
        return None
    where = tuple((column, tuple(names)) for column, names in rule.where.items())
    values, sizes = _pool(published, rule.signal, where)
    total = float(sizes.sum())
    better = float(sizes[values > value].sum())
    return min(math.floor(better / total * 10_000 + 1) / 10_000, 1.0) if total else None


@functools.lru_cache(maxsize=4)
def _pool(published: Published, signal: str, where: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Floats, Floats]:
    """Returns a signal's values over the documents that a rule looks at, and their bytes."""
    pieces, few = [], [column for column, _ in where]
    for _, batch in published.portions([signal, "signal.bytes", *few], few):
        values, sizes = (batch[name].to_numpy(zero_copy_only=False) for name in (signal, "signal.bytes"))
        there = ~np.isnan(values)
        for column, names in where:
            there &= _is_among(batch[column], names)
        pieces.append((values[there], np.nan_to_num(sizes[there])))
    columns = zip(*pieces, strict=True) if pieces else ((np.zeros(0),), (np.zeros(0),))
    values, sizes = map(np.concatenate, columns)
    return values, sizes


def _is_among(column: pa.DictionaryArray, names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Returns which values of a column are among some; null is not."""
    known = np.asarray([*(value in names for value in column.dictionary.to_pylist()), False])
    places = np.asarray(column.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False), dtype=np.int64)
    among: npt.NDArray[np.bool_] = known[places]
    return among


def advice(row: dict[str, Any], published: Published, needed: list[dict[str, Any]] | None = None) -> str:
    """Returns in words what would have kept a document; `needed` is what `changes` said of it, if that is known."""
    if row["status"] == "kept":
        return "It was kept."
    if row["stage"] == "judge":
        found = changes(row, published) if needed is None else needed
        if any(change["needed"] is None for change in found):
            return "No bound alone: a rule drops it for another cause than the measured value (see its explanation)."
        if not found:
            return "The ledger holds no values for its rules (recipe: `ledger: reasons`), so this cannot be said."
        which = {1: "This bound", 2: "Both bounds"}.get(len(found), f"All {len(found)} bounds")
        return f"{which} would have to give way; later stages have not looked at it and may still drop it."
    if row["stage"] == "deduplicate":
        return _keep_duplicate(row)
    others = {
        "ingest": "Nothing but a readable record: look at its place in the input.",
        "extract": "Nothing in the recipe's bounds: the page gave no text worth keeping (see the reason).",
        "synthesise": "An exercise that parses and passes its tests in the sandbox.",
        "decontaminate": "Nothing should: it does what a benchmark's solution does."
        if row.get("benchmark_method") == "behaviour"
        else "Nothing should: it holds text of a benchmark item.",
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
        how = f", found by {METHODS[row['benchmark_method']]}" if row.get("benchmark_method") else ""
        return f"{reason}: {row['benchmark']}, item {row['benchmark_item']}{how}"
    if stage == "mix" and row["shard"]:
        return f"{row['shard']}, row {row['row']}"
    if here and row["measured"] is not None:
        bound = f", bound {value(row['threshold'])}" if row["threshold"] is not None else ""
        return f"{reason}: {value(row['measured'])}{bound}".replace(THIN, ",")
    return reason


def _keep_duplicate(row: dict[str, Any]) -> str:
    if row["reason"] == "too_little_left":
        return (
            "Less to be cut: what was taken out of it stands in other documents too (`cuts`, removed.parquet). A lower "
            "deduplicate.min_chars_left, or a higher min_documents of deduplicate.lines or .paragraphs."
        )
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
