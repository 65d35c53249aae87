"""What RedPajama-V2's quality signals count, for all texts of a batch.

Names and order of the columns are in `filters/signals/redpajama.py`. What is counted on the text as it
is, and what on the normalised one, has a function each.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import LOWER, NUMERIC, PLAIN, SPACE, UPPER, WORD
from filters.kernels.line_fixes import says
from filters.kernels.prose import split_words, strip
from filters.kernels.repetition import extend, number_words
from filters.kernels.texts import decode, longest, new_table, places

NEWLINE, DOT, EXCLAMATION, QUESTION, CLOSING_QUOTE, ELLIPSIS, HASH, OPEN, CLOSE = (
    10, 46, 33, 63, 0x201D, 0x2026, 35, 123, 125,
)  # fmt: skip

LOREM = np.frombuffer(b"lorem", dtype=np.uint8)
IPSUM = np.frombuffer(b"ipsum", dtype=np.uint8)
JAVASCRIPT = np.frombuffer(b"javascript", dtype=np.uint8)

RAW_COLUMNS, NORMALISED_COLUMNS = 11, 17


@compiled
def measure_raw(data, offsets, table):
    """Returns what is counted on the texts as they are, shape (texts, RAW_COLUMNS); NaN where RedPajama has null."""
    size = longest(offsets)
    codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    out = np.zeros((len(offsets) - 1, RAW_COLUMNS))
    for number in range(len(offsets) - 1):
        row = out[number]
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        measure_lines(codes, classes, n, row)
        symbols, braces = count_marks(codes, n)
        words, with_letter, capitals = measure_tokens(codes, classes, n)
        row[0] = n
        row[6], row[7] = braces / max(n, 1), count_sentences(codes, classes, n)
        row[8] = symbols / words if words else np.nan
        row[9] = 1.0 - with_letter / words if words else np.nan
        row[10] = capitals / words if words else np.nan
    return out


@compiled
def measure_lines(codes, classes, n, row):
    """Fills columns 1 … 5: lines, and shares of lines that end or begin so and so, and the mean share of capitals."""
    lines, terminal, cut, bullets, start = 0, 0, 0, 0, 0
    capitals = 0.0
    while start < n:
        stop, upper = start, 0
        while stop < n and codes[stop] != NEWLINE:
            upper += classes[stop] & UPPER != 0
            stop += 1
        begin, end = strip(classes, start, stop)
        if begin < end:
            bullets += is_bullet(codes[begin])
            last = codes[end - 1]
            terminal += last == DOT or last == EXCLAMATION or last == QUESTION or last == CLOSING_QUOTE
            dots = end - begin >= 3 and last == DOT and codes[end - 2] == DOT and codes[end - 3] == DOT
            cut += last == ELLIPSIS or dots
        following = min(stop + 1, n)
        capitals += upper / (following - start)
        lines += 1
        start = following
    row[1] = lines
    row[2] = cut / lines if lines else np.nan
    row[3] = terminal / lines if lines else np.nan
    row[4] = bullets / lines if lines else np.nan
    row[5] = capitals / lines if lines else np.nan


@compiled
def is_bullet(code):
    """Whether a character is one of RedPajama's bullets: • ‣ ▶ ◀ ◦ ■ □ ▪ ▫ –."""
    bullets = (0x2022, 0x2023, 0x25B6, 0x25C0, 0x25E6, 0x25A0, 0x25A1, 0x25AA, 0x25AB, 0x2013)
    for bullet in bullets:
        if code == bullet:
            return True
    return False


@compiled
def count_marks(codes, n):
    """Returns the occurrences of #, ... and …, and of curly brackets."""
    symbols, braces, dots = 0, 0, 0
    for i in range(n):
        code = codes[i]
        dots = dots + 1 if code == DOT else 0
        if dots == 3:
            symbols, dots = symbols + 1, 0
        symbols += code == HASH or code == ELLIPSIS
        braces += code == OPEN or code == CLOSE
    return symbols, braces


@compiled
def measure_tokens(codes, classes, n):
    """Returns the runs of word characters and of other marks, those with an ASCII letter, those in capitals."""
    tokens, with_letter, capitals, i = 0, 0, 0, 0
    while i < n:
        if classes[i] & SPACE:
            i += 1
            continue
        kind = classes[i] & WORD
        letter, upper, other = False, False, False
        while i < n and not classes[i] & SPACE and classes[i] & WORD == kind:
            letter = letter or classes[i] & PLAIN != 0
            upper = upper or classes[i] & UPPER != 0
            other = other or classes[i] & LOWER != 0 or is_title(codes[i])
            i += 1
        tokens += 1
        with_letter += letter
        capitals += upper and not other
    return tokens, with_letter, capitals


@compiled
def is_title(code):
    """Whether a character is a capital and a small letter in one, such as ǅ (category Lt)."""
    if code < 0x1C5:
        return False
    if code == 0x1C5 or code == 0x1C8 or code == 0x1CB or code == 0x1F2:
        return True
    if code == 0x1FBC or code == 0x1FCC or code == 0x1FFC:
        return True
    return 0x1F88 <= code <= 0x1FAF and code & 8 != 0


@compiled
def count_sentences(codes, classes, n):
    """Returns how many stretches between . ! and ? have a character of words."""
    sentences = 0
    inside = False
    for i in range(n):
        code = codes[i]
        if code == DOT or code == EXCLAMATION or code == QUESTION:
            inside = False
        elif not inside and classes[i] & WORD:
            inside = True
            sentences += 1
    return sentences


@compiled
def measure_normalised(data, offsets, table, lines):
    """Returns what is counted on normalised texts, shape (texts, NORMALISED_COLUMNS); NaN where RedPajama has null.

    Args:
        data, offsets: the normalised texts; see `kernels/texts.py`.
        table: of `characters.character_table`.
        lines: shape (texts,); lines of each text before (one may have vanished at its end).
    """
    texts = len(offsets) - 1
    size = longest(offsets)
    codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    begins, ends, before = places(size + 1), places(size + 1), places(size + 2)
    words, groups, scratch = places(size + 1), places(size + 1), np.empty((4, size + 1), dtype=np.int32)
    seen = new_table(size + 1)
    stamp = 1
    out = np.zeros((texts, NORMALISED_COLUMNS))
    for number in range(texts):
        row = out[number]
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        measure_normalised_lines(codes, classes, n, lines[number], row)
        count = split_words(classes, n, begins, ends)
        number_words(codes, begins, ends, count, seen, stamp, words, groups)
        before[0] = 0
        for k in range(count):
            before[k + 1] = before[k] + ends[k] - begins[k]
        javascript, lorem = count_phrases(codes, begins, ends, count)
        row[2] = javascript
        row[3] = lorem / (before[count] + count - 1) if count else 0.0
        row[4], row[5] = count, before[count] / count if count else np.nan
        row[6], row[7] = spread(words, count, scratch[0])
        measure_ngrams(words, groups, count, before, seen, stamp, scratch, row)
        stamp += 16
    return out


@compiled
def measure_normalised_lines(codes, classes, n, lines, row):
    """Fills columns 0 and 1: words of a line, and the share of its characters that are numeric, as means over lines."""
    start, words = 0, 0
    shares = 0.0
    while start < n:
        stop = start
        while stop < n and codes[stop] != NEWLINE:
            stop += 1
        begin, end = strip(classes, start, stop)
        length, numeric = 0, 0
        after_space = True
        for i in range(begin, end):
            if classes[i] & SPACE:
                length += not after_space
                after_space = True
                continue
            words += after_space
            after_space = False
            length += 1
            numeric += classes[i] & NUMERIC != 0
        shares += numeric / length if length else 0.0
        start = stop + 1
    row[0] = words / lines if lines else np.nan
    row[1] = shares / lines if lines else np.nan


@compiled
def count_phrases(codes, begins, ends, count):
    """Returns the words `javascript`, and the occurrences of `lorem ipsum` over words joined by blanks."""
    javascript, lorem = 0, 0
    exact = False
    for k in range(count):
        length = ends[k] - begins[k]
        javascript += length == len(JAVASCRIPT) and matches(codes, begins[k], JAVASCRIPT)
        if k + 1 < count and length >= len(LOREM) and says(codes, ends[k] - len(LOREM), ends[k], LOREM):
            if says(codes, begins[k + 1], ends[k + 1], IPSUM):
                lorem += 1
                exact = exact or matches(codes, begins[k + 1], IPSUM)
    return javascript, lorem if exact else 0


@compiled
def matches(codes, place, phrase):
    """Whether just these characters stand at a place; there must be as many."""
    for k in range(len(phrase)):
        if codes[place + k] != phrase[k]:
            return False
    return True


@compiled
def spread(words, count, times):
    """Returns the share of words that are different ones, and the entropy of their frequencies in nats."""
    if not count:
        return np.nan, np.nan
    for k in range(count):
        if words[k] == k:
            times[k] = 0
        times[words[k]] += 1
    different, entropy = 0, 0.0
    for k in range(count):
        if words[k] == k:
            different += 1
            entropy += -times[k] / count * np.log(times[k] / count)
    return different / count, entropy


@compiled
def measure_ngrams(words, groups, count, before, seen, stamp, scratch, row):
    """Fills columns 8 … 10 with the top 2-, 3- and 4-gram's share of characters, 11 … 16 with that of repeated ones.

    A top n-gram stands at least twice; of equally frequent ones the first counts, and times its number. A
    character under n-grams that stand twice, the first copy too, counts once.
    """
    active, counts, covered, reach = scratch[0], scratch[1], scratch[2], scratch[3]
    candidates = 0
    for number in range(count):
        if groups[number] >= 0:
            active[candidates] = number
            candidates += 1
    total = max(before[count], 1)
    for order in range(2, 11):
        candidates, _ = extend(
            order, words, groups, active, candidates, count, before, seen, stamp + order, counts, covered, reach
        )
        characters, most, last = 0, 1, 0
        for position in range(candidates):
            place = active[position]
            if order > 4:
                characters += before[place + order] - before[max(place, last)]
                last = place + order
            elif groups[place] == place and counts[place] > most:
                most = counts[place]
                characters = most * (before[place + order] - before[place])
        row[order + 6] = characters / total
