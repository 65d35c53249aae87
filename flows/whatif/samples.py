"""Border samples: documents gained and lost that stand nearest to the new bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from filters.judging.conditions import BoolArray
from filters.judging.verdicts import rule_values
from flows.inspect import texts_by_row
from flows.report.excerpts import excerpt
from flows.report.lookup import places_of, rows_at
from flows.report.published import Published
from flows.terminal import fit
from flows.whatif.answer import Change, Outcome

#: What is said of a sampled document.
_COLUMNS = ["id", "origin_id", "source", "kind", "locator", "url", "status", "stage", "shard", "row"]

EXCERPT = 280


def border_samples(outcome: Outcome, published: Published, folder: Path, number: int) -> list[dict[str, Any]]:
    """Returns for each changed rule up to `number` documents gained and lost, nearest to its bound first.

    Each has `rule`, `side` (gained or lost), `value`, the ledger's columns that say which document it is, and
    `text`: an excerpt, masked and visible; None where no text is at hand.
    """
    chosen = [
        (change.rule.address, side, int(outcome.evidence.rows[place]), value)
        for change in outcome.changes
        for side, some in _moved(outcome, change).items()
        for place, value in _nearest(outcome, change, some, number)
    ]
    rows = [row for _, _, row, _ in chosen]
    found = rows_at(published, places_of(published, rows), _COLUMNS)
    texts = texts_by_row(folder, dict(zip(rows, found, strict=True)))
    samples = []
    for (rule, side, row, value), facts in zip(chosen, found, strict=True):
        text = texts.get(row)
        shown = excerpt(text, EXCERPT) if text is not None else None
        known = {name: fit(facts[name]) for name in _COLUMNS if name not in ("shard", "row")}
        samples.append({"rule": rule, "side": side, "value": value, **known, "text": shown})
    return samples


def _moved(outcome: Outcome, change: Change) -> dict[str, BoolArray]:
    before, after = outcome.flags(change.before), outcome.flags(change.after)
    return {"gained": outcome.gained & before & ~after, "lost": outcome.lost & after & ~before}


def _nearest(outcome: Outcome, change: Change, some: BoolArray, number: int) -> list[tuple[int, float]]:
    """Returns places and values of the documents nearest to the new bound (the old one, if it is to be off)."""
    rule = change.after or change.rule
    places = np.flatnonzero(some)
    values = rule_values(rule, outcome.evidence.table)[places]
    distance = np.abs(values - outcome.evidence.number(rule))
    # Many documents have the very value; which of them are shown must not depend on where they stand.
    order = np.lexsort((_scattered(outcome.evidence.rows[places]), distance))[:number]
    return [(int(places[one]), float(values[one])) for one in order]


def _scattered(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Returns a number for each row that looks random: the finaliser of MurmurHash3."""
    mixed = rows.astype(np.uint64)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(33))
