"""Strings in code, as OpenCoder's expressions find them, and the words that are looked for in code."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import SPACE, WORD
from filters.kernels.comments import DOUBLE, NEWLINE, SINGLE

HTTP = np.frombuffer(b"http", dtype=np.uint8)
SCHEME_END = np.frombuffer(b"://", dtype=np.uint8)
#: Tokens of a line in a string, and characters of a word in one, from which on they are long.
LONG_LINE_TOKENS, LONG_WORD_CHARS = 20, 20


@compiled
def stands(codes, n, i, phrase):
    """Whether exactly these characters stand at a place."""
    if i + len(phrase) > n:
        return False
    for k in range(len(phrase)):
        if codes[i + k] != phrase[k]:
            return False
    return True


@compiled
def lowered(code):
    """Returns an ASCII letter in lower case, any other character as it is."""
    return code + np.uint32(32) if 65 <= code <= 90 else code


@compiled
def stands_lowered(codes, n, i, phrase):
    """Whether a phrase of lower-case ASCII stands at a place, ASCII letters in any case."""
    if i + len(phrase) > n:
        return False
    for k in range(len(phrase)):
        if lowered(codes[i + k]) != phrase[k]:
            return False
    return True


@compiled
def string_at(kept, size, i, lines):
    """Returns the content of the string that a quote begins and the place after it: (begin, end, after).

    Escapes count for nothing, as in OpenCoder's expressions; three quotes run to the next three. Where the closing
    quote is missing, `after` is the next place and the content empty.

    Args:
        lines: whether a string in single quote marks may go on in the next line.
    """
    quote = kept[i]
    if i + 2 < size and kept[i + 1] == quote and kept[i + 2] == quote:
        k = i + 3
        while k + 2 < size:
            if kept[k] == quote and kept[k + 1] == quote and kept[k + 2] == quote:
                return i + 3, k, k + 3
            k += 1
    k = i + 1
    while k < size and kept[k] != quote and (lines or kept[k] != NEWLINE):
        k += 1
    if k < size and kept[k] == quote:
        return i + 1, k, k + 1
    return i, i, i + 1


@compiled
def is_url(kept, begin, end):
    """Whether http:// or https:// and something more stands in a word."""
    for i in range(begin, end):
        if kept[i] == HTTP[0] and stands(kept, end, i, HTTP):
            k = i + len(HTTP)
            if k < end and kept[k] == 115:
                k += 1
            if stands(kept, end, k, SCHEME_END) and k + len(SCHEME_END) < end:
                return True
    return False


@compiled
def measure_strings(kept, kinds, size):
    """Returns the characters in strings, and those in the strings' long words."""
    inside, long = 0, 0
    i = 0
    while i < size:
        if kept[i] != SINGLE and kept[i] != DOUBLE:
            i += 1
            continue
        begin, end, i = string_at(kept, size, i, False)
        inside += end - begin
        while begin < end:
            while begin < end and kinds[begin] & SPACE:
                begin += 1
            word = begin
            while begin < end and not kinds[begin] & SPACE:
                begin += 1
            if begin - word > LONG_WORD_CHARS and not is_url(kept, word, begin):
                long += begin - word
    return inside, long


@compiled
def count_long_lines(kept, kinds, size):
    """Returns how many lines in strings have more than 20 tokens: runs of word characters, and of other signs."""
    long = 0
    i = 0
    while i < size:
        if kept[i] != SINGLE and kept[i] != DOUBLE:
            i += 1
            continue
        begin, end, i = string_at(kept, size, i, True)
        tokens, last = 0, 0
        for k in range(begin, end):
            if kept[k] == NEWLINE:
                long += tokens > LONG_LINE_TOKENS
                tokens, last = 0, 0
                continue
            kind = 0 if kinds[k] & SPACE else 1 if kinds[k] & WORD else 2
            tokens += kind != 0 and kind != last
            last = kind
        long += tokens > LONG_LINE_TOKENS
    return long
