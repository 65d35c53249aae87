"""What datatrove 0.10.1's filters compare, computed as they do, for all texts of a batch.

Names and order of the columns are in `filters/signals/datatrove.py`.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import LETTER, LINE_END
from filters.english_rules import STOP_CHARACTER, SYMBOL
from filters.kernels.english import split_english
from filters.kernels.prose import share, strip
from filters.kernels.repetition import extend, number_words
from filters.kernels.texts import (
    LONG,
    add_member,
    count_duplicates,
    decode,
    is_taken,
    longest,
    mark_of,
    mask_for,
    new_table,
    places,
    power_of_base,
    same,
)

NEWLINE, RETURN, HASH, DOT, ELLIPSIS, BLANK, DASH, DISC = 10, 13, 35, 46, 0x2026, 32, 45, 0x2022

REPETITION_COLUMNS, QUALITY_COLUMNS, FINEWEB_COLUMNS = 14, 9, 5

SHORT_LINE = 30

#: Characters by which n-grams are told apart before they are compared; even, and 16 at most.
WINDOW = 16


@compiled
def measure_datatrove(data, offsets, table, keys, facts, with_repetition, with_quality, with_fineweb):
    """Returns three arrays: what Gopher's repetition, Gopher's quality and FineWeb's own filter compare.

    Shapes (texts, REPETITION_COLUMNS), (texts, QUALITY_COLUMNS), (texts, FINEWEB_COLUMNS); NaN where a
    filter would compare nothing. Those not wanted are left at 0.
    """
    texts = len(offsets) - 1
    size = longest(offsets)
    codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    begins, ends, before = places(size + 1), places(size + 1), places(size + 2)
    words, groups, scratch = places(size + 1), places(size + 1), np.empty((4, size + 16), dtype=np.int32)
    hashes, repeated = np.empty(size + 2, dtype=np.uint64), np.empty(size + 1, dtype=np.uint8)
    seen = new_table(size + 1)
    powers = np.empty(256, dtype=np.uint64)
    for i in range(len(powers)):
        powers[i] = power_of_base(seen[2], i)
    stamp = 1
    repetition = np.zeros((texts, REPETITION_COLUMNS))
    quality = np.zeros((texts, QUALITY_COLUMNS))
    fineweb = np.zeros((texts, FINEWEB_COLUMNS))
    for number in range(texts):
        if not len(classes):  # a longer text had it given back
            codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
            begins, ends, hashes = places(size + 1), places(size + 1), np.empty(size + 2, dtype=np.uint64)
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        if with_repetition:
            measure_pieces(codes, classes, n, begins, ends, seen, stamp, repetition[number])
            stamp += 2
        if with_fineweb:
            measure_fineweb_lines(codes, classes, n, begins, ends, seen, stamp, fineweb[number])
            stamp += 1
        count = split_english(codes, classes, n, keys, facts, begins, ends)
        if with_fineweb:
            fineweb[number, 4] = fineweb[number, 4] / count if count else np.nan
        if with_quality:
            measure_quality(codes, classes, n, begins, ends, count, quality[number])
        if n > LONG:  # given back before repetition takes as much
            classes = np.empty(0, dtype=np.uint32)
        if with_repetition:
            row = repetition[number]
            join_words(codes, begins, ends, count, before)
            if n > LONG:
                begins, ends = places(0), places(0)
            hash_words(codes, before, count, hashes, seen)
            mark_windows(codes, before, count, seen, stamp + 1, repeated)
            for order in range(5, 11):
                characters = duplicate_characters(
                    codes, hashes, before, count, order, repeated, powers, seen, stamp + order
                )
                row[order + 3] = share(characters, n)
            if n > LONG:
                hashes = np.empty(0, dtype=np.uint64)
            number_words(codes, before, before[1:], count, seen, stamp, words, groups)
            if n > LONG:
                codes = np.empty(0, dtype=np.uint32)
            top_ngrams(words, groups, count, before, seen, stamp, scratch, n, row)
            stamp += 16
    return repetition, quality, fineweb


@compiled
def measure_pieces(codes, classes, n, begins, ends, seen, stamp, row):
    """Fills columns 0 … 4: characters, then repeats of paragraphs and of lines."""
    row[0] = n
    begin, end = strip(classes, 0, n)
    count = split_at_newlines(codes, begin, end, 2, begins, ends)
    pieces, characters = count_duplicates(codes, begins, ends, count, seen, stamp)
    row[1], row[2] = pieces / count, share(characters, n)
    count = split_at_newlines(codes, 0, n, 1, begins, ends)
    pieces, characters = count_duplicates(codes, begins, ends, count, seen, stamp + 1)
    row[3], row[4] = pieces / count, share(characters, n)


@compiled
def split_at_newlines(codes, begin, end, least, begins, ends):
    """Fills what stands between runs of at least `least` line feeds, empty pieces at the ends included."""
    count, start, i = 0, begin, begin
    while i < end:
        if codes[i] != NEWLINE:
            i += 1
            continue
        stop = i
        while i < end and codes[i] == NEWLINE:
            i += 1
        if i - stop >= least:
            begins[count], ends[count] = start, stop
            count, start = count + 1, i
    begins[count], ends[count] = start, end
    return count + 1


@compiled
def top_ngrams(words, groups, count, before, seen, stamp, scratch, n, row):
    """Fills columns 5 … 7: the characters of the most frequent 2-, 3- and 4-gram, blanks included, times its number.

    An n-gram that stands once counts too, and of equally frequent ones the first.
    """
    active, counts, covered, reach = scratch[0], scratch[1], scratch[2, :0], scratch[3]
    candidates = 0
    for number in range(count):
        if groups[number] >= 0:
            active[candidates] = number
            candidates += 1
    for order in range(2, 5):
        candidates, _ = extend(
            order, words, groups, active, candidates, count, before, seen, stamp + order, counts, covered, reach
        )
        first, most = 0, 1
        for position in range(candidates):
            place = active[position]
            if groups[place] == place and counts[place] > most:
                first, most = place, counts[place]
        length = before[first + order] - before[first] + order - 1 if count >= order else 0
        row[order + 3] = length * most / n if count >= order else np.nan


@compiled
def join_words(codes, begins, ends, count, before):
    """Moves the words' characters together at the beginning of `codes`.

    Fills before[k] with the characters of the first k words.
    """
    before[0], size = 0, 0
    for k in range(count):
        for i in range(begins[k], ends[k]):
            codes[size] = codes[i]
            size += 1
        before[k + 1] = size


@compiled
def hash_words(codes, before, count, hashes, seen):
    """Fills hashes[k] with the hash of the first k words that `join_words` has joined."""
    _, _, base, _ = seen
    hashes[0], running = np.uint64(0), np.uint64(0)
    for k in range(count):
        for i in range(before[k], before[k + 1]):
            running = running * base + np.uint64(codes[i]) + np.uint64(1)
        hashes[k + 1] = running


@compiled
def mark_windows(codes, before, count, seen, stamp, repeated):
    """Fills for each word whether the WINDOW characters from it on may stand at another word too.

    Most words of most texts are ruled out, and with them every n-gram of so many characters that
    begins there. Only the characters' lower bytes are compared, and no hash is looked through: an
    error makes work, not a difference.

    Args:
        codes, before: of `join_words`.
        repeated: shape (count or more,).
    """
    slots, numbers, base, _ = seen
    mask = mask_for(seen, count)
    for k in range(count):
        begin = before[k]
        if begin + WINDOW > before[count]:
            repeated[k] = 1
            continue
        first, second = np.uint64(0), np.uint64(0)
        for i in range(begin, begin + WINDOW // 2):
            first = first << np.uint64(8) | np.uint64(codes[i] & 255)
            second = second << np.uint64(8) | np.uint64(codes[i + WINDOW // 2] & 255)
        key = (first * base ^ second) * base
        mark = mark_of(key, stamp)
        slot = mark & mask
        while is_taken(slots[slot], stamp) and slots[slot] != mark:
            slot = (slot + np.uint64(1)) & mask
        repeated[k] = 0
        if is_taken(slots[slot], stamp):
            repeated[k] = repeated[numbers[slot]] = 1
        else:
            mask = add_member(seen, mask, slot, mark, k)


@compiled
def duplicate_characters(codes, hashes, before, count, order, repeated, powers, seen, stamp):
    """Returns the characters of n-grams that equal an earlier one, as datatrove counts them.

    Words are joined without anything between, so that `ab c` equals `a bc`; after a repeated n-gram
    the search goes on behind it, and what begins inside it is not remembered.

    Args:
        codes, hashes, before: of `join_words` and `hash_words`.
        repeated: of `mark_windows`.
        powers: the first powers of the table's base.
    """
    slots, numbers, base, _ = seen
    mask = mask_for(seen, count)
    characters, k = 0, 0
    while k + order <= count:
        begin, length = before[k], before[k + order] - before[k]
        if not repeated[k] and length >= WINDOW:
            k += 1
            continue
        power = powers[length] if length < len(powers) else power_of_base(base, length)
        key = hashes[k + order] - hashes[k] * power + np.uint64(length)
        mark = mark_of(key, stamp)
        slot = mark & mask
        found = False
        while is_taken(slots[slot], stamp):
            if slots[slot] == mark:
                other = numbers[slot]
                if before[other + order] - before[other] == length and same(codes, before[other], begin, length):
                    found = True
                    break
            slot = (slot + np.uint64(1)) & mask
        if found:
            characters += length
            k += order
        else:
            mask = add_member(seen, mask, slot, mark, k)
            k += 1
    return characters


@compiled
def measure_quality(codes, classes, n, begins, ends, count, row):
    """Fills what Gopher's quality filter compares, in the order of its rules."""
    meaningful, characters, with_letter, kinds = 0, 0, 0, 0
    for k in range(count):
        every, some = np.uint32(0xFFFFFFFF), np.uint32(0)
        for i in range(begins[k], ends[k]):
            every &= classes[i]
            some |= classes[i]
        if not every & SYMBOL:
            meaningful += 1
            characters += ends[k] - begins[k]
        with_letter += some & LETTER != 0
        which = stop_word(codes, begins[k], ends[k])
        if which >= 0:
            kinds |= 1 << which
    hash_signs, ellipses, dots = 0, 0, 0
    for i in range(n):
        code = codes[i]
        dots = dots + 1 if code == DOT else 0
        if dots == 3:
            ellipses, dots = ellipses + 1, 0
        ellipses += code == ELLIPSIS
        hash_signs += code == HASH
    lines, bullets, cut = line_ends(codes, classes, n)
    row[0], row[1] = meaningful, characters / meaningful if meaningful else np.nan
    row[2], row[3] = hash_signs / count if count else np.nan, ellipses / count if count else np.nan
    row[4], row[5] = bullets / lines if lines else np.nan, cut / lines if lines else np.nan
    row[6] = with_letter / count if count else np.nan
    distinct = 0
    while kinds:
        distinct += kinds & 1
        kinds >>= 1
    row[7], row[8] = distinct, count


@compiled
def stop_word(codes, begin, end):
    """Returns which of the, be, to, of, and, that, have, with a word is, in lower case, or -1."""
    size = end - begin
    if size < 2 or size > 4:
        return -1
    key = np.int64(0)
    for i in range(begin, end):
        if codes[i] > 127:
            return -1
        key = key << 8 | np.int64(codes[i])
    words = (0x746865, 0x6265, 0x746F, 0x6F66, 0x616E64, 0x74686174, 0x68617665, 0x77697468)
    for which in range(8):
        if key == words[which]:
            return which
    return -1


@compiled
def next_line(codes, table_or_classes, start, n):
    """Returns where the line that begins at `start` ends, and where the next begins, as str.splitlines has it."""
    i = start
    while i < n and not table_or_classes[i] & LINE_END:
        i += 1
    following = i + 1
    if i < n and codes[i] == RETURN and i + 1 < n and codes[i + 1] == NEWLINE:
        following = i + 2
    return i, following


@compiled
def line_ends(codes, classes, n):
    """Returns the lines, those that begin with a bullet or a dash, and those that end in an ellipsis."""
    lines, bullets, cut, start = 0, 0, 0, 0
    while start < n:
        stop, following = next_line(codes, classes, start, n)
        lines += 1
        begin, end = strip(classes, start, stop)
        if begin < end:
            bullets += codes[begin] == DISC or codes[begin] == DASH
            last = codes[end - 1]
            dots = end - begin >= 3 and last == DOT and codes[end - 2] == DOT and codes[end - 3] == DOT
            cut += last == ELLIPSIS or dots
        start = following
    return lines, bullets, cut


@compiled
def measure_fineweb_lines(codes, classes, n, begins, ends, seen, stamp, row):
    """Fills columns 0 … 3 of FineWeb's filter, and in column 4 the line feeds."""
    count, start, newlines = 0, 0, 0
    stops, short = 0, 0
    for i in range(n + 1):
        if i < n and codes[i] != NEWLINE:
            continue
        newlines += i < n
        begin, end = strip(classes, start, i)
        if begin < end:
            begins[count], ends[count] = start, i
            count += 1
            stops += classes[i - 1] & STOP_CHARACTER != 0
            short += i - start <= SHORT_LINE
        start = i + 1
    row[0], row[4] = count, newlines
    if not count:
        row[1] = row[2] = row[3] = np.nan
        return
    _, characters = count_duplicates(codes, begins, ends, count, seen, stamp)
    row[1], row[2], row[3] = stops / count, short / count, characters / (n - newlines)
