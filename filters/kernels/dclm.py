"""What DCLM's filters compare, computed as they do, for all texts of a batch.

Names and order of the columns are in `filters/signals/dclm.py`.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import ALPHANUMERIC, LETTER
from filters.kernels.prose import share, split_lines, split_words
from filters.kernels.texts import decode, fold, longest, places

HASH, STAR, DASH, DOT, BLANK, ELLIPSIS, DISC, LARGE_DISC = 35, 42, 45, 46, 32, 0x2026, 0x2022, 0x25CF

COLUMNS = 7


@compiled
def measure_dclm(data, offsets, table):
    """Returns what Gopher's quality rules compare, shape (texts, COLUMNS).

    Args:
        data, offsets: the texts; see `kernels/texts.py`.
        table: of `characters.character_table`.
    """
    size = longest(offsets)
    codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    begins, ends = places(size + 1), places(size + 1)
    out = np.zeros((len(offsets) - 1, COLUMNS))
    for number in range(len(offsets) - 1):
        row = out[number]
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        lines = split_lines(codes, classes, n, begins, ends)
        bullets, cut = 0, 0
        for k in range(lines):
            first = codes[begins[k]]
            bullets += first == LARGE_DISC or first == DISC or first == STAR or first == DASH
            cut += ends_in_ellipsis(codes, begins[k], ends[k])
        row[3], row[4] = share(bullets, lines), share(cut, lines)
        count = split_words(classes, n, begins, ends)
        characters, bare, stop = 0, 0, 0
        for k in range(count):
            characters += ends[k] - begins[k]
            some = np.uint32(0)
            for i in range(begins[k], ends[k]):
                some |= classes[i]
            bare += some & LETTER == 0
            stop += is_stop_word(codes, begins[k], ends[k])
        row[0], row[1] = count_tokens(codes, classes, 0, n), share(characters, count)
        row[2], row[5], row[6] = share(count_symbols(codes, n), count), share(bare, count), stop
    return out


@compiled
def count_tokens(codes, classes, begin, end):
    """Returns the words as fastText splits them, at ASCII's white space and NUL, that begin with a letter or digit."""
    tokens = 0
    inside = False
    for i in range(begin, end):
        if splits(codes[i]):
            inside = False
        elif not inside:
            inside = True
            tokens += classes[i] & ALPHANUMERIC != 0
    return tokens


@compiled
def splits(code):
    """Whether fastText ends a word at a character."""
    return code == BLANK or 9 <= code <= 13 or code == 0


@compiled
def is_spaced_ellipsis(codes, i, end):
    """Whether `. . .` stands at a place."""
    if i + 5 > end:
        return False
    for k in range(5):
        if codes[i + k] != (BLANK if k & 1 else DOT):
            return False
    return True


@compiled
def count_symbols(codes, n):
    """Returns the occurrences of #, ..., `. . .` and …."""
    symbols, dots, after = 0, 0, 0
    for i in range(n):
        code = codes[i]
        symbols += code == HASH or code == ELLIPSIS
        dots = dots + 1 if code == DOT else 0
        if dots == 3:
            symbols, dots = symbols + 1, 0
        if code == DOT and i >= after and is_spaced_ellipsis(codes, i, n):
            symbols, after = symbols + 1, i + 5
    return symbols


@compiled
def ends_in_ellipsis(codes, begin, end):
    """Whether a line ends in ..., `. . .` or …."""
    if codes[end - 1] == ELLIPSIS:
        return True
    if end - begin >= 3 and codes[end - 1] == DOT and codes[end - 2] == DOT and codes[end - 3] == DOT:
        return True
    return end - begin >= 5 and is_spaced_ellipsis(codes, end - 5, end)


@compiled
def is_stop_word(codes, begin, end):
    """Whether a word is the, be, to, of, and, that, have or with, in any case."""
    if end - begin < 2 or end - begin > 4:
        return False
    key = np.int64(0)
    for i in range(begin, end):
        code = fold(codes[i])
        if code > 127:
            return False
        key = key << 8 | np.int64(code)
    words = (0x746865, 0x6265, 0x746F, 0x6F66, 0x616E64, 0x74686174, 0x68617665, 0x77697468)
    for word in words:
        if key == word:
            return True
    return False
