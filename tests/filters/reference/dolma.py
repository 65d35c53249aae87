"""What Dolma's Gopher tagger measures, slowly: in the words of `filters/signals/dolma.py`."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from typing import Sequence

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")


def quality(text: str) -> dict[str, float]:
    """Returns the signals of dolma-quality."""
    words, lines = text.split(), lines_of(text)
    return {
        "dolma_words": len(words),
        "dolma_median_word_length": statistics.median(map(len, words)) if words else 0,
        "dolma_symbol_word_share": mean("#" in word or "…" in word for word in words),
        "dolma_alphabetic_word_share": mean(any(map(str.isalpha, word)) for word in words),
        "dolma_stop_words": sum(words.count(word) for word in STOP_WORDS),
        "dolma_bullet_line_share": mean(line[:1] in ("*", "-") for line in lines),
        "dolma_ellipsis_line_share": mean(line[-1:] == "…" for line in lines),
    }


def repetition(text: str) -> dict[str, float]:
    """Returns the signals of dolma-repetition."""
    words, lines = text.split(), lines_of(text)
    times = Counter(lines)
    twice = [line for line in lines if times[line] > 1]
    characters = sum(map(len, words))
    return {
        "dolma_duplicate_line_share": len(twice) / max(len(lines), 1),
        "dolma_duplicate_line_char_share": sum(map(len, twice)) / max(characters, 1),
        **{f"dolma_top_{n}gram_char_share": top(words, n, characters) for n in (2, 3, 4)},
        **{f"dolma_duplicate_{n}gram_char_share": duplicate(words, n) for n in range(5, 11)},
    }


def lines_of(text: str) -> list[str]:
    """Returns a text's lines; an empty text has none."""
    return text.split("\n") if text else []


def mean(values: Sequence[bool] | object) -> float:
    """Returns the share of true ones, 0 for none at all."""
    listed = list(values)  # type: ignore[call-overload]
    return sum(listed) / max(len(listed), 1)


def ngrams(words: list[str], n: int) -> list[tuple[str, ...]]:
    """Returns every run of n words."""
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def length(ngram: tuple[str, ...]) -> int:
    """Returns an n-gram's characters."""
    return sum(map(len, ngram))


def top(words: list[str], n: int, characters: int) -> float:
    """Returns the share of characters that the most frequent n-gram, the first of them, would fill."""
    found = ngrams(words, n)
    if not found:
        return math.nan
    times = Counter(found)
    best = next(ngram for ngram in found if times[ngram] == max(times.values()))
    return times[best] * length(best) / max(characters, 1)


def duplicate(words: list[str], n: int) -> float:
    """Returns the share of n-grams that stand more than once, each weighed by its characters."""
    found = ngrams(words, n)
    if not found:
        return math.nan
    times = Counter(found)
    return sum(length(ngram) for ngram in found if times[ngram] > 1) / max(sum(map(length, found)), 1)
