"""English words and sentences as spaCy's rules split them, from the tables of `filters/english_rules.py`.

A chunk between white space loses prefixes and suffixes until none is left, special cases stopping
it; what remains is a URL, or is split at infixes. Then special cases that affixes have torn apart
are put together again, over the borders of chunks: `x:) )` gives x : ) ), because the longer `:) )`
hides `:)` and is no special case itself.

Everywhere `codes` and `classes` are a text's characters and their bits, `keys` and `facts` the rules.
"""

from __future__ import annotations

import numpy as np

from filters.characters import DECIMAL, DIGIT, PLAIN, PUNCTUATION, SPACE, WORD
from filters.compiled import compiled, inlined
from filters.english_rules import (
    ALPHA,
    ALPHA_LOWER,
    ALPHA_UPPER,
    BEFORE_DOT,
    DIVIDING,
    FIRST_LENGTHS,
    FULL_STOP,
    ICON,
    MAX_PATTERN_TOKEN,
    MAX_SPECIAL,
    PIECE_BEGINS,
    PIECES,
    PREFIX,
    QUOTE,
    SECOND_LENGTHS,
    SENTENCE_MARK,
    SPECIAL_AT,
    SPECIAL_BEGINS,
    SPECIAL_CODES,
    SPECIAL_LENGTHS,
    SPECIAL_MASK,
    SUFFIX,
    TRIE_KEYS,
    TRIE_MASK,
    TRIE_NEXT,
    TRIE_SPECIAL,
    UNIT_KEYS,
)
from filters.kernels.texts import BASE, hash_piece, slot_of
from filters.kernels.urls import is_url

#: Characters of the longest suffix that must follow a digit.
MAX_UNIT = 8

PLUS, COMMA, DASH, DOT, SLASH, COLON, STAR, CARET, DOLLAR, TILDE = 43, 44, 45, 46, 47, 58, 42, 94, 36, 126
EN_DASH, EM_DASH, ELLIPSIS, APOSTROPHE, RIGHT_QUOTE, DEGREE = 0x2013, 0x2014, 0x2026, 39, 0x2019, 0xB0


@inlined
def special_case(codes, begin, end, keys, facts):
    """Returns the number of the special case that stands between two places, or -1."""
    length = end - begin
    number = -1
    if 0 < length <= MAX_SPECIAL and has_length(codes, begin, end, facts, SPECIAL_LENGTHS):
        number = find_special_case(codes, begin, end, keys, facts)
    return number


@inlined
def has_length(codes, begin, end, facts, section):
    """Whether a section of lengths has that of a piece of at most 63 characters, for ends like its own."""
    ends = (np.int64(codes[begin]) & 31) << 5 | (np.int64(codes[end - 1]) & 31)
    return facts[facts[section] + ends] >> (end - begin) & 1 != 0


@compiled
def find_special_case(codes, begin, end, keys, facts):
    """Returns what `special_case` does, the long way."""
    length = end - begin
    key = hash_piece(codes, begin, end)
    mask = np.uint64(facts[SPECIAL_MASK])
    slot = slot_of(key, mask)
    at = facts[SPECIAL_AT]
    while facts[at + np.int64(slot)] >= 0:
        if keys[slot] == key:
            number = facts[at + np.int64(slot)]
            if size_of(facts, number) == length:
                start = facts[SPECIAL_CODES] + facts[facts[SPECIAL_BEGINS] + number]
                equal = True
                for i in range(length):
                    equal = equal and facts[start + i] == codes[begin + i]
                if equal:
                    return number
        slot = (slot + np.uint64(1)) & mask
    return -1


@inlined
def size_of(facts, number):
    """Returns the characters of a special case."""
    return facts[facts[SPECIAL_BEGINS] + number + 1] - facts[facts[SPECIAL_BEGINS] + number]


@compiled
def prefix_length(codes, classes, begin, end):
    """Returns the length of the prefix at the head of a piece, 0 for none."""
    if classes[begin] & PREFIX:
        return 1
    code = codes[begin]
    if code == PLUS:  # not before a digit
        return 0 if begin + 1 < end and classes[begin + 1] & DIGIT else 1
    if code == DOT:
        i = begin + 1
        while i < end and codes[i] == DOT:
            i += 1
        return i - begin if i - begin > 1 else 0
    if (code == 67 or code == 65) and begin + 1 < end and codes[begin + 1] == DOLLAR:
        return 2
    if code == 85 and begin + 2 < end and codes[begin + 1] == 83 and codes[begin + 2] == DOLLAR:
        return 3
    return 0


@compiled
def unit_length(codes, classes, begin, end, keys, facts):
    """Returns the length of the unit, currency or plus after a digit at the tail of a piece, 0 for none."""
    for length in range(min(MAX_UNIT, end - begin - 1), 0, -1):
        if classes[end - length - 1] & DIGIT and is_unit(hash_piece(codes, end - length, end), keys, facts):
            return length
    return 0


@compiled
def suffix_length(codes, classes, begin, end, longest):
    """Returns the length of the longest suffix at the tail of a piece, 0 for none; nothing before `begin` counts.

    Args:
        longest: what `unit_length` has found.
    """
    last = codes[end - 1]
    if last == DOT:
        i = end - 1
        while i > begin and codes[i - 1] == DOT:
            i -= 1
        if end - i > 1:
            return max(longest, end - i)
        return 1 if longest == 0 and dot_is_suffix(codes, classes, begin, end) else longest
    if end - begin >= 2:
        before = codes[end - 2]
        if (last == 115 or last == 83) and (before == APOSTROPHE or before == RIGHT_QUOTE):
            return max(longest, 2)
        if last == ELLIPSIS and before == ELLIPSIS:
            return max(longest, 2)
    return max(longest, 1) if classes[end - 1] & SUFFIX else longest


@compiled
def is_unit(key, keys, facts):
    """Whether a hash is that of a suffix that must follow a digit."""
    low, high = facts[UNIT_KEYS], len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low < len(keys) and keys[low] == key


@compiled
def dot_is_suffix(codes, classes, begin, end):
    """Whether the full stop at the tail of a piece is one by what stands before it."""
    if end - begin < 2:
        return False
    if classes[end - 2] & BEFORE_DOT:
        return True
    if end - begin < 3:
        return False
    if classes[end - 2] & ALPHA_UPPER and classes[end - 3] & ALPHA_UPPER:
        return True
    before = codes[end - 2] | 32
    return codes[end - 3] == DEGREE and (before == 102 or before == 99 or before == 107)


@compiled
def infix_length(codes, classes, i, begin, end):
    """Returns the length of the infix at a place inside a piece, 0 for none."""
    code = codes[i]
    if code == DOT:
        stop = i + 1
        while stop < end and codes[stop] == DOT:
            stop += 1
        if stop - i > 1:
            return stop - i
        if i == begin or stop == end:
            return 0
        return 1 if classes[i - 1] & (ALPHA_LOWER | QUOTE) and classes[stop] & (ALPHA_UPPER | QUOTE) else 0
    if code == ELLIPSIS or classes[i] & ICON:
        return 1
    if i == begin or i + 1 == end:
        return 0
    before, after = classes[i - 1], classes[i + 1]
    if (code == PLUS or code == DASH or code == STAR or code == CARET) and before & DIGIT:
        if after & DIGIT or codes[i + 1] == DASH:
            return 1
    if code == COMMA:
        return 1 if before & ALPHA and after & ALPHA else 0
    if not before & (ALPHA | DIGIT):
        return 0
    if code == DASH or code == EN_DASH or code == EM_DASH or code == TILDE:
        return hyphen_length(codes, classes, i, end)
    if code == COLON or code == SLASH or 60 <= code <= 62:
        return 1 if after & ALPHA else 0
    return 0


@compiled
def hyphen_length(codes, classes, i, end):
    """Returns the length of a hyphen (- – — -- --- —— ~) that a letter follows, the shortest that fits; 0 for none."""
    code = codes[i]
    most = 3 if code == DASH else 2 if code == EM_DASH else 1
    for length in range(1, most + 1):
        if i + length >= end:
            return 0
        if classes[i + length] & ALPHA:
            return length
        if codes[i + length] != code:
            return 0
    return 0


@compiled
def split_chunk(codes, classes, begin, end, some, keys, facts, begins, ends, count, stack):
    """Appends the tokens of a chunk without white space; returns the new count.

    Args:
        some: the bits that some of its characters have.
        stack: scratch, shape (end - begin or more,).
    """
    depth, number = 0, -1
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
                stack[depth] = stop
                depth += 1
                break
        if prefix:
            begins[count], ends[count] = begin, begin + prefix
            count, begin = count + 1, begin + prefix
        if suffix:
            stop -= suffix
            stack[depth] = stop
            depth += 1
    if number >= 0:
        count = append_pieces(facts, number, begin, begins, ends, count)
    elif begin < stop:
        count = split_rest(codes, classes, begin, stop, some, begins, ends, count)
    while depth:
        depth -= 1
        begins[count] = stack[depth]
        ends[count] = stack[depth - 1] if depth else end
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
def append_pieces(facts, number, begin, begins, ends, count):
    """Appends the tokens of a special case."""
    at = facts[PIECES]
    for k in range(facts[facts[PIECE_BEGINS] + number], facts[facts[PIECE_BEGINS] + number + 1]):
        begins[count], ends[count] = begin, begin + facts[at + k]
        begin += facts[at + k]
        count += 1
    return count


@compiled
def split_english(codes, classes, n, keys, facts, begins, ends, scratch):
    """Fills where the tokens of a text stand, those of white space left out.

    Args:
        n: the text's characters.
        begins, ends: shape (characters or more,).
        scratch: shape (3, twice the characters or more).

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
        every = last  # of all characters but the last
        i += 1
        while i < n and not classes[i] & SPACE:
            every &= last
            last = classes[i]
            some |= last
            i += 1
        first = count
        if every & last & PLAIN:
            count = append_word(codes, start, i, keys, facts, begins, ends, count)
            continue
        if every & PLAIN and is_mark(last, classes[i - 2]) and special_case(codes, start, i, keys, facts) < 0:
            count = append_word(codes, start, i - 1, keys, facts, begins, ends, count)
            begins[count], ends[count] = i - 1, i
            count += 1
            if count - first == 2:  # together they would be the chunk, which is no special case
                continue
        else:
            count = split_chunk(codes, classes, start, i, some, keys, facts, begins, ends, count, scratch[0])
        torn = torn or may_be_torn(codes, facts, begins, ends, first, count)
    if torn:
        count = join_special_cases(codes, keys, facts, begins, ends, count, scratch)
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


@inlined
def side_by_side(codes, end, begin):
    """Whether no token of white space stands between two tokens."""
    return begin == end or (begin == end + 1 and codes[end] == 32)


@compiled
def may_be_torn(codes, facts, begins, ends, first, count):
    """Whether two tokens of a chunk, from `first` on, could begin a special case that affixes have torn apart."""
    for k in range(first, count - 1):
        if begins_special(codes, facts, begins, ends, k):
            return True
    return False


@inlined
def begins_special(codes, facts, begins, ends, k):
    """Whether a token and the next have such ends and lengths as the first two of a torn special case."""
    begin, end, following, after = begins[k], ends[k], begins[k + 1], ends[k + 1]
    fits = end - begin <= MAX_PATTERN_TOKEN and has_length(codes, begin, end, facts, FIRST_LENGTHS)
    return (
        fits and after - following <= MAX_PATTERN_TOKEN and has_length(codes, following, after, facts, SECOND_LENGTHS)
    )


@compiled
def match_special_cases(codes, keys, facts, begins, ends, count, scratch):
    """Fills the runs of tokens that are special cases torn apart: first token, tokens, which. Returns how many."""
    found = 0
    for first in range(count - 1):
        if begins_special(codes, facts, begins, ends, first):
            found = follow_trie(codes, keys, facts, begins, ends, count, first, scratch, found)
    return found


@compiled
def follow_trie(codes, keys, facts, begins, ends, count, first, scratch, found):
    """Appends the torn special cases that begin at a token; returns the new number of them."""
    mask, at = np.uint64(facts[TRIE_MASK]), facts[TRIE_KEYS]
    node, k = np.uint64(0), first
    while k < count and ends[k] - begins[k] <= MAX_PATTERN_TOKEN:
        if k > first and not side_by_side(codes, ends[k - 1], begins[k]):
            break
        token = hash_piece(codes, begins[k], ends[k])
        key = (token ^ (node * BASE)) * BASE + np.uint64(ends[k] - begins[k])
        slot = np.int64(slot_of(key, mask))
        while facts[facts[TRIE_NEXT] + slot] and keys[at + slot] != key:
            slot = (slot + 1) & np.int64(mask)
        following = facts[facts[TRIE_NEXT] + slot]
        if following == 0:
            break
        node = np.uint64(following)
        k += 1
        number = facts[facts[TRIE_SPECIAL] + slot]
        if number >= 0:
            scratch[0, found], scratch[1, found], scratch[2, found] = first, k - first, number
            found += 1
    return found


@compiled
def join_special_cases(codes, keys, facts, begins, ends, count, scratch):
    """Puts special cases together that affixes have torn apart; returns the new number of tokens.

    Only what stands in one chunk is put together, but what stands in two can hide it.
    Of overlapping ones the longest counts, of equally long ones the first; whatever one covers is
    taken, even if the case itself is not put together because white space stands in it.
    """
    found = match_special_cases(codes, keys, facts, begins, ends, count, scratch)
    if not found:
        return count
    firsts, lengths, numbers = scratch[0], scratch[1], scratch[2]
    most = 0
    for m in range(found):
        most = max(most, lengths[m])
    taken = np.zeros(count, dtype=np.bool_)
    chosen = np.full(count, -1, dtype=np.int64)
    for length in range(most, 0, -1):
        for m in range(found):
            if lengths[m] != length:
                continue
            first, last = firsts[m], firsts[m] + length - 1
            if not taken[first] and not taken[last] and ends[last] - begins[first] == size_of(facts, numbers[m]):
                chosen[first] = m
            for k in range(first, last + 1):
                taken[k] = True
    return rebuild(facts, begins, ends, count, chosen, lengths, numbers)


@compiled
def rebuild(facts, begins, ends, count, chosen, lengths, numbers):
    """Writes the tokens anew with the chosen special cases put together; returns how many there are."""
    old_begins, old_ends = begins[:count].copy(), ends[:count].copy()
    new, k = 0, 0
    while k < count:
        m = chosen[k]
        if m < 0:
            begins[new], ends[new] = old_begins[k], old_ends[k]
            new, k = new + 1, k + 1
        else:
            new = append_pieces(facts, numbers[m], old_begins[k], begins, ends, new)
            k += lengths[m]
    return new


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
