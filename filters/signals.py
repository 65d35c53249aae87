"""What can be measured on a text: the numbers that rules of every kind of document compare.

A *line* stands between line feeds, stripped of white space at both ends; blank lines are no
lines. A *paragraph* stands between blank lines. A text without words, lines or characters
has 0 for every share and ratio. Word n-grams are in `filters/repetition.py`, the signals of
source code in `filters/code_signals.py`.
"""

from __future__ import annotations

import re
from typing import Callable, Iterable, Sequence

import numpy as np

from filters.code_signals import CODE_SIGNALS, measure_code
from filters.repetition import DUPLICATE, TOP, measure_repetition
from filters.words import FloatArray, Words, divide, split_words

#: Gopher's stop words, compared in lower case and without the punctuation around them.
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")

#: What stands at the head of a list item.
BULLETS = frozenset("-*•‣⁃◦∙▪●·–")

#: Characters that end a sentence (Unicode's Sentence_Terminal, the living scripts) or close a quotation.
TERMINALS = frozenset(
    ".!?\u0589\u061d\u061e\u061f\u06d4\u0700\u0701\u0702\u07f9\u0837\u0839\u083d\u083e\u0964\u0965\u104a\u104b"
    "\u1362\u1367\u1368\u166e\u1735\u1736\u17d4\u17d5\u1803\u1809\u1944\u1945\u1b5a\u1b5b\u1b5e\u1b5f\u1c3b\u1c3c"
    "\u1c7e\u1c7f\u203c\u203d\u2047\u2048\u2049\u3002\ua4ff\ua60e\ua60f\ua6f3\ua6f7\ua876\ua877\ua8ce\ua8cf\ua92f"
    "\ua9c8\ua9c9\uaa5d\uaa5e\uaa5f\uaaf0\uaaf1\uabeb\ufe52\ufe56\ufe57\uff01\uff0e\uff1f\uff61…\"'”’»"
)

#: Words from which on a line that ends like a sentence is prose, not a heading, a menu or code.
PROSE_LINE_WORDS = 5

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~“”‘’«»…–—"
_PARAGRAPH_BREAK = re.compile(r"\n\s*\n")
# Possessive, and never starting inside a run: a megabyte of "!" is read once.
_SENTENCE_END = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’»)\]]*+(?=\s|\Z)")
_AFTER_LAST_SENTENCE = re.compile(r"\w")

COUNTS = {
    "characters": "Characters (Unicode code points).",
    "bytes": "Bytes of the text in UTF-8.",
    "newlines": "Line feeds.",
    "lorem_ipsum": "Occurrences of the phrase `lorem ipsum`, in any case.",
    "curly_braces": "Occurrences of `{`.",
    "sentences": "Runs of . ! ? … before white space or the end, and a rest that has a word.",
}
WORDS = {
    "words": "Runs of characters that are not white space.",
    "mean_word_length": "Characters per word, with the punctuation that clings to it.",
    "hash_word_ratio": "Occurrences of # per word.",
    "ellipsis_word_ratio": "Occurrences of ... or … per word.",
    "newline_word_ratio": "Line feeds per word.",
    "alphabetic_word_share": "Words with at least one letter.",
    "stop_words": "How many of the, be, to, of, and, that, have, with occur.",
    "stop_word_share": "Words that are one of these.",
}
LINES = {
    "lines": "Lines that are not blank.",
    "bullet_line_share": "Lines that begin with a bullet (- * • ‣ ◦ and their like).",
    "ellipsis_line_share": "Lines that end in ... or ….",
    "terminal_punctuation_line_share": "Lines that end in punctuation that ends a sentence or a quotation.",
    "short_line_share": "Lines of fewer than 30 characters.",
    "short_line_share_30": "Lines of at most 30 characters.",
    "prose_char_share": f"Characters in lines of {PROSE_LINE_WORDS} or more words that end in terminal punctuation "
    "or a colon, or have 20 words.",
    "duplicate_line_share": "Lines that equal an earlier line.",
    "duplicate_line_char_share": "Characters of lines in lines that equal an earlier one.",
    "duplicate_paragraph_share": "Paragraphs that equal an earlier paragraph.",
    "duplicate_paragraph_char_share": "Characters of paragraphs in paragraphs that equal an earlier one.",
}
REPETITION = {
    **{f"top_{n}gram_char_share": f"Characters of words under the most frequent word {n}-gram." for n in TOP},
    **{
        f"duplicate_{n}gram_char_share": f"Characters of words under word {n}-grams that have occurred before."
        for n in DUPLICATE
    },
}

#: Groups of signals that are measured together, and what each signal says.
GROUPS: dict[str, dict[str, str]] = {
    "counts": COUNTS,
    "words": WORDS,
    "lines": LINES,
    "repetition": REPETITION,
    "code": CODE_SIGNALS,
}
SIGNALS = {name: text for group in GROUPS.values() for name, text in group.items()}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}

#: Groups that every document of a kind has; other kinds than code are prose.
CODE_GROUPS = ("counts", "words", "code")
PROSE_GROUPS = ("counts", "words", "lines", "repetition")


def measure_signals(
    texts: Sequence[str], groups: Iterable[str], languages: Sequence[str | None] | None = None
) -> dict[str, FloatArray]:
    """Returns every signal of the groups, each of shape (len(texts),).

    Args:
        texts: a few MB at most, so that the arrays stay small.
        groups: names from `GROUPS`.
        languages: programming languages, for the signals of code.
    """
    wanted, signals = set(groups), {}
    if "counts" in wanted:
        signals.update(measure_counts(texts))
    if wanted & {"words", "repetition"}:
        words = split_words(texts)
        if "words" in wanted:
            signals.update(measure_words(texts, words))
        if "repetition" in wanted:
            signals.update(measure_repetition(words))
    if "lines" in wanted:
        signals.update(measure_lines(texts))
    if "code" in wanted:
        signals.update(measure_code(texts, languages or [None] * len(texts)))
    return signals


def measure_counts(texts: Sequence[str]) -> dict[str, FloatArray]:
    """Returns the signals of `COUNTS`."""
    return {
        "characters": _each(texts, len),
        "bytes": _each(texts, lambda text: len(text.encode("utf-8", "surrogatepass"))),
        "newlines": _each(texts, lambda text: text.count("\n")),
        "lorem_ipsum": _each(texts, lambda text: text.lower().count("lorem ipsum")),
        "curly_braces": _each(texts, lambda text: text.count("{")),
        "sentences": _each(texts, count_sentences),
    }


def count_sentences(text: str) -> int:
    """Returns the number of sentences by their end marks; see `COUNTS`.

    Knows no abbreviations: `e.g. this` ends one sentence more. Lines that end without a mark
    do not end a sentence.
    """
    sentences, end = 0, 0
    for match in _SENTENCE_END.finditer(text):
        sentences, end = sentences + 1, match.end()
    return sentences + bool(_AFTER_LAST_SENTENCE.search(text, end))


def measure_words(texts: Sequence[str], words: Words) -> dict[str, FloatArray]:
    """Returns the signals of `WORDS`."""
    counts = words.counts
    has_letter = np.fromiter(map(_has_letter, words.vocabulary), dtype=np.bool_, count=len(words.vocabulary))
    stop = np.fromiter(map(_stop_word, words.vocabulary), dtype=np.int64, count=len(words.vocabulary))[words.ids]
    found = np.unique((words.documents * len(STOP_WORDS) + stop)[stop >= 0])
    return {
        "words": counts.astype(np.float64),
        "mean_word_length": divide(words.per_document(words.chars), counts),
        "hash_word_ratio": divide(_each(texts, lambda text: text.count("#")), counts),
        "ellipsis_word_ratio": divide(_each(texts, lambda text: text.count("...") + text.count("…")), counts),
        "newline_word_ratio": divide(_each(texts, lambda text: text.count("\n")), counts),
        "alphabetic_word_share": divide(words.per_document(has_letter[words.ids]), counts),
        "stop_words": np.bincount(found // len(STOP_WORDS), minlength=len(texts)).astype(np.float64),
        "stop_word_share": divide(words.per_document(stop >= 0), counts),
    }


def _has_letter(word: str) -> bool:
    return word.isalpha() or any(map(str.isalpha, word))


_STOP_NUMBER = {word: number for number, word in enumerate(STOP_WORDS)}


def _stop_word(word: str) -> int:
    """Returns the number of the stop word that a word is, or -1."""
    return _STOP_NUMBER.get(word.strip(_PUNCTUATION).lower(), -1) if len(word) < 16 else -1


def measure_lines(texts: Sequence[str]) -> dict[str, FloatArray]:
    """Returns the signals of `LINES`."""
    names = list(LINES)
    rows = [_line_shares(text) for text in texts]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
    return {name: table[:, column].copy() for column, name in enumerate(names)}


def _line_shares(text: str) -> tuple[float, ...]:
    """Returns one document's values in the order of `LINES`."""
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    paragraphs = [part for part in map(str.strip, _PARAGRAPH_BREAK.split(text)) if part]
    n = len(lines) or 1
    lengths = list(map(len, lines))
    chars = sum(lengths) or 1
    prose = sum(len(line) for line in lines if is_prose(line))
    return (
        len(lines),
        sum(line[0] in BULLETS for line in lines) / n,
        sum(line.endswith(("...", "…")) for line in lines) / n,
        sum(line[-1] in TERMINALS for line in lines) / n,
        sum(length < 30 for length in lengths) / n,
        sum(length <= 30 for length in lengths) / n,
        prose / chars,
        *_duplicates(lines),
        *_duplicates(paragraphs),
    )


def is_prose(line: str) -> bool:
    """Whether a stripped line reads like running text; see `prose_char_share`."""
    gaps = line.count(" ")
    return (gaps >= PROSE_LINE_WORDS - 1 and (line[-1] in TERMINALS or line[-1] == ":")) or gaps >= 19


def _duplicates(parts: list[str]) -> tuple[float, float]:
    """Returns the share of parts, and of their characters, that repeat an earlier part."""
    distinct = set(parts)
    chars = sum(map(len, parts))
    return (len(parts) - len(distinct)) / (len(parts) or 1), (chars - sum(map(len, distinct))) / (chars or 1)


def _each(texts: Sequence[str], answer: Callable[[str], float]) -> FloatArray:
    return np.fromiter(map(answer, texts), dtype=np.float64, count=len(texts))
