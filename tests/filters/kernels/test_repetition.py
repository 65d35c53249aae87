"""Gopher's repetition: counted by hand, and equal to the reference where much is repeated."""

from __future__ import annotations

import random
import time
from typing import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import prose

from filters.signals.catalogue import GROUPS, measure_signals
from filters.signals.source_files import SOURCE_GROUPS


def measure_all(texts: Sequence[str]) -> list[dict[str, float]]:
    found = measure_signals(pa.array(texts, pa.large_string()), ["repetition"])
    return [{name: float(values[number]) for name, values in found.items()} for number in range(len(texts))]


def measure(text: str) -> dict[str, float]:
    return measure_all([text])[0]


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
    # (a, b) and (long, words) stand twice each; the second covers 18 of 23 characters.
    assert measure("a b x long words a b long words")["top_2gram_char_share"] == 18 / 23


def test_words_are_compared_by_their_characters_not_their_places() -> None:
    # Joined they read alike; none is a pair that has stood before.
    assert measure("ab c a bc abc")["top_2gram_char_share"] == 0.0


def test_ngrams_do_not_reach_from_one_document_into_the_next() -> None:
    for found in measure_all(["one two", "three four", "one two three four"]):
        assert set(found.values()) == {0.0}


def test_empty_text_repeats_nothing() -> None:
    assert set(measure("").values()) == {0.0}
    assert measure_all([]) == []


def test_random_texts_measure_as_the_slow_reference_does() -> None:
    generator = random.Random(20260101)
    texts = []
    for _ in range(150):
        vocabulary = [
            "".join(generator.choices("abcé", k=generator.randint(1, 4))) for _ in range(generator.randint(1, 30))
        ]
        texts.append(" ".join(generator.choices(vocabulary, k=generator.randint(0, 120))))
    assert measure_all(texts) == list(map(prose.repetition, texts))


def test_words_whose_hashes_collide_are_told_apart() -> None:
    # Thue-Morse words and their mirror images have one polynomial hash modulo 2^64, whatever its base is.
    word = "a"
    for _ in range(12):
        word += word.translate({97: 98, 98: 97})
    mirror = word.translate({97: 98, 98: 97})
    texts = [f"{word} {mirror} " * 6, f"{word} x {mirror} x " * 6, f"{word}\n{mirror}\n\n{word}\n\n{mirror}"]
    assert measure_all(texts) == list(map(prose.repetition, texts))
    lines = measure_signals(pa.array(texts, pa.large_string()), ["lines"])
    for number, text in enumerate(texts):
        assert {name: values[number] for name, values in lines.items()} == prose.lines(text)


#: Eight characters moved by any sum of these keep their polynomial hash modulo 2^64 at the base
#: 0x9E3779B97F4A7C15; short vectors of that lattice, found by LLL.
MOVES = (
    (142, 73, 16, -63, -158, 0, -23, 97),
    (-87, -180, -51, -107, 62, 75, -52, 84),
    (-32, -166, 83, -130, -69, -58, -13, -107),
    (55, -20, 58, -212, 53, -136, 61, 97),
    (102, -125, -114, -61, 29, 162, 46, -83),
    (30, 38, -48, 44, -160, -260, -18, 6),
    (-56, -82, 72, 8, -99, 62, 224, 67),
    (-101, 31, -197, -196, -154, 76, 40, -11),
)


@pytest.mark.slow
@pytest.mark.parametrize("between", [" ", "\n", "\n\n"])
def test_a_text_made_to_have_one_hash_again_and_again_takes_no_longer_than_others(between: str) -> None:
    base = 0x9E3779B97F4A7C15
    assert {sum(move * pow(base, 7 - place, 2**64) for place, move in enumerate(moves)) % 2**64 for moves in MOVES} == {
        0
    }
    draw = random.Random(3)
    words: set[str] = set()
    while len(words) < 40_000:
        steps = [draw.randint(-4, 4) for _ in MOVES]
        words.add("".join(chr(0x7400 + sum(map(int.__mul__, steps, column))) for column in zip(*MOVES, strict=True)))
    hostile = between.join(sorted(words))
    groups = [group for group in GROUPS if group not in SOURCE_GROUPS]
    measure_signals(pa.array(["compiled now"], pa.large_string()), groups)
    start = time.process_time()
    measure_signals(pa.array([hostile], pa.large_string()), groups)
    assert time.process_time() - start < 2  # minutes, if the base were known


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["a", "bb", "ccc", "the", "é"]), max_size=60).map(" ".join), min_size=1, max_size=4
    )
)
def test_few_words_many_repeats_measure_as_the_slow_reference_does(texts: list[str]) -> None:
    assert measure_all(texts) == list(map(prose.repetition, texts))
