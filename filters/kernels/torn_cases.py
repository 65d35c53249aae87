"""Special cases of spaCy's English rules that affixes have torn apart, put together again.

They are found over the borders of chunks: `x:) )` gives x : ) ), because the longer `:) )` hides
`:)` and is no special case itself.
"""

from __future__ import annotations

import numpy as np

from filters.compiled import compiled, inlined
from filters.english_rules import (
    FIRST_LENGTHS,
    MAX_PATTERN_TOKEN,
    SECOND_LENGTHS,
    TRIE_KEYS,
    TRIE_MASK,
    TRIE_NEXT,
    TRIE_SPECIAL,
)
from filters.kernels.affixes import append_pieces, has_length, size_of
from filters.kernels.texts import BASE, hash_piece, slot_of


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
        token = hash_piece(codes, begins[k], ends[k], BASE)
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
    chosen = np.full(count, -1, dtype=np.int32)
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
