"""The published rules as programs: the faults of a text, in the order of the rules.

Bounds are those of the papers: Gopher, arXiv 2112.11446, A.1.1 and Table A1; C4, arXiv 1910.10683,
section 2.2; FineWeb, arXiv 2406.17557, section 3.4.
"""

from __future__ import annotations

from typing import Callable

from reference import c4, prose


def gopher_quality(text: str) -> list[str]:
    """Returns the faults of a text by Gopher's quality rules."""
    found = {**prose.words(text), **prose.lines(text)}
    return named(
        too_few_words=found["words"] < 50,
        too_many_words=found["words"] > 100_000,
        words_too_short=found["mean_word_length"] < 3,
        words_too_long=found["mean_word_length"] > 10,
        too_many_hashes=found["hash_word_ratio"] > 0.1,
        too_many_ellipses=found["ellipsis_word_ratio"] > 0.1,
        too_many_bullet_lines=found["bullet_line_share"] > 0.9,
        too_many_ellipsis_lines=found["ellipsis_line_share"] > 0.3,
        too_few_alphabetic_words=found["alphabetic_word_share"] < 0.8,
        too_few_stop_words=found["stop_words"] < 2,
    )


def gopher_repetition(text: str) -> list[str]:
    """Returns the faults of a text by Gopher's repetition rules."""
    found = {**prose.lines(text), **prose.repetition(text)}
    return named(
        duplicate_lines=found["duplicate_line_share"] > 0.3,
        duplicate_paragraphs=found["duplicate_paragraph_share"] > 0.3,
        duplicate_line_chars=found["duplicate_line_char_share"] > 0.2,
        duplicate_paragraph_chars=found["duplicate_paragraph_char_share"] > 0.2,
        top_2gram=found["top_2gram_char_share"] > 0.2,
        top_3gram=found["top_3gram_char_share"] > 0.18,
        top_4gram=found["top_4gram_char_share"] > 0.16,
        duplicate_5grams=found["duplicate_5gram_char_share"] > 0.15,
        duplicate_6grams=found["duplicate_6gram_char_share"] > 0.14,
        duplicate_7grams=found["duplicate_7gram_char_share"] > 0.13,
        duplicate_8grams=found["duplicate_8gram_char_share"] > 0.12,
        duplicate_9grams=found["duplicate_9gram_char_share"] > 0.11,
        duplicate_10grams=found["duplicate_10gram_char_share"] > 0.10,
    )


def c4_page(text: str) -> list[str]:
    """Returns the faults of what C4's line rules leave of a text."""
    found = prose.counts(c4.clean_lines(text))
    return named(
        lorem_ipsum=found["lorem_ipsum"] > 0,
        curly_brace=found["curly_braces"] > 0,
        too_few_sentences=found["sentences"] < 5,
    )


def c4_lines(text: str) -> list[str]:
    """Returns no fault: the rules change the text only."""
    return []


def fineweb(text: str) -> list[str]:
    """Returns the faults of a text by FineWeb's three rules; a text at a bound has the fault."""
    found = prose.lines(text)
    return named(
        too_few_lines_end_in_punctuation=found["terminal_punctuation_line_share"] <= 0.12,
        too_many_short_lines=found["short_line_share"] >= 0.67,
        duplicate_line_chars=found["duplicate_line_char_share"] >= 0.1,
    )


def named(**faults: bool) -> list[str]:
    """Returns the names of those that are true."""
    return [name for name, is_one in faults.items() if is_one]


#: preset → the faults of a text.
PRESETS: dict[str, Callable[[str], list[str]]] = {
    "gopher-quality": gopher_quality,
    "gopher-repetition": gopher_repetition,
    "c4": c4_page,
    "c4-lines": c4_lines,
    "fineweb": fineweb,
}
