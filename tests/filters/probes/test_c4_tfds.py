"""C4 as the code that made it has it: equal to a slow reading of that code."""

from __future__ import annotations

from typing import Sequence

import pytest
from hypothesis import given, settings
from reference import texts, tfds

from filters import judge

GOOD = "This line has five words.\nSo has the one here!\nDoes this one have them?"


def check_against_reference(of: Sequence[str]) -> None:
    found = judge(of, "c4@tfds", max_page_characters=None).select(["reason", "text"]).to_pylist()
    for text, row in zip(of, found, strict=True):
        cleaned, ended, sentences = tfds.clean_page(text)
        expected = ended or ("too_few_sentences" if sentences < 3 else "")
        assert (row["reason"], row["text"]) == (expected, cleaned), repr(text[:500])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD, ""),
        (GOOD.replace(" five", ""), "too_few_sentences"),
        (GOOD.replace("here!", "here! “So has this one”"), "too_few_sentences"),
        (GOOD + '\nAnd "this one" has five".', ""),
        (GOOD + "\nIt says lorem ipsum for a while.", "lorem_ipsum"),
        (GOOD + "\nlorem ipsum without a mark", ""),
        (GOOD + "\nA block begins with { as here.", "curly_brace"),
        (GOOD + "\nSwitch on JavaScript { please do so.", ""),
        ("", "too_few_sentences"),
        ("x" * 190_000, "too_few_sentences"),
        ("x" * 190_001, "too_many_characters"),
    ],
)
def test_a_page_stays_or_goes_as_the_code_has_it(text: str, reason: str) -> None:
    assert judge([text], "c4@tfds")["reason"].to_pylist() == [reason]


def test_a_citation_leaves_its_white_space_so_that_the_line_has_no_end_mark() -> None:
    page = f"{GOOD}\nA fact has a source. [12]"
    assert judge([page], "c4@tfds")["text"].to_pylist() == [GOOD]
    assert judge([page.replace(" [12]", "[12]")], "c4@tfds")["text"].to_pylist()[0].endswith("a source.")


@settings(max_examples=200, deadline=None)
@given(texts.awkward_text)
def test_awkward_pages_are_cleaned_as_the_reference_does(text: str) -> None:
    check_against_reference([text, f"{GOOD}\n{text}.", f"{text} and some more.\n{GOOD}"])


def test_edges_and_texts_of_this_machine_are_cleaned_as_the_reference_does() -> None:
    check_against_reference([*texts.EDGES, *texts.texts_of_python(40)])


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
def test_real_pages_are_cleaned_as_the_reference_does(kind: str) -> None:
    check_against_reference(texts.real_texts(kind, 150))
