import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.shingles import hash_windows, hash_words, jaccard, locate_words, shingle, shingle_set, words


def slow_jaccard(left: str, right: str, size: int) -> float:
    """True Jaccard similarity of the sets of word runs, from its definition."""
    sets = []
    for text in (left, right):
        found = re.findall(r"\w+", text.lower())
        sets.append({tuple(found[i : i + size]) for i in range(len(found) - size + 1)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


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


def test_windows_differ_in_order_and_repeats_agree() -> None:
    hashes = hash_windows(hash_words(["a", "b", "a", "b", "b", "a"]), 2)
    assert hashes[0] == hashes[2] == hash_windows(hash_words(["a", "b"]), 2)[0]
    assert len(set(hashes.tolist())) == 3  # ab, ba, bb


def test_shingles_of_several_texts_lie_between_their_offsets() -> None:
    texts = ["one two three four", "", "five six", "two three four five"]
    hashes, offsets = shingle(texts, 3)
    assert offsets.tolist() == [0, 2, 2, 2, 4]
    assert hashes[1] == hashes[2]  # "two three four" in both
    assert np.array_equal(np.unique(hashes[:2]), shingle_set(texts[0], 3))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from("abc"), min_size=5, max_size=30), st.lists(st.sampled_from("abc"), min_size=5, max_size=30)
)
def test_jaccard_is_that_of_the_sets_of_word_runs(left: list[str], right: list[str]) -> None:
    first, second = " ".join(left), " ".join(right)
    found = jaccard(shingle_set(first, 3), shingle_set(second, 3))
    assert found == pytest.approx(slow_jaccard(first, second, 3), abs=1e-12)


def test_texts_without_shingles_are_not_similar() -> None:
    assert jaccard(shingle_set("", 5), shingle_set("", 5)) == 0.0
