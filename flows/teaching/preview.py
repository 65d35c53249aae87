"""The first few, with their verdicts, before anything is spent further."""

from __future__ import annotations

import sys
from typing import Sequence

from flows.teaching.watching import dollars
from synth.forecast import pilot_of
from synth.generation import Generation
from synth.rows import Item

_LINES = 24


def show_preview(generation: Generation, items: Sequence[Item]) -> str:
    """Prints what came of the first requests; returns the question that goes with it."""
    from flows.report.excerpts import label

    out = sys.stderr
    for number, item in enumerate(items, start=1):
        record = item.parsed.record
        title = label(record.title if record else "", 100) or "—"
        print(f"\n{number}. {title}  [{item.spec.kind}, {item.spec.topic or 'from a document'}]", file=out)
        for line in (record.text if record else item.reply.content or item.answer.outcome).split("\n")[:_LINES]:
            print(f"   │ {label(line, 110)}", file=out)
        print(f"   └ {verdict_of(item)}", file=out)
    return question(generation, items)


def verdict_of(item: Item) -> str:
    """Returns what became of a request, in words."""
    examined = item.examined
    verdict = examined.verdict if examined else None
    level = f", {examined.level}" if examined and examined.level else ""
    where = (
        f"{level}: {verdict.tests} tests in {verdict.sandbox}, {verdict.evidence}" if verdict and verdict.tests else ""
    )
    cost = f", {dollars(item.nano_usd / 1e9)}" if item.nano_usd else ""
    if item.reason:
        detail = f": {item.detail}" if item.detail and item.detail != item.reason else ""
        return f"rejected, {item.reason}{detail[:200]}{cost}"
    return f"kept{where}{cost}"


def question(generation: Generation, items: Sequence[Item]) -> str:
    """Returns what the preview says about the rest, as the question whether to go on."""
    pilot = pilot_of(items, generation.price is not None)
    left = generation.left
    cost = "price unknown" if pilot.usd is None else f"about {dollars(pilot.usd * left)}" if pilot.usd else "no money"
    return (
        f"{pilot.kept} of {pilot.asked} kept (in the long run {pilot.low:.0%} to {pilot.high:.0%}); "
        f"{left} more requests: {cost}, about {pilot.tokens * left:,.0f} tokens. Go on?"
    )
