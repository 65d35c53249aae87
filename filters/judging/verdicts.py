"""Judges documents by their signals, and, for notebooks, texts by a preset's name."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import AccountingError, UsageError
from data.recipe import FilterEntry, Language, Where
from data.schema import FATE_FIELDS, document_id
from filters.buffers import FloatArray, IntArray
from filters.classifiers.language_codes import are_in
from filters.judging.conditions import BoolArray
from filters.judging.measuring import measure, prepare
from filters.judging.plan import LANGUAGE_SCORE, Plan, Rule, bound_number
from filters.judging.pool import best_share, column_values, needed_percentiles, percentile, pool_bounds
from filters.judging.presets import load_preset
from filters.judging.rules import resolve_filters
from filters.signals.catalogue import GROUPS

__all__ = ["best_share", "judge", "judge_rows", "measure", "needed_percentiles", "percentile", "pool_bounds", "prepare"]

_COMPARE = {"at_least": np.less, "at_most": np.greater, "above": np.less_equal, "below": np.greater_equal}


def judge_rows(signals: pa.Table, plan: Plan, pool: Mapping[str, float]) -> pa.Table:
    """Returns each document's fate: every rule on every document, the first failing one gives the reason.

    A rule does not apply where its signal is null, its scope does not hold, or its `unless` does.

    Args:
        signals: id, kind, source, language, and the signals as columns.
        plan: the resolved filters.
        pool: what `pool_bounds` gave for the plan.

    Returns:
        id, status ("" or dropped), reason, measured and threshold (null if no rule failed), rule
        (address of the first failing rule, or null), peer_reason (what the peer that it stands for
        calls that fault, or null), failed (reasons of all failing rules, each
        once, in order), failed_rules (their addresses). Same rows, same order.

    Raises:
        AccountingError: a signal that should have been measured is not a column.
    """
    missing = sorted({rule.signal for rule in plan.rules} - set(signals.schema.names) - set(plan.given))
    if missing and signals.num_rows:
        raise AccountingError(f'the rules look at "{missing[0]}", which was not measured')
    rows = signals.num_rows
    rules: list[Rule] = []
    masks: list[BoolArray] = []
    measured, thresholds = np.full(rows, np.nan), np.full(rows, np.nan)
    first = np.full(rows, -1, dtype=np.int64)
    for rule in plan.rules:
        values, threshold = rule_values(rule, signals), rule.number(pool)
        for named, broken in _by_reason(rule, fails(rule, values, signals, pool), signals):
            news = broken & (first < 0)
            first[news], measured[news], thresholds[news] = len(rules), values[news], threshold
            rules.append(named)
            masks.append(broken)
    failed = np.array(masks, dtype=np.bool_).reshape(len(rules), rows)
    addresses = [rule.address for rule in rules]
    reasons = [rule.reason for rule in rules]
    fate = {
        "id": signals["id"],
        "status": pa.array(np.where(first >= 0, "dropped", ""), pa.string()),
        "reason": _picked(reasons, first, ""),
        "measured": pa.array(measured, pa.float64(), from_pandas=True),
        "threshold": pa.array(thresholds, pa.float64(), from_pandas=True),
        "rule": _picked(addresses, first, None),
        "peer_reason": _picked([rule.peer_reason for rule in rules], first, None),
        "failed": _listed(failed, reasons),
        "failed_rules": _listed(failed, addresses),
    }
    lists = [pa.field(name, pa.list_(pa.string())) for name in ("failed", "failed_rules")]
    texts = [pa.field(name, pa.string()) for name in ("rule", "peer_reason")]
    return pa.table(fate, schema=pa.schema([*FATE_FIELDS, *texts, *lists]))


def rule_values(rule: Rule, signals: pa.Table) -> FloatArray:
    """Returns what a rule compares, NaN where there is nothing; an unwanted language counts 0."""
    values = column_values(signals, rule.signal)
    if rule.wanted:
        language = are_in(signals["language"], rule.wanted)
        wanted = np.asarray(language.to_numpy(zero_copy_only=False), dtype=np.bool_)
        values = np.where(wanted | np.isnan(values), values, 0.0)
    return values


def fails(rule: Rule, values: FloatArray, signals: pa.Table, pool: Mapping[str, float]) -> BoolArray:
    """Returns for each document whether the rule applies to it and is broken.

    Args:
        rule: the rule.
        values: what `rule_values` gave.
        signals: the table that it looks at.
        pool: what `pool_bounds` gave.
    """
    # Comparisons with NaN are False: no value, no verdict; no pool, no bound.
    broken: BoolArray = _COMPARE[rule.compare](values, rule.number(pool)) & rule.scope.mask(signals)
    if rule.unless is not None and broken.any():
        bound = bound_number(rule.unless.signal, rule.unless.bound, rule.scope, pool)
        broken &= ~rule.unless.holds(column_values(signals, rule.unless.signal), bound)
    return broken


def _by_reason(rule: Rule, broken: BoolArray, signals: pa.Table) -> Iterator[tuple[Rule, BoolArray]]:
    """Yields the rule and whom it drops; once for each fault, where a peer's filter named the faults itself."""
    if rule.said is None or rule.said not in signals.schema.names:
        yield rule, broken
        return
    said = pc.if_else(pa.array(broken), signals[rule.said], None)
    unnamed = broken.copy()
    for name in sorted(pc.unique(said).drop_null().to_pylist()):
        mask = np.asarray(pc.equal(said, name).fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)
        unnamed &= ~mask
        reason = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_") or rule.reason
        yield dataclasses.replace(rule, reason=reason, peer_reason=name), mask
    yield rule, unnamed


def _picked(names: Sequence[str | None], places: IntArray, none: str | None) -> pa.Array:
    """Returns names[place] for each place, and `none` for -1."""
    values = pa.array([*names, none], pa.string())
    return values.take(pa.array(np.where(places < 0, len(names), places)))


def _listed(failed: npt.NDArray[np.bool_], names: Sequence[str]) -> pa.Array:
    """Returns for each document the names of the rules that failed, each once, in order."""
    once = failed.copy()
    for number, name in enumerate(names):
        for earlier in [place for place in range(number) if names[place] == name]:
            once[number] &= ~failed[earlier]
    rows, rules = np.nonzero(np.ascontiguousarray(once.T))
    offsets = np.zeros(failed.shape[1] + 1, dtype=np.int32)
    offsets[1:] = np.cumsum(np.bincount(rows, minlength=failed.shape[1]))
    values = pa.array(list(names), pa.string()).take(pa.array(rules, pa.int64()))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def judge(
    texts: Iterable[str],
    preset: str,
    *,
    language: str | Sequence[str | None] | None = None,
    urls: Sequence[str | None] | None = None,
    signals: Mapping[str, Sequence[float | None]] | None = None,
    **overrides: Any,
) -> pa.Table:
    """Judges texts by a preset, whatever kind of document they are.

    Args:
        texts: any texts.
        preset: a name such as `gopher-quality` or `c4@paper`; see `phimill presets`.
        language: language of all texts or of each, for rules that ask for it.
        urls: the texts' URLs, for rules that look at them.
        signals: further signals, such as {"quality": scores}.
        **overrides: bounds and settings by name; None switches a rule off.

    Returns:
        A row for each text: kept, reason (first failing rule's, "" if kept), peer_reason (the
        peer's name for it, null where the preset stands for none), failed (reasons of all
        failing rules), rule, measured, threshold, failed_rules, a column for each signal, and
        text as the preset leaves it, where it modifies.

    Raises:
        UsageError: an unknown preset or bound, with the nearest name; a bound of the wrong type.
    """
    documents = _checked(texts)
    given = dict(signals or {})
    plan, kind = preset_plan(preset, given, overrides)
    detects = any(rule.wanted for rule in plan.rules)
    stated = [language] * len(documents) if isinstance(language, str) or language is None else list(language)
    table = pa.table(
        {
            "id": pa.array([document_id("judge", str(number)) for number in range(len(documents))], pa.string()),
            "text": pa.array(documents, pa.large_string()),
            "kind": pa.array([kind] * len(documents), pa.string()),
            "source": pa.array(["judge"] * len(documents), pa.string()),
            "language": pa.array(stated, pa.string()),
            "url": pa.array([None] * len(documents) if urls is None else list(urls), pa.string()),
        }
    )
    measured = measure(table, plan.measure_settings(), Language(kinds=[kind]) if detects else None)
    seen = measured.append_column("kind", table["kind"]).append_column("source", table["source"])
    for name, values in given.items():
        seen = seen.append_column(name, pa.array(values, pa.float64(), from_pandas=True))
    fates = judge_rows(seen, plan, pool_bounds(plan, lambda columns: seen))
    return _answer(plan, kind, table["text"], seen, fates)


def preset_plan(preset: str, given: Iterable[str], overrides: Mapping[str, Any]) -> tuple[Plan, str]:
    """Returns a preset as a plan for documents of one kind, and that kind.

    Raises:
        UsageError: an unknown preset or bound, with the nearest name; a bound of the wrong type.
    """
    taken = sorted(set(overrides) & set(FilterEntry.model_fields))
    if taken:
        raise UsageError(f"{preset}: {taken[0]}: this is no bound; only a recipe's filter can have it")
    shelf = load_preset(preset)
    kind = shelf.where.get("kind", ["text"])[0]
    entry = FilterEntry(name=shelf.name, preset=preset, where=Where(kind=[kind]), **overrides)
    plan = resolve_filters([entry], given, lambda place, message: UsageError(f"{preset}: {place[-1]}: {message}"))
    return plan, kind


def _checked(texts: Iterable[str]) -> list[str]:
    """Returns the texts as Arrow can hold them: half a surrogate pair becomes U+FFFD."""
    if isinstance(texts, str):
        raise UsageError("texts: expected a list of texts, not one text; put it in a list")
    documents = texts.to_pylist() if isinstance(texts, (pa.Array, pa.ChunkedArray)) else list(texts)
    for number, text in enumerate(documents):
        if not isinstance(text, str):
            raise UsageError(f"texts[{number}]: expected a text, not {type(text).__name__}")
        if not text.isascii():
            documents[number] = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return documents


def _answer(plan: Plan, kind: str, texts: pa.ChunkedArray, seen: pa.Table, fates: pa.Table) -> pa.Table:
    """Lays out what `judge` returns."""
    columns = {
        "kept": pc.equal(fates["status"], ""),
        "reason": fates["reason"],
        **{name: fates[name] for name in ("peer_reason", "failed", "rule", "measured", "threshold", "failed_rules")},
        **{name: seen[name] for name in ("language", *_measured_for(plan, kind))},
    }
    if plan.modifiers:
        columns["text"] = pc.coalesce(seen["text"], texts)
    return pa.table(columns)


def _measured_for(plan: Plan, kind: str) -> list[str]:
    """Returns the signals that documents of a kind have."""
    columns = [LANGUAGE_SCORE]
    for segment in plan.segments:
        columns += [column for probe in segment.every_probe for column in map(probe.column, probe.signals)]
        columns += [segment.column(signal) for group in segment.groups.get(kind, ()) for signal in GROUPS[group]]
    return [*columns, *plan.given]
