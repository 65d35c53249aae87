"""Where spaCy's English rules cut a piece: special cases, prefixes, suffixes, infixes.

`codes` and `classes` are a text's characters and their bits, `keys` and `facts` the rules (see
`filters/english_rules.py`).
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined
from filters.characters import DIGIT
from filters.english_rules import (
    ALPHA,
    ALPHA_LOWER,
    ALPHA_UPPER,
    BEFORE_DOT,
    ICON,
    MAX_SPECIAL,
    PIECE_BEGINS,
    PIECES,
    PREFIX,
    QUOTE,
    SPECIAL_AT,
    SPECIAL_BEGINS,
    SPECIAL_CODES,
    SPECIAL_LENGTHS,
    SPECIAL_MASK,
    SUFFIX,
    UNIT_KEYS,
)
from filters.kernels.texts import BASE, hash_piece, slot_of

#: Characters of the longest suffix that must follow a digit.
MAX_UNIT = 8

PLUS, COMMA, DASH, DOT, SLASH, COLON, STAR, CARET, DOLLAR, TILDE = 43, 44, 45, 46, 47, 58, 42, 94, 36, 126
EN_DASH, EM_DASH, ELLIPSIS, APOSTROPHE, RIGHT_QUOTE, DEGREE = 0x2013, 0x2014, 0x2026, 39, 0x2019, 0xB0


@inlined
def special_case(codes, begin, end, keys, facts):
    """Returns the number of the special case that stands between two places, or -1."""
    length = end - begin
    number = -1
    if 0 < length <= MAX_SPECIAL and has_length(codes, begin, end, facts, SPECIAL_LENGTHS):
        number = find_special_case(codes, begin, end, keys, facts)
    return number


@inlined
def has_length(codes, begin, end, facts, section):
    """Whether a section of lengths has that of a piece of at most 63 characters, for ends like its own."""
    ends = (np.int64(codes[begin]) & 31) << 5 | (np.int64(codes[end - 1]) & 31)
    return facts[facts[section] + ends] >> (end - begin) & 1 != 0


@compiled
def find_special_case(codes, begin, end, keys, facts):
    """Returns what `special_case` does, the long way."""
    length = end - begin
    key = hash_piece(codes, begin, end, BASE)
    mask = np.uint64(facts[SPECIAL_MASK])
    slot = slot_of(key, mask)
    at = facts[SPECIAL_AT]
    while facts[at + np.int64(slot)] >= 0:
        if keys[slot] == key:
            number = facts[at + np.int64(slot)]
            if size_of(facts, number) == length:
                start = facts[SPECIAL_CODES] + facts[facts[SPECIAL_BEGINS] + number]
                equal = True
                for i in range(length):
                    equal = equal and facts[start + i] == codes[begin + i]
                if equal:
                    return number
        slot = (slot + np.uint64(1)) & mask
    return -1


@inlined
def size_of(facts, number):
    """Returns the characters of a special case."""
    return facts[facts[SPECIAL_BEGINS] + number + 1] - facts[facts[SPECIAL_BEGINS] + number]


@compiled
def prefix_length(codes, classes, begin, end):
    """Returns the length of the prefix at the head of a piece, 0 for none."""
    if classes[begin] & PREFIX:
        return 1
    code = codes[begin]
    if code == PLUS:  # not before a digit
        return 0 if begin + 1 < end and classes[begin + 1] & DIGIT else 1
    if code == DOT:
        i = begin + 1
        while i < end and codes[i] == DOT:
            i += 1
        return i - begin if i - begin > 1 else 0
    if (code == 67 or code == 65) and begin + 1 < end and codes[begin + 1] == DOLLAR:
        return 2
    if code == 85 and begin + 2 < end and codes[begin + 1] == 83 and codes[begin + 2] == DOLLAR:
        return 3
    return 0


@compiled
def unit_length(codes, classes, begin, end, keys, facts):
    """Returns the length of the unit, currency or plus after a digit at the tail of a piece, 0 for none."""
    for length in range(min(MAX_UNIT, end - begin - 1), 0, -1):
        if classes[end - length - 1] & DIGIT and is_unit(hash_piece(codes, end - length, end, BASE), keys, facts):
            return length
    return 0


@compiled
def suffix_length(codes, classes, begin, end, longest):
    """Returns the length of the longest suffix at the tail of a piece, 0 for none; nothing before `begin` counts.

    Args:
        longest: what `unit_length` has found.
    """
    last = codes[end - 1]
    if last == DOT:
        i = end - 1
        while i > begin and codes[i - 1] == DOT:
            i -= 1
        if end - i > 1:
            return max(longest, end - i)
        return 1 if longest == 0 and dot_is_suffix(codes, classes, begin, end) else longest
    if end - begin >= 2:
        before = codes[end - 2]
        if (last == 115 or last == 83) and (before == APOSTROPHE or before == RIGHT_QUOTE):
            return max(longest, 2)
        if last == ELLIPSIS and before == ELLIPSIS:
            return max(longest, 2)
    return max(longest, 1) if classes[end - 1] & SUFFIX else longest


@compiled
def is_unit(key, keys, facts):
    """Whether a hash is that of a suffix that must follow a digit."""
    low, high = facts[UNIT_KEYS], len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low < len(keys) and keys[low] == key


@compiled
def dot_is_suffix(codes, classes, begin, end):
    """Whether the full stop at the tail of a piece is one by what stands before it."""
    if end - begin < 2:
        return False
    if classes[end - 2] & BEFORE_DOT:
        return True
    if end - begin < 3:
        return False
    if classes[end - 2] & ALPHA_UPPER and classes[end - 3] & ALPHA_UPPER:
        return True
    before = codes[end - 2] | 32
    return codes[end - 3] == DEGREE and (before == 102 or before == 99 or before == 107)


@compiled
def infix_length(codes, classes, i, begin, end):
    """Returns the length of the infix at a place inside a piece, 0 for none."""
    code = codes[i]
    if code == DOT:
        stop = i + 1
        while stop < end and codes[stop] == DOT:
            stop += 1
        if stop - i > 1:
            return stop - i
        if i == begin or stop == end:
            return 0
        return 1 if classes[i - 1] & (ALPHA_LOWER | QUOTE) and classes[stop] & (ALPHA_UPPER | QUOTE) else 0
    if code == ELLIPSIS or classes[i] & ICON:
        return 1
    if i == begin or i + 1 == end:
        return 0
    before, after = classes[i - 1], classes[i + 1]
    if (code == PLUS or code == DASH or code == STAR or code == CARET) and before & DIGIT:
        if after & DIGIT or codes[i + 1] == DASH:
            return 1
    if code == COMMA:
        return 1 if before & ALPHA and after & ALPHA else 0
    if not before & (ALPHA | DIGIT):
        return 0
    if code == DASH or code == EN_DASH or code == EM_DASH or code == TILDE:
        return hyphen_length(codes, classes, i, end)
    if code == COLON or code == SLASH or 60 <= code <= 62:
        return 1 if after & ALPHA else 0
    return 0


@compiled
def hyphen_length(codes, classes, i, end):
    """Returns the length of a hyphen (- – — -- --- —— ~) that a letter follows, the shortest that fits; 0 for none."""
    code = codes[i]
    most = 3 if code == DASH else 2 if code == EM_DASH else 1
    for length in range(1, most + 1):
        if i + length >= end:
            return 0
        if classes[i + length] & ALPHA:
            return length
        if codes[i + length] != code:
            return 0
    return 0


@compiled
def append_pieces(facts, number, begin, begins, ends, count):
    """Appends the tokens of a special case."""
    at = facts[PIECES]
    for k in range(facts[facts[PIECE_BEGINS] + number], facts[facts[PIECE_BEGINS] + number + 1]):
        begins[count], ends[count] = begin, begin + facts[at + k]
        begin += facts[at + k]
        count += 1
    return count
