"""Repeated word n-grams of one text: how many characters stand under them.

Words are numbered by where they stand first, so that n-grams are compared as numbers and nothing rests
on a hash; and since one can only be repeated if both (n-1)-grams in it are, the work shrinks from n to n + 1.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.kernels.texts import add_member, hash_piece, is_taken, mark_of, mask_for, same

FIRST_TOP = 2
FIRST_DUPLICATE, LAST_DUPLICATE = 5, 10


@compiled
def number_words(codes, begins, ends, count, table, stamp, words, groups):
    """Fills `words` with the first place of each word's text, and `groups` likewise, -1 for words that stand once."""
    slots, numbers, base, _ = table
    mask = mask_for(table, count)
    for number in range(count):
        begin, length = begins[number], ends[number] - begins[number]
        key = hash_piece(codes, begin, ends[number], base) + np.uint64(length)
        mark = mark_of(key, stamp)
        slot = mark & mask
        words[number], groups[number] = number, -1
        while is_taken(slots[slot], stamp):
            if slots[slot] == mark:
                other = numbers[slot]
                if ends[other] - begins[other] == length and same(codes, begins[other], begin, length):
                    words[number] = groups[number] = groups[other] = other
                    break
            slot = (slot + np.uint64(1)) & mask
        if not is_taken(slots[slot], stamp):
            mask = add_member(table, mask, slot, mark, number)


@compiled
def same_words(words, first, second, count):
    """Whether the same `count` words stand at two places."""
    for k in range(count):
        if words[first + k] != words[second + k]:
            return False
    return True


@compiled
def extend(n, words, groups, active, candidates, count, before, table, stamp, counts, covered, reach):
    """Goes from repeated (n-1)-grams to repeated n-grams.

    Args:
        n: words of an n-gram.
        words, groups: of `number_words`; groups are overwritten with those of n-grams.
        active: where repeated (n-1)-grams begin, ascending; overwritten likewise.
        candidates: how many there are.
        count: words of the text.
        before: before[k] are the characters of the first k words.
        table, stamp: see `texts.count_duplicates`; room for `candidates`.
        counts, covered, reach: for each group, by its first place: occurrences, characters under
            them, one past its last word. If `covered` is empty, characters are not counted.

    Returns:
        how many repeated n-grams there are, and the characters under those that have begun before.
    """
    slots, numbers, base, _ = table
    mask = mask_for(table, candidates)
    duplicate, last = 0, 0
    for position in range(candidates):
        begin = active[position]
        if begin + n > count or groups[begin] < 0 or groups[begin + 1] < 0:
            groups[begin] = -1
            continue
        key = (np.uint64(groups[begin]) << np.uint64(32)) | np.uint64(words[begin + n - 1])
        groups[begin] = -1
        key *= base
        mark = mark_of(key, stamp)
        slot = mark & mask
        while is_taken(slots[slot], stamp):
            if slots[slot] == mark and same_words(words, numbers[slot], begin, n):
                break
            slot = (slot + np.uint64(1)) & mask
        if not is_taken(slots[slot], stamp):
            mask = add_member(table, mask, slot, mark, begin)
            counts[begin] = 1
            if len(covered):
                covered[begin], reach[begin] = before[begin + n] - before[begin], begin + n
            continue
        first = numbers[slot]
        groups[begin] = groups[first] = first
        counts[first] += 1
        if not len(covered):
            continue
        covered[first] += before[begin + n] - before[max(begin, reach[first])]
        reach[first] = begin + n
        duplicate += before[begin + n] - before[max(begin, last)]
        last = begin + n
    left = 0
    for position in range(candidates):
        begin = active[position]
        if groups[begin] >= 0:
            active[left] = begin
            left += 1
    return left, duplicate


@compiled
def measure_repetition(words, groups, count, before, table, stamp, scratch, out):
    """Fills `out`: characters under the top n-gram for n = 2 … 4, under duplicate n-grams for n = 5 … 10.

    Args:
        words, groups, count, before, table: see `extend`.
        stamp: the table has not been used with it or the eight numbers after it.
        scratch: shape (4, count or more).
        out: shape (9,).
    """
    active, counts, covered, reach = scratch[0], scratch[1], scratch[2], scratch[3]
    candidates = 0
    for number in range(count):
        if groups[number] >= 0:
            active[candidates] = number
            candidates += 1
    for n in range(FIRST_TOP, LAST_DUPLICATE + 1):
        candidates, duplicate = extend(
            n, words, groups, active, candidates, count, before, table, stamp + n, counts, covered, reach
        )
        if n >= FIRST_DUPLICATE:
            out[n - FIRST_TOP] = duplicate
            continue
        most, characters = 0, 0
        for position in range(candidates):
            first = active[position]
            if groups[first] == first and (
                counts[first] > most or (counts[first] == most and covered[first] > characters)
            ):
                most, characters = counts[first], covered[first]
        out[n - FIRST_TOP] = characters
