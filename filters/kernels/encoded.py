"""Encoded data in a source file: long runs of base64, of hexadecimal bytes, of \\x and \\u escapes."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import SPACE, WORD

NEWLINE, COMMA, ZERO, BACKSLASH, LOWER_U, LOWER_X, UPPER_X = 10, 44, 48, 92, 117, 120, 88

#: Characters of a base64 run, and least characters of one; of one that goes on in the next line.
BASE64 = np.zeros(128, dtype=np.bool_)
for _character in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=":
    BASE64[_character] = True
LEAST_RUN, LEAST_NEXT_RUN = 64, 16
HEXADECIMAL = np.zeros(128, dtype=np.bool_)
for _character in b"0123456789abcdefABCDEF":
    HEXADECIMAL[_character] = True
#: What an ASCII character can begin, as a sum: a base64 run, a hexadecimal byte, an escape; what can follow in a byte;
#: a line feed.
RUN, BYTE, ESCAPE, SECOND, FEED = 1, 2, 4, 8, 16
OPENS = RUN * BASE64.astype(np.uint8) + (BYTE + SECOND) * HEXADECIMAL.astype(np.uint8)
OPENS[BACKSLASH], OPENS[NEWLINE] = ESCAPE, FEED
OPENS[[LOWER_X, UPPER_X]] += SECOND
#: Least bytes or escapes in a row, and most commas and white space between two bytes.
LEAST_BYTES, MOST_BETWEEN = 8, 8


@compiled
def are_hexadecimal(codes, n, i, count):
    """Whether that many hexadecimal digits stand at a place."""
    if i + count > n:
        return False
    for k in range(i, i + count):
        if codes[k] >= 128 or not HEXADECIMAL[codes[k]]:
            return False
    return True


@compiled
def is_boundary(classes, n, i):
    """Whether one of the characters before and at a place is a word's and the other is not (what \\b means)."""
    before = i > 0 and classes[i - 1] & WORD != 0
    here = i < n and classes[i] & WORD != 0
    return before != here


@compiled
def base64_end(codes, n, i):
    """Returns where the run of base64 characters that a place stands in ends."""
    while i < n and codes[i] < 128 and BASE64[codes[i]]:
        i += 1
    return i


@compiled
def after_prefix(codes, n, i, upper):
    """Returns the place after 0x or \\x (and 0X if `upper`) where one stands, else the place itself."""
    if i + 1 < n:
        second = codes[i + 1] == LOWER_X or (upper and codes[i] == ZERO and codes[i + 1] == UPPER_X)
        if second and (codes[i] == ZERO or codes[i] == BACKSLASH):
            return i + 2
    return i


@compiled
def end_of_bytes(codes, classes, n, i):
    """Returns where eight or more hexadecimal bytes with commas or blanks between end; the place itself if none do."""
    begin, found = i, 0
    while is_boundary(classes, n, i):
        k = after_prefix(codes, n, i, True)
        if not are_hexadecimal(codes, n, k, 2) or not is_boundary(classes, n, k + 2):
            break
        i = k + 2
        between = 0
        while i < n and between < MOST_BETWEEN and (codes[i] == COMMA or classes[i] & SPACE):
            i += 1
            between += 1
        found += 1
    return i if found >= LEAST_BYTES else begin


@compiled
def end_of_escapes(codes, n, i, letter, digits):
    """Returns where eight or more escapes (a backslash, a letter, digits) end; the place itself if there are none."""
    begin, found = i, 0
    while i + 1 < n and codes[i] == BACKSLASH and codes[i + 1] == letter and are_hexadecimal(codes, n, i + 2, digits):
        i += 2 + digits
        found += 1
    return i if found >= LEAST_BYTES else begin


@compiled
def goes_on(codes, n, i, opens):
    """Whether what can begin at a place goes on like a byte, or is a backslash; saves most looking."""
    return opens & ESCAPE or (i + 1 < n and codes[i + 1] < 128 and OPENS[codes[i + 1]] & SECOND)


@compiled
def end_of_lines(codes, n, i):
    """Returns where the base64 ends that a place stands in, further lines of it included."""
    end = base64_end(codes, n, i)
    while end < n and codes[end] == NEWLINE:
        following = base64_end(codes, n, end + 1)
        if following - end - 1 < LEAST_NEXT_RUN:
            break
        end = following
    return end


@compiled
def end_of_bytes_or_escapes(codes, classes, n, i, opens):
    """Returns where the bytes or escapes that begin at a place end; the place itself if there are none."""
    end = end_of_bytes(codes, classes, n, i)
    if end == i and opens & ESCAPE:
        end = end_of_escapes(codes, n, i, LOWER_X, 2)
        if end == i:
            end = end_of_escapes(codes, n, i, LOWER_U, 4)
    return end


@compiled
def count_encoded(codes, classes, n):
    """Returns how many characters stand in base64 (over several lines too), in bytes or in escapes."""
    total, i = 0, 0
    length, word_before = 0, 0  # the base64 run up to here; whether a word's character stands before it
    while i < n:
        opens = np.int64(OPENS[codes[i]]) if codes[i] < 128 else 0
        length = (length + 1) * (opens & RUN)  # arithmetic, since branches on letters are mispredicted
        begins = (opens & BYTE) * (1 - word_before) + (opens & ESCAPE)
        word_before = np.int64(classes[i] & WORD) // WORD
        if length == LEAST_RUN:
            end = end_of_lines(codes, n, i)
            total += end - (i + 1 - LEAST_RUN)
        elif not begins or not goes_on(codes, n, i, opens):
            i += 1
            continue
        elif length >= LEAST_RUN - 8 and base64_end(codes, n, i) - (i + 1 - length) >= LEAST_RUN:
            i += 1  # bytes at the end of a long run belong to it
            continue
        else:
            end = end_of_bytes_or_escapes(codes, classes, n, i, opens)
            if end == i:
                i += 1
                continue
            total += end - i
        i, length, word_before = end, 0, np.int64(classes[end - 1] & WORD) // WORD
    return total


@compiled
def published_bytes(codes, classes, n, i):
    """As `end_of_bytes` in The Stack v2's reading: after each byte a comma, or any white space at a word's end."""
    begin, found = i, 0
    while is_boundary(classes, n, i):
        k = after_prefix(codes, n, i, False)
        if not are_hexadecimal(codes, n, k, 2):
            break
        k += 2
        if k < n and codes[k] == COMMA:
            k += 1
        elif is_boundary(classes, n, k):
            while k < n and classes[k] & SPACE:
                k += 1
        else:
            break
        i = k
        found += 1
    return i if found >= LEAST_BYTES else begin


@compiled
def measure_published(codes, classes, n, marks):
    """Returns what The Stack v2's three expressions match: the longest match, characters under any, the sum of all.

    Args:
        marks: room for n characters; overwritten.
    """
    most, added, under = 0, 0, 0
    length, word_before = 0, 0
    bytes_end, escapes_end = 0, 0  # each expression goes on after its own last match
    marks[:n] = 0
    for i in range(n):
        opens = np.int64(OPENS[codes[i]]) if codes[i] < 128 else 0
        length = (length + 1) * (opens & RUN | (opens & FEED) // FEED)
        begins = (opens & BYTE) * (1 - word_before) + (opens & ESCAPE)
        word_before = np.int64(classes[i] & WORD) // WORD
        if length == LEAST_RUN:
            begin, end = i + 1 - LEAST_RUN, i + 1
            while end < n and codes[end] < 128 and OPENS[codes[end]] & (RUN | FEED):
                end += 1
            most, added = max(most, end - begin), added + end - begin
            marks[begin:end] = 1
        if not begins or not goes_on(codes, n, i, opens):
            continue
        if i >= bytes_end:
            bytes_end = published_bytes(codes, classes, n, i)
            most, added = max(most, bytes_end - i), added + bytes_end - i
            marks[i:bytes_end] = 1
        if i >= escapes_end and opens & ESCAPE:
            escapes_end = end_of_escapes(codes, n, i, LOWER_U, 4)
            most, added = max(most, escapes_end - i), added + escapes_end - i
            marks[i:escapes_end] = 1
    if added:
        for k in range(n):
            under += marks[k]
    return most, under, added
