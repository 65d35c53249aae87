"""The report's second part: what the documents are like, what was found among them, how it was made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from flows.report import charts, palette
from flows.report.counting import Categories, largest
from flows.report.excerpts import label, mask
from flows.report.formatting import count, plural, seconds, share, short, value, words
from flows.report.gallery import Gallery
from flows.report.histograms import Histogram
from flows.report.published import METHODS, Published
from flows.report.survey import Survey

#: Values of a category that have a bar, items and files that are listed.
BARS, LISTED = 8, 60

#: Characters of the recipe that are shown.
_RECIPE_CHARS = 40_000

#: Steps that see the documents which reach a stage of another name.
_STAGE_OF = {"measure": "judge", "score": "judge", "sign": "deduplicate", "publish": "ingest"}

_SIZES = ((2, 2), (3, 3), (4, 5), (6, 10), (11, 50), (51, 10**12))


def distributions(survey: Survey, gallery: Gallery) -> list[dict[str, Any]]:
    """Returns charts of what came in with text against what was kept."""
    shown = []
    for name, title in (
        ("language", "Language of prose"),
        ("kind", "Kind"),
        ("programming language", "Programming language"),
        ("licence", "Licence"),
        ("site", "Site"),
    ):
        rows = _shares(survey.categories[name], others=name != "site")
        if len(rows) > (0 if name == "kind" else 1):
            chart = gallery.draw(charts.compared(rows, ("came in", "kept")), f"{title}: share of documents in and kept")
            shown.append({"title": title, "finding": _change(rows), "chart": chart})
    for histogram, title, unit in ((survey.length, "Length", "tokens"), (survey.quality, "Quality score", "quality")):
        if histogram is not None and histogram.counts.any():
            before, after = _median(histogram.counts.sum(axis=0), histogram), _median(histogram.counts[1], histogram)
            finding = f"Median {unit} about {_about(before)} before, {_about(after)} after"
            chart = gallery.draw(charts.before_and_after(histogram, unit), f"{title}: documents in and kept")
            shown.append({"title": title, "finding": finding, "chart": chart})
    return shown


def duplicates(published: Published, survey: Survey, gallery: Gallery) -> dict[str, Any] | None:
    """Returns the sizes of clusters, the largest ones, the similarities; None without clusters."""
    sizes = survey.cluster_sizes
    sizes = sizes[sizes > 1]
    if not sizes.size:
        return None
    bars = []
    for low, high in _SIZES:
        number = int(np.count_nonzero((sizes >= low) & (sizes <= high)))
        name = f"{low}" if low == high else f"{low}–{high}" if high < 10**12 else f"over {low - 1}"
        if number:
            bars.append((f"{name} documents", float(number), count(number)))
    threshold = ((published.manifest.get("recipe") or {}).get("deduplicate") or {}).get("threshold")
    jaccard = survey.jaccard
    drawn = jaccard is not None and bool(jaccard.counts.any())
    return {
        "finding": f"{plural(sizes.size, 'cluster')} of {count(int(sizes.sum()))} duplicates, "
        f"the largest of {count(int(sizes.max()))}; one document of each stays",
        "sizes": gallery.draw(charts.bars(bars), "Clusters by size"),
        "jaccard": gallery.draw(charts.single(jaccard, "Jaccard similarity", threshold), "Confirmed similarity")
        if drawn and jaccard
        else None,
        "largest": [row for row in survey.largest_clusters if row[1] > 1][:6],
    }


def contamination(survey: Survey, gallery: Gallery) -> dict[str, Any] | None:
    """Returns which benchmark items were found in documents; None if none was."""
    if not survey.benchmarks:
        return None
    ranked = sorted(survey.benchmarks.items(), key=lambda item: (-item[1], item[0]))
    names: dict[str, list[int]] = {}
    for (benchmark, _), number in ranked:
        names.setdefault(benchmark, []).append(number)
    bars = [(label(_item_name(*pair), 34), float(number), count(number)) for pair, number in ranked[:BARS]]
    documents = plural(sum(survey.benchmarks.values()), "document")
    methods: dict[tuple[str, ...], Counter[str]] = {}
    for (benchmark, item, method), number in survey.methods.items():
        for key in ((benchmark,), (benchmark, item)):
            methods.setdefault(key, Counter())[METHODS.get(method, method)] += number
    said = {key: ", ".join(f"{name} {count(n)}" for name, n in largest(found, 9)) for key, found in methods.items()}
    return {
        "finding": f"{documents} held {plural(len(ranked), 'benchmark item')} and did not enter the shards",
        "methods": said,
        "benchmarks": [(name, len(found), sum(found), said[name,]) for name, found in sorted(names.items())],
        "chart": gallery.draw(charts.bars(bars, palette.DROPPED), "Documents by benchmark item"),
        "items": ranked[:LISTED],
        "left_out": len(ranked) - LISTED,
    }


def _item_name(benchmark: str, item: str) -> str:
    """Returns an item's name by which it is known among several benchmarks: `mbpp 958`, but `HumanEval/61` alone."""
    return item if item.lower().startswith(benchmark.lower()) else f"{benchmark} {item}"


def quarantine(survey: Survey) -> dict[str, Any] | None:
    """Returns what could not be read, by reason and source, with places; None if all could."""
    if not survey.quarantine:
        return None
    ranked = sorted(survey.quarantine.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        {"reason": key[0], "source": key[1], "documents": number, "places": survey.quarantined[key[0], key[1]]}
        for key, number in ranked
    ]
    total = sum(survey.quarantine.values())
    return {
        "finding": f"{plural(total, 'record')} could not be read, most often as “{words(ranked[0][0][0])}”",
        "rows": rows[:LISTED],
        "left_out": len(rows) - LISTED,
    }


def mixture(published: Published, gallery: Gallery) -> dict[str, Any] | None:
    """Returns the planned against the realised shares of tokens; None if the manifest has no mixture."""
    mixed = published.manifest.get("mixture")
    if not mixed or not mixed.get("realised"):
        return None
    planned, realised = mixed.get("planned") or {}, mixed["realised"]
    names = sorted({*planned, *realised}, key=lambda name: (-realised.get(name, {}).get("tokens", 0), name))
    rows = []
    for name in names:
        row = realised.get(name) or {}
        plan = planned.get(name) or {}
        rows.append({"name": name, **row, "plan": plan.get("share"), "planned_tokens": plan.get("tokens")})
    bars = [(label(row["name"], 26), float(row["plan"] or 0.0), float(row.get("share") or 0.0)) for row in rows]
    wanted = bool(((published.manifest.get("recipe") or {}).get("mixture") or {}).get("shares"))
    gaps = [abs(row["plan"] - (row.get("share") or 0.0)) for row in rows if wanted and row["plan"] is not None]
    finding = "No shares were planned; everything good was taken"
    if gaps:
        close = "as planned" if max(gaps) < 0.005 else f"at most {100 * max(gaps):.1f} points off the plan"
        finding = f"The realised shares are {close}"
    drawn = charts.compared(bars[:LISTED], ("planned", "realised"), tick=True) if gaps else None
    drawn = drawn or charts.bars([(name, realised_share, f"{realised_share:.1%}") for name, _, realised_share in bars])
    return {
        "finding": finding,
        "by": mixed.get("by") or "kind",
        "rows": rows,
        "chart": gallery.draw(drawn, "Shares of tokens, planned and realised"),
    }


def truth(published: Published) -> dict[str, Any] | None:
    """Returns what was found of what had been planted; None without a truth file."""
    rows = published.manifest.get("truth")
    if not rows:
        return None
    planted, found = (sum(int(row.get(key) or 0) for row in rows) for key in ("planted", "found"))
    earlier = sum(int(row.get("dropped_earlier") or 0) for row in rows)
    finding = f"{count(found)} of {count(planted)} planted difficulties were found"
    if earlier:
        finding += f", {count(earlier)} were already gone for another reason"
    missed = planted - found - earlier
    return {"finding": f"{finding}; {count(missed)} missed" if missed > 0 else finding, "rows": rows}


def timing(published: Published, steps: Sequence[dict[str, Any]], gallery: Gallery) -> dict[str, Any] | None:
    """Returns the duration of each step, and documents a second where none were reused; None if none was given."""
    if not steps:
        return None
    bars = []
    reaching = {row["stage"]: row["in"] for row in published.manifest["counts"]["stages"]}
    for step in steps:
        note = seconds(step["seconds"])
        if step.get("parts", 0) > 1:
            note += f" · {step['parts']} parts"
        if step.get("reused"):
            note += f" · {step['reused']} reused"
        elif reaching.get(_STAGE_OF.get(step["step"], step["step"])) and step["seconds"] >= 0.1:
            reached = reaching[_STAGE_OF.get(step["step"], step["step"])]
            note += f" · {short(round(reached / step['seconds']))} documents/s"
        bars.append((label(str(step["step"]), 30), float(step["seconds"]), note))
    total = sum(float(step["seconds"]) for step in steps)
    documents = published.manifest["counts"]["in"]
    rate = f", {short(round(documents / total))} documents a second" if total > 0 else ""
    slowest = max(steps, key=lambda step: step["seconds"])
    told = "Seconds by step, parts, and documents a second"
    return {
        "finding": f"{seconds(total)} in all{rate}; {slowest['step']} takes {share(slowest['seconds'], total)} of it",
        "chart": gallery.draw(charts.bars(bars, palette.NOT_SAMPLED, width=620), told),
    }


def provenance(published: Published) -> dict[str, Any]:
    """Returns inputs, shards, versions, models and the recipe."""
    manifest = published.manifest
    recipe = mask(json.dumps(manifest.get("recipe") or {}, indent=2, ensure_ascii=False))
    facts = [(name, manifest.get(name)) for name in ("phimill", "python", "snapshot", "sample") if manifest.get(name)]
    return {
        "facts": facts,
        "versions": sorted(pair for pair in (manifest.get("versions") or {}).items() if pair[0] not in dict(facts)),
        "inputs": (manifest.get("inputs") or [])[:LISTED],
        "inputs_left_out": max(0, len(manifest.get("inputs") or []) - LISTED),
        "passed_over": manifest.get("passed_over") or [],
        "shards": (manifest.get("shards") or [])[:LISTED],
        "shards_left_out": max(0, len(manifest.get("shards") or []) - LISTED),
        "tokenizer": manifest.get("tokenizer"),
        "quality": _flat(manifest.get("quality") or {})[:LISTED],
        "recipe": recipe[:_RECIPE_CHARS] + (" […]" if len(recipe) > _RECIPE_CHARS else ""),
    }


def _shares(categories: Categories, others: bool) -> list[tuple[str, float, float]]:
    before, after = sum(categories.before.values()), sum(categories.after.values())
    named = largest(categories.before, BARS)
    rows = [(label(name, 22), n / before, categories.after[name] / max(after, 1)) for name, n in named]
    rest = len(categories.before) - len(named)
    if rest > 0 and others:
        last = max(0.0, 1 - sum(row[1] for row in rows)), max(0.0, 1 - sum(row[2] for row in rows)) if after else 0.0
        rows.append((f"{count(rest)} others", *last))
    return rows


def _change(rows: list[tuple[str, float, float]]) -> str:
    name, before, after = max(rows, key=lambda row: abs(row[2] - row[1]))
    if abs(after - before) < 0.005:
        return "Shares stay as they were"
    return f"{name} {'rises' if after > before else 'falls'} from {before:.1%} to {after:.1%} of documents"


def _median(counts: Any, histogram: Histogram) -> float | None:
    """Returns the middle of the bin that holds the median."""
    if not counts.any():
        return None
    place = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    low, high = float(histogram.edges[place]), float(histogram.edges[place + 1])
    middle = float(np.sqrt(low * high)) if histogram.logarithmic else (low + high) / 2
    return round(middle) if histogram.whole else middle


def _about(number: float | None) -> str:
    """Returns a number with two significant digits, as a bin's middle deserves."""
    return "–" if number is None else value(float(f"{number:.2g}"))


def _flat(facts: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, item in facts.items():
        if isinstance(item, dict):
            rows += _flat(item, f"{prefix}{key}.")
        elif isinstance(item, (int, float)) and not isinstance(item, bool):
            rows.append((f"{prefix}{key}", value(item)))
        elif isinstance(item, (str, bool)):
            rows.append((f"{prefix}{key}", label(str(item), 80)))
    return rows
