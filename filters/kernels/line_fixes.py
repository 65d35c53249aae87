"""RefinedWeb's line corrections as DCLM's code makes them: one after the other, each on what the last has left."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import DECIMAL, NUMERAL, SPACE, UPPER, WORD
from filters.kernels.dclm import count_tokens
from filters.kernels.prose import strip
from filters.kernels.texts import decode, encode, longest, stands_at

NEWLINE, COMMA, DOT = 10, 44, 46

COUNTED = (
    np.frombuffer(b"likes", dtype=np.uint8),
    np.frombuffer(b"shares", dtype=np.uint8),
    np.frombuffer(b"comments", dtype=np.uint8),
    np.frombuffer(b"retweets", dtype=np.uint8),
    np.frombuffer(b"reposts", dtype=np.uint8),
    np.frombuffer(b"quotes", dtype=np.uint8),
    np.frombuffer(b"bookmarks", dtype=np.uint8),
    np.frombuffer(b"upvotes", dtype=np.uint8),
    np.frombuffer(b"downvotes", dtype=np.uint8),
    np.frombuffer(b"downloads", dtype=np.uint8),
    np.frombuffer(b"views", dtype=np.uint8),
    np.frombuffer(b"followers", dtype=np.uint8),
)
ITEMS = np.frombuffer(b"items in cart", dtype=np.uint8)
SIGN_IN = np.frombuffer(b"sign-in", dtype=np.uint8)
#: DCLM takes the phrase for a regular expression, so that its three dots stand for any character.
READ_MORE = np.frombuffer(b"read more", dtype=np.uint8)
ANY = 3

#: The steps in their order.
UPPERCASE, DIGITS, COUNTERS, WORDS, ANYWHERE, AT_END, AT_HEAD = 0, 1, 2, 3, 4, 5, 6


@compiled
def fix_texts(data, offsets, table, settings):
    """Returns the texts as the corrections leave them: data, offsets, and the share of words that is gone.

    Args:
        data, offsets: the texts; see `kernels/texts.py`.
        table: of `characters.character_table`.
        settings: shape (7,): most line feeds in a row, most of a line's characters that are upper case, or
            digits, whether counters go, least words of a line, whether phrases go, most words of a line that
            they go from. 0 is off; for the last, no limit.

    Returns:
        the third, shape (texts,), is 1 for a text that had no words.
    """
    texts = len(offsets) - 1
    size = longest(offsets)
    codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    others, kinds = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    new_data = np.empty(offsets[texts] - offsets[0], dtype=np.uint8)
    new_offsets, removed = np.zeros(texts + 1, dtype=np.int64), np.ones(texts)
    written = 0
    for number in range(texts):
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        before = count_tokens(codes, classes, 0, n)
        if settings[0]:
            n = squeeze(codes, classes, n, settings[0])
        for step in range(UPPERCASE, AT_HEAD + 1):
            if settings[min(step, ANYWHERE) + 1]:
                filled = take_lines(codes, classes, n, others, kinds, step, settings)
                begin, end = (0, filled) if step == WORDS else strip(kinds, 0, filled)
                n = end - begin
                for i in range(n):
                    codes[i], classes[i] = others[begin + i], kinds[begin + i]
        if before:
            removed[number] = (before - count_tokens(codes, classes, 0, n)) / before
        written = encode(codes, 0, n, new_data, written)
        new_offsets[number + 1] = written
    return new_data[:written], new_offsets, removed


@compiled
def squeeze(codes, classes, n, most):
    """Shortens runs of line feeds to `most` and returns the new length."""
    size, run = 0, 0
    for i in range(n):
        run = run + 1 if codes[i] == NEWLINE else 0
        if run <= most:
            codes[size], classes[size] = codes[i], classes[i]
            size += 1
    return size


@compiled
def take_lines(codes, classes, n, others, kinds, step, settings):
    """Copies the lines that a step lets stand, and returns how many characters they have with line feeds between."""
    size, start = 0, 0
    none = True
    for stop in range(n + 1):
        if stop < n and codes[stop] != NEWLINE:
            continue
        begin, start = start, stop + 1
        if step < ANYWHERE and begin < stop and goes(codes, classes, begin, stop, step, settings):
            continue
        place = size if none else size + 1
        if step < ANYWHERE or too_long(classes, begin, stop, settings[6]):
            length = copy(codes, classes, begin, stop, others, kinds, place)
        else:
            length = cut(codes, classes, begin, stop, others, kinds, place, step)
            first, last = strip(kinds, place, place + length)
            if begin < stop and first == last:
                continue
        if not none:
            others[size], kinds[size] = NEWLINE, SPACE
        size, none = place + length, False
    return size


@compiled
def goes(codes, classes, begin, end, step, settings):
    """Whether a line that is not empty goes."""
    if step == COUNTERS:
        return is_counter(codes, classes, begin, end)
    if step == WORDS:
        return words_of(classes, begin, end) < settings[4]
    wanted = np.uint32(UPPER if step == UPPERCASE else NUMERAL)
    found = 0
    for i in range(begin, end):
        found += classes[i] & wanted != 0
    return found / (end - begin) > settings[step + 1]


@compiled
def words_of(classes, begin, end):
    """Returns the runs without white space between two places."""
    words = 0
    inside = False
    for i in range(begin, end):
        if classes[i] & SPACE:
            inside = False
        elif not inside:
            inside = True
            words += 1
    return words


@compiled
def too_long(classes, begin, end, most):
    """Whether a line has more words than phrases go from."""
    return most > 0 and words_of(classes, begin, end) > most


@compiled
def is_counter(codes, classes, begin, end):
    """Whether a line says nothing but `1,024 likes` or `3.5k views`, with any marks around it."""
    i = begin
    while i < end and not classes[i] & WORD:
        i += 1
    if i == end or not classes[i] & DECIMAL:
        return False
    while i < end and (classes[i] & DECIMAL or codes[i] == COMMA or codes[i] == DOT):
        i += 1
    if i < end and is_thousands(codes[i]):
        i += 1
    spaces = i
    while i < end and classes[i] & SPACE:
        i += 1
    if i == spaces:
        return False
    for word in COUNTED:
        if stands_at(codes, end, i, word):
            last = i + len(word)
            while last < end and not classes[last] & WORD:
                last += 1
            return last == end
    return False


@compiled
def is_thousands(code):
    """Whether a character is k, m or b in any case."""
    low = code | np.uint32(32)
    return (code < 128 and (low == 107 or low == 109 or low == 98)) or code == 0x212A


@compiled
def copy(codes, classes, begin, end, others, kinds, place):
    """Copies characters to a place and returns how many."""
    for i in range(begin, end):
        others[place + i - begin], kinds[place + i - begin] = codes[i], classes[i]
    return end - begin


@compiled
def says(codes, i, end, phrase):
    """Whether a phrase stands at a place, in any case as regular expressions have it: ſ is s, ı and İ are i."""
    if i + len(phrase) > end:
        return False
    for k in range(len(phrase)):
        code = codes[i + k]
        if 65 <= code <= 90:
            code += np.uint32(32)
        elif code == 0x17F:
            code = np.uint32(115)
        elif code == 0x130 or code == 0x131:
            code = np.uint32(105)
        elif code == 0x212A:
            code = np.uint32(107)
        if code != phrase[k]:
            return False
    return True


@compiled
def cut(codes, classes, begin, end, others, kinds, place, step):
    """Copies a line without the step's phrase, and without one white space before (or after) it; returns its length."""
    if step == AT_HEAD:
        start = begin
        if says(codes, begin, end, SIGN_IN):
            start = begin + len(SIGN_IN)
            if start < end and classes[start] & SPACE:
                start += 1
        return copy(codes, classes, start, end, others, kinds, place)
    if step == AT_END:
        stop = end - len(READ_MORE) - ANY
        if stop < begin or not says(codes, stop, end, READ_MORE):
            stop = end
        elif stop > begin and classes[stop - 1] & SPACE:
            stop -= 1
        return copy(codes, classes, begin, stop, others, kinds, place)
    size, i = 0, begin
    while i < end:
        blank = 1 if classes[i] & SPACE else 0
        if says(codes, i + blank, end, ITEMS):
            i += blank + len(ITEMS)
            continue
        others[place + size], kinds[place + size] = codes[i], classes[i]
        size += 1
        i += 1
    return size
