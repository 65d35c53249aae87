"""The figures of a generation, each counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synth.examining import Examined
from synth.figures import cells, figures_of, mutation, novelty, reached
from synth.journal import Caps, Journal, Spent
from synth.plans import Outcome
from synth.requests import Answer, Request
from synth.rows import Item
from synth.specs import ExerciseSpec
from synth.verification import Verdict

VERDICT = Verdict(True, "", "io_compared", "bubblewrap", 3)


def spec(topic: str = "graphs", difficulty: str = "easy", kind: str = "function") -> ExerciseSpec:
    return ExerciseSpec(topic, ("bfs",), difficulty, "students", "plain", "a museum", "count", 7, kind)


def item(level: str | None, reason: str = "", asked: ExerciseSpec | None = None, **columns: Any) -> Item:
    """Returns a request that came so far; a level of None: it could not be read."""
    prose = level == "prose"
    examined = None if level is None else Examined(None if prose else VERDICT, level="" if prose else level)
    if examined and columns:
        examined = Examined(VERDICT, level=examined.level, columns=columns)
    request = Request("k", "{}", [], 7)
    return Item(0, asked or spec(), request, Answer("reply"), examined=examined, reason=reason)


def test_requests_are_counted_where_they_stopped_and_whether_they_were_kept() -> None:
    lost = item(None, "budget_exhausted")
    lost.answer = Answer("not_sent")
    lesson = spec(kind="lesson")
    items = [
        *(item("strong"), item("strong"), item("strong", "near_duplicate"), item("passes", "weak_tests")),
        *(item(None, "bad_response"), lost, item("prose", asked=lesson)),
    ]
    assert reached(items) == {
        "function": {
            "unanswered": {"requests": 1, "kept": 0},
            "none": {"requests": 1, "kept": 0},
            "passes": {"requests": 1, "kept": 0},
            "strong": {"requests": 3, "kept": 2},
        },
        "lesson": {"prose": {"requests": 1, "kept": 1}},
    }


def test_cells_hold_what_was_asked_kept_and_lost_in_the_order_of_difficulty() -> None:
    hard, medium = spec(difficulty="hard"), spec(difficulty="medium")
    items = [
        *(item(None, "refused", hard), item(None, "refused", hard), item("runs", "failed_tests", hard)),
        *(item("strong", "", hard), item("strong", "", medium), item("prose", "", spec("", "easy", "rephrase-faq"))),
    ]
    assert cells(items) == [
        {
            "cell": {"kind": "function", "topic": "graphs", "difficulty": "medium"},
            "asked": 1,
            "kept": 1,
            "rejected": {},
        },
        {
            "cell": {"kind": "function", "topic": "graphs", "difficulty": "hard"},
            "asked": 4,
            "kept": 1,
            "rejected": {"failed_tests": 1, "refused": 2},
        },
        {
            "cell": {"kind": "rephrase-faq", "topic": "from documents", "difficulty": "easy"},
            "asked": 1,
            "kept": 1,
            "rejected": {},
        },
    ]


def test_full_mutation_scores_are_a_class_of_their_own() -> None:
    scores = [(0.0, 1.0), (0.3, 1.0), (0.9999, 0.9999), (1.0, 1.0)]
    items = [item("strong", mutation_score=one, final_mutation_score=two) for one, two in scores]
    items += [item("strong", mutation_score=None), item(None), item("passes", mutation_score=0.6, added_tests=["a"])]
    items[-1].examined = Examined(
        VERDICT, columns={"mutation_score": 0.6, "final_mutation_score": 0.7, "added_tests": ["a"]}
    )
    assert mutation(items) == {
        "measured": 5,
        "written": [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1],
        "final": [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 3],
        "with_added_tests": 1,
    }


def outcome(skeleton: str, behaviour: str = "b", opener: str = "o") -> Outcome:
    return Outcome(spec(), True, "", skeleton, behaviour, opener)


def test_novelty_is_counted_block_by_block_for_a_thousand() -> None:
    # 40 records are two blocks of 20: in the first all skeletons are new, in the second every fourth.
    kept = [outcome(f"s{n}") for n in range(20)] + [outcome(f"s{n if n % 4 == 0 else 0}") for n in range(20, 40)]
    found = novelty(kept)
    assert found["curve"] == [
        {"kept": 20, "skeletons": 1000.0, "behaviours": 50.0},
        {"kept": 40, "skeletons": 250.0, "behaviours": 0.0},
    ]
    assert (found["skeletons"], found["behaviours"]) == (25, 1)
    assert not found["collapsed"]  # 40 records of one opener say nothing yet
    assert novelty([outcome("s")] * 50)["collapsed"]
    assert novelty([])["curve"] == []


def test_prose_is_as_new_as_its_opener() -> None:
    found = novelty([outcome("", "", opener) for opener in ("one", "two", "two")])
    assert (found["skeletons"], found["openers"][0]) == (2, {"opener": "two", "share": 2 / 3})


def test_spending_is_told_by_model_and_sums_up_to_the_totals(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.plan({"a": "{}", "b": "{}", "never": "{}"}, endpoint="e", model="large", free=False)
        journal.plan({"c": "{}"}, endpoint="e", model="small", free=False)
        for key, cost, usage in (("a", 500, (10, 20)), ("b", 700, (1, 2)), ("c", 30, (100, 200))):
            attempt = journal.reserve(key, 1000, Caps())
            assert attempt is not None
            journal.settle(attempt, charged=cost, outcome="reply", body="{}", mode="plain", usage=usage)
        spent = journal.spent(["a", "b", "never", "c"])
    assert spent == [Spent("large", 2, 1200, 11, 22), Spent("small", 1, 30, 100, 200)]
    facts = figures_of([], [], spent)
    assert (facts["prompt_tokens"], facts["completion_tokens"]) == (111, 222)
    assert facts["models"][1] == {
        "model": "small", "calls": 1, "usd": 3e-8, "prompt_tokens": 100, "completion_tokens": 200,
    }  # fmt: skip
