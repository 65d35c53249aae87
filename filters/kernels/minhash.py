"""Shingles of texts, and MinHash signatures and band keys of their shingles, in one pass over UTF-8 bytes.

A permutation is x → a·x + b modulo 2^32 with odd a, over the upper 32 bits of the shingles' hashes:
products of 32 bits are computed eight at a time.

Source: Broder 1997 (MinHash); Indyk & Motwani 1998 (locality-sensitive hashing, by bands).
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled, inlined
from filters.kernels.levelling import (
    MULTIPLIER,
    hash_characters,
    hash_tokens,
    level_text,
    spread,
    squeeze,
    stir,
)
from filters.levelling import GROWTH

#: What a shingle is a run of.
WORDS, CHARACTERS, CODE, MASKED_CODE = 0, 1, 2, 3

#: Shingles that are permuted at a time: 8 kB, which stay in the first-level cache.
BLOCK = 2048
#: Shingles are padded to a multiple of this many, so that vectors leave no rest to be done singly.
LANES = 32


@compiled
def hash_windows(units, count, size, salt):
    """Puts a hash of each run of `size` neighbours in place of the first of them; returns how many runs there are."""
    windows = count - size + 1
    if windows <= 0:
        return 0
    factor = np.uint64(1)
    for _ in range(size - 1):
        factor *= MULTIPLIER
    total = np.uint64(0)
    for i in range(size - 1):
        total = total * MULTIPLIER + units[i]
    for i in range(windows):
        total = total * MULTIPLIER + units[i + size - 1]
        leaving = units[i]
        units[i] = spread(total + salt)
        total -= leaving * factor
    return windows


@compiled
def lower_minima(values, count, multipliers, addends, low, minima):
    """Lowers each permutation's minimum to the least of some shingles' permuted hashes."""
    for begin in range(0, count, BLOCK):
        here = min(BLOCK, count - begin)
        for i in range(here):
            low[i] = np.uint32(values[begin + i] >> np.uint64(32))
        padded = (here + LANES - 1) // LANES * LANES
        for i in range(here, padded):
            low[i] = low[0]
        for number in range(len(minima)):
            multiplier, addend, least = multipliers[number], addends[number], minima[number]
            for i in range(padded):
                least = min(least, np.uint32(multiplier * low[i] + addend))
            minima[number] = least


@compiled
def fill_band_keys(minima, keys):
    """Fills in a 64-bit key for each band of a signature; shape of keys (bands,)."""
    rows = len(minima) // len(keys)
    for band in range(len(keys)):
        running = np.uint64(band)
        for row in range(rows):
            running = stir(running, minima[band * rows + row])
            running ^= running >> np.uint64(32)
        keys[band] = spread(running)


@compiled
def cut_text(data, begin, end, form, tables, options, out, size, units):
    """Levels a text and fills in the hashes of its shingles.

    Args:
        data, begin, end: the text.
        form: (what a shingle is a run of, how many of them, salt).
        tables: (alphabet, folds, keywords).
        options: (the text is known to be in NFC, its levelled form is wanted).
        out, size: levelled texts so far; see `level_text`.
        units: room for the hashes.

    Returns:
        (bytes of `out`, shingles), or (-1, 0) for a text that may not be in NFC.
    """
    alphabet, folds, keywords = tables
    certain, is_wanted = options
    mode, ngram, salt = form
    after, units_found = size, 0
    if is_wanted or mode == WORDS or mode == CHARACTERS:
        after, units_found = level_text(data, begin, end, alphabet, folds, out, size, units, certain)
        if after < 0:
            return after, 0
    if mode == CHARACTERS:
        units_found = hash_characters(out, size, after, units)
    elif mode == CODE or mode == MASKED_CODE:
        units_found = hash_tokens(data, begin, end, mode == MASKED_CODE, keywords, units)
    return after, hash_windows(units, units_found, ngram, salt)


@compiled
def sign_texts(data, offsets, first, forms, form_of, tables, options, short_form, seeds, found, room):
    """Signs texts from number `first` on, until the room for levelled texts is full.

    Args:
        data, offsets: the texts.
        forms: shape (forms, 3); what shingles there are: see `cut_text`.
        form_of: shape (texts,); which of them each text has.
        tables, options: see `cut_text`.
        short_form: squeeze texts that have no shingle.
        seeds: (multipliers, addends), one of each for a permutation.
        found: (minima, shape (texts, permutations) or (1, permutations) if nobody wants them; keys, shape
            (texts, bands); shingles, shape (texts,), -1 for a text that may not be in NFC).
        room: (levelled texts, where each ends, hashes).

    Returns:
        The number of the first text that is not signed.
    """
    multipliers, addends = seeds
    minima, keys, shingles = found
    out, ends, units = room
    low = np.empty(BLOCK, dtype=np.uint32)
    size = 0
    for text in range(first, len(offsets) - 1):
        begin, end = offsets[text], offsets[text + 1]
        if size + GROWTH * (end - begin) > len(out):
            return text
        row = forms[form_of[text]]
        form = (row[0], row[1], np.uint64(row[2]))
        after, count = cut_text(data, begin, end, form, tables, options, out, size, units)
        shingles[text] = count
        if after < 0:
            shingles[text] = -1
        elif count > 0:
            own = minima[text % len(minima)]
            own[:] = np.uint32(0xFFFFFFFF)
            lower_minima(units, count, multipliers, addends, low, own)
            fill_band_keys(own, keys[text])
        elif short_form:
            after = squeeze(out, size, after, tables[0])
        size = max(size, after)
        ends[text] = size
    return len(offsets) - 1


@compiled
def cut_texts(data, offsets, forms, form_of, tables, certain, out, units, values, slots):
    """Returns where each text's distinct shingle hashes start and end in `values`, and how many there are of all.

    The end is -1 for a text that may not be in NFC.
    """
    starts, ends = np.empty(len(offsets) - 1, dtype=np.int64), np.empty(len(offsets) - 1, dtype=np.int64)
    size, salt = 0, draw_salt()
    for text in range(len(offsets) - 1):
        row = forms[form_of[text]]
        form = (row[0], row[1], np.uint64(row[2]))
        after, count = cut_text(data, offsets[text], offsets[text + 1], form, tables, (certain, False), out, 0, units)
        starts[text] = size
        if after < 0:
            ends[text] = -1
            continue
        mask = mask_for(count)
        clear(slots, mask)
        for i in range(count):
            if insert(slots, mask, salt, units[i]):
                values[size] = units[i]
                size += 1
        ends[text] = size
    return starts, ends, size


@compiled
def mask_for(count):
    """Returns the mask of a table that `count` members fill at most half."""
    size = 64
    while size < 2 * count:
        size *= 2
    return np.uint64(size - 1)


@compiled
def clear(slots, mask):
    """Empties the part of a table that a mask reaches."""
    slots[: np.int64(mask) + 1] = np.uint64(0)


@compiled
def draw_salt():
    """Returns what spreads hashes over a table, drawn anew: with a known one a text could be made that fills one place.

    Nothing that is found depends on it.
    """
    return (np.uint64(np.random.randint(0, 1 << 62)) << np.uint64(1)) | np.uint64(1)


@inlined
def first_slot(key, mask, salt):
    """Returns where to look for a hash first."""
    return ((key * salt) >> np.uint64(24)) & mask


@compiled
def insert(slots, mask, salt, key):
    """Puts a hash into a table; whether it was not there. 0 marks an empty slot and stands for 1."""
    key = key if key else np.uint64(1)
    slot = first_slot(key, mask, salt)
    while slots[slot]:
        if slots[slot] == key:
            return False
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = key
    return True
