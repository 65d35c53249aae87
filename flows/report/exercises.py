"""What a teacher made, as a page shows it: its cells, how far answers came, what was lost, how new it is, its cost.

All numbers are those of the teacher's facts, which stand in facts.json and in the manifest under `teacher`.
"""

from __future__ import annotations

from typing import Any

from flows.report import charts, palette
from flows.report.coverage import coverage
from flows.report.excerpts import label
from flows.report.exercise_charts import novelty_curves
from flows.report.formatting import count, plural, share, words
from flows.report.gallery import Gallery
from flows.report.published import Published

#: Reasons and openers that have a bar.
_BARS, _OPENERS = 20, 8

#: Bins of mutation scores that are drawn as one.
_HALF = 5

_LADDER = ("none", "parses", "runs", "passes", "strong", "agreed")
_MEANING = {
    "unanswered": "never answered",
    "none": "answered, cannot be read",
    "parses": "is Python",
    "runs": "loads in the sandbox",
    "passes": "passes its tests",
    "strong": "tests kill its mutants",
    "agreed": "a second solution agrees",
    "prose": "prose, not run",
}

_CAPS = (("max_usd", "usd", "USD"), ("max_requests", "calls", "calls"), ("max_total_tokens", "tokens", "tokens"))


def exercises(published: Published, gallery: Gallery) -> dict[str, Any] | None:
    """Returns what the teacher wrote and what became of it; None without a teacher."""
    teacher = published.manifest.get("teacher")
    if not teacher:
        return None
    row = published.manifest["counts"]["by_source"].get(f"synth/{teacher.get('name') or 'builtin'}")
    return taught(teacher, gallery) | {"in_shards": row and row["kept"]}


def taught(teacher: dict[str, Any], gallery: Gallery) -> dict[str, Any]:
    """Returns the section's parts; what older facts do not say is None.

    Args:
        teacher: the facts of a generation.
        gallery: draws the charts.
    """
    kept, requests = int(teacher.get("kept") or 0), int(teacher.get("requests") or 0)
    return {
        "finding": f"{count(kept)} of {plural(requests, 'request')} gave an exercise that was kept",
        "teacher": teacher,
        "procedural": teacher.get("kind") == "procedural",
        "requests": requests,
        "in_shards": None,
        "levels": _levels(teacher, gallery),
        "fates": _fates(teacher, kept, gallery),
        "coverage": coverage(teacher, gallery),
        "novelty": _novelty(teacher, gallery),
        "mutation": _mutation(teacher, gallery),
        "spend": _spend(teacher, gallery),
    }


def _levels(teacher: dict[str, Any], gallery: Gallery) -> dict[str, Any] | None:
    """Returns how many requests came at least so far, and just so far by kind."""
    reached = teacher.get("reached")
    if not reached:
        return None
    names = [name for name in _MEANING if any(name in row for row in reached.values())]
    sums = {name: sum(int(row.get(name, {}).get("requests", 0)) for row in reached.values()) for name in names}
    total = sum(sums.values())
    ladder = [name for name in _LADDER if name in sums]
    bars = [("asked for", float(total), count(total))]
    run = sum(sums[name] for name in ladder)
    if ladder:
        bars.append(("answered, to be run", float(run), count(run)))
    for name in _LADDER[1 : _LADDER.index(ladder[-1]) + 1] if ladder else ():
        number = sum(sums.get(one, 0) for one in _LADDER[_LADDER.index(name) :])
        bars.append((_MEANING[name], float(number), f"{count(number)} · {share(number, run)}"))
    if "prose" in sums:
        bars.append((_MEANING["prose"], float(sums["prose"]), count(sums["prose"])))
    return {
        "chart": gallery.draw(charts.bars(bars), "Requests by the level that they reach at least"),
        "names": [(name, _MEANING[name]) for name in names],
        "rows": [
            (kind, [(row.get(name, {}).get("requests", 0), row.get(name, {}).get("kept", 0)) for name in names])
            for kind, row in sorted(reached.items())
        ],
    }


def _fates(teacher: dict[str, Any], kept: int, gallery: Gallery) -> dict[str, Any]:
    """Returns what was kept, and what was not by reason."""
    rejected = {str(reason): int(number) for reason, number in (teacher.get("rejected") or {}).items()}
    ranked = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    bars = [("kept", float(kept), count(kept))]
    bars += [(label(words(reason), 34), float(number), count(number)) for reason, number in ranked[:_BARS]]
    told = "Exercises kept and rejected by reason"
    return {
        "chart": gallery.draw(charts.bars(bars, palette.DROPPED, first=palette.KEPT), told),
        "rejected": sum(rejected.values()),
        "left_out": len(ranked) - _BARS,
    }


def _novelty(teacher: dict[str, Any], gallery: Gallery) -> dict[str, Any] | None:
    """Returns the novelty's curve and the openers; None where nothing was kept."""
    facts = teacher.get("novelty")
    if not facts or not facts["curve"]:
        return None
    curve, openers = facts["curve"], facts["openers"]
    bars = [(label(row["opener"], 30), float(row["share"]), f"{row['share']:.1%}") for row in openers[:_OPENERS]]
    told = "New skeletons and behaviours in 1,000 exercises, as they were kept"
    last, top = curve[-1], openers[0]["share"] if openers else 0.0
    said = f"{share(top, 1)} begin with the same five words"
    return {
        **facts,
        "last": last,
        "finding": f"{said}: the answers have collapsed onto one opener" if facts["collapsed"] else said,
        "chart": gallery.draw(novelty_curves(curve), told) if len(curve) > 1 else None,
        "opener_chart": gallery.draw(charts.bars(bars, palette.NOT_SAMPLED), "The most frequent first five words"),
    }


def _mutation(teacher: dict[str, Any], gallery: Gallery) -> dict[str, Any] | None:
    """Returns how many exercises' tests kill which share of their solution's mutants; None if none was measured."""
    facts = teacher.get("mutation")
    if not facts or not facts["measured"]:
        return None
    measured = facts["measured"]
    pairs = list(zip(facts["written"], facts["final"], strict=True))
    few = [sum(column) / measured for column in zip(*pairs[:_HALF], strict=True)]
    rows = [("under half", few[0], few[1])]
    rows += [
        (
            "all" if place == len(pairs) - 1 else f"{10 * place}–{10 * place + 10} %",
            pair[0] / measured,
            pair[1] / measured,
        )
        for place, pair in enumerate(pairs[_HALF:], _HALF)
    ]
    told = "Exercises by the share of killable mutants that their tests kill"
    return {
        **facts,
        "full": facts["written"][-1],
        "chart": gallery.draw(charts.compared(rows[::-1], ("as written", "with tests added")), told),
    }


def _spend(teacher: dict[str, Any], gallery: Gallery) -> dict[str, Any]:
    """Returns tokens and money by model, and how much of each cap is used up."""
    models = teacher.get("models") or []
    sums = {name: sum(row[name] for row in models) for name in ("calls", "usd", "prompt_tokens", "completion_tokens")}
    sums["tokens"] = sums["prompt_tokens"] + sums["completion_tokens"]
    bars = []
    for cap, used, unit in _CAPS:
        limit = (teacher.get("caps") or {}).get(cap)
        if limit:
            told = f"{sums[used]:.4f} of {limit:g}" if unit == "USD" else f"{count(sums[used])} of {count(limit)}"
            bars.append((unit, sums[used] / limit, f"{told} ({share(sums[used], limit)})"))
    return {
        "models": models,
        "sums": sums,
        "money": money(teacher),
        "chart": gallery.draw(charts.bars(bars, palette.NOT_SAMPLED), "Used of each cap") if bars else None,
    }


def money(teacher: dict[str, Any]) -> str:
    """Returns what was paid, in words."""
    if teacher.get("kind") != "llm":
        return "none"
    if teacher.get("price") is None:
        return "unknown: nobody gave a price"
    return f"{teacher['usd']:.4f} USD, at {teacher['price']}"
