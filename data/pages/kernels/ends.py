"""Where elements end that are not read, and what they hold: as `data.pages.unread`."""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.kernels.heads import FORMULA
from data.pages.kernels.letters import (
    BANG,
    DASH,
    GT,
    LT,
    SLASH,
    SPACE,
    find,
    find_comment_end,
    hash_folded,
    look_up,
    stands_at,
)
from data.pages.page_layout import NUMBER_SHIFT, NUMBERS, RAW, ROLE


@borrowing
def end_of(source, name_begin, name_end, start, name_keys, name_values):
    """Returns where the end tag of an element stands (see `data.pages.unread.end_of`); -1 if there is none."""
    size, depth, end = name_end - name_begin, 1, len(source)
    place = start
    while True:
        place = find(source, LT, place, end)
        if place + 1 >= end:
            return -1
        begin = place + 1
        if source[begin] == BANG:
            if begin + 2 < end and source[begin + 1] == DASH and source[begin + 2] == DASH:
                place = find_comment_end(source, place + 2, end)
                if place < 0:
                    return -1
            else:
                place = begin
            continue
        closes = source[begin] == SLASH
        begin += closes
        stop = begin
        while stop < end and source[stop] != SPACE and source[stop] != GT:
            stop += 1
        place = stop
        if stop >= end:
            return -1
        if stop - begin == size and same(source, begin, name_begin, size):
            depth += -1 if closes else 1
            if depth == 0:
                return begin - 2
        elif not closes:
            found = look_up(name_keys, name_values, hash_folded(source, begin, stop))
            if found >= 0 and found & ROLE == RAW:
                place = raw_end(source, begin, stop, stop)
                if place < 0:
                    return -1


@borrowing
def same(source, left, right, size):
    for offset in range(size):
        if source[left + offset] != source[right + offset]:
            return False
    return True


@borrowing
def raw_end(source, name_begin, name_end, start):
    """Returns where `</name>` stands next; -1 if nowhere."""
    size, end = name_end - name_begin, len(source)
    place = start
    while place + size + 2 < end:
        place = find(source, LT, place, end)
        if place + size + 2 >= end:
            return -1
        if source[place + 1] == SLASH and source[place + 2 + size] == GT and same(source, place + 2, name_begin, size):
            return place
        place += 1
    return -1


@borrowing
def count_tags(source, begin, end):
    """Returns how many `<` stand between two places."""
    count = 0
    for place in range(np.uint64(begin), np.uint64(end)):
        count += source[place] == LT
    return count


@borrowing
def holds_blocks(source, begin, end, name_keys, name_values):
    """Returns whether a part of a page has block elements."""
    place = begin
    while place < end:
        place = find(source, LT, place, end) + 1
        stop = place
        letters = True
        while stop < end and source[stop] != SPACE and source[stop] != GT:
            if source[stop] == DASH and letters and stop > place and not stands_at(source, FORMULA, place, stop + 1):
                while stop < end and source[stop] != SPACE and source[stop] != GT:
                    stop += 1
                return stop < end
            letters = letters and 97 <= source[stop] <= 122
            stop += 1
        if stop >= end:
            return False
        found = look_up(name_keys, name_values, hash_folded(source, place, stop))
        if found >= 0 and (found >> NUMBER_SHIFT) & NUMBERS > 0:
            return True
        place = stop
    return False
