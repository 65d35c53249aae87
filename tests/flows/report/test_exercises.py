"""What a teacher made, as pages show it: the facts' own numbers, and nothing alive in them."""

from __future__ import annotations

import html
import itertools
import re
from typing import Any

import pytest

from flows.report import formatting
from flows.report.coverage import axes_of, coverage, filled, summed
from flows.report.exercises import taught
from flows.report.gallery import Gallery
from flows.report.templates import environment

THIN = formatting.THIN


def cell(asked: int, kept: int, target: int | None = None, **values: str) -> dict[str, Any]:
    more = {} if target is None else {"target": target}
    return {"cell": values, "asked": asked, "kept": kept, "rejected": {"failed_tests": asked - kept}, **more}


FACTS: dict[str, Any] = {
    "kind": "llm",
    "model": "large<script>alert(1)</script>",
    "base_url": "http://127.0.0.1:1/v1",
    "fingerprint": None,
    "price": "2 USD per million tokens in, 8 out (as given)",
    "requests": 110,
    "kept": 80,
    "rejected": {"failed_tests": 20, "weak_tests": 6, "budget_exhausted": 4},
    "repaired": 3,
    "shared": 0,
    "usd": 1.25,
    "reached": {
        "function": {
            "unanswered": {"requests": 4, "kept": 0},
            "none": {"requests": 6, "kept": 0},
            "runs": {"requests": 14, "kept": 0},
            "passes": {"requests": 6, "kept": 0},
            "strong": {"requests": 70, "kept": 70},
        },
        "lesson": {"prose": {"requests": 10, "kept": 10}},
    },
    "cells": [
        cell(30, 20, kind="function", topic="graphs", difficulty="easy"),
        cell(70, 30, kind="function", topic="strings", difficulty="easy"),
        cell(10, 10, kind="lesson", topic="graphs", difficulty="easy"),
    ],
    "mutation": {
        "measured": 80,
        "written": [1] * 5 + [0, 0, 0, 0, 5, 70],
        "final": [0] * 10 + [80],
        "with_added_tests": 9,
    },
    "novelty": {
        "curve": [
            {"kept": 40, "skeletons": 1000.0, "behaviours": 900.0},
            {"kept": 80, "skeletons": 500.0, "behaviours": 425.0},
        ],
        "skeletons": 60,
        "behaviours": 53,
        "openers": [{"opener": "<img src=x onerror=alert(2)>", "share": 0.25}, {"opener": "def f", "share": 0.1}],
        "collapsed": True,
    },
    "models": [
        {"model": "large", "calls": 110, "usd": 1.0, "prompt_tokens": 1000, "completion_tokens": 4000},
        {"model": "small", "calls": 10, "usd": 0.25, "prompt_tokens": 500, "completion_tokens": 500},
    ],
    "caps": {"max_usd": 5.0, "max_requests": None, "max_total_tokens": 8000},
}  # fmt: skip


def drawn(facts: dict[str, Any]) -> str:
    """Returns the section as a page has it."""
    template = environment().from_string(
        '{% from "exercises.html.j2" import teacher_parts %}{{ teacher_parts(parts, "bubblewrap") }}'
    )
    return template.render(parts=taught(facts, Gallery()))


def figures(page: str) -> dict[str, str]:
    """Returns each chart's words by its description."""
    found = re.findall(r'<svg [^>]*aria-label="([^"]*)"[^>]*>(.*?)</svg>', page, re.DOTALL)
    return {html.unescape(name): " ".join(re.findall(r">([^<>]+)</(?:text|title)>", words)) for name, words in found}


@pytest.fixture(scope="module")
def page() -> str:
    return drawn(FACTS)


def test_levels_stand_on_each_other(page: str) -> None:
    words = figures(page)["Requests by the level that they reach at least"]
    # 110 asked for; 96 programs were answered: 90 of them are Python and run, 76 pass, 70 are strong; 10 are prose.
    for number in ("110", "96", f"90 · 93.8{THIN}%", f"76 · 79.2{THIN}%", f"70 · 72.9{THIN}%", "10"):
        assert number in words
    assert "a second solution agrees" not in words
    rows = re.search(r"<td>function</td>(.*?)</tr>", page)
    assert rows is not None
    assert re.findall(r">(\d+) <small>(\d+) kept", rows[1]) == [
        *(("4", "0"), ("6", "0"), ("14", "0"), ("6", "0"), ("70", "70")),
    ]


def test_reasons_cells_and_strength_are_the_facts(page: str) -> None:
    words = figures(page)
    fates = words["Exercises kept and rejected by reason"]
    assert [number in fates for number in ("80", "failed tests", "20", "weak tests", "6")] == [True] * 5
    assert "and 30 rejected by reason" in page
    assert "Of 3 cells, 1 got less than half of what was asked for, 0 got nothing" in page
    assert "function, strings: 30 kept of 70 asked" in str(words)
    assert "failed tests 40" in page  # what the thin cell lost
    strength = words["Exercises by the share of killable mutants that their tests kill"]
    assert "under half 6.2% → 0.0%" in _spaced(strength)
    assert "all 87.5% → 100.0%" in _spaced(strength)


def _spaced(words: str) -> str:
    """Puts the labels of a chart's bars, which come first, beside their words, which come last in the same order."""
    parts = words.split(" ")
    shares = [
        " ".join(parts[at : at + 3]) for at, part in enumerate(parts) if at + 2 < len(parts) and parts[at + 1] == "→"
    ]
    names = [name for name in ("all", "under half") if name in words]
    ends = {"all": shares[0], "under half": shares[-1]}
    return " ".join(f"{name} {ends[name]}" for name in names)


def test_novelty_falls_and_collapse_is_said(page: str) -> None:
    words = figures(page)
    curve = words["New skeletons and behaviours in 1,000 exercises, as they were kept"]
    assert "at 40 kept: 1000 new skeletons" in curve
    assert "at 80 kept: 425 new behaviours" in curve
    assert f"25.0{THIN}% begin with the same five words: the answers have collapsed" in page
    assert "50.0\u202f% had a new skeleton" in page


def test_spending_stands_beside_its_caps_by_model(page: str) -> None:
    assert "Spent: 1.2500 USD, at 2 USD per million tokens in, 8 out (as given)" in page
    rows = re.findall(r"<tr><td>(large|small)</td>(.*?)</tr>", page)
    assert [(name, re.findall(r">([^<]+)</td>", cells)) for name, cells in rows] == [
        ("large", ["110", f"1{THIN}000", f"4{THIN}000", "1.0000"]),
        ("small", ["10", "500", "500", "0.2500"]),
    ]
    caps = figures(page)["Used of each cap"]
    assert f"1.2500 of 5 (25.0{THIN}%)" in caps
    assert f"6{THIN}000 of 8{THIN}000 (75.0{THIN}%)" in caps
    assert "calls" not in caps  # no cap was set on them


def test_a_teachers_words_stay_words(page: str) -> None:
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_facts_of_older_versions_and_of_nothing_give_a_section() -> None:
    old = {"kind": "procedural", "model": "m", "requests": 0, "kept": 0, "rejected": {}}
    page = drawn(old)
    assert "a grammar, not a language model" in page
    assert "Coverage" not in page
    assert "Spent: none" in page
    assert drawn({**FACTS, "cells": [], "reached": {}, "models": [], "kept": 0, "mutation": {"measured": 0}})


def test_axes_go_where_most_of_them_fit() -> None:
    names = [f"t{n}" for n in range(30)], [f"k{n}" for n in range(14)], ["easy", "medium", "hard"]
    cells = [cell(1, 1, 1, topic=t, kind=k, difficulty=d) for t, k, d in itertools.product(*names)]
    assert axes_of(cells) == ("topic", ("kind",))  # 14 columns; with difficulty they would be 42
    few = [one for one in cells if one["cell"]["kind"] < "k12"]
    assert len({one["cell"]["kind"] for one in few}) == 4
    assert axes_of(few) == ("topic", ("kind", "difficulty"))
    fields = summed(cells, "topic", ("kind",))
    assert (len(fields), {field.target for field in fields}) == (30 * 14, {3})
    alone = [cell(2, 1, kind="function", topic="graphs")]
    assert axes_of(alone) == ("kind", ())
    assert filled(alone[0]) == 0.5


def test_of_very_many_rows_the_thinnest_are_shown() -> None:
    cells = [cell(4, 4, 4, topic=f"full {n}", difficulty="easy") for n in range(100)]
    cells[70] = cell(4, 1, 4, topic="starved", difficulty="easy")
    found = coverage({"variety": {"specification": "s", "coverage": cells}}, Gallery())
    assert found is not None
    assert (found["left_out"], "starved" in found["chart"], found["wish"]) == (40, True, "wished for")
    assert [row["name"] for row in found["thin"]] == ["starved, easy"]
    assert found["thin"][0]["lost"] == [("failed tests", 3)]
