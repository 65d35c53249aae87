"""How many of its language's stop words each text of a batch has."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import CLINGING, SPACE
from filters.kernels.texts import decode, longest


@compiled
def count_stop_words(data, offsets, table, lower, lists, firsts, letters, starts):
    """Returns for each text: distinct stop words, words that are one, words; shape (texts, 3).

    Args:
        data, offsets: the texts; see `kernels/texts.py`.
        table: of `characters.character_table`.
        lower: shape (code points,); each character in lower case.
        lists: shape (texts,); which list each text is compared with.
        firsts: shape (lists + 1,); where each list begins, and the last one ends.
        letters, starts: the lists' words in lower case, each list sorted by its characters: word
            `k` is letters[starts[k] … starts[k + 1]].
    """
    size = longest(offsets)
    codes = np.empty(size + 1, dtype=np.uint32)
    seen = np.full(len(starts), -1, dtype=np.int64)
    out = np.zeros((len(offsets) - 1, 3), dtype=np.int64)
    for number in range(len(offsets) - 1):
        n = decode(data, offsets[number], offsets[number + 1], codes)
        first, last = firsts[lists[number]], firsts[lists[number] + 1]
        begin = 0
        while begin < n:
            if table[codes[begin]] & SPACE:
                begin += 1
                continue
            end = begin
            while end < n and not table[codes[end]] & SPACE:
                end += 1
            out[number, 2] += 1
            place = find_word(codes, begin, end, table, lower, first, last, letters, starts)
            if place >= 0:
                out[number, 1] += 1
                if seen[place] != number:
                    seen[place] = number
                    out[number, 0] += 1
            begin = end
    return out


@compiled
def find_word(codes, begin, end, table, lower, first, last, letters, starts):
    """Returns which of the sorted words first … last - 1 this one is, without punctuation around it, or -1."""
    while begin < end and table[codes[begin]] & CLINGING:
        begin += 1
    while begin < end and table[codes[end - 1]] & CLINGING:
        end -= 1
    while first < last:
        middle = (first + last) // 2
        order = compare(codes, begin, end, lower, letters, starts[middle], starts[middle + 1])
        if order == 0:
            return middle
        if order < 0:
            last = middle
        else:
            first = middle + 1
    return -1


@compiled
def compare(codes, begin, end, lower, letters, start, stop):
    """Returns -1, 0 or 1: whether a stretch in lower case stands before a word, is it, or stands after it."""
    for i in range(min(end - begin, stop - start)):
        code = lower[codes[begin + i]]
        if code != letters[start + i]:
            return -1 if code < letters[start + i] else 1
    shorter = (end - begin) - (stop - start)
    return 0 if shorter == 0 else (-1 if shorter < 0 else 1)
