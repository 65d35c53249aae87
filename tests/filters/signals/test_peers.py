"""What peers measure: equal to slow readings of their descriptions, on real texts, awkward ones and any."""

from __future__ import annotations

import math
from typing import Callable, Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from reference import dclm, dolma, lengths, redpajama, texts

from filters.signals.peers import PEER_GROUPS, measure_peers

Measure = Callable[[str], dict[str, float]]

PEERS: dict[str, tuple[tuple[str, ...], Measure]] = {
    "dolma": (
        ("dolma-quality", "dolma-repetition"),
        lambda text: {**dolma.quality(text), **dolma.repetition(text)},
    ),
    "dclm": (("dclm-quality",), dclm.quality),
    "redpajama": (("redpajama",), redpajama.measure),
    "lengths": (("slimpajama", "long-lines"), lengths.measure),
}
EACH_PEER = pytest.mark.parametrize("peer", PEERS)


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def check_against_reference(peer: str, of: Sequence[str]) -> None:
    groups, measure = PEERS[peer]
    found = measure_peers(pa.array(of, pa.large_string()), groups)
    assert list(found) == [name for group in groups for name in PEER_GROUPS[group]]
    for number, text in enumerate(of):
        expected = measure(text)
        assert list(expected) == list(found)
        wrong = {name: (found[name][number], value) for name, value in expected.items()
                 if not same(float(found[name][number]), float(value))}  # fmt: skip
        assert wrong == {}, repr(text[:500])


@EACH_PEER
def test_edges_and_texts_of_this_machine_are_measured_as_the_reference_does(peer: str) -> None:
    check_against_reference(peer, [*texts.EDGES, *texts.texts_of_python(40)])


@EACH_PEER
@settings(max_examples=150, deadline=None)
@given(texts.awkward_text)
def test_awkward_texts_are_measured_as_the_reference_does(peer: str, text: str) -> None:
    check_against_reference(peer, [text])


@EACH_PEER
@settings(max_examples=150, deadline=None)
@given(texts.any_text)
def test_any_text_is_measured_as_the_reference_does(peer: str, text: str) -> None:
    check_against_reference(peer, [text])


@pytest.mark.slow
@pytest.mark.parametrize("kind", texts.KINDS)
@EACH_PEER
def test_real_texts_are_measured_as_the_reference_does(peer: str, kind: str) -> None:
    check_against_reference(peer, texts.real_texts(kind, 100))


def one(text: str, group: str) -> dict[str, float]:
    found = measure_peers(pa.array([text], pa.large_string()), [group])
    return {name: float(values[0]) for name, values in found.items()}


def test_dolmas_word_length_is_a_median_and_its_stop_words_are_bare_small_and_repeated() -> None:
    found = one("a bb cccc\nthe the The the,", "dolma-quality")
    assert found["dolma_median_word_length"] == 3
    assert found["dolma_stop_words"] == 2
    assert one("a bb", "dolma-quality")["dolma_median_word_length"] == 1.5


def test_dolma_counts_every_copy_of_a_line_and_every_repeated_ngram() -> None:
    found = one("x\nx\ny\n\n", "dolma-repetition")
    assert found["dolma_duplicate_line_share"] == 4 / 5
    assert found["dolma_duplicate_line_char_share"] == 2 / 3
    assert one("a b c d e a b c d e", "dolma-repetition")["dolma_duplicate_5gram_char_share"] == 2 / 6


def test_dclm_counts_words_that_begin_with_a_letter_or_digit_and_stop_words_in_any_case() -> None:
    found = one('"Quoted" - 1st\u00a0word The THE . . . x', "dclm-quality")
    assert found["dclm_words"] == 4  # 1st\u00a0word is one for fastText
    assert found["dclm_stop_words"] == 2
    assert found["dclm_symbol_word_ratio"] == 1 / 10


def test_a_hand_counted_text_has_redpajamas_signals() -> None:
    found = one("Lorem, ipsum! DON'T {x}\n• one…\n", "redpajama")
    assert (found["ccnet_length"], found["ccnet_nlines"]) == (31, 2)
    assert found["rps_doc_word_count"] == 6  # lorem ipsum dont x • one…
    assert found["rps_doc_frac_all_caps_words"] == 2 / 13  # DON and T of Lorem , ipsum ! DON ' T { x } • one …
    assert found["rps_lines_start_with_bulletpoint"] == 0.5
    assert found["rps_doc_num_sentences"] == 2
    assert found["rps_doc_unigram_entropy"] == pytest.approx(math.log(6))
