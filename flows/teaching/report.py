"""One page on what a teacher made: levels, cells, novelty, cost, samples. No scripts, nothing loaded.

Its charts are those of a run's report (`flows.report.exercises`), from the same facts.
"""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any, Sequence

from data.atomic import atomic_write
from data.keyed import keyed_hash
from flows.teaching.preview import verdict_of
from synth.rows import Item

_KINDS = {
    "procedural": "a program, not a language model",
    "llm": "a language model",
    "recorded": "recorded answers, asked again",
}
_SAMPLE_CHARS = 4000
_SAMPLES_OF_A_FATE = 3


def write_report(target: Path, name: str, items: Sequence[Item], facts: dict[str, Any]) -> None:
    """Writes the page; the same items give the same page."""
    from flows.report.exercises import taught
    from flows.report.gallery import Gallery
    from flows.report.page import style
    from flows.report.templates import environment

    page = (
        environment(Path(__file__).parent)
        .get_template("report.html.j2")
        .render(
            name=name,
            facts=facts,
            style=style(),
            kind_in_words=_KINDS[facts["kind"]],
            parts=taught(facts, Gallery()),
            rungs=_largest(_rungs(items)),
            samples=_samples(items),
        )
    )
    atomic_write(target, page.encode("utf-8", "backslashreplace"))


def _rungs(items: Sequence[Item]) -> collections.Counter[str]:
    found: collections.Counter[str] = collections.Counter()
    for item in items:
        if item.answer.mode:
            path = item.parsed.path or "nothing found"
            found[f"{item.answer.mode} / {'mended, then ' if item.repaired_from else ''}{path}"] += 1
    return found


def _samples(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Returns a few of each fate, chosen by a keyed hash."""
    fates: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: keyed_hash(0, "report", item.request.key)):
        group = fates.setdefault(item.reason, [])
        if len(group) < _SAMPLES_OF_A_FATE:
            group.append(item)
    return [_sample(item) for reason in sorted(fates) for item in fates[reason]]


def _sample(item: Item) -> dict[str, Any]:
    from flows.report.excerpts import label, mask, visible

    record = item.parsed.record
    text = record.text if record else item.reply.content or item.answer.outcome
    return {
        "reason": item.reason,
        "verdict": label(verdict_of(item), 200),
        "title": label(record.title if record else "", 100) or "—",
        "cell": f"{item.spec.kind}, {item.spec.topic or 'from a document'}, {item.spec.difficulty}",
        "text": visible(mask(text[:_SAMPLE_CHARS])),
    }


def _largest(counter: collections.Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))
