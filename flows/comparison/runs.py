"""What differs between two published runs: counts, thresholds, settings, and what became of each document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.keyed import keyed_unit
from data.schema import STATUSES
from flows.report.excerpts import label
from flows.report.formatting import stated
from flows.report.lookup import places_of, rows_at
from flows.report.published import Published, Rule

#: Pairs of fates that are listed.
TOP_MOVES = 40

#: What is compared of the counts.
_COUNTED = ("in", *STATUSES, "tokens_kept")

#: What is said of a sampled document.
_SAMPLED = ["id", "origin_id", "source", "kind", "locator", "url", "status", "stage", "reason", "rule", "tokens"]


def compare(left: Published, right: Published, samples: int = 5) -> dict[str, Any]:
    """Returns what differs between two runs as plain values; see `phimill diff --json`.

    A document is gained if the right run kept it and the left one did not, because it dropped it
    or never saw it; lost the other way round. Documents are the same by id: source and place in it.

    Args:
        left: the run before, say.
        right: the run after.
        samples: documents gained and lost that are named, chosen by keyed hash.
    """
    both = _joined(left, right)
    kept = [np.asarray(pc.fill_null(pc.equal(both[side], "kept"), False)) for side in ("left", "right")]
    there = [np.asarray(pc.is_valid(both[side])) for side in ("left", "right")]
    gained, lost = kept[1] & ~kept[0], kept[0] & ~kept[1]
    return {
        "runs": {"left": _named(left), "right": _named(right)},
        "counts": {name: _pair(_counts(left).get(name), _counts(right).get(name)) for name in _COUNTED},
        "by_source": _by(left, right, "by_source"),
        "by_kind": _by(left, right, "by_kind"),
        "documents": {
            "both": int((there[0] & there[1]).sum()),
            "only_left": int((there[0] & ~there[1]).sum()),
            "only_right": int((there[1] & ~there[0]).sum()),
            "gained": _size(both, gained, "right"),
            "lost": _size(both, lost, "left"),
            "kept_in_both": _size(both, kept[0] & kept[1], "right"),
        },
        "moves": _moves(both),
        "reasons": _reasons(left, right),
        "rules": _rules(left, right),
        "settings": _settings(left.manifest.get("recipe") or {}, right.manifest.get("recipe") or {}),
        "samples": {
            "gained": _samples(both, gained, right, "right", samples),
            "lost": _samples(both, lost, left, "left", samples),
        },
    }


def _joined(left: Published, right: Published) -> pa.Table:
    """Returns each document that either run knows: id, and for each run its fate (null: not there), tokens and row."""
    sides = []
    for side, published in (("left", left), ("right", right)):
        table = pa.concat_tables(published.batches(["id", "status", "stage", "reason", "tokens"]))
        fate = pc.binary_join_element_wise(table["status"], table["stage"], table["reason"], "\t")
        fate = pc.if_else(pc.equal(table["status"], "kept"), "kept", fate)
        columns = {"id": table["id"], side: fate, f"{side}_tokens": table["tokens"], f"{side}_row": _numbers(table)}
        sides.append(pa.table(columns))
    joined = sides[0].join(sides[1], "id", join_type="full outer")
    return joined.sort_by("id")


def _numbers(table: pa.Table) -> pa.Array:
    return pa.array(np.arange(table.num_rows, dtype=np.int64))


def _named(published: Published) -> dict[str, Any]:
    manifest = published.manifest
    return {"name": manifest["name"], "snapshot": manifest["snapshot"], "phimill": manifest.get("phimill")}


def _counts(published: Published) -> dict[str, Any]:
    return dict(published.manifest["counts"])


def _pair(left: int | None, right: int | None) -> dict[str, int]:
    return {"left": left or 0, "right": right or 0, "change": (right or 0) - (left or 0)}


def _by(left: Published, right: Published, by: str) -> dict[str, dict[str, dict[str, int]]]:
    sums = [_counts(published).get(by) or {} for published in (left, right)]
    return {
        name: {what: _pair(*(side.get(name, {}).get(what) for side in sums)) for what in ("in", "kept", "tokens_kept")}
        for name in sorted({*sums[0], *sums[1]})
    }


def _size(both: pa.Table, some: Any, side: str) -> dict[str, int]:
    tokens = both[f"{side}_tokens"].filter(pa.array(some))
    return {"documents": int(some.sum()), "tokens": int(pc.sum(tokens).as_py() or 0)}


def _moves(both: pa.Table) -> list[dict[str, Any]]:
    """Returns from which fate to which documents moved, the most frequent first."""
    table = pa.table(
        {
            "left": pc.fill_null(both["left"], "absent"),
            "right": pc.fill_null(both["right"], "absent"),
            "tokens": pc.coalesce(both["right_tokens"], both["left_tokens"]),
        }
    )
    table = table.filter(pc.not_equal(table["left"], table["right"]))
    grouped = table.group_by(["left", "right"]).aggregate([([], "count_all"), ("tokens", "sum")]).to_pylist()
    moves = [
        {
            "from": _fate(row["left"]),
            "to": _fate(row["right"]),
            "documents": row["count_all"],
            "tokens": row["tokens_sum"] or 0,
        }
        for row in sorted(grouped, key=lambda row: (-row["count_all"], row["left"], row["right"]))
    ]
    return moves[:TOP_MOVES]


def _fate(joined: str) -> dict[str, str]:
    status, stage, reason = [*joined.split("\t", 2), "", ""][:3]
    return {"status": status, "stage": stage, "reason": reason}


def _reasons(left: Published, right: Published) -> list[dict[str, Any]]:
    """Returns each reason's documents in both runs, those that changed most first."""
    sides: list[dict[tuple[str, str], int]] = []
    for published in (left, right):
        side: dict[tuple[str, str], int] = {}
        for row in _counts(published).get("reasons") or []:
            key = (row["stage"], row["reason"])
            side[key] = side.get(key, 0) + int(row["documents"])
        sides.append(side)
    rows = [
        {"stage": stage, "reason": reason, **_pair(*(side.get((stage, reason)) for side in sides))}
        for stage, reason in {**sides[0], **sides[1]}
    ]
    return sorted(rows, key=lambda row: (-abs(row["change"]), row["stage"], row["reason"]))


def _rules(left: Published, right: Published) -> list[dict[str, Any]]:
    """Returns the rules whose bound differs, or that only one run has, with what each run says fails them."""
    sides = [{rule.address: rule for rule in published.rules} for published in (left, right)]
    rows = []
    for address in {**sides[0], **sides[1]}:
        rules = [side.get(address) for side in sides]
        bounds = [_bound(rule) for rule in rules]
        if bounds[0] != bounds[1]:
            row = {"rule": address, "left": bounds[0], "right": bounds[1]}
            rows.append({**row, "failed": _pair(*(rule.failed if rule else 0 for rule in rules))})
    return rows


def _bound(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    bound = rule.bound if np.isfinite(rule.bound) else None
    return {"sign": rule.sign, "bound": bound, "stated": rule.stated or None, "signal": rule.signal}


def _settings(left: dict[str, Any], right: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the recipe's fields that differ, by their dotted names, filters by their own."""
    flat = [_flat(recipe, "") for recipe in (left, right)]
    keys = [key for key in {**flat[0], **flat[1]} if flat[0].get(key) != flat[1].get(key)]
    return [{"key": key, "left": flat[0].get(key), "right": flat[1].get(key)} for key in sorted(keys)]


def _flat(value: Any, key: str) -> dict[str, Any]:
    if isinstance(value, dict):
        pairs = [(f"{key}.{name}" if key else str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        pairs = [(f"{key}.{one.get('name') or place}", one) for place, one in enumerate(value)]
    else:
        return {key: value}
    return {name: one for inner_key, inner in pairs for name, one in _flat(inner, inner_key).items()}


def _samples(both: pa.Table, some: Any, published: Published, side: str, number: int) -> list[dict[str, Any]]:
    chosen = both.filter(pa.array(some)).select(["id", "left", "right", f"{side}_row"])
    chances = keyed_unit(published.seed, "diff", chosen["id"].to_pylist())
    few = chosen.take(pa.array(np.argsort(chances, kind="stable")[:number])).to_pylist()
    rows = rows_at(published, places_of(published, [one[f"{side}_row"] for one in few]), _SAMPLED)
    return [
        {
            "id": one["id"],
            "name": label(row["url"] or row["origin_id"] or row["locator"]),
            "source": label(row["source"], 40),
            "kind": row["kind"],
            "tokens": row["tokens"],
            "left": _fate(one["left"] or "absent"),
            "right": _fate(one["right"] or "absent"),
        }
        for one, row in zip(few, rows, strict=True)
    ]


def in_words(fate: dict[str, str]) -> str:
    """Returns a fate in a few words, such as `dropped: judge, too few words`."""
    if not fate["stage"]:
        return {"absent": "not there"}.get(fate["status"], fate["status"])
    return f"{fate['reason'].replace('_', ' ')} ({fate['stage']})"


def bound_in_words(bound: dict[str, Any] | None, number: Any) -> str:
    """Returns a bound such as `≥ 50`, `off` for none.

    Args:
        bound: as `compare` gives it.
        number: what writes a number.
    """
    if bound is None:
        return "off"
    of_pool = f" ({stated(bound['stated'])})" if bound["stated"] else ""
    return f"{bound['sign']} {number(bound['bound'])}{of_pool}"


def shown_setting(value: Any) -> str:
    """Returns a recipe's value on one line, masked and visible."""
    return label(_plain(value), 80) if value is not None else "–"


def _plain(value: Any) -> str:
    return ", ".join(map(_plain, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
