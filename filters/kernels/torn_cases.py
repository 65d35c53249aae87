"""Special cases of spaCy's English rules that affixes have torn apart, put together again.

They are found over the borders of chunks: `x:) )` gives x : ) ), because the longer `:) )` hides
`:)` and is no special case itself.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined
from filters.english_rules import (
    FIRST_LENGTHS,
    MAX_PATTERN_TOKEN,
    MAX_PATTERN_TOKENS,
    PIECE_BEGINS,
    SECOND_LENGTHS,
    TRIE_KEYS,
    TRIE_MASK,
    TRIE_NEXT,
    TRIE_SPECIAL,
)
from filters.kernels.affixes import append_pieces, has_length
from filters.kernels.texts import BASE, hash_piece, slot_of

#: Of a token that a special case covers and that begins none.
TAKEN = 255


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
def torn_at(codes, keys, facts, begins, ends, count, first, length):
    """Returns the lengths, as bits, of the torn special cases that begin at a token, and which has `length` tokens."""
    mask, at = np.uint64(facts[TRIE_MASK]), facts[TRIE_KEYS]
    node, k, lengths, which = np.uint64(0), first, 0, -1
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
            lengths |= 1 << (k - first)
            if k - first == length:
                which = number
    return lengths, which


@compiled
def join_special_cases(codes, keys, facts, begins, ends, count):
    """Puts special cases together that affixes have torn apart; returns the new number of tokens.

    Only what stands in one chunk is put together, but what stands in two can hide it.
    Of overlapping ones the longest counts, of equally long ones the first; whatever one covers is
    taken, even if the case itself is not put together because white space stands in it.
    """
    every = 0
    for first in range(count - 1):
        if begins_special(codes, facts, begins, ends, first):
            lengths, _ = torn_at(codes, keys, facts, begins, ends, count, first, 0)
            every |= lengths
    if not every:
        return count
    chosen = np.zeros(count, dtype=np.uint8)  # tokens of the case that begins here, or TAKEN
    for length in range(MAX_PATTERN_TOKENS, 1, -1):
        if not every >> length & 1:
            continue
        for first in range(count - length + 1):
            if not begins_special(codes, facts, begins, ends, first):
                continue
            lengths, _ = torn_at(codes, keys, facts, begins, ends, count, first, 0)
            if not lengths >> length & 1:
                continue
            last = first + length - 1
            free = not chosen[first] and not chosen[last] and in_one_piece(begins, ends, first, last)
            for k in range(first, last + 1):
                if not chosen[k]:
                    chosen[k] = TAKEN
            if free:
                chosen[first] = length
    return rebuild(codes, keys, facts, begins, ends, count, chosen)


@compiled
def in_one_piece(begins, ends, first, last):
    """Whether no white space stands between the tokens of a run."""
    for k in range(first, last):
        if ends[k] != begins[k + 1]:
            return False
    return True


@compiled
def rebuild(codes, keys, facts, begins, ends, count, chosen):
    """Writes the tokens anew with the chosen special cases put together; returns how many there are."""
    grown = 0
    for k in range(count):
        if 0 < chosen[k] < TAKEN:
            _, number = torn_at(codes, keys, facts, begins, ends, count, k, chosen[k])
            grown += max(pieces_of(facts, number) - np.int64(chosen[k]), 0)
    # Without growth no token is written over before it is read.
    old_begins, old_ends = (begins[:count].copy(), ends[:count].copy()) if grown else (begins, ends)
    new, k = 0, 0
    while k < count:
        length = np.int64(chosen[k])
        if length == 0 or length == TAKEN:
            begins[new], ends[new] = old_begins[k], old_ends[k]
            new, k = new + 1, k + 1
        else:
            _, number = torn_at(codes, keys, facts, old_begins, old_ends, count, k, length)
            new = append_pieces(facts, number, old_begins[k], begins, ends, new)
            k += length
    return new


@inlined
def pieces_of(facts, number):
    """Returns how many tokens a special case has."""
    return facts[facts[PIECE_BEGINS] + number + 1] - facts[facts[PIECE_BEGINS] + number]
