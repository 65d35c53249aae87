"""What the pages of documents show: a list's lines, and one document with its marks and what would have kept it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.errors import DamageError
from flows.inspect import texts_by_row
from flows.reading import benchmark_of, described, marked
from flows.report.documents import verdict
from flows.report.excerpts import label
from flows.report.formatting import words
from flows.report.lookup import places_of, rows_at

if TYPE_CHECKING:
    from flows.explore.app import Explorer

#: Characters of a text that a page shows.
SHOWN = 100_000


def line_of(explorer: Explorer, row: dict[str, Any]) -> dict[str, Any]:
    """Returns what a list says of a document, from its row of the ledger."""
    name = row["url"] or row["origin_id"] or row["locator"]
    return {
        "id": row["id"],
        "name": label(name, 110),
        "source": label(row["source"], 40),
        "kind": row["kind"],
        "language": label(row["language"], 20),
        "status": row["status"],
        "stage": row["stage"],
        "reason": row["reason"],
        "measured": row["measured"],
        "threshold": row["threshold"],
        "jaccard": row["jaccard"],
        "others": max(len(row["failed_rules"] or []) - 1, 0),
        "tokens": row["tokens"],
        "label": explorer.labels.of(row["id"]),
        "excerpt": None,
    }


def page_of(explorer: Explorer, number: int, sought: str = "") -> dict[str, Any]:
    """Returns everything that the page of one document shows.

    Args:
        explorer: what is looked at.
        number: the document's row in the ledger.
        sought: words that are marked too.
    """
    published = explorer.published
    row = rows_at(published, places_of(published, [number]))[0]
    try:
        text, problem = texts_by_row(explorer.folder, {number: row}).get(number), ""
    except DamageError as failure:  # all else is still worth reading
        text, problem = None, str(failure)
    one = described(row, published, None, 0)
    benchmark = benchmark_of(published, row)
    reading = marked(text, one["rules"], SHOWN, benchmark, sought) if text is not None else None
    explained = {rule.address: rule.explanation for rule in published.rules}
    legends = {legend.rule: (place, legend) for place, legend in enumerate(reading.legends)} if reading else {}
    rules = [
        {**rule, "explanation": explained[rule["rule"]], "legend": legends.get(rule["rule"])} for rule in one["rules"]
    ]
    return {
        **one,
        "rules": rules,
        "verdict": _verdict(row, explorer),
        "reading": reading,
        "problem": problem,
        "settings": _settings(explorer, one),
        "label": explorer.labels.of(row["id"]),
    }


def _verdict(row: dict[str, Any], explorer: Explorer) -> str:
    """Returns why a document is where it is, without its status, which stands before it."""
    said = verdict(row, explorer.published.rules)
    return said.removeprefix(words(row["status"])).removeprefix(",").strip()


def _settings(explorer: Explorer, one: dict[str, Any]) -> list[str]:
    """Returns the settings that would let a document pass the filters; empty where there are none."""
    if one["stage"] != "judge":
        return []
    movable = explorer.movable
    settings = []
    for change in one["would_keep"]["bounds"]:
        is_share = (change["stated"] or "").startswith("t")
        needed = change["share"] if is_share else change["needed"]
        if needed is None or change["rule"] not in movable:
            return []
        settings.append(f"filters.{change['rule']}={needed:.15g}")
    return settings
