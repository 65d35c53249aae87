"""What Dolma's Gopher tagger measures, computed as it does, for all texts of a batch.

Names and order of the columns are in `filters/signals/dolma.py`.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import LETTER
from filters.kernels.datatrove import stop_word
from filters.kernels.prose import split_words
from filters.kernels.repetition import extend, number_words
from filters.kernels.texts import decode, longest, new_table, places

NEWLINE, HASH, STAR, DASH, ELLIPSIS = 10, 35, 42, 45, 0x2026

QUALITY_COLUMNS, REPETITION_COLUMNS = 7, 11


@compiled
def measure_dolma(data, offsets, table, with_repetition):
    """Returns two arrays: what Gopher's quality and repetition rules compare.

    Shapes (texts, QUALITY_COLUMNS) and (texts, REPETITION_COLUMNS); NaN for n-grams of texts with fewer
    words. Repetition is left at 0 where it is not wanted.
    """
    texts = len(offsets) - 1
    size = longest(offsets)
    codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    begins, ends, before = places(size + 1), places(size + 1), places(size + 2)
    words, groups, scratch = places(size + 1), places(size + 1), np.empty((4, size + 1), dtype=np.int32)
    tally = np.zeros(size + 2, dtype=np.int64)
    seen = new_table(size + 1)
    stamp = 1
    quality, repetition = np.zeros((texts, QUALITY_COLUMNS)), np.zeros((texts, REPETITION_COLUMNS))
    for number in range(texts):
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        lines = split_lines(codes, n, begins, ends)
        bullets, cut = 0, 0
        for k in range(lines):
            if begins[k] < ends[k]:
                bullets += codes[begins[k]] == STAR or codes[begins[k]] == DASH
                cut += codes[ends[k] - 1] == ELLIPSIS
        quality[number, 5], quality[number, 6] = bullets / max(lines, 1), cut / max(lines, 1)
        if with_repetition:
            number_words(codes, begins, ends, lines, seen, stamp, words, groups)
            copies, copied = 0, 0
            for k in range(lines):
                if groups[k] >= 0:
                    copies += 1
                    copied += ends[k] - begins[k]
        count = split_words(classes, n, begins, ends)
        measure_words(codes, classes, begins, ends, count, tally, quality[number])
        if with_repetition:
            number_words(codes, begins, ends, count, seen, stamp + 1, words, groups)
            before[0] = 0
            for k in range(count):
                before[k + 1] = before[k] + ends[k] - begins[k]
            row = repetition[number]
            row[0], row[1] = copies / max(lines, 1), copied / max(before[count], 1)
            measure_ngrams(words, groups, count, before, seen, stamp + 1, scratch, row)
            stamp += 16
    return quality, repetition


@compiled
def split_lines(codes, n, begins, ends):
    """Fills what stands between line feeds, empty lines too; an empty text has no line. Returns how many."""
    count, start = 0, 0
    if n == 0:
        return 0
    for i in range(n + 1):
        if i == n or codes[i] == NEWLINE:
            begins[count], ends[count] = start, i
            count, start = count + 1, i + 1
    return count


@compiled
def measure_words(codes, classes, begins, ends, count, tally, row):
    """Fills columns 0 … 4: words, their median length, those with a symbol, those with a letter, stop words."""
    symbols, with_letter, stop = 0, 0, 0
    for k in range(count):
        symbol, some = False, np.uint32(0)
        for i in range(begins[k], ends[k]):
            symbol = symbol or codes[i] == HASH or codes[i] == ELLIPSIS
            some |= classes[i]
        symbols += symbol
        with_letter += some & LETTER != 0
        stop += stop_word(codes, begins[k], ends[k]) >= 0
        tally[ends[k] - begins[k]] += 1
    row[0], row[1] = count, median(tally, count)
    row[2], row[3], row[4] = symbols / max(count, 1), with_letter / max(count, 1), stop
    for k in range(count):
        tally[ends[k] - begins[k]] = 0


@compiled
def median(tally, count):
    """Returns the median of `count` lengths, of which tally[length] says how many there are; 0 for none."""
    if count == 0:
        return 0.0
    below, length = 0, 0
    while below + tally[length] <= (count - 1) // 2:
        below += tally[length]
        length += 1
    lower = length
    while below + tally[length] <= count // 2:
        below += tally[length]
        length += 1
    return (lower + length) / 2


@compiled
def measure_ngrams(words, groups, count, before, seen, stamp, scratch, row):
    """Fills columns 2 … 4, characters of the most frequent 2-, 3- and 4-gram, and 5 … 10, of those that stand twice.

    Of equally frequent n-grams the first counts, and one that stands once counts too. In the others every
    occurrence counts with all its characters, above and below the line.
    """
    active, counts, covered, reach = scratch[0], scratch[1], scratch[2], scratch[3]
    candidates = 0
    for number in range(count):
        if groups[number] >= 0:
            active[candidates] = number
            candidates += 1
    for order in range(2, 11):
        candidates, _ = extend(
            order, words, groups, active, candidates, count, before, seen, stamp + order, counts, covered, reach
        )
        if count < order:
            row[order] = np.nan
            continue
        if order <= 4:
            first, most = 0, 1
            for position in range(candidates):
                place = active[position]
                if groups[place] == place and counts[place] > most:
                    first, most = place, counts[place]
            row[order] = most * (before[first + order] - before[first]) / max(before[count], 1)
            continue
        repeated, total = 0, 0
        for position in range(candidates):
            repeated += before[active[position] + order] - before[active[position]]
        for k in range(count - order + 1):
            total += before[k + order] - before[k]
        row[order] = repeated / max(total, 1)
