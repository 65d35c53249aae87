"""Signals, counted by hand."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.signals import (
    CODE_GROUPS,
    GROUPS,
    PROSE_GROUPS,
    SIGNALS,
    count_sentences,
    is_prose,
    measure_signals,
)


def measure(text: str, *groups: str) -> dict[str, float]:
    return {name: float(values[0]) for name, values in measure_signals([text], groups or PROSE_GROUPS).items()}


def test_words_are_what_stands_between_white_space() -> None:
    found = measure("The cat - it's  well-known …\n42 # ##\u2028and...")
    # The cat - it's well-known … 42 # ## and...
    assert found["words"] == 10
    assert found["mean_word_length"] == (3 + 3 + 1 + 4 + 10 + 1 + 2 + 1 + 2 + 6) / 10
    assert found["hash_word_ratio"] == 0.3
    assert found["ellipsis_word_ratio"] == 0.2
    assert found["alphabetic_word_share"] == 0.5
    assert found["newline_word_ratio"] == 0.1
    assert (found["stop_words"], found["stop_word_share"]) == (2, 0.2)


def test_stop_words_count_once_each_in_any_case_and_with_punctuation() -> None:
    assert measure("The the, (THE) “of” to-be beware tothe")["stop_words"] == 2


def test_counts_are_of_characters_bytes_and_line_feeds() -> None:
    found = measure("Lorem Ipsum é {\n{\n")
    assert (found["characters"], found["bytes"], found["newlines"]) == (18, 19, 2)
    assert (found["lorem_ipsum"], found["curly_braces"]) == (1, 2)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("One. Two! Three? Four", 4),
        ('He said "no." Then left.', 2),
        ("Version 3.11 is out...", 1),
        ("...", 1),
        ("你好。 再见。", 2),
        ("no mark\nand none here", 1),
        ("!!!?", 1),
    ],
)
def test_sentences_end_at_marks_before_white_space(text: str, sentences: int) -> None:
    assert count_sentences(text) == sentences


def test_blank_lines_are_no_lines() -> None:
    found = measure("- one\r\n\n   \n* two.\nthree...\n" + "x" * 30 + "\n" + "y" * 29 + "…\n")
    assert found["lines"] == 5
    assert found["bullet_line_share"] == 0.4
    assert found["ellipsis_line_share"] == 0.4
    assert found["terminal_punctuation_line_share"] == 0.6
    assert found["short_line_share"] == 0.6
    assert found["short_line_share_30"] == 1.0


def test_duplicates_are_what_has_stood_before() -> None:
    found = measure("ab\nab\n  ab \ncdef")
    assert found["duplicate_line_share"] == 0.5
    assert found["duplicate_line_char_share"] == 0.4
    assert found["duplicate_paragraph_share"] == 0.0


def test_paragraphs_stand_between_blank_lines() -> None:
    found = measure("one\ntwo\n \t\none\ntwo\n\n\nlonger one\n\nthe end")
    assert found["duplicate_paragraph_share"] == 0.25
    assert found["duplicate_paragraph_char_share"] == 7 / (7 + 7 + 10 + 7)


def test_prose_is_a_line_of_words_that_ends_like_a_sentence() -> None:
    assert is_prose("This is a short sentence.")
    assert not is_prose("for name in names: print(name)")
    assert not is_prose("Home About Contact Imprint Jobs")
    assert is_prose("and so on " * 7 + "for twenty words")


def test_an_empty_text_has_zero_of_everything() -> None:
    assert set(measure("").values()) == {0.0}


def test_a_text_measures_the_same_alone_and_among_others() -> None:
    texts = ["one two two", "", "two three. Two two!\n\nthree", "\n"]
    together = measure_signals(texts, PROSE_GROUPS)
    for number, text in enumerate(texts):
        alone = measure_signals([text], PROSE_GROUPS)
        assert {name: values[number] for name, values in together.items()} == {
            name: values[0] for name, values in alone.items()
        }


def test_every_group_gives_exactly_the_signals_that_it_says() -> None:
    for group, names in GROUPS.items():
        assert list(measure_signals(["some text"], [group])) == list(names)
    assert len(SIGNALS) == sum(len(names) for names in GROUPS.values())


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(), max_size=300))
def test_every_signal_of_any_text_is_a_number_and_every_share_a_share(text: str) -> None:
    for name, values in measure_signals([text], GROUPS, ["python"]).items():
        assert values[0] >= 0, name
        if name.endswith("_share"):
            assert values[0] <= 1, name


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "word ",
        "a ",
        "!",
        "\n",
        '"""',
        "/*",
        "<a",
        "<!--",
        "ab ",
        "0xab,",
        "[1",
        "#",
        "\\x41",
        "ab" + " " * 50_000,
        "A",
        "é",
        "\n  ",
    ],
)
def test_a_long_text_of_one_thing_costs_no_more_than_a_moment(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    start = time.process_time()
    measure_signals([text], PROSE_GROUPS)
    measure_signals([text] * 2, CODE_GROUPS, ["python", "html"])
    assert time.process_time() - start < 2.5
