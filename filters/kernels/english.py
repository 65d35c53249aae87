"""English words and sentences as spaCy's rules split them, from the tables of `filters/english_rules.py`.

A chunk between white space loses prefixes and suffixes until none is left, special cases stopping
it; what remains is a URL, or is split at infixes. Then special cases that affixes have torn apart
are put together again. `codes` and `classes` are a text's characters and their bits, `keys` and
`facts` the rules.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined
from filters.characters import DIGIT, PLAIN, PUNCTUATION, SPACE
from filters.english_rules import BEFORE_DOT, DIVIDING, FULL_STOP, PREFIX, SENTENCE_MARK, SUFFIX
from filters.kernels.affixes import (
    append_pieces,
    infix_length,
    prefix_length,
    special_case,
    suffix_length,
    unit_length,
)
from filters.kernels.torn_cases import join_special_cases, may_be_torn
from filters.kernels.urls import is_url

#: Every bit.
EVERYTHING = np.uint32(0xFFFFFFFF)


@compiled
def split_chunk(codes, classes, begin, end, some, keys, facts, begins, ends, count):
    """Appends the tokens of a chunk without white space; returns the new count.

    Args:
        some: the bits that some of its characters have.
        begins, ends: shape (characters of the text or more,); where suffixes begin is kept at the end of
            `ends` until their turn comes, for which there is room: each will be a token.
    """
    depth, number, top = 0, -1, len(ends) - 1
    stop, last = end, -1
    while begin < stop and stop - begin != last:
        number = special_case(codes, begin, stop, keys, facts)
        if number >= 0:
            break
        last = stop - begin
        prefix = prefix_length(codes, classes, begin, stop)
        if prefix and begin + prefix < stop:
            number = special_case(codes, begin + prefix, stop, keys, facts)
            if number >= 0:
                begins[count], ends[count] = begin, begin + prefix
                count, begin = count + 1, begin + prefix
                break
        suffix = 0
        if begin + prefix < stop:
            if some & DIGIT:
                suffix = unit_length(codes, classes, begin + prefix, stop, keys, facts)
            suffix = suffix_length(codes, classes, begin + prefix, stop, suffix)
        if suffix and begin < stop - suffix:
            number = special_case(codes, begin, stop - suffix, keys, facts)
            if number >= 0:
                stop -= suffix
                ends[top - depth] = stop
                depth += 1
                break
        if prefix:
            begins[count], ends[count] = begin, begin + prefix
            count, begin = count + 1, begin + prefix
        if suffix:
            stop -= suffix
            ends[top - depth] = stop
            depth += 1
    if number >= 0:
        count = append_pieces(facts, number, begin, begins, ends, count)
    elif begin < stop:
        count = split_rest(codes, classes, begin, stop, some, begins, ends, count)
    while depth:
        depth -= 1
        begins[count] = ends[top - depth]
        ends[count] = ends[top - depth + 1] if depth else end
        count += 1
    return count


@compiled
def split_rest(codes, classes, begin, end, some, begins, ends, count):
    """Appends the tokens of what affixes have left of a chunk, where that is no special case."""
    if some & DIVIDING:
        some = np.uint32(0)
        for i in range(begin, end):
            some |= classes[i]
    # Without such a character nothing could be split, URL or not.
    if some & DIVIDING and not (some & FULL_STOP and is_url(codes, classes, begin, end)):
        start, i = begin, begin
        while i < end:
            if not classes[i] & DIVIDING:
                i += 1
                continue
            length = infix_length(codes, classes, i, begin, end)
            if length and i > begin:
                if i > start:
                    begins[count], ends[count] = start, i
                    count += 1
                begins[count], ends[count] = i, i + length
                count += 1
                start = i + length
            i += max(length, 1)
        begin = start
    if begin < end:
        begins[count], ends[count] = begin, end
        count += 1
    return count


@compiled
def split_english(codes, classes, n, keys, facts, begins, ends):
    """Fills where the tokens of a text stand, those of white space left out.

    Args:
        n: the text's characters.
        begins, ends: shape (characters or more,).

    Returns:
        how many tokens there are.
    """
    count = 0
    i = 0
    torn = False
    while i < n:
        if classes[i] & SPACE:
            i += 1
            continue
        start, some, last = i, classes[i], classes[i]
        head, tail = last, EVERYTHING  # bits of all characters but the last, and of all but the first
        i += 1
        while i < n and not classes[i] & SPACE:
            head &= last
            last = classes[i]
            tail &= last
            some |= last
            i += 1
        first = count
        if head & last & PLAIN:
            count = append_word(codes, start, i, keys, facts, begins, ends, count)
            continue
        if i - start == 1 or head & last & DIGIT:
            begins[count], ends[count] = start, i
            count += 1
            continue
        # The shapes of most other chunks: a word and a mark, a mark and a word.
        if head & PLAIN and is_mark(last, classes[i - 2]) and special_case(codes, start, i, keys, facts) < 0:
            count = append_word(codes, start, i - 1, keys, facts, begins, ends, count)
            begins[count], ends[count] = i - 1, i
            count += 1
        elif tail & PLAIN and classes[start] & PREFIX and special_case(codes, start, i, keys, facts) < 0:
            begins[count], ends[count] = start, start + 1
            count = append_word(codes, start + 1, i, keys, facts, begins, ends, count + 1)
        else:
            count = split_chunk(codes, classes, start, i, some, keys, facts, begins, ends, count)
        if count - first < 3:  # two tokens torn apart would be the chunk, which would be a special case
            continue
        torn = torn or may_be_torn(codes, facts, begins, ends, first, count)
    if torn:
        count = join_special_cases(codes, keys, facts, begins, ends, count)
    return count


@compiled
def append_word(codes, begin, end, keys, facts, begins, ends, count):
    """Appends a piece of nothing but ASCII letters; returns the new count."""
    number = special_case(codes, begin, end, keys, facts)
    if number >= 0:
        return append_pieces(facts, number, begin, begins, ends, count)
    begins[count], ends[count] = begin, end
    return count + 1


@inlined
def is_mark(last, before):
    """Whether a character after a letter is a suffix, as in most chunks that are not plain words."""
    return last & SUFFIX != 0 or (last & FULL_STOP != 0 and before & BEFORE_DOT != 0)


@compiled
def count_sentences(codes, classes, n, begins, ends, count):
    """Returns the sentences of a text, as spaCy's sentencizer makes them of tokens; at least 1.

    A sentence begins at the first token after an end mark that is neither punctuation nor an end
    mark; white space of more than one blank is such a token.
    """
    sentences, seen, place = 1, False, 0
    for k in range(count + 1):
        begin = begins[k] if k < count else n
        blank = begin > place and not (k > 0 and begin == place + 1 and codes[place] == 32)
        if blank and seen:
            sentences, seen = sentences + 1, False
        if k == count:
            break
        place = ends[k]
        if place == begin + 1 and classes[begin] & SENTENCE_MARK:
            seen = True
        elif seen:
            every = classes[begin]
            for i in range(begin + 1, place):
                every &= classes[i]
            if not every & PUNCTUATION:
                sentences, seen = sentences + 1, False
    return sentences
