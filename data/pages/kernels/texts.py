"""What is measured on the texts of a page's blocks: as `data.pages.features.of_text`; whole numbers throughout."""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.kernels.letters import START, finish, look_up, stir
from data.pages.page_layout import (
    DIGIT,
    ENDS,
    HEAD_CHARS,
    LETTER,
    MAX_SCORE,
    PARTS,
    SHORT_CHARS,
    SHORT_WORDS,
    SMALL,
    UNLIKE,
)

COMMA, BAR, FULL_STOP, QUESTION, EXCLAMATION, SPACE = 44, 124, 46, 63, 33, 32
WIDE_COMMA, WIDE_LIST_COMMA, QUOTATION, COPYRIGHT = 0xFF0C, 0x3001, 0xBB, 0xA9
#: First bytes of a letter in UTF-8, read as Latin-1.
FIRST_LEAD, LAST_LEAD = 0xC3, 0xDF


@borrowing
def measure_texts(out, blocks, title, text_keys, text_values, lowered, kinds, table, seen, head):
    """Fills what texts say (see `data.pages.features.of_text`); -1 first for those with rare characters: their number.

    Args:
        title: characters of the page's title in lower case.
        lowered, kinds: of each character below U+10000 the one in lower case, and what it is.
        seen: zeros, a power of 2 and three times as many as blocks at least.
        head: room for a text's first characters.
    """
    slots, rare = len(seen), 0
    for row in range(len(blocks)):
        begin, end, size = blocks[row, 0], blocks[row, 1], blocks[row, 2]
        if (end - begin) * 10 > size * 23:
            size *= 2
        table[row, 0], table[row, 1], table[row, 2] = size, blocks[row, 4], blocks[row, 3]
        chars, wanted = _measure_text(out, begin, end, table[row], text_keys, text_values, lowered, kinds, head)
        if chars < 0:
            table[row, 0] = -1
            rare += 1
            continue
        table[row, 7] = PARTS if size > 8 and _stands_in(head, chars, title) else 0
        place = np.int64(wanted & np.uint64(slots - 1))
        while seen[place] != 0 and seen[place] != wanted:
            place = (place + 1) & (slots - 1)
        table[row, 8] = PARTS if seen[place] == wanted else 0
        seen[place] = wanted
    return rare


@borrowing
def _char_at(out, place):
    """Returns the character at a place, and how many bytes it takes; 0 where it is not below U+10000."""
    byte = np.uint32(out[place])
    if byte < 0x80:
        return byte, 1
    if byte < 0xE0:
        return (byte & np.uint32(31)) << np.uint32(6) | out[place + 1] & np.uint32(63), 2
    if byte < 0xF0:
        middle = (out[place + 1] & np.uint32(63)) << np.uint32(6)
        return (byte & np.uint32(15)) << np.uint32(12) | middle | out[place + 2] & np.uint32(63), 3
    return byte, 0


@borrowing
def _measure_text(out, begin, end, row, text_keys, text_values, lowered, kinds, head):
    """Fills a row, but for two columns; returns how many characters stand in the head, -1 for rare ones, its hash."""
    short = row[2] <= SHORT_WORDS and row[0] <= SHORT_CHARS
    commas, sentences, score, known = 0, 0, 0, 0
    bar, owned, lines, digits = False, False, False, False
    chars, letters, running, word, before = 0, 0, START, START, np.uint32(0)
    kind, place = np.uint8(0), begin
    while place < end:
        char, step = _char_at(out, place)
        if step == 0 or kinds[char] & UNLIKE:
            return -1, running
        place += step
        small = lowered[char]
        if chars < HEAD_CHARS:
            head[chars] = small
            running = stir(running, small)
            chars += 1
        if short:
            if kinds[small] & LETTER:
                letters += 1
                word = stir(word, small)
            else:
                if letters >= 2:
                    found = look_up(text_keys, text_values, finish(word))
                    if found >= 0:
                        known += 4
                        score += found - MAX_SCORE
                letters, word = 0, START
        kind = kinds[char]
        commas += char == COMMA or char == WIDE_COMMA or char == WIDE_LIST_COMMA
        bar = bar or char == BAR or char == QUOTATION
        owned = owned or (char == COPYRIGHT and not FIRST_LEAD <= before <= LAST_LEAD)
        lines = lines or char == 10
        digits = digits or kind & DIGIT != 0
        sentences += char == SPACE and (before == FULL_STOP or before == QUESTION or before == EXCLAMATION)
        before = char
    if letters >= 2:
        found = look_up(text_keys, text_values, finish(word))
        if found >= 0:
            known += 4
            score += found - MAX_SCORE
    row[3] = commas
    row[4] = min(max(score, -MAX_SCORE), MAX_SCORE) + MAX_SCORE
    row[5], row[6] = known, PARTS if short and digits else 0
    row[9] = PARTS if kind & ENDS else 0
    row[10], row[11] = PARTS if bar else 0, PARTS if owned else 0
    row[12] = 0 if short else min(sentences, PARTS)
    first, _ = _char_at(out, begin)
    row[13], row[14] = PARTS if kinds[first] & SMALL else 0, PARTS if lines else 0
    return chars, finish(running)


@borrowing
def _stands_in(head, size, title):
    """Returns whether characters stand in the title."""
    for start in range(len(title) - size + 1):
        same = True
        for offset in range(size):
            if head[offset] != title[start + offset]:
                same = False
                break
        if same:
            return True
    return False
