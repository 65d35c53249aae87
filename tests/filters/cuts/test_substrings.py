"""Exact substrings, against a slow reference that holds every window against every other one."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from data.deduplication import Substrings
from filters.cuts.pieces import without
from filters.cuts.substrings import Tokens, byte_ranges, count_tokens, is_installed, memory_bytes, runs_of, words_of

needs_suffixes = pytest.mark.skipif(not is_installed(), reason="the extra `substrings` is not installed")


def column(texts: list[str]) -> pa.Array:
    return pa.array(["ahead of all", *texts, "behind"], pa.large_string()).slice(1, len(texts))


def find(texts: list[str], settings: Substrings, ranks: list[int], sizes: list[int]) -> list[list[tuple[int, int]]]:
    tokens, start = Tokens(settings), 0
    for size in sizes:
        tokens.add(column(texts[start : start + size]))
        start += size
    found = tokens.find(np.array(ranks, dtype=np.int64))
    return [[tuple(pair) for pair in cuts.tolist()] for cuts in found]


def reference(texts: list[str], settings: Substrings, ranks: list[int]) -> list[list[tuple[int, int]]]:
    as_words = settings.tokens == "words"
    tokens = {n: text.split() if as_words else list(text.encode()) for n, text in enumerate(texts)}
    window = settings.min_tokens
    seen: dict[tuple[object, ...], list[tuple[int, int, int]]] = {}
    for number, own in tokens.items():
        for place in range(len(own) - window + 1):
            key = tuple(own[place : place + window])
            seen.setdefault(key, []).append((ranks[number], number, place))
    gone = {number: [False] * len(own) for number, own in tokens.items()}
    for places in seen.values():
        ordered = sorted(places)
        for _, number, place in ordered[1:] if settings.copies == "keep_one" else ordered if len(ordered) > 1 else []:
            gone[number][place : place + window] = [True] * window
    found = []
    for number in range(len(texts)):
        flags = [False, *gone[number], False]
        starts = [n for n in range(1, len(flags)) if flags[n] and not flags[n - 1]]
        ends = [n for n in range(1, len(flags)) if not flags[n] and flags[n - 1]]
        found.append([(a - 1, b - 1) for a, b in zip(starts, ends, strict=True)])
    return found


@needs_suffixes
@pytest.mark.parametrize("tokens", ["words", "bytes"])
@pytest.mark.parametrize("copies", ["keep_one", "drop_all"])
@pytest.mark.parametrize("vocabulary", [2, 5, 40])
def test_what_is_cut_is_what_a_slow_reference_cuts(tokens: str, copies: str, vocabulary: int) -> None:
    for seed in range(12):
        draw = random.Random(f"{seed}-{vocabulary}")
        words = ["é", "dog", "x", "naïve", *(f"w{n}" for n in range(vocabulary))][:vocabulary]
        texts = [" ".join(draw.choices(words, k=draw.randrange(40))) for _ in range(draw.randrange(1, 8))]
        settings = Substrings(min_tokens=draw.randrange(2, 7), tokens=tokens, copies=copies)
        ranks = draw.sample(range(len(texts)), len(texts))
        sizes = [1, len(texts) - 1] if len(texts) > 1 else [1]
        assert find(texts, settings, ranks, sizes) == reference(texts, settings, ranks)


@needs_suffixes
def test_more_words_than_two_bytes_can_number_are_still_told_apart() -> None:
    texts = [" ".join(f"w{n}" for n in range(70_000)), "w69990 w69991 w69992 w69993 and w1 w2 w3 w4 w5"]
    assert find(texts, Substrings(min_tokens=4), [0, 1], [2]) == [[], [(0, 4), (5, 10)]]


@needs_suffixes
def test_nothing_is_lost_that_does_not_stand_elsewhere() -> None:
    passage = " ".join(f"p{n}" for n in range(60))
    texts = [f"one {passage} two", f"three {passage}", passage]
    settings = Substrings()
    cuts = Tokens(settings)
    cuts.add(column(texts))
    found = cuts.find(np.array([1, 0, 2]))
    left = without(column(texts), byte_ranges(column(texts), found, settings)).to_pylist()
    assert left == ["one two", f"three {passage}", ""]


def cut_words(text: str, first: int, after: int) -> str:
    texts = column(["other words", text])
    cuts = [np.zeros((0, 2), np.int64), np.array([[first, after]])]
    return str(without(texts, byte_ranges(texts, cuts, Substrings()))[1].as_py())


def test_white_space_around_what_was_cut_stays_once_and_line_feeds_stay() -> None:
    assert cut_words("a b c d", 1, 3) == "a d"
    assert cut_words("a b c\n\nd", 1, 3) == "a\n\nd"
    assert cut_words("a\n\nb c d", 1, 3) == "a\n\nd"
    assert cut_words("a b c", 1, 3) == "a"
    assert cut_words("a b c\n", 1, 3) == "a\n"
    assert cut_words(" a b c", 0, 2) == " c"
    assert cut_words(" a b ", 0, 2) == ""


def test_characters_of_several_bytes_go_whole_or_stay() -> None:
    texts = column(["aéb𝄞c"])
    settings = Substrings(tokens="bytes")
    ranges = byte_ranges(texts, [np.array([[2, 6]])], settings)
    assert without(texts, ranges).to_pylist() == ["aé𝄞c"]


def test_words_are_what_stands_between_white_space() -> None:
    texts = column(["a  bé\n", "", "\t", "c"])
    rows, starts, ends = words_of(texts)
    data = "ahead of alla  bé\n\tcbehind".encode()
    assert [(row, data[a:b].decode()) for row, a, b in zip(rows, starts, ends, strict=True)] == [
        (0, "a"), (0, "bé"), (3, "c"),
    ]  # fmt: skip
    assert count_tokens(texts, Substrings()) == 3
    assert count_tokens(texts, Substrings(tokens="bytes")) == 9


def test_runs_end_at_borders() -> None:
    starts, ends = runs_of(np.array([1, 1, 0, 1, 1, 1], dtype=np.bool_), np.array([0, 4, 6]))
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [(0, 2), (3, 4), (4, 6)]


def test_memory_is_stated_by_the_number_of_tokens() -> None:
    assert memory_bytes(10**6, Substrings()) == (4 * 17 + 12) * 10**6
    assert memory_bytes(2**32, Substrings(tokens="bytes")) == (29 + 12) * 2**32


@needs_suffixes
def test_no_documents_and_short_ones_are_fine() -> None:
    assert find([], Substrings(), [], []) == []
    assert find(["", "a"], Substrings(min_tokens=2), [0, 1], [2]) == [[], []]
