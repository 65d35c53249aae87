"""The report's look at models and at time: the quality model's curves, and what changed since the run before."""

from __future__ import annotations

from typing import Any

from flows.comparison.runs import bound_in_words, compare, in_words, shown_setting
from flows.report import charts
from flows.report.formatting import count, plural, share, value
from flows.report.gallery import Gallery
from flows.report.published import Published

#: Rows of the comparison that are shown; those beyond their limit come first.
LISTED = 40

#: The two runs of a comparison: the earlier one, and this one.
SIDES = ("left", "right")


def quality(published: Published, gallery: Gallery) -> dict[str, Any] | None:
    """Returns the quality model's curves on held-out documents and the recipe's threshold; None without a model."""
    facts = published.manifest.get("quality")
    if not facts:
        return None
    rule = next((rule for rule in published.rules if rule.signal == "quality" and rule.lower), None)
    threshold = rule.bound if rule else None
    held = facts.get("held_out")
    shown: dict[str, Any] = {"facts": facts, "held": held, "threshold": threshold, "chart": None, "kept": None}
    if not held:
        return {**shown, "finding": "The quality model came with the recipe; nothing was held out to measure it"}
    finding = f"A good document outscores a raw one in {share(held['auc'], 1)} of pairs that training did not see"
    if held.get("curve"):
        told = "Share of held-out reference documents and of raw ones that a threshold keeps"
        shown["chart"] = gallery.draw(charts.curves(held["curve"], threshold), told)
        if threshold is not None:
            shown["kept"] = next((row for row in held["curve"] if row[0] >= threshold), None)
    return {**shown, "finding": finding}


def drift(published: Published) -> dict[str, Any] | None:
    """Returns what changed since the run before in the same folder; None for the first run."""
    found = published.manifest.get("drift")
    if not found:
        return None
    rows = sorted(found["rows"], key=lambda row: (not row["beyond"], -abs(row["change"]) / max(row["limit"], 1e-9)))
    beyond = found["beyond"]
    finding = "Yield, languages and scores are within the limits of the run before"
    if beyond:
        first = rows[0]
        finding = (
            f"{plural(beyond, 'measure')} beyond the recipe’s limit: {first['measure']} of {first['name']} "
            f"went from {first['before']:.1%} to {first['after']:.1%}"
        )
    left = len(rows) - LISTED
    return {**found, "finding": finding, "rows": rows[:LISTED], "left_out": f"{count(left)} more" if left > 0 else ""}


def comparison(published: Published, earlier: Published | None) -> dict[str, Any] | None:
    """Returns an earlier run beside this one, as `phimill diff` has it; None if none was given."""
    if earlier is None:
        return None
    found = compare(earlier, published)
    gained, lost = (found["documents"][name]["documents"] for name in ("gained", "lost"))
    finding = f"{plural(gained, 'document')} gained and {count(lost)} lost against the earlier run"
    known = {f"filters.{row['rule']}" for row in found["rules"]}
    settings = [row for row in found["settings"] if row["key"] not in known]
    return {
        **found,
        "finding": finding if gained or lost else "Both runs keep the same documents",
        "rules": [{**row, **{side: bound_in_words(row[side], value) for side in SIDES}} for row in found["rules"]],
        "moves": [{**row, **{end: in_words(row[end]) for end in ("from", "to")}} for row in found["moves"]][:LISTED],
        "settings": [{"key": row["key"], **{s: shown_setting(row[s]) for s in SIDES}} for row in settings][:LISTED],
        "samples": {
            name: [{**one, **{side: in_words(one[side]) for side in SIDES}} for one in rows]
            for name, rows in found["samples"].items()
        },
    }
