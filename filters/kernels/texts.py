"""What every kernel does first: a text's characters as numbers, their hashes, its pieces.

Kernels read a batch of texts as two arrays: `data`, UTF-8 bytes, and `offsets`, where each text
begins and the last one ends. They decode one text at a time into `codes`, an array of code points,
so that a place is what it is in a Python string.

The hash of a piece is a number modulo 2^64, of which that of two pieces in a row can be made; equal
hashes are only a hint, and whoever finds them compares the characters. Places are 32-bit numbers
in arrays, so that a text of 16 MB fits into memory: a text has at most 2^31 characters.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined

#: Characters from which on a text is so long that memory counts for more than time.
LONG = 1_000_000

#: Members for which a table has slots at the beginning.
FIRST_MEMBERS = 65_536

#: The base of the hashes of known texts: odd, with bits all over (2^64 divided by the golden ratio).
BASE = np.uint64(0x9E3779B97F4A7C15)


@compiled
def longest(offsets):
    """Returns the bytes of the longest text of a batch: no text has more characters."""
    most = 0
    for number in range(len(offsets) - 1):
        most = max(most, offsets[number + 1] - offsets[number])
    return most


@compiled
def decode(data, begin, end, codes):
    """Fills `codes` with the code points of valid UTF-8 and returns how many there are."""
    n = 0
    i = begin
    while i < end:
        byte = np.uint32(data[i])
        if byte < 0x80:
            codes[n] = byte
            i += 1
        elif byte < 0xE0:
            codes[n] = ((byte & 0x1F) << 6) | (data[i + 1] & 0x3F)
            i += 2
        elif byte < 0xF0:
            codes[n] = ((byte & 0x0F) << 12) | ((data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F)
            i += 3
        else:
            codes[n] = (
                ((byte & 0x07) << 18)
                | ((data[i + 1] & 0x3F) << 12)
                | ((data[i + 2] & 0x3F) << 6)
                | (data[i + 3] & 0x3F)
            )
            i += 4
        n += 1
    return n


@compiled
def encode(codes, begin, end, data, size):
    """Appends characters as UTF-8 to `data`, which holds `size` bytes, and returns its new size."""
    for i in range(begin, end):
        code = codes[i]
        if code < 0x80:
            data[size] = code
            size += 1
        elif code < 0x800:
            data[size] = 0xC0 | (code >> 6)
            data[size + 1] = 0x80 | (code & 0x3F)
            size += 2
        elif code < 0x10000:
            data[size] = 0xE0 | (code >> 12)
            data[size + 1] = 0x80 | ((code >> 6) & 0x3F)
            data[size + 2] = 0x80 | (code & 0x3F)
            size += 3
        else:
            data[size] = 0xF0 | (code >> 18)
            data[size + 1] = 0x80 | ((code >> 12) & 0x3F)
            data[size + 2] = 0x80 | ((code >> 6) & 0x3F)
            data[size + 3] = 0x80 | (code & 0x3F)
            size += 4
    return size


@compiled
def hash_piece(codes, begin, end, base):
    """Returns the hash of the characters between two places."""
    running = np.uint64(0)
    for i in range(begin, end):
        running = running * base + np.uint64(codes[i]) + np.uint64(1)
    return running


@compiled
def power_of_base(base, exponent):
    """Returns a base to a power: what a hash is multiplied with when so many characters follow."""
    power, square = np.uint64(1), base
    while exponent:
        if exponent & 1:
            power *= square
        square *= square
        exponent >>= 1
    return power


@compiled
def same(codes, first, second, length):
    """Whether the same `length` characters stand at two places."""
    for i in range(length):
        if codes[first + i] != codes[second + i]:
            return False
    return True


@compiled
def fold(code):
    """Returns an ASCII letter in lower case, and the Kelvin sign as the k that it becomes; others as they are."""
    if 65 <= code <= 90:
        return code + np.uint32(32)
    if code == 0x212A:
        return np.uint32(107)
    return code


@compiled
def stands_at(codes, n, place, phrase):
    """Whether a phrase of lower-case ASCII stands at a place, in any case."""
    if place + len(phrase) > n:
        return False
    for i in range(len(phrase)):
        if fold(codes[place + i]) != phrase[i]:
            return False
    return True


@compiled
def places(count):
    """Returns an array for `count` places in a text."""
    return np.empty(count, dtype=np.int32)


@compiled
def new_table(items):
    """Returns an empty table with room for `items` members: (slots, numbers, base, state).

    A slot holds a stamp in its upper half and half a hash in its lower one, so that a new stamp
    empties the table; `numbers` are what the members are called. The hashes' base is drawn anew:
    with a known one, a document could be made whose pieces all have one hash, and a megabyte of it
    took minutes. Nothing that is measured depends on it. Slots are cleared when they are first used
    (state[0] counts them), and only as many are used as the members (state[1]) need, so that a long
    text of few distinct pieces takes no memory for many.
    """
    size = np.int64(table_mask(items)) + 1
    base = (np.uint64(np.random.randint(0, 1 << 62)) << np.uint64(1)) | np.uint64(1)
    return np.empty(size, dtype=np.uint64), places(size), base, np.zeros(2, dtype=np.int64)


@compiled
def mask_for(table, items):
    """Returns the mask under which a table begins to take up to `items` members, and clears what has not been used."""
    slots, _, _, state = table
    mask = table_mask(min(items, FIRST_MEMBERS))
    size = np.int64(mask) + 1
    if state[0] < size:
        slots[state[0] : size] = np.uint64(0)
        state[0] = size
    state[1] = 0
    return mask


@compiled
def add_member(table, mask, slot, mark, number):
    """Puts a member into a free slot; returns the mask, a wider one once half of the slots are taken."""
    slots, numbers, _, state = table
    slots[slot], numbers[slot] = mark, number
    state[1] += 1
    if 2 * state[1] <= np.int64(mask):
        return mask
    return widen(table, mask, mark >> np.uint64(32))


@compiled
def widen(table, mask, stamp):
    """Doubles the slots in use, and puts the members under a stamp where the new mask wants them."""
    slots, numbers, _, state = table
    size = np.int64(mask) + 1
    held, called = slots[:size].copy(), numbers[:size].copy()
    wider = mask << np.uint64(1) | np.uint64(1)
    slots[: 2 * size] = np.uint64(0)
    state[0] = max(state[0], 2 * size)
    for i in range(size):
        if is_taken(held[i], stamp):
            slot = held[i] & wider
            while slots[slot]:
                slot = (slot + np.uint64(1)) & wider
            slots[slot], numbers[slot] = held[i], called[i]
    return wider


@compiled
def table_mask(items):
    """Returns the mask under which `items` members fill at most half of a table: small texts stay in cache."""
    size = 64
    while size < 2 * items + 2:
        size *= 2
    return np.uint64(size - 1)


@inlined
def mark_of(key, stamp):
    """Returns what a slot holds for a key under a stamp; with the table's mask it says where to look first."""
    return (np.uint64(stamp) << np.uint64(32)) | ((key ^ (key >> np.uint64(29))) * BASE >> np.uint64(32))


@inlined
def is_taken(slot, stamp):
    """Whether what a slot holds was put there under a stamp."""
    return slot >> np.uint64(32) == np.uint64(stamp)


@inlined
def slot_of(key, mask):
    """Returns where to look for a key first in a table that has no stamps."""
    return ((key ^ (key >> np.uint64(29))) * BASE >> np.uint64(20)) & mask


@compiled
def count_duplicates(codes, begins, ends, count, table, stamp):
    """Returns how many of `count` pieces equal an earlier one, and how many characters these have.

    Args:
        codes: the text.
        begins, ends: shape (count or more,); where the pieces stand.
        count: how many pieces there are.
        table: from `new_table`, with room for `count`.
        stamp: a number that the table has not been used with.
    """
    slots, numbers, base, _ = table
    mask = mask_for(table, count)
    pieces, characters = 0, 0
    for number in range(count):
        begin, length = begins[number], ends[number] - begins[number]
        key = hash_piece(codes, begin, ends[number], base) + np.uint64(length)
        mark = mark_of(key, stamp)
        slot = mark & mask
        found = False
        while is_taken(slots[slot], stamp):
            if slots[slot] == mark:
                other = numbers[slot]
                if ends[other] - begins[other] == length and same(codes, begins[other], begin, length):
                    found = True
                    break
            slot = (slot + np.uint64(1)) & mask
        if found:
            pieces += 1
            characters += length
        else:
            mask = add_member(table, mask, slot, mark, number)
    return pieces, characters
