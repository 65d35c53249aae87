"""How far a run is from the one before it in the same folder: what it kept, in which languages, with which scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from data.recipe import Watch

#: A source with fewer records in either run is not compared: a few documents more or less say nothing.
LEAST_RECORDS = 50


def drift(before: Mapping[str, Any] | None, after: Mapping[str, Any], watch: Watch) -> dict[str, Any] | None:
    """Returns how the run `after` differs from the run `before`, both as manifests; None without a run before.

    Returns:
        `against`: the earlier snapshot; `rows`: for each measure `measure` (yield, language or score), `name`,
        `before`, `after`, `change`, `limit`, and whether the change is `beyond` it; `beyond`: how many are. A yield
        is the share of records that were neither dropped nor quarantined, so that a mixture's budget does not count.
    """
    if before is None:
        return None
    rows = [*_yields(before, after, watch), *_languages(before, after, watch), *_scores(before, after, watch)]
    return {"against": before["snapshot"], "rows": rows, "beyond": sum(row["beyond"] for row in rows)}


def _yields(before: Mapping[str, Any], after: Mapping[str, Any], watch: Watch) -> Iterator[dict[str, Any]]:
    old, new = before["counts"], after["counts"]
    sums = [("all sources", old, new)]
    sums += [(name, old["by_source"][name], row) for name, row in new["by_source"].items() if name in old["by_source"]]
    for name, one, other in sums:
        if min(one["in"], other["in"]) >= LEAST_RECORDS:
            yield _row("yield", name, _yield(one), _yield(other), watch.max_yield_change)


def _languages(before: Mapping[str, Any], after: Mapping[str, Any], watch: Watch) -> Iterator[dict[str, Any]]:
    old, new = (manifest["counts"].get("languages") or {} for manifest in (before, after))  # older ones have none
    if min(sum(old.values()), sum(new.values())) < LEAST_RECORDS:
        return
    for name in sorted({*old, *new}):
        one, other = (counts.get(name, 0) / sum(counts.values()) for counts in (old, new))
        yield _row("language", name, one, other, watch.max_language_change)


def _scores(before: Mapping[str, Any], after: Mapping[str, Any], watch: Watch) -> Iterator[dict[str, Any]]:
    pools = [(manifest.get("quality") or {}).get("scores") or {} for manifest in (before, after)]
    for name in ("came in", "kept"):
        one, other = (pool.get(name) or {"documents": 0} for pool in pools)
        if min(one["documents"], other["documents"]) >= LEAST_RECORDS:
            yield _row("score", f"mean quality of what {name}", one["mean"], other["mean"], watch.max_score_change)


def _yield(sums: Mapping[str, int]) -> float:
    return 1.0 - (sums["dropped"] + sums["quarantined"]) / sums["in"]


def _row(measure: str, name: str, before: float, after: float, limit: float) -> dict[str, Any]:
    change = after - before
    row = {"measure": measure, "name": name, "before": before, "after": after, "change": change, "limit": limit}
    return {**row, "beyond": abs(change) > limit}
