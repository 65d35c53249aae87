"""Listed words in texts: at how many places one stands, as a regular expression would find them."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import WORD
from filters.kernels.sets import child_of


@compiled
def code_at(data, i):
    """Returns the code point that begins at a place in valid UTF-8, and how many bytes it has."""
    byte = np.uint32(data[i])
    if byte < 0x80:
        return byte, 1
    if byte < 0xE0:
        return ((byte & 0x1F) << 6) | (data[i + 1] & 0x3F), 2
    if byte < 0xF0:
        return ((byte & 0x0F) << 12) | ((data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F), 3
    high = ((byte & 0x07) << 18) | ((data[i + 1] & 0x3F) << 12)
    return high | ((data[i + 2] & 0x3F) << 6) | (data[i + 3] & 0x3F), 4


@compiled
def stands_word(data, place, end, trie, flanked, table):
    """Whether a listed word begins at a place; with `flanked` it must end before a character that is not of words."""
    keys, children, ends = trie
    state = np.int32(0)
    for i in range(place, end):
        state = child_of(keys, children, state, data[i])
        if state < 0:
            return False
        if ends[state]:
            if not flanked or i + 1 == end:
                return True
            code, _ = code_at(data, i + 1)
            if not table[code] & WORD:
                return True
    return False


@compiled
def count_hits(data, offsets, trie, firsts, flanked, table):
    """Returns at how many places of each text a listed word begins.

    Args:
        data, offsets: the texts.
        trie: the words; see `sets.make_trie`.
        firsts: shape (256,); whether a listed word begins with that byte.
        flanked: whether it must stand between characters that are not of words (\\w), or at the text's ends.
        table: of `characters.character_table`.
    """
    counts = np.zeros(len(offsets) - 1, dtype=np.float64)
    for text in range(len(offsets) - 1):
        i, end = offsets[text], offsets[text + 1]
        open_before = True
        while i < end:
            if (open_before or not flanked) and firsts[data[i]] and stands_word(data, i, end, trie, flanked, table):
                counts[text] += 1
            code, size = code_at(data, i)
            open_before = not table[code] & WORD
            i += size
    return counts
