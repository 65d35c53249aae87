"""Gopher's repetition against a slow reading of Table A1, and against values counted by hand."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.repetition import DUPLICATE, TOP, measure_repetition
from filters.words import split_words


def measure(text: str) -> dict[str, float]:
    return {name: float(values[0]) for name, values in measure_repetition(split_words([text])).items()}


def occurrences(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def share_under(words: list[str], places: set[int]) -> float:
    chars = sum(len(word) for word in words)
    return sum(len(words[place]) for place in places) / chars if chars else 0.0


def top_share(text: str, n: int) -> float:
    """The share of characters under the most frequent n-gram, word by word."""
    words = text.split()
    counts = Counter(occurrences(words, n))
    most = max(counts.values(), default=0)
    if most < 2:
        return 0.0
    shares = []
    for ngram in [ngram for ngram, count in counts.items() if count == most]:
        starts = [start for start, found in enumerate(occurrences(words, n)) if found == ngram]
        shares.append(share_under(words, {start + step for start in starts for step in range(n)}))
    return max(shares)


def duplicate_share(text: str, n: int) -> float:
    """The share of characters under n-grams that have begun earlier, word by word."""
    words = text.split()
    seen: set[tuple[str, ...]] = set()
    places: set[int] = set()
    for start, ngram in enumerate(occurrences(words, n)):
        if ngram in seen:
            places |= set(range(start, start + n))
        seen.add(ngram)
    return share_under(words, places)


def reference(text: str) -> dict[str, float]:
    return {
        **{f"top_{n}gram_char_share": top_share(text, n) for n in TOP},
        **{f"duplicate_{n}gram_char_share": duplicate_share(text, n) for n in DUPLICATE},
    }


def test_a_text_that_says_one_sentence_twice_is_half_duplicate() -> None:
    sentence = "one two three four five six seven eight nine ten "
    found = measure(sentence * 2)
    assert found["duplicate_5gram_char_share"] == 0.5
    assert found["duplicate_10gram_char_share"] == 0.5


def test_the_most_frequent_pair_covers_its_own_characters_once() -> None:
    # a a a b: the pair (a, a) stands at 0 and 1 and covers three of four characters, not four.
    assert measure("a a a b")["top_2gram_char_share"] == 0.75


def test_a_text_without_a_repeated_pair_has_no_top_ngram() -> None:
    assert measure("every word is another one here")["top_2gram_char_share"] == 0.0


def test_among_equally_frequent_pairs_the_one_that_covers_most_counts() -> None:
    # (a, b) and (long, words) stand twice each; the second covers 18 of 22 characters.
    assert measure("a b x long words a b long words")["top_2gram_char_share"] == 18 / 23


def test_ngrams_do_not_reach_from_one_document_into_the_next() -> None:
    texts = ["one two", "three four", "one two three four"]
    together = measure_repetition(split_words(texts))
    assert all(values.tolist() == [0.0, 0.0, 0.0] for values in together.values())


def test_empty_text_repeats_nothing() -> None:
    assert set(measure("").values()) == {0.0}
    assert all(len(values) == 0 for values in measure_repetition(split_words([])).values())


def test_random_texts_measure_as_the_slow_reference_does() -> None:
    generator = random.Random(20260101)
    texts = []
    for _ in range(150):
        vocabulary = [
            "".join(generator.choices("abcé", k=generator.randint(1, 4))) for _ in range(generator.randint(1, 30))
        ]
        texts.append(" ".join(generator.choices(vocabulary, k=generator.randint(0, 120))))
    found = measure_repetition(split_words(texts))
    for number, text in enumerate(texts):
        for name, expected in reference(text).items():
            assert found[name][number] == pytest.approx(expected, abs=1e-12), (name, text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["a", "bb", "ccc", "the", "é"]), max_size=60).map(" ".join), min_size=1, max_size=4
    )
)
def test_few_words_many_repeats_measure_as_the_slow_reference_does(texts: list[str]) -> None:
    found = measure_repetition(split_words(texts))
    for number, text in enumerate(texts):
        for name, expected in reference(text).items():
            assert found[name][number] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_shares_from_zero_to_one(text: str) -> None:
    values = np.array(list(measure(text).values()))
    assert ((values >= 0) & (values <= 1)).all()
