"""The coverage matrix: its columns in an order that a reader expects."""

from __future__ import annotations

from flows.report import coverage


def test_columns_go_from_easy_to_hard_whichever_comes_first() -> None:
    assert coverage._columns(["easy", "hard", "easy", "medium"]) == ["easy", "medium", "hard"]
    assert coverage._columns(["b · hard", "b · easy", "a · medium", "a · easy"]) == [
        "b · easy", "b · hard", "a · easy", "a · medium",
    ]  # fmt: skip
    assert coverage._columns(["all"]) == ["all"]
