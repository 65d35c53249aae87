"""What is planted in the sample corpus, and what a run ought to make of each kind."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Label:
    """A kind of planted difficulty.

    Attributes:
        expect: the columns of the ledger and their acceptable values; None accepts any.
        explanation: what the copies are, for whoever reads the report.
        wanted: False where the expectation must not come true.
    """

    name: str
    expect: dict[str, Any]
    explanation: str
    wanted: bool = True


_DUPLICATE = {"status": "dropped", "stage": "deduplicate", "reason": None}
_UNWANTED = {"status": "dropped", "stage": ["judge", "deduplicate"], "reason": None}

EXACT = Label(
    "exact duplicates",
    _DUPLICATE,
    "the same page or file once more, at the same address or another; one of each pair goes",
)
NORMALISED = Label(
    "normalised duplicates", _DUPLICATE, "differ in letter case and white space only (files: in white space only)"
)
NEAR = Label(
    "near duplicates",
    _DUPLICATE,
    "2 to 10 % of the words were changed, word 5-gram Jaccard similarity of the contents at least 0.8; pages stand on "
    "another site than their original, so what an extractor leaves of the furniture lowers the similarity",
)
LOOKALIKE = Label(
    "lookalikes kept apart",
    {"stage": "deduplicate"},
    "share a good part of their text with another page (Jaccard below 0.6); taking them for copies would be wrong",
    wanted=False,
)
SPAM = Label("spam pages", _UNWANTED, "key words, link farms, shouting and doorway pages, made by templates")
BOILERPLATE = Label(
    "boilerplate pages",
    {"status": "dropped", "stage": ["extract", "judge", "deduplicate"], "reason": None},
    "a site's furniture with next to nothing in it: log-in, not-found and placeholder pages",
)
FOREIGN = Label(
    "pages in another language", _UNWANTED, "German, Spanish, French or Russian, half of them declared as English"
)
DAMAGED = Label(
    "damaged records",
    {"status": "quarantined", "stage": None, "reason": None},
    "cut or overwritten, so that they cannot be read",
)
HIDDEN_IN_PAGES = Label(
    "benchmark functions in pages",
    {"status": "dropped", "stage": "decontaminate", "reason": None},
    "a benchmark's function stands word for word in the middle of a page",
)
HIDDEN_IN_CODE = Label(
    "benchmark functions in code",
    {"status": "dropped", "stage": "decontaminate", "reason": None},
    "a benchmark's function stands word for word at the end of a source file",
)
NOT_A_PAGE = Label(
    "not found, redirects, not HTML",
    {"status": "dropped", "stage": "extract", "reason": None},
    "answers of a server that hold no page",
)
OPT_OUT = Label(
    "pages that opt out of training",
    {"status": "dropped", "stage": "extract", "reason": None},
    "say `noai` in a header or in their HTML",
)

LABELS = (
    EXACT, NORMALISED, NEAR, LOOKALIKE, SPAM, BOILERPLATE, FOREIGN, DAMAGED,
    HIDDEN_IN_PAGES, HIDDEN_IN_CODE, NOT_A_PAGE, OPT_OUT,
)  # fmt: skip

TruthRow = dict[str, Any]


def truth_row(label: Label, source: str, locator: str, of: tuple[str, str] | None = None) -> TruthRow:
    """Returns a line of truth.jsonl (see `data/truth.py`); `of` is the original's source and locator."""
    row: TruthRow = {"label": label.name, "source": source, "locator": locator, "expect": label.expect}
    if of is not None:
        row["of_source"], row["of"] = of
    if not label.wanted:
        row["wanted"] = False
    return {**row, "explanation": label.explanation}
