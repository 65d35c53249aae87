"""One document as people read it, in the terminal and in the explorer: facts, road, rules, marked text."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.terminal import fit, one_line

if TYPE_CHECKING:
    from filters.contamination.ngrams import BenchmarkIndex
    from flows.report.published import Published

#: Characters of a text that are looked at.
LOOKED_AT = 200_000


@dataclasses.dataclass(frozen=True)
class Legend:
    """What is marked for one failing rule."""

    rule: str
    what: str
    places: int


@dataclasses.dataclass(frozen=True)
class Marked:
    """A text in pieces, masked and visible.

    Attributes:
        pieces: text, and the numbers in `legends` of what marks it.
        legends: one for each failing rule that a place in the text can be pointed at for.
        cut: characters of the text that are not among the pieces.
    """

    pieces: list[tuple[str, tuple[int, ...]]]
    legends: list[Legend]
    cut: int


def described(row: dict[str, Any], published: Published, text: str | None, chars: int) -> dict[str, Any]:
    """Returns all that is known of a document, fit to be printed, with an excerpt of its text."""
    from data.ledger import LEDGER
    from flows.report.advice import advice, changes, judgements, road
    from flows.report.excerpts import excerpt

    judged, needed = judgements(row, published.rules), changes(row, published)
    facts = {name: fit(row.get(name)) for name in LEDGER.names}
    return {
        **facts,
        "road": [{name: one_line(value) for name, value in step.items()} for step in road(row, judged)],
        "rules": judged,
        "would_keep": {"advice": advice(row, published, needed), "bounds": needed},
        "signals": {name: fit(row[name]) for name in published.signals if row[name] is not None},
        "text": excerpt(text, chars) if text is not None else None,
    }


def marked(
    text: str,
    judged: Sequence[dict[str, Any]],
    most: int = LOOKED_AT,
    benchmark: BenchmarkIndex | None = None,
    sought: str = "",
) -> Marked:
    """Returns a text with the places marked that its failing rules measured, and a benchmark's words.

    Secrets are masked first, so that no mark can cut one in two.

    Args:
        text: the document.
        judged: its rules, as `described` gives them.
        most: characters that are returned.
        benchmark: what the document is contaminated by; see `benchmark_of`.
        sought: words that somebody looks for, upper and lower case alike.
    """
    from filters.signals.spans import find_spans
    from flows.report.excerpts import mask

    shown = mask(text[:LOOKED_AT])[:most]
    legends: list[Legend] = []
    edges: list[tuple[int, int, int]] = []
    for rule in judged:
        if rule["fate"] != "fails":
            continue
        lower = "at_least" in rule
        found = find_spans(rule["signal"], shown, lower=lower, bound=rule["at_least" if lower else "at_most"])
        if found is not None:
            edges += [(start, end, len(legends)) for start, end in found.spans]
            legends.append(Legend(rule["rule"], found.what, len(found.spans)))
    hit = benchmark.find([shown]).to_pylist()[0] if benchmark is not None else None
    if hit and hit["contaminated"]:
        edges.append((*hit["span"], len(legends)))
        legends.append(Legend("decontaminate", f"words of {hit['benchmark']}, item {one_line(hit['item'])}", 1))
    if sought.strip():
        spans = [found.span() for found in re.finditer(re.escape(sought), shown, re.IGNORECASE)]
        edges += [(start, end, len(legends)) for start, end in spans]
        legends.append(Legend("search", f"“{one_line(sought)}”", len(spans)))
    return Marked(_pieces(shown, edges), legends, max(len(text) - len(shown), 0) if len(text) > most else 0)


def benchmark_of(published: Published, row: dict[str, Any]) -> BenchmarkIndex | None:
    """Returns what finds the words of a benchmark that a document was dropped for; None without its file at hand."""
    recipe = published.manifest.get("recipe") or {}
    if row["stage"] != "decontaminate" or not row["benchmark"] or not recipe.get("decontaminate"):
        return None
    from data.errors import UsageError
    from data.recipe import Decontaminate

    chosen = Decontaminate.model_validate(recipe["decontaminate"])
    entry = next((one for one in chosen.benchmarks if one.name == row["benchmark"]), None)
    if entry is None:
        return None
    path = Path(recipe.get("root") or "") / entry.path
    try:
        fields = tuple(entry.fields or ())
        return _index(entry.name, str(path), fields, entry.id_field, chosen.ngram, chosen.min_item_words)
    except (UsageError, OSError):
        return None


@functools.lru_cache(maxsize=4)
def _index(
    name: str, path: str, fields: tuple[str, ...], id_field: str | None, ngram: int, least: int
) -> BenchmarkIndex:
    from data.recipe import Benchmark
    from filters.contamination.ngrams import BenchmarkIndex

    benchmark = Benchmark(name=name, path=path, fields=list(fields) or None, id_field=id_field)
    return BenchmarkIndex.build([benchmark], ngram, least)


def marked_excerpt(one: Marked, chars: int, context: int = 60) -> list[tuple[str, tuple[int, ...]]]:
    """Returns the start of a marked text, then the first marks behind it with their surroundings.

    Args:
        one: the whole text.
        chars: characters in all, about.
        context: unmarked characters shown on either side of a mark.
    """
    pieces: list[tuple[str, tuple[int, ...]]] = []
    room = chars
    head = chars // 2 if any(marks for _, marks in one.pieces) else chars
    for text, marks in one.pieces:
        if room <= 0:
            break
        if chars - room < head:
            shown = text[: max(head - (chars - room), context)]
        elif marks:
            shown = text[: max(room, context)]
        else:
            shown = text if len(text) <= 2 * context else f"{text[:context]} […] {text[-context:]}"
        if len(shown) < len(text) and not shown.endswith(text[-context:]):
            shown += " […]"
        pieces.append((shown, marks))
        room -= len(shown)
    return pieces


def _pieces(text: str, spans: list[tuple[int, int, int]]) -> list[tuple[str, tuple[int, ...]]]:
    """Returns the text cut wherever a span begins or ends."""
    from flows.report.excerpts import visible

    turns: dict[int, list[tuple[int, int]]] = {}
    for start, end, number in spans:
        turns.setdefault(start, []).append((number, 1))
        turns.setdefault(end, []).append((number, -1))
    pieces: list[tuple[str, tuple[int, ...]]] = []
    open_now: dict[int, int] = {}
    before = 0
    for place in [*sorted(turns), len(text)]:
        if place > before:
            marks = tuple(sorted(number for number, count in open_now.items() if count > 0))
            pieces.append((visible(text[before:place]), marks))
            before = place
        for number, change in turns.get(place, ()):
            open_now[number] = open_now.get(number, 0) + change
    return pieces
