"""RefinedWeb's line corrections: one by one, and equal to the slow reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import dclm, texts

from filters import judge
from filters.judging.plan import Probe
from filters.probes.protocol import BadSetting
from filters.probes.refinedweb_lines import check, measure

DEFAULTS: dict[str, Any] = {
    "max_newlines": 2,
    "max_uppercase_share": 0.5,
    "max_digit_share": 0.999999,
    "drop_counters": True,
    "min_words_per_line": 2,
    "strip_phrases": True,
    "max_phrase_line_words": 10,
}
OFF: dict[str, Any] = {key: False if value is True else None for key, value in DEFAULTS.items()}


def fix_all(of: Sequence[str], changes: dict[str, Any]) -> list[tuple[str, float]]:
    probe = Probe("f", "refinedweb-lines", check({**DEFAULTS, **changes}, Path()), ("removed_word_share",))
    found = measure(probe, pa.table({"text": pa.array(of, pa.large_string())}))
    assert found.texts is not None
    found.texts.validate(full=True)
    return list(zip(found.texts.to_pylist(), found.columns["removed_word_share"].tolist(), strict=True))


def fixed(text: str, **changes: Any) -> str:
    return fix_all([text], changes)[0][0]


@pytest.mark.parametrize(
    "line",
    ["BUY IT NOW or", "1024", "12²", "3 likes", "1,024 Views", "· 3.5k followers ·", "One", "Items in cart",
     "READ MORE...", "Read more no", "Sign-in", "  "],
)  # fmt: skip
def test_a_line_that_is_no_text_goes_and_its_neighbours_stay(line: str) -> None:
    assert fixed(f"One good line.\n{line}\nAnother good line.") == "One good line.\nAnother good line."


@pytest.mark.parametrize(
    "line", ["HALF half", "10 24", "3 people like it", "likes 3", "3 likes it", "Two words", "", "A B."]
)
def test_a_line_of_text_stays(line: str) -> None:
    assert fixed(f"One good line.\n{line}\nAnother good line.") == f"One good line.\n{line}\nAnother good line."


def test_phrases_are_taken_from_short_lines_only() -> None:
    assert fixed("You have 3 items in cart today") == "You have 3 today"
    assert fixed("The story goes on Read more...") == "The story goes on"
    assert fixed("Sign-in to comment here") == "to comment here"
    long = "one two three four five six seven eight nine ten Read more..."
    assert fixed(long) == long
    assert fixed(long, max_phrase_line_words=None) == long[: -len(" Read more...")]


def test_runs_of_line_feeds_are_shortened_and_everything_can_be_off() -> None:
    assert fixed("A line.\n\n\n\n\nA line.") == "A line.\n\nA line."
    text = "ALL CAPS\n\n\n\n12\n3 likes\nx\nSign-in "
    assert fix_all([text], OFF) == [(text, 0.0)]


def test_the_share_of_words_that_went_is_measured_and_a_text_without_words_lost_all() -> None:
    assert fix_all(["a b c d e f g h i\nHOME", "", "- -"], {}) == [("a b c d e f g h i", 0.1), ("", 1.0), ("- -", 1.0)]


def test_a_page_goes_if_it_loses_more_than_a_twentieth_of_its_words() -> None:
    page = "a b c d e f g h i j k l m n o p q r s\nHome"
    found = judge([page, page.replace(" a ", " ").replace("a b", "b"), "a b\nHome"], "refinedweb")
    assert found["kept"].to_pylist() == [True, False, False]
    assert found["reason"].to_pylist()[2] == "too_many_words_removed"
    assert found["text"].to_pylist()[0] == page.removesuffix("\nHome")


def test_a_setting_is_a_switch_a_share_or_a_number() -> None:
    assert check({"max_digit_share": None, "drop_counters": False, "max_newlines": 3}, Path()) == {
        "max_digit_share": 0,
        "drop_counters": 0,
        "max_newlines": 3,
    }
    for key, value in [("drop_counters", 1), ("max_digit_share", 0), ("max_uppercase_share", 1.1), ("max_newlines", 0)]:
        with pytest.raises(BadSetting, match="expected") as refusal:
            check({key: value}, Path())
        assert refusal.value.key == key


PIECES = (
    "Items in cart", "ITEMS IN CART", "ıtems İn cart", "read more...", "Read more no", "Sign-in", "SİGN-İN", "ſign-in",
    "1,024 likes", "3.5k VIEWS!", "· 7 comments ·", "9 follower\u017f", "3m Kiews", "5Kviews", " ", "\n", "\n\n\n",
    "\u2028", "ABC DEF", "Hello There", "123", "12²", "½", "a b c d e f g h i j k", "word", "\t", "x", "\x00",
)  # fmt: skip
lines_of_pages = st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join), max_size=8).map("\n".join)
changes = st.fixed_dictionaries(
    {},
    optional={
        "max_newlines": st.sampled_from([None, 1, 3]),
        "max_uppercase_share": st.sampled_from([None, 0.1, 1]),
        "max_digit_share": st.sampled_from([None, 0.3, 1]),
        "drop_counters": st.booleans(),
        "min_words_per_line": st.sampled_from([None, 1, 5]),
        "strip_phrases": st.booleans(),
        "max_phrase_line_words": st.sampled_from([None, 2]),
    },
)


def check_against_reference(of: Sequence[str], changed: dict[str, Any]) -> None:
    for text, found in zip(of, fix_all(of, changed), strict=True):
        assert found == dclm.fix_lines(text, **{**DEFAULTS, **changed}), repr(text[:500])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(lines_of_pages, texts.awkward_text, texts.any_text), max_size=3), changes)
def test_any_text_is_fixed_as_the_reference_does(of: list[str], changed: dict[str, Any]) -> None:
    check_against_reference(of, changed)


def test_edges_and_texts_of_this_machine_are_fixed_as_the_reference_does() -> None:
    check_against_reference([*texts.EDGES, *texts.texts_of_python(40)], {})


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
def test_real_texts_are_fixed_as_the_reference_does(kind: str) -> None:
    check_against_reference(texts.real_texts(kind, 200), {})
