"""What a generation came to in numbers that reports draw: levels, cells, strength of tests, novelty, spending.

Plain values for the manifest. They depend on the requests and their answers alone, never on the order of arrival.
"""

from __future__ import annotations

import collections
import itertools
from typing import TYPE_CHECKING, Any, Sequence

from data.recipe import Teacher
from synth.evidence import LEVELS
from synth.requests import UNANSWERED
from synth.variety.novelty import COLLAPSED_SHARE, LEAST_TO_COLLAPSE, NoveltyMeter, opener_shares

if TYPE_CHECKING:
    from synth.journal import Spent
    from synth.plans import Outcome
    from synth.rows import Item

#: What stands in the place of a level for a request that was not answered, and for prose, which is not run.
NOT_ANSWERED, PROSE = "unanswered", "prose"

#: Tenths of a mutation score, and the full score, which is a class of its own.
SCORE_BINS = 11

_EASE = ("easy", "medium", "hard")
_BY = ("skeleton", "behaviour")


def figures_of(items: Sequence[Item], outcomes: Sequence[Outcome], spent: Sequence[Spent]) -> dict[str, Any]:
    """Returns all of it.

    Args:
        items: everything that was asked for.
        outcomes: of the same, in the same order.
        spent: what their calls took, a row for each model.
    """
    return {
        # Of all calls: repairs and second solutions cost money, too.
        "prompt_tokens": sum(one.prompt_tokens for one in spent),
        "completion_tokens": sum(one.completion_tokens for one in spent),
        "reached": reached(items),
        "cells": cells(items),
        "mutation": mutation(items),
        "novelty": novelty([outcome for outcome in outcomes if outcome.kept]),
        "models": [
            {
                "model": one.model,
                "calls": one.calls,
                "usd": one.nano_usd / 1e9,
                "prompt_tokens": one.prompt_tokens,
                "completion_tokens": one.completion_tokens,
            }
            for one in spent
        ],
    }


def limits_of(teacher: Teacher) -> dict[str, float | None]:
    """Returns the hard limits on spending, None where there is none."""
    return {name: getattr(teacher, name) for name in ("max_usd", "max_requests", "max_total_tokens")}


def reached(items: Sequence[Item]) -> dict[str, dict[str, dict[str, int]]]:
    """Returns for each kind, for each level, how many requests came just so far, and how many of them were kept."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for item in items:
        level = found.setdefault(item.spec.kind, {}).setdefault(level_of(item), {"requests": 0, "kept": 0})
        level["requests"] += 1
        level["kept"] += not item.reason
    order = [NOT_ANSWERED, *LEVELS, PROSE]
    return {kind: {name: found[kind][name] for name in order if name in found[kind]} for kind in sorted(found)}


def level_of(item: Item) -> str:
    """Returns how far a request came: a level, or what stands in its place."""
    if item.answer.outcome in UNANSWERED:
        return NOT_ANSWERED
    if item.examined is None:
        return "none"
    return item.examined.level or (PROSE if item.examined.verdict is None else "none")


def cells(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Returns for each combination of kind, topic and difficulty what was asked for, kept, and lost to what."""
    found: dict[tuple[str, str, str], collections.Counter[str]] = {}
    for item in items:
        spec = item.spec
        found.setdefault((spec.kind, spec.topic or "from documents", spec.difficulty), collections.Counter())[
            item.reason
        ] += 1
    return [
        {
            "cell": dict(zip(("kind", "topic", "difficulty"), values, strict=True)),
            "asked": reasons.total(),
            "kept": reasons[""],
            "rejected": {reason: count for reason, count in sorted(reasons.items()) if reason},
        }
        for values, reasons in sorted(found.items(), key=lambda one: (*one[0][:2], _EASE.index(one[0][2])))
    ]


def mutation(items: Sequence[Item]) -> dict[str, Any]:
    """Returns how mutation scores are distributed: by the tests as they were written, and with ours added.

    Bin n counts scores from n/10 up; the last one counts full scores alone.
    """
    bins = {name: [0] * SCORE_BINS for name in ("mutation_score", "final_mutation_score")}
    helped = 0
    for item in items:
        columns = item.examined.columns if item.examined else {}
        if columns.get("mutation_score") is None:
            continue
        for name, counts in bins.items():
            counts[int(columns[name] * 10 + 1e-9)] += 1
        helped += bool(columns.get("added_tests"))
    return {
        "measured": sum(bins["mutation_score"]),
        "written": bins["mutation_score"],
        "final": bins["final_mutation_score"],
        "with_added_tests": helped,
    }


def novelty(kept: Sequence[Outcome]) -> dict[str, Any]:
    """Returns how many new programs each block of kept records brought, for 1,000 records, and the openers.

    Prose has neither skeleton nor behaviour: its opener says whether it is new.
    """
    meter = NoveltyMeter()
    new = [meter.add(one.skeleton or one.opener, one.behaviour or one.skeleton) for one in kept]
    size = 1000 if len(new) >= 10_000 else 100 if len(new) >= 1000 else 20
    blocks = max(1, round(len(new) / size))
    ends = [len(new) * number // blocks for number in range(blocks + 1)]
    shares = opener_shares(one.opener for one in kept)
    top = shares[0][1] if shares else 0.0
    return {
        "curve": [
            {"kept": end, **{f"{by}s": 1000 * sum(one[by] for one in new[start:end]) / (end - start) for by in _BY}}
            for start, end in itertools.pairwise(ends)
            if end > start
        ],
        "skeletons": meter.distinct("skeleton"),
        "behaviours": meter.distinct("behaviour"),
        "openers": [{"opener": opener, "share": share} for opener, share in shares],
        "collapsed": len(kept) >= LEAST_TO_COLLAPSE and top > COLLAPSED_SHARE,
    }
