"""The sampled documents as the report shows them: values against bounds, excerpts, pairs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from flows.report import formatting
from flows.report.differences import side_by_side
from flows.report.excerpts import excerpt, label, mask, visible
from flows.report.published import METHODS, Published, Rule
from flows.report.survey import Survey

#: Returns the texts of documents by id; ids that have none are left out.
Texts = Callable[[Iterable[str]], dict[str, str]]

#: Documents shown in all, and of one group.
SHOWN, SHOWN_OF_GROUP = 130, 4

#: Characters of an excerpt, of which so many from the end.
EXCERPT, EXCERPT_TAIL = 700, 160

#: Pairs of duplicates shown side by side.
PAIRS = 5

_PLACES = ("origin_id", "locator", "url", "licence")


class Samples:
    """Sampled rows of the ledger with their texts.

    Attributes:
        dropped: groups of documents that left the road, the largest first, each with its status,
            stage, reason, number of documents, anchor in the page and documents to show.
        kept: source → documents to show.
        pairs: duplicates beside the documents that they match.
    """

    def __init__(self, published: Published, survey: Survey, texts: Texts, share: float = 1.0) -> None:
        """Fetches the texts of the chosen rows in one call.

        Args:
            published: the run.
            survey: its survey, with the chosen rows.
            texts: returns texts by id.
            share: of the usual number of documents, for a run with very many reasons.
        """
        rows = survey.sample.to_pylist() if survey.sample is not None else []
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            groups.setdefault(row["group"], []).append(row)
        totals = _totals(published)
        ranked = sorted(groups, key=lambda name: (-totals.get(name, 0), name))
        limit = int(share * SHOWN)
        of_group = min(SHOWN_OF_GROUP, limit // max(len(groups), 1)) or 1
        paired = [row for row in rows if row["stage"] == "deduplicate" and row["matched"]]
        paired.sort(key=lambda row: (row["reason"] == "exact_duplicate", not row["nearest"], row["chance"]))
        chosen = {name: _mixed(groups[name], of_group) for name in ranked[:limit]}
        ids = {row["id"] for group in chosen.values() for row in group}
        ids |= {row[key] for row in paired for key in ("id", "matched")}
        self._texts = texts(sorted(ids))
        self._rules = published.rules
        self.dropped = [
            {
                **dict(zip(("status", "stage", "reason"), name.split("\t"), strict=True)),
                "documents": totals.get(name, 0),
                "anchor": f"reason-{place}",
                "shown": [self._shown(row) for row in group],
            }
            for place, (name, group) in enumerate(chosen.items(), 1)
            if not name.startswith("kept\t")
        ]
        self.kept = {
            name.split("\t")[1]: [self._shown(row) for row in group]
            for name, group in chosen.items()
            if name.startswith("kept\t")
        }
        both = [row for row in paired if {row["id"], row["matched"]} <= self._texts.keys()]
        self.pairs = [self._pair(row) for row in both[: int(share * PAIRS)]]

    def anchor(self, status: str, stage: str, reason: str) -> str | None:
        """Returns the anchor of a group's samples, None if none are shown."""
        wanted = (status, stage, reason)
        found = (one for one in self.dropped if (one["status"], one["stage"], one["reason"]) == wanted)
        return next((str(one["anchor"]) for one in found), None)

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        text = self._texts.get(row["id"])
        failed = set(row["failed_rules"] or [])
        return {
            "id": row["id"],
            "source": row["source"],
            "kind": row["kind"],
            "language": label(row["language"], 30),
            "tokens": row["tokens"],
            "nearest": row["nearest"],
            "places": [(name.replace("_", " "), label(row[name])) for name in _PLACES if row.get(name)],
            "verdict": verdict(row, self._rules),
            "matched": row["matched"],
            "also": [formatting.words(reason) for reason in row["failed"] or [] if reason != row["reason"]],
            "values": [_value(rule, row, failed) for rule in self._rules if _has_value(rule, row)],
            "excerpt": excerpt(text, EXCERPT, EXCERPT_TAIL) if text else None,
        }

    def _pair(self, row: dict[str, Any]) -> dict[str, Any]:
        texts = [visible(mask(self._texts[row[key]][:50_000])) for key in ("id", "matched")]
        left, right = side_by_side(*texts)
        return {
            "id": row["id"],
            "matched": row["matched"],
            "jaccard": row["jaccard"],
            "exact": row["reason"] == "exact_duplicate",
            "nearest": row["nearest"],
            "left": left,
            "right": right,
        }


def verdict(row: dict[str, Any], rules: list[Rule]) -> str:
    """Returns why a row is where it is, in one sentence."""
    if row["status"] == "kept":
        return f"kept, in {row['shard']}, row {formatting.count(row['row'])}" if row.get("shard") else "kept"
    what = f"{formatting.words(row['status'])} at {row['stage']}: {formatting.words(row['reason'])}"
    rule = next((rule for rule in rules if rule.address == row["rule"]), None)
    if rule is not None and row["measured"] is not None:
        bound = f"{rule.sign} {formatting.value(row['threshold'])}"
        return f"{what}; {rule.signal} is {formatting.value(row['measured'])}, bound {bound}"
    if row["stage"] == "deduplicate" and row["jaccard"] is not None:
        return f"{what}; Jaccard similarity {row['jaccard']:.3f}"
    if row["benchmark"]:
        how = f", found by {METHODS[row['benchmark_method']]}" if row.get("benchmark_method") else ""
        return f"{what}; item {label(row['benchmark_item'], 60)} of {label(row['benchmark'], 40)}{how}"
    if row["measured"] is not None and row["threshold"] is not None:
        return f"{what}; measured {formatting.value(row['measured'])}, bound {formatting.value(row['threshold'])}"
    return what


def _totals(published: Published) -> dict[str, int]:
    """Returns how many documents each group has."""
    counts = published.manifest["counts"]
    totals = {f"kept\t{source}": int(row["kept"]) for source, row in counts["by_source"].items()}
    for row in counts["reasons"]:
        name = "\t".join((row["status"], row["stage"], row["reason"]))
        totals[name] = totals.get(name, 0) + int(row["documents"])
    return totals


def _mixed(group: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Returns at most so many rows, the one nearest to the bound among them."""
    nearest = [row for row in group if row["nearest"]][:1] if most > 1 else []
    random = [row for row in group if not row["nearest"]]
    return (random[: most - len(nearest)] + nearest) or group[:most]


def _has_value(rule: Rule, row: dict[str, Any]) -> bool:
    number = row.get(rule.signal)
    wanted = all(row.get(column) in names for column, names in rule.where.items())
    return number is not None and math.isfinite(number) and (wanted or rule.address in (row["failed_rules"] or []))


def _value(rule: Rule, row: dict[str, Any], failed: set[str]) -> dict[str, Any]:
    number = float(row[rule.signal])
    fails = rule.address in failed
    return {
        "address": rule.address,
        "value": formatting.value(number),
        "bound": f"{rule.sign} {formatting.value(rule.bound)}",
        "fate": "fails" if fails else "passes" if rule.passes(number) else "excused",
    }
