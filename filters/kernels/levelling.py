"""Texts levelled, and cut into words, characters or code tokens, each a 64-bit hash.

Kernels read UTF-8 bytes, as they stand in Arrow's buffers, and never make a string. The hash of a
unit is made of its levelled bytes, so that a slow reference can be written in a line.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined
from filters.kernels.sets import holds
from filters.levelling import FOLDED, MANY, MARK, SPACE_BIT, UNSURE, WORD, WORD_BIT

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
ONE = np.uint64(1)
BLANK, LINE_FEED, BACKSLASH = 32, 10, 92

#: What masked names and literals are called; no word has these hashes but by chance.
NAME, NUMBER, STRING = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344), np.uint64(0xA4093822299F31D0)


@inlined
def stir(running, byte):
    """Returns a running hash with one more byte in it."""
    return (running ^ np.uint64(byte)) * MULTIPLIER


@inlined
def spread(value):
    """Returns a value with its bits spread evenly, one to one (the finaliser of splitmix64)."""
    value ^= value >> np.uint64(30)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(27)
    value *= np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@inlined
def width_of(byte):
    """Returns the bytes of the character that a byte begins."""
    return 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4


@compiled
def code_at(data, i):
    """Returns the code point of several bytes of UTF-8 that begin at a place."""
    byte = np.uint32(data[i])
    second = np.uint32(data[i + 1]) & np.uint32(0x3F)
    if byte < 0xE0:
        return ((byte & np.uint32(0x1F)) << np.uint32(6)) | second
    third = np.uint32(data[i + 2]) & np.uint32(0x3F)
    if byte < 0xF0:
        return ((byte & np.uint32(0x0F)) << np.uint32(12)) | (second << np.uint32(6)) | third
    fourth = np.uint32(data[i + 3]) & np.uint32(0x3F)
    return ((byte & np.uint32(0x07)) << np.uint32(18)) | (second << np.uint32(12)) | (third << np.uint32(6)) | fourth


@inlined
def put(code, out, size):
    """Writes a character as UTF-8 behind `size` bytes and returns their new number."""
    if code < 0x80:
        out[size] = code
        return size + 1
    if code < 0x800:
        out[size], out[size + 1] = 0xC0 | (code >> 6), 0x80 | (code & 0x3F)
        return size + 2
    if code < 0x10000:
        out[size], out[size + 1], out[size + 2] = 0xE0 | (code >> 12), 0x80 | ((code >> 6) & 0x3F), 0x80 | (code & 0x3F)
        return size + 3
    out[size], out[size + 1] = 0xF0 | (code >> 18), 0x80 | ((code >> 12) & 0x3F)
    out[size + 2], out[size + 3] = 0x80 | ((code >> 6) & 0x3F), 0x80 | (code & 0x3F)
    return size + 4


@compiled
def level_text(data, begin, end, alphabet, folds, out, size, hashes, certain):
    """Appends a text, levelled, to `out` and fills in the hashes of its words.

    ASCII is done without branches, which a processor could not foresee: at each byte the hash so far is
    written where the next word's belongs, and counts as one if a word has ended.

    Args:
        data, begin, end: the text.
        alphabet, folds: from `filters.levelling`.
        out, size: levelled texts so far, with room for GROWTH times the text and a byte.
        hashes: room for a hash for every second byte of the text, and one.
        certain: the text is known to be in NFC.

    Returns:
        (bytes of `out`, words), or (-1, 0) for a text that may not be in NFC.
    """
    # Unsigned places: numba asks of signed ones whether they count from the end.
    begin, end, size = np.uint64(begin), np.uint64(end), np.uint64(size)
    first, words, i, marked = size, np.uint64(0), begin, False
    running = np.uint64(0)
    was_word, was_space = np.uint64(0), np.uint64(1)
    while i < end:
        byte = data[i]
        if byte < 0x80:
            entry = np.uint64(alphabet[byte])
            word, space = (entry >> np.uint64(WORD_BIT)) & ONE, (entry >> np.uint64(SPACE_BIT)) & ONE
            hashes[words] = running
            words += was_word & (word ^ ONE)
            running = stir(running, entry & np.uint64(0xFF)) & (np.uint64(0) - word)
            out[size] = np.uint8(entry)
            size += (space & was_space) ^ ONE
            was_word, was_space, marked = word, space, False
            i += ONE
            continue
        entry = np.uint64(alphabet[code_at(data, np.int64(i))])
        if not certain and entry & (UNSURE | MARK):
            if entry & UNSURE or marked:
                return -1, 0
        marked = entry & MARK != 0
        word, space = (entry >> np.uint64(WORD_BIT)) & ONE, (entry >> np.uint64(SPACE_BIT)) & ONE
        if was_word and not word:
            hashes[words] = running
            words += ONE
            running = np.uint64(0)
        if not (space and was_space):
            before = np.int64(size)
            after = put_folded(np.uint32(entry), folds, out, before)
            if word:
                for k in range(before, after):
                    running = stir(running, out[k])
            size = np.uint64(after)
        was_word, was_space = word, space
        i += np.uint64(width_of(byte))
    if was_word:
        hashes[words] = running
        words += ONE
    if was_space and size > first:
        size -= ONE
    for k in range(words):
        hashes[k] = spread(hashes[k])
    return np.int64(size), np.int64(words)


@compiled
def put_folded(entry, folds, out, size):
    """Writes what a character folds to and returns the new number of bytes."""
    code = entry & np.uint32(FOLDED)
    if not entry & MANY:
        return put(code, out, size)
    for k in range(3):
        if folds[code, k]:
            size = put(folds[code, k], out, size)
    return size


@compiled
def hash_characters(data, begin, end, hashes):
    """Fills in a hash for each character of a levelled text and returns how many there are."""
    count, i = 0, begin
    while i < end:
        width = width_of(data[i])
        code = np.uint64(data[i]) if width == 1 else np.uint64(code_at(data, i))
        hashes[count] = spread(code * MULTIPLIER)
        count += 1
        i += width
    return count


@compiled
def squeeze(out, begin, size, alphabet):
    """Leaves out the spaces of a levelled text that do not stand between two words; returns its new end."""
    kept, last_is_word, i = begin, False, begin
    while i < size:
        if out[i] == BLANK and i + 1 < size:
            following = alphabet[out[i + 1]] if out[i + 1] < 0x80 else alphabet[code_at(out, i + 1)]
            if not (last_is_word and following & WORD):
                i += 1
                continue
        width = width_of(out[i])
        last_is_word = (alphabet[out[i]] if width == 1 else alphabet[code_at(out, i)]) & WORD != 0
        for k in range(width):
            out[kept + k] = out[i + k]
        kept, i = kept + width, i + width
    return kept


@inlined
def is_name(byte):
    """Whether a byte belongs to a name or number of code: ASCII letters, digits, _, and all beyond ASCII."""
    return 97 <= byte <= 122 or 65 <= byte <= 90 or 48 <= byte <= 57 or byte == 95 or byte >= 0x80


@compiled
def hash_tokens(data, begin, end, masked, keywords, hashes):
    """Fills in the hashes of code's tokens, names and single signs, and returns how many there are.

    Args:
        masked: names that are no keywords, numbers and strings become one token each.
        keywords: table of the hashes of all words that are no names.
    """
    count, i = 0, begin
    while i < end:
        byte = data[i]
        if is_name(byte):
            is_number, running = 48 <= byte <= 57, np.uint64(0)
            while i < end and (is_name(data[i]) or (masked and is_number and data[i] == 46)):
                running = stir(running, data[i])
                i += 1
            token = spread(running)
            if masked:
                token = NUMBER if is_number else token if holds(keywords, token) else NAME
            hashes[count] = token
            count += 1
        elif byte <= BLANK:
            i += 1
        else:
            after = end_of_string(data, i, end) if masked and (byte == 34 or byte == 39 or byte == 96) else -1
            hashes[count] = STRING if after > 0 else spread(stir(np.uint64(0), byte))
            count += 1
            i = after if after > 0 else i + 1
    return count


@compiled
def end_of_string(data, i, end):
    """Returns the place behind the string that a quote begins, in its line unless it has three quotes; -1 for none."""
    quote = data[i]
    if i + 2 < end and data[i + 1] == quote and data[i + 2] == quote:
        k = i + 3
        while k + 2 < end:
            if data[k] == quote and data[k + 1] == quote and data[k + 2] == quote:
                return k + 3
            k += 1
        return -1
    k = i + 1
    while k < end and (data[k] != LINE_FEED or quote == 96):
        if data[k] == quote:
            return k + 1
        k += 2 if data[k] == BACKSLASH else 1
    return -1
