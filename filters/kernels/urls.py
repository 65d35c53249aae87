"""Whether a piece of text is a URL, a host name or an address, as spaCy's expression for them decides.

That expression has the form [scheme://] [user@] (IPv4 address | labels with dots and a top-level
domain) [:port] [path], the whole piece. Here it is read without going back: host names end at the
first character that none of their parts can hold.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import DECIMAL, WORD
from filters.english_rules import ALPHA_LOWER, HOST

HASH, PLUS, DASH, DOT, SLASH, COLON, QUESTION, AT, LOW_LINE = 35, 43, 45, 46, 47, 58, 63, 64, 95


@compiled
def is_url(codes, classes, begin, end):
    """Whether a piece is a URL as a whole."""
    if host_matches(codes, classes, begin, end):
        return True
    scheme = True
    for i in range(begin, end):
        code = codes[i]
        if code == AT and i > begin and host_matches(codes, classes, i + 1, end):
            return True
        if scheme and code == COLON:
            if i - begin >= 2 and i + 2 < end and codes[i + 1] == SLASH and codes[i + 2] == SLASH:
                if host_matches(codes, classes, i + 3, end):
                    return True
            scheme = False
        elif not (classes[i] & WORD or code == PLUS or code == DASH or code == DOT):
            scheme = False
    return False


@compiled
def host_matches(codes, classes, begin, end):
    """Whether host, port and path, and nothing else, stand between two places."""
    i = begin
    label, labels = begin, 0
    while i < end:
        code = codes[i]
        if code == DOT:
            if not is_label(codes, classes, label, i):
                return False
            labels += 1
            label = i + 1
        elif not (code == LOW_LINE or code == DASH or classes[i] & (HOST | ALPHA_LOWER)):
            break
        i += 1
    if labels == 0 or not tail_matches(codes, classes, i, end):
        return False
    every = np.uint32(0xFFFFFFFF)
    for k in range(label, i):
        every &= classes[k]
    if 2 <= i - label <= 63 and every & ALPHA_LOWER:
        return True
    return labels == 3 and is_address(codes, classes, begin, i)


@compiled
def is_label(codes, classes, begin, end):
    """Whether a label of a host name stands between two places."""
    if not 1 <= end - begin <= 64 or not classes[begin] & HOST or not classes[end - 1] & HOST:
        return False
    for i in range(begin + 1, end - 1):
        if not (classes[i] & HOST or codes[i] == LOW_LINE or codes[i] == DASH):
            return False
    return True


@compiled
def tail_matches(codes, classes, begin, end):
    """Whether a port and a path, each optional, stand between two places."""
    i = begin
    if i < end and codes[i] == COLON:
        i += 1
        while i < end and classes[i] & DECIMAL:
            i += 1
        if not 2 <= i - begin - 1 <= 5:
            return False
    return i == end or codes[i] == SLASH or codes[i] == QUESTION or codes[i] == HASH


@compiled
def is_address(codes, classes, begin, end):
    """Whether an IPv4 address of those that the expression allows stands between two places."""
    value, digits, which = 0, 0, 0
    first, second = 0, 0
    ascii_only = True
    for i in range(begin, end + 1):
        if i == end or codes[i] == DOT:
            if not 1 <= digits <= 3 or not octet_fits(codes, i - digits, digits, which):
                return False
            if which == 0 and ascii_only:
                first = value
            elif which == 1:
                second = value if ascii_only else 20 if digits == 2 and codes[i - 2] == 50 else 0
            value, digits, which, ascii_only = 0, 0, which + 1, True
        elif classes[i] & DECIMAL:
            ascii_only = ascii_only and codes[i] < 128
            value = value * 10 + (np.int64(codes[i]) - 48 if codes[i] < 128 else 0)
            digits += 1
        else:
            return False
    private = first == 10 or first == 127 or (first == 169 and second == 254) or (first == 192 and second == 168)
    return not (private or (first == 172 and 16 <= second <= 31))


@compiled
def octet_fits(codes, begin, digits, which):
    """Whether one number of an address has the form that its place allows.

    Where the expression has \\d, a digit of any script will do: only the others are looked at.
    """
    head = codes[begin]
    inner = which == 1 or which == 2
    if inner and digits < 3:  # 1?\d{1,2}
        return True
    if not inner and not 49 <= head <= 57:  # [1-9]\d?
        return False
    if digits < 3 or head == 49:  # 1\d\d
        return True
    if head != 50:
        return False
    middle, last = codes[begin + 1], codes[begin + 2]
    if which == 0:  # 2[01]\d, 22[0-3]
        return 48 <= middle <= 49 or (middle == 50 and 48 <= last <= 51)
    return 48 <= middle <= 52 or (middle == 53 and 48 <= last <= (53 if inner else 52))  # 2[0-4]\d, 25[0-5] or [0-4]
