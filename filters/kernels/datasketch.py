"""datasketch's MinHash, bit for bit: SHA-1 of word runs, eight at a time, and its three families of permutations.

Source: FIPS 180-4 (SHA-1); datasketch 2.0.0, `minhash.py` (permutations) and `hashfunc.py` (the digest's first bytes).
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined

#: Messages hashed side by side: 8 × 32 bits are a vector.
LANES = 8
BLOCK_BYTES = 64
#: What SHA-1 adds to a message, at least: 0x80 and the length.
TAIL_BYTES = 9

MERSENNE = np.uint64((1 << 61) - 1)
LOW_HALF = np.uint64(0xFFFFFFFF)


@inlined
def turned(value, bits):
    """Returns 32 bits rotated to the left."""
    return np.uint32(np.uint32(value << np.uint32(bits)) | (value >> np.uint32(32 - bits)))


@compiled
def digest_block(words, state):
    """Digests one block of each lane; `words` has room for 80 words, of which 16 are given."""
    for t in range(16, 80):
        for lane in range(LANES):
            words[t, lane] = turned(
                words[t - 3, lane] ^ words[t - 8, lane] ^ words[t - 14, lane] ^ words[t - 16, lane], 1
            )
    work = state.copy()
    for t in range(80):
        # The five variables change places by index: what is `e` in one round is `a` in the next.
        a, b, c, d, e = (80 - t) % 5, (81 - t) % 5, (82 - t) % 5, (83 - t) % 5, (84 - t) % 5
        if t < 20:
            for lane in range(LANES):
                mixed = (work[b, lane] & work[c, lane]) | (~work[b, lane] & work[d, lane])
                work[e, lane] = np.uint32(
                    turned(work[a, lane], 5) + mixed + work[e, lane] + np.uint32(0x5A827999) + words[t, lane]
                )
        elif t < 40 or t >= 60:
            constant = np.uint32(0x6ED9EBA1) if t < 40 else np.uint32(0xCA62C1D6)
            for lane in range(LANES):
                mixed = work[b, lane] ^ work[c, lane] ^ work[d, lane]
                work[e, lane] = np.uint32(turned(work[a, lane], 5) + mixed + work[e, lane] + constant + words[t, lane])
        else:
            for lane in range(LANES):
                mixed = (
                    (work[b, lane] & work[c, lane]) | (work[b, lane] & work[d, lane]) | (work[c, lane] & work[d, lane])
                )
                work[e, lane] = np.uint32(
                    turned(work[a, lane], 5) + mixed + work[e, lane] + np.uint32(0x8F1BBCDC) + words[t, lane]
                )
        for lane in range(LANES):
            work[b, lane] = turned(work[b, lane], 30)
    for place in range(5):
        for lane in range(LANES):
            state[place, lane] = np.uint32(state[place, lane] + work[place, lane])


@compiled
def fill_block(data, begin, length, block, blocks, words, lane):
    """Puts the 16 words of one block of a message, padding included, into a lane."""
    start = block * BLOCK_BYTES
    for t in range(16):
        value = np.uint32(0)
        for k in range(4):
            place = start + 4 * t + k
            byte = np.uint32(0)
            if place < length:
                byte = np.uint32(data[begin + place])
            elif place == length:
                byte = np.uint32(0x80)
            value = np.uint32(value << np.uint32(8)) | byte
        words[t, lane] = value
    if block == blocks - 1:
        words[14, lane] = np.uint32((length * 8) >> 32)
        words[15, lane] = np.uint32(length * 8)


@compiled
def hash_lanes(data, begins, lengths, blocks, words, state):
    """Leaves in `state` the SHA-1 of LANES messages that take the same number of blocks."""
    for lane in range(LANES):
        state[0, lane] = np.uint32(0x67452301)
        state[1, lane] = np.uint32(0xEFCDAB89)
        state[2, lane] = np.uint32(0x98BADCFE)
        state[3, lane] = np.uint32(0x10325476)
        state[4, lane] = np.uint32(0xC3D2E1F0)
    for block in range(blocks):
        for lane in range(LANES):
            fill_block(data, begins[lane], lengths[lane], block, blocks, words, lane)
        digest_block(words, state)


@inlined
def swapped(value):
    """Returns 32 bits with their bytes in reverse order."""
    return np.uint32(
        np.uint32(value << np.uint32(24))
        | ((value & np.uint32(0xFF00)) << np.uint32(8))
        | ((value >> np.uint32(8)) & np.uint32(0xFF00))
        | (value >> np.uint32(24))
    )


@compiled
def hash_shingles(data, starts, ends, count, found):
    """Fills `found` with the first 8 bytes of the SHA-1 of each span, little-endian, in no particular order.

    The lower 32 bits are what datasketch's `sha1_hash32` gives, all are `sha1_hash64`'s.
    """
    words, state = np.empty((80, LANES), dtype=np.uint32), np.empty((5, LANES), dtype=np.uint32)
    begins, lengths = np.empty(LANES, dtype=np.int64), np.empty(LANES, dtype=np.int64)
    done, blocks, left = 0, 1, count
    while left:
        held = 0
        for number in range(count):
            length = ends[number] - starts[number]
            if (length + TAIL_BYTES + BLOCK_BYTES - 1) // BLOCK_BYTES != blocks:
                continue
            begins[held], lengths[held] = starts[number], length
            held += 1
            left -= 1
            if held == LANES:
                hash_lanes(data, begins, lengths, blocks, words, state)
                done, held = keep(state, held, found, done), 0
        if held:
            for lane in range(held, LANES):
                begins[lane], lengths[lane] = begins[0], lengths[0]
            hash_lanes(data, begins, lengths, blocks, words, state)
            done = keep(state, held, found, done)
        blocks += 1


@compiled
def keep(state, held, found, done):
    """Appends the lanes' first 8 bytes; returns how many there are then."""
    for lane in range(held):
        found[done] = np.uint64(swapped(state[0, lane])) | (np.uint64(swapped(state[1, lane])) << np.uint64(32))
        done += 1
    return done


@compiled
def cut(data, begin, end, size, starts, ends):
    """Fills in where each run of `size` words begins and ends; words stand one space apart. Returns their number."""
    words, place = 0, begin
    while place < end:
        stop = place
        while stop < end and data[stop] != 32:
            stop += 1
        starts[words] = place
        if words >= size - 1:
            ends[words - size + 1] = stop
        words += 1
        place = stop + 1
    return max(0, words - size + 1)


@compiled
def sign_words(data, offsets, size, permute, permutations, minima):
    """Signs texts whose words stand one space apart.

    Args:
        permute: `lower_32`, `lower_64` or `lower_legacy`.
        permutations: multipliers and addends; shape (2, permutations).
        minima: shape (texts, permutations), lowered to each text's signature.
    """
    longest = 0
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    room = longest // 2 + 2
    starts, ends = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    found = np.empty(room, dtype=np.uint64)
    for text in range(len(offsets) - 1):
        count = cut(data, offsets[text], offsets[text + 1], size, starts, ends)
        if count:
            hash_shingles(data, starts, ends, count, found)
            permute(found, count, permutations, minima[text])


@compiled
def lower_32(hashes, count, permutations, minima):
    """Lowers minima by the scheme affine32: the hash mixed once (MurmurHash3's finaliser), then a·h + b mod 2^32."""
    low = np.empty(count, dtype=np.uint32)
    for i in range(count):
        value = np.uint32(hashes[i])
        value ^= value >> np.uint32(16)
        value = np.uint32(value * np.uint32(0x85EBCA6B))
        value ^= value >> np.uint32(13)
        value = np.uint32(value * np.uint32(0xC2B2AE35))
        low[i] = value ^ (value >> np.uint32(16))
    for number in range(len(minima)):
        multiplier, addend, least = permutations[0, number], permutations[1, number], minima[number]
        for i in range(count):
            least = min(least, np.uint32(multiplier * low[i] + addend))
        minima[number] = least


@compiled
def lower_64(hashes, count, permutations, minima):
    """Lowers minima by the scheme affine64: as affine32, with 64 bits."""
    mixed = np.empty(count, dtype=np.uint64)
    for i in range(count):
        value = hashes[i]
        value ^= value >> np.uint64(33)
        value *= np.uint64(0xFF51AFD7ED558CCD)
        value ^= value >> np.uint64(33)
        value *= np.uint64(0xC4CEB9FE1A85EC53)
        mixed[i] = value ^ (value >> np.uint64(33))
    for number in range(len(minima)):
        multiplier, addend, least = permutations[0, number], permutations[1, number], minima[number]
        for i in range(count):
            least = min(least, multiplier * mixed[i] + addend)
        minima[number] = least


@compiled
def lower_legacy(hashes, count, permutations, minima):
    """Lowers minima by the scheme of datasketch 1: a·h + b mod 2^64, then mod 2^61 - 1, then mod 2^32."""
    for number in range(len(minima)):
        multiplier, addend, least = permutations[0, number], permutations[1, number], minima[number]
        for i in range(count):
            value = multiplier * (hashes[i] & LOW_HALF) + addend
            value = (value & MERSENNE) + (value >> np.uint64(61))
            if value >= MERSENNE:
                value -= MERSENNE
            least = min(least, value & LOW_HALF)
        minima[number] = least
