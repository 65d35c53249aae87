import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.shingles import locate_words, words


def test_words_are_runs_of_letters_digits_and_underscores_without_case() -> None:
    assert words("Return x_1 + Y2;  don't “STOP”\n") == ["return", "x_1", "y2", "don", "t", "stop"]


@pytest.mark.parametrize("text", ["", " \n\t", "!?… — ()"])
def test_a_text_without_words_has_none(text: str) -> None:
    assert words(text) == []
    assert locate_words(text) == ([], [])


def test_composed_and_decomposed_accents_give_the_same_words() -> None:
    composed = "Où est l’été à Nîmes"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert words(decomposed) == words(composed) == ["où", "est", "l", "été", "à", "nîmes"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("aB_9 .é\u0301İßΣς\u1f80ſK你\n\t-\u212a"), max_size=40))
def test_located_words_are_the_words_and_stand_where_they_are_said_to(text: str) -> None:
    found, spans = locate_words(text)
    assert found == words(text)
    assert [words(text[start:end]) for start, end in spans] == [[word] for word in found]
