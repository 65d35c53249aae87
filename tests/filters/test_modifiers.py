"""C4's line rules, one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.modifiers import LINE_SETTINGS, POLICY_PHRASES, check_setting, clean_lines

PAPER = {
    "strip_citations": 1.0,
    "terminal_punctuation": 1.0,
    "min_words_per_line": 3.0,
    "max_word_chars": 0.0,
    "drop_javascript": 1.0,
    "drop_policy": 1.0,
}
OFF = dict.fromkeys(PAPER, 0.0)


@pytest.mark.parametrize(
    "line",
    ["It ends in a stop.", "It ends so!", "Does it end?", 'He said "yes"', "She said ‘no’", "Three words here."],
)
def test_a_line_that_ends_like_a_sentence_stays(line: str) -> None:
    assert clean_lines(line, PAPER) == line


@pytest.mark.parametrize(
    "line",
    [
        "No mark at its end",
        "It trails off in dots...",
        "It trails off in an ellipsis…",
        "Two words.",
        "Please switch on JavaScript to read on.",
        *(f"We tell you of our {phrase.upper()} here." for phrase in POLICY_PHRASES),
        "",
    ],
)
def test_a_line_of_no_use_goes_and_its_neighbours_stay(line: str) -> None:
    assert clean_lines(f"One good line.\n{line}\nAnother good line.", PAPER) == "One good line.\nAnother good line."


def test_citation_marks_go_and_then_the_end_of_the_line_counts() -> None:
    text = "A fact is stated.[12] [citation needed]\nHistory of it [edit]\nA list[] of things."
    assert clean_lines(text, PAPER) == "A fact is stated.\nA list of things."


def test_the_longest_word_is_off_in_the_paper_and_can_be_set() -> None:
    text = "A " + "b" * 1001 + " c."
    assert clean_lines(text, PAPER) == text
    assert clean_lines(text, {**PAPER, "max_word_chars": 1000.0}) == ""
    assert clean_lines(text, {**PAPER, "max_word_chars": 1001.0}) == text


def test_with_everything_off_only_white_space_at_line_ends_goes() -> None:
    assert clean_lines("  a\n\nprivacy policy [1]  \n", OFF) == "a\n\nprivacy policy [1]"


def test_nothing_can_be_left() -> None:
    assert clean_lines("Menu\nHome", PAPER) == ""
    assert clean_lines("", PAPER) == ""


def test_a_setting_is_a_switch_or_a_number() -> None:
    assert check_setting("drop_policy", True) == 1
    assert check_setting("drop_policy", None) == 0
    assert check_setting("min_words_per_line", 5) == 5
    for key, value in [
        ("drop_policy", 3),
        ("min_words_per_line", True),
        ("min_words_per_line", 0),
        ("max_word_chars", "x"),
    ]:
        with pytest.raises(ValueError, match="expected"):
            check_setting(key, value)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_what_stays_was_there_and_cleaning_again_changes_nothing(text: str) -> None:
    cleaned = clean_lines(text, {**PAPER, "strip_citations": 0.0})
    lines = [line.strip() for line in text.split("\n")]
    assert all(line in lines for line in cleaned.split("\n") if line)
    assert clean_lines(cleaned, {**PAPER, "strip_citations": 0.0}) == cleaned
    assert set(PAPER) == set(LINE_SETTINGS)
