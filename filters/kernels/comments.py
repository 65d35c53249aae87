"""Where comments, docstrings and strings stand in a source file, by the signs of its language.

What each syntax knows is a sum of the flags below; strings are known so that comment signs in them
do not count. A scan reads every character a bounded number of times, whatever the text is.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import SPACE

SLASHES = 1  # // to the end of the line
BLOCKS = 2  # /* … */, or to the end of the text
HASHES = 4  # # to the end of the line
SPACED_HASHES = 8  # # at the beginning of a line or after white space
DASHES = 16  # -- to the end of the line
PERCENTS = 32  # % to the end of the line, unless \ stands before it
MARKUP = 64  # <!-- … -->, or to the end of the text
QUOTES = 128  # "…" and '…', \ escapes; they end with the line at the latest
BACKTICKS = 256  # `…` over several lines
TRIPLES = 512  # Python's three quotes, a docstring where a statement can begin

COMMENT, STRING = 1, 2

NEWLINE, RETURN = 10, 13
DOUBLE, SHARP, PERCENT, SINGLE, STAR, DASH, SLASH = 34, 35, 37, 39, 42, 45, 47
LESS, GREATER, BACKSLASH, BACKTICK, BANG = 60, 62, 92, 96, 33

#: No statement is indented further; bounds the cost of a hostile line.
NEARBY = 400

#: After these a line goes on, so that a string is an argument, not a docstring: ( [ { , = + % and a backslash.
CONTINUES = np.zeros(128, dtype=np.bool_)
CONTINUES[[40, 91, 123, 44, 61, 43, 37, 92]] = True
#: Letters that can stand before a Python string: r u b f.
PREFIX = np.zeros(128, dtype=np.bool_)
PREFIX[[98, 102, 114, 117, 66, 70, 82, 85]] = True
#: Characters at which something can begin.
STARTS = PREFIX.copy()
STARTS[[DOUBLE, SHARP, PERCENT, SINGLE, DASH, SLASH, LESS, BACKTICK]] = True


@compiled
def line_end(codes, n, i):
    """Returns the place of the next line feed, or the text's end."""
    while i < n and codes[i] != NEWLINE:
        i += 1
    return i


@compiled
def find_pair(codes, n, i, first, second):
    """Returns where two characters have ended, from a place on, or the text's end."""
    while i + 1 < n:
        if codes[i] == first and codes[i + 1] == second:
            return i + 2
        i += 1
    return n


@compiled
def end_of_markup_comment(codes, n, i):
    """Returns where --> has ended, from a place on, or the text's end."""
    while i + 2 < n:
        if codes[i] == DASH and codes[i + 1] == DASH and codes[i + 2] == GREATER:
            return i + 3
        i += 1
    return n


@compiled
def end_of_quoted(codes, n, i):
    """Returns where the string of one line that begins at a place has ended."""
    quote = codes[i]
    i += 1
    while i < n and codes[i] != quote and codes[i] != NEWLINE:
        if codes[i] == BACKSLASH:
            if i + 1 >= n or codes[i + 1] == NEWLINE:
                return i
            i += 1
        i += 1
    return i + 1 if i < n and codes[i] == quote else i


@compiled
def end_of_backticked(codes, n, i):
    """Returns where the string in backticks that begins at a place has ended."""
    i += 1
    while i < n and codes[i] != BACKTICK:
        if codes[i] == BACKSLASH:
            if i + 1 >= n:
                return i
            i += 1
        i += 1
    return i + 1 if i < n else i


@compiled
def end_of_triple(codes, n, i):
    """Returns where the string in three quotes that begins at a place has ended; -1 if a lone \\ ends the text."""
    quote = codes[i]
    i += 3
    while i < n:
        if codes[i] == BACKSLASH:
            if i + 1 >= n:
                return -1
            i += 2
        elif codes[i] == quote and i + 2 < n and codes[i + 1] == quote and codes[i + 2] == quote:
            return i + 3
        else:
            i += 1
    return n


@compiled
def triple_at(codes, n, i):
    """Returns the place of three equal quotes, at a place or after one or two prefix letters there; -1 if none are."""
    for _ in range(3):
        if i + 2 < n and (codes[i] == DOUBLE or codes[i] == SINGLE) and codes[i + 1] == codes[i] == codes[i + 2]:
            return i
        if i >= n or codes[i] >= 128 or not PREFIX[codes[i]]:
            return -1
        i += 1
    return -1


@compiled
def begins_statement(codes, classes, start):
    """Whether nothing but white space stands before a place in its line, and no bracket is left open there."""
    nearest = max(0, start - NEARBY)
    line = start
    while line > nearest and codes[line - 1] != NEWLINE:
        line -= 1
    if line == nearest and nearest > 0:
        return False
    for i in range(line, start):
        if not classes[i] & SPACE:
            return False
    i = line - 1
    while i >= 0 and i >= line - NEARBY and classes[i] & SPACE:
        i -= 1
    if i < 0 or i < line - NEARBY:
        return True
    return codes[i] >= 128 or not CONTINUES[codes[i]]


@compiled
def scan(codes, classes, n, syntax, marks):
    """Fills marks[0 … n - 1] with COMMENT (docstrings too), STRING or 0; returns how many characters are comments."""
    comments = 0
    marks[:n] = 0
    i = 0
    while i < n:
        code = codes[i]
        if code >= 128 or not STARTS[code]:
            i += 1
            continue
        end, mark = i, COMMENT
        if code == SLASH:
            if syntax & SLASHES and i + 1 < n and codes[i + 1] == SLASH:
                end = line_end(codes, n, i)
            elif syntax & BLOCKS and i + 1 < n and codes[i + 1] == STAR:
                end = find_pair(codes, n, i + 2, STAR, SLASH)
        elif code == SHARP:
            if syntax & HASHES or (syntax & SPACED_HASHES and (i == 0 or classes[i - 1] & SPACE)):
                end = line_end(codes, n, i)
        elif code == DASH:
            if syntax & DASHES and i + 1 < n and codes[i + 1] == DASH:
                end = line_end(codes, n, i)
        elif code == PERCENT:
            if syntax & PERCENTS and (i == 0 or codes[i - 1] != BACKSLASH):
                end = line_end(codes, n, i)
        elif code == LESS:
            if syntax & MARKUP and i + 3 < n and codes[i + 1] == BANG and codes[i + 2] == DASH and codes[i + 3] == DASH:
                end = end_of_markup_comment(codes, n, i + 4)
        elif code == BACKTICK:
            if syntax & BACKTICKS:
                end, mark = end_of_backticked(codes, n, i), STRING
        elif code == DOUBLE or code == SINGLE or (syntax & TRIPLES and PREFIX[code]):
            mark = STRING
            if syntax & TRIPLES:
                quote = triple_at(codes, n, i)
                if quote >= 0:
                    end = end_of_triple(codes, n, quote)
                    if end < 0:
                        end = i
                    elif begins_statement(codes, classes, i):
                        mark = COMMENT
            if end == i and syntax & QUOTES and not PREFIX[code]:
                end = end_of_quoted(codes, n, i)
        if end == i:
            i += 1
            continue
        if mark == COMMENT:
            comments += end - i
        marks[i:end] = mark
        i = end
    return comments
