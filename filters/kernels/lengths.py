"""How long texts and their lines are, in the ways that SlimPajama and mC4 count."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import SPACE
from filters.kernels.texts import decode, longest

NEWLINE, DOTTED_I = 10, 0x130

COLUMNS = 3


@compiled
def measure_lengths(data, offsets, table):
    """Returns characters without ASCII punctuation, white space as one blank or none, and the third longest line's.

    Shape (texts, COLUMNS).
    """
    codes = np.empty(longest(offsets) + 1, dtype=np.uint32)
    out = np.zeros((len(offsets) - 1, COLUMNS))
    for number in range(len(offsets) - 1):
        n = decode(data, offsets[number], offsets[number + 1], codes)
        bare, blanks = 0, 0
        waiting = False
        for i in range(n):
            code = codes[i]
            if table[code] & SPACE:
                waiting = bare > 0
            elif not is_punctuation(code):
                blanks += waiting
                waiting = False
                bare += 2 if code == DOTTED_I else 1  # in lower case it is two characters
        out[number, 0], out[number, 1] = bare + blanks, bare
        out[number, 2] = third_longest(codes, n)
    return out


@compiled
def is_punctuation(code):
    """Whether a character is one of ASCII's 32 signs."""
    return 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126


@compiled
def third_longest(codes, n):
    """Returns the characters of the third longest line between line feeds; 0 if there are fewer lines."""
    first, second, third, start = 0, 0, 0, 0
    for i in range(n + 1):
        if i == n or codes[i] == NEWLINE:
            length, start = i - start, i + 1
            if length > first:
                first, second, third = length, first, second
            elif length > second:
                second, third = length, second
            elif length > third:
                third = length
    return third
