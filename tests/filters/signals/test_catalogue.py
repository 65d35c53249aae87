"""Signals: counted by hand, and equal to the slow reference on real texts, awkward ones and any."""

from __future__ import annotations

import time
from typing import Iterable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from reference import prose, texts

from filters.buffers import FloatArray
from filters.signals.catalogue import CODE_GROUPS, GROUPS, PROSE_GROUPS, SIGNALS, measure_signals


def measure_all(of: Iterable[str], *groups: str) -> dict[str, FloatArray]:
    return measure_signals(pa.array(list(of), pa.large_string()), groups or PROSE_GROUPS)


def measure(text: str, *groups: str) -> dict[str, float]:
    return {name: float(values[0]) for name, values in measure_all([text], *groups).items()}


def check_against_reference(of: list[str]) -> None:
    """Every signal of every text is the same float, whatever texts stand around it."""
    found = measure_all(of)
    for number, text in enumerate(of):
        expected = prose.measure(text)
        assert {name: values[number] for name, values in found.items()} == expected, repr(text[:500])


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
    assert measure(text, "counts")["sentences"] == sentences


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
    for line, is_prose in [
        ("This is a short sentence.", True),
        ("for name in names: print(name)", False),
        ("Home About Contact Imprint Jobs", False),
        ("and so on " * 7 + "for twenty words", True),
    ]:
        assert measure(line)["prose_char_share"] == is_prose


def test_an_empty_text_has_zero_of_everything() -> None:
    assert set(measure("").values()) == {0.0}


def test_every_group_gives_exactly_the_signals_that_it_says() -> None:
    for group, names in GROUPS.items():
        assert list(measure("some text", group)) == list(names)
    assert len(SIGNALS) == sum(len(names) for names in GROUPS.values())


def test_no_texts_have_no_values() -> None:
    assert all(len(values) == 0 for values in measure_all([]).values())


def test_groups_measured_alone_give_what_they_give_together() -> None:
    some = list(texts.EDGES)
    together = measure_all(some)
    for group in PROSE_GROUPS:
        for name, values in measure_all(some, group).items():
            assert values.tolist() == together[name].tolist(), name


def test_a_slice_of_an_array_is_read_where_it_begins() -> None:
    every = pa.array(["é", "one two", "", "three. four!\n\nfive"], pa.large_string())
    assert measure_signals(every.slice(1, 2), ["counts"])["characters"].tolist() == [7, 0]


def test_texts_at_the_edges_measure_as_the_reference_does() -> None:
    check_against_reference(list(texts.EDGES))


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
def test_real_texts_measure_as_the_reference_does(kind: str) -> None:
    found = texts.real_texts(kind, 150, most_chars=100_000)
    assert len(found) >= 100
    check_against_reference(found)


def test_texts_of_this_machine_measure_as_the_reference_does() -> None:
    check_against_reference(texts.texts_of_python(60))


@pytest.mark.slow
@pytest.mark.parametrize("name", texts.large_texts())
def test_a_megabyte_of_one_thing_measures_as_the_reference_does(name: str) -> None:
    check_against_reference([texts.large_texts()[name]])


@settings(max_examples=300, deadline=None)
@given(texts.awkward_text)
def test_awkward_texts_measure_as_the_reference_does(text: str) -> None:
    check_against_reference([text])


@settings(max_examples=200, deadline=None)
@given(texts.any_text)
def test_any_text_measures_as_the_reference_does(text: str) -> None:
    check_against_reference([text])
    for name, value in measure(text, *GROUPS).items():
        assert not value < 0, name
        if name.endswith("_share") and not name.startswith("datatrove_"):  # a 2-gram's blanks can exceed the text
            assert not value > 1, name


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
    measure("compiled now, if not before", *GROUPS)
    start = time.process_time()
    measure(text)
    measure_signals(pa.array([text] * 2, pa.large_string()), CODE_GROUPS, ["python", "html"])
    assert time.process_time() - start < 2.5
