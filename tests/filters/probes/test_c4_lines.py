"""C4's line rules: one by one, and equal to the slow reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import c4, texts

from filters.judging.plan import Probe
from filters.probes.c4_lines import LINE_SETTINGS, READINGS, check, measure
from filters.probes.protocol import BadSetting

PAPER: dict[str, Any] = {
    "strip_citations": True,
    "terminal_punctuation": True,
    "min_words_per_line": 3,
    "max_word_chars": None,
    "drop_javascript": True,
    "drop_policy": True,
}
OFF = dict.fromkeys(PAPER)


def clean_all(of: Sequence[str], settings_: dict[str, Any]) -> list[str]:
    probe = Probe("f", "c4-lines", check(settings_, Path()))
    found = measure(probe, pa.table({"text": pa.array(of, pa.large_string())}))
    assert found.texts is not None
    assert found.columns == {}
    found.texts.validate(full=True)
    return found.texts.to_pylist()  # type: ignore[no-any-return]


def clean(text: str, settings_: dict[str, Any] = PAPER) -> str:
    return clean_all([text], settings_)[0]


@pytest.mark.parametrize(
    "line",
    ["It ends in a stop.", "It ends so!", "Does it end?", 'He said "yes"', "She said ‘no’", "Three words here."],
)
def test_a_line_that_ends_like_a_sentence_stays(line: str) -> None:
    assert clean(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "No mark at its end",
        "It trails off in dots...",
        "It trails off in an ellipsis…",
        "Two words.",
        "Please switch on JavaScript to read on.",
        *(f"We tell you of our {phrase.upper()} here." for phrase in c4.POLICIES),
        "",
    ],
)
def test_a_line_of_no_use_goes_and_its_neighbours_stay(line: str) -> None:
    assert clean(f"One good line.\n{line}\nAnother good line.") == "One good line.\nAnother good line."


def test_citation_marks_go_and_then_the_end_of_the_line_counts() -> None:
    text = "A fact is stated.[12] [citation needed]\nHistory of it [edit]\nA list[] of things."
    assert clean(text) == "A fact is stated.\nA list of things."


def test_the_longest_word_is_off_in_the_paper_and_can_be_set() -> None:
    text = "A " + "b" * 1001 + " c."
    assert clean(text) == text
    assert clean(text, {**PAPER, "max_word_chars": 1000}) == ""
    assert clean(text, {**PAPER, "max_word_chars": 1001}) == text


def test_with_everything_off_only_white_space_at_line_ends_goes() -> None:
    assert clean("  a\n\nprivacy policy [1]  \n", OFF) == "a\n\nprivacy policy [1]"


def test_nothing_can_be_left() -> None:
    assert clean_all(["Menu\nHome", "", "\n"], PAPER) == ["", "", ""]
    assert clean_all([], PAPER) == []


def test_a_setting_is_a_switch_or_a_number() -> None:
    assert check({"drop_policy": True, "drop_javascript": None, "min_words_per_line": 5}, Path()) == {
        "drop_policy": 1,
        "drop_javascript": 0,
        "min_words_per_line": 5,
    }
    for key, value in [
        ("drop_policy", 3),
        ("min_words_per_line", True),
        ("min_words_per_line", 0),
        ("max_word_chars", "x"),
    ]:
        with pytest.raises(BadSetting, match="expected") as refusal:
            check({key: value}, Path())
        assert refusal.value.key == key


@settings(max_examples=100, deadline=None)
@given(texts.any_text)
def test_what_stays_was_there_and_cleaning_again_changes_nothing(text: str) -> None:
    keep_citations = {**PAPER, "strip_citations": False}
    cleaned = clean(text, keep_citations)
    lines = [line.strip() for line in text.split("\n")]
    assert all(line in lines for line in cleaned.split("\n") if line)
    assert clean(cleaned, keep_citations) == cleaned


some_settings = st.fixed_dictionaries(
    {
        **{key: st.booleans() for key, is_switch in LINE_SETTINGS.items() if is_switch and key in PAPER},
        "min_words_per_line": st.sampled_from([None, 1, 3, 5]),
        "max_word_chars": st.sampled_from([None, 4, 30, 1000]),
    }
)


def check_against_reference(of: Sequence[str], settings_: dict[str, Any]) -> None:
    for text, cleaned in zip(of, clean_all(of, settings_), strict=True):
        assert cleaned == c4.clean_lines(text, **settings_), repr(text[:500])


@settings(max_examples=400, deadline=None)
@given(st.lists(texts.awkward_text, max_size=3), some_settings)
def test_awkward_texts_are_cleaned_as_the_reference_does(of: list[str], settings_: dict[str, Any]) -> None:
    check_against_reference(of, settings_)


@settings(max_examples=200, deadline=None)
@given(texts.any_text, some_settings)
def test_any_text_is_cleaned_as_the_reference_does(text: str, settings_: dict[str, Any]) -> None:
    check_against_reference([text], settings_)


@pytest.mark.parametrize("settings_", [PAPER, OFF, {**PAPER, "terminal_punctuation": False}])
def test_texts_of_this_machine_are_cleaned_as_the_reference_does(settings_: dict[str, Any]) -> None:
    check_against_reference([*texts.EDGES, *texts.texts_of_python(60)], settings_)


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
def test_real_texts_are_cleaned_as_the_reference_does(kind: str) -> None:
    found = texts.real_texts(kind, 200, most_chars=100_000)
    check_against_reference(found, PAPER)
    check_against_reference(found, {**PAPER, "terminal_punctuation": False, "max_word_chars": 30})


@settings(max_examples=100, deadline=None)
@given(st.lists(texts.awkward_text, max_size=4), st.sampled_from(READINGS))
def test_every_reading_leaves_valid_texts_in_their_places(of: list[str], reading: str) -> None:
    signals = ("lorem_ipsum_lines", "curly_bracket_lines", "kept_sentences") if reading != "c4-lines" else ()
    given = dict.fromkeys(LINE_SETTINGS, 1)
    probe = Probe("f", reading, given, signals)
    found = measure(probe, pa.table({"text": pa.array(of, pa.large_string())}))
    assert found.texts is not None
    found.texts.validate(full=True)
    assert len(found.texts) == len(of)
    assert list(found.columns) == list(signals)
    for number, text in enumerate(of):
        ended = any(found.columns[name][number] for name in signals[:2])
        cleaned = found.texts[number].as_py()
        assert cleaned == text if ended else cleaned == cleaned.strip()
