"""The numbers that rules about prose compare, of all texts of a batch in one pass over their characters."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import (
    BULLET,
    CLINGING,
    CLOSING,
    LETTER,
    SENTENCE_END,
    SPACE,
    TERMINAL,
    WORD,
)
from filters.kernels.repetition import measure_repetition, number_words
from filters.kernels.texts import (
    LONG,
    count_duplicates,
    decode,
    fold,
    longest,
    new_table,
    places,
    stands_at,
)

NEWLINE, HASH, FULL_STOP, ELLIPSIS, BRACE, COLON, BLANK = 10, 35, 46, 0x2026, 123, 58, 32

LOREM_IPSUM = np.frombuffer(b"lorem ipsum", dtype=np.uint8)

#: The columns of `measure_prose`: counts, then words, then lines, then repetition.
WORD_COLUMN, LINE_COLUMN, REPETITION_COLUMN, COLUMNS = 6, 14, 25, 34

#: Words from which on a line that ends like a sentence is prose, and from which on any line is.
PROSE_WORDS, LONG_LINE_WORDS = 5, 20

SHORT_LINE = 30


@compiled
def measure_prose(data, offsets, table, with_words, with_lines, with_repetition):
    """Returns the signals of prose, shape (texts, COLUMNS); groups that are not wanted are left at 0.

    Args:
        data, offsets: the texts; see `kernels/texts.py`.
        table: of `characters.character_table`.
        with_words, with_lines, with_repetition: which groups are wanted beside the counts.
    """
    size = longest(offsets)
    codes = np.empty(size + 1, dtype=np.uint32)
    classes = np.empty(size + 1, dtype=np.uint32)
    words_room = size // 2 + 2  # lines and paragraphs are no more than words
    begins, ends, before = places(words_room), places(words_room), places(words_room + 1)
    words, groups, scratch = places(words_room), places(words_room), np.empty((4, words_room), dtype=np.int32)
    seen = new_table(words_room)
    stamp = 1
    out = np.zeros((len(offsets) - 1, COLUMNS), dtype=np.float64)
    for number in range(len(offsets) - 1):
        row = out[number]
        n = decode(data, offsets[number], offsets[number + 1], codes)
        if len(classes) < n:
            classes = np.empty(size + 1, dtype=np.uint32)
        for i in range(n):
            classes[i] = table[codes[i]]
        row[0], row[1] = n, offsets[number + 1] - offsets[number]
        count_marks(codes, classes, n, row)
        if with_lines:
            lines = split_lines(codes, classes, n, begins, ends)
            measure_lines(codes, classes, begins, ends, lines, row)
            repeats(codes, begins, ends, lines, seen, stamp, row, LINE_COLUMN + 7)
            paragraphs = split_paragraphs(codes, classes, n, begins, ends)
            repeats(codes, begins, ends, paragraphs, seen, stamp + 1, row, LINE_COLUMN + 9)
            stamp += 2
        if with_words or with_repetition:
            count = split_words(classes, n, begins, ends)
            measure_words(codes, classes, begins, ends, count, row)
        if n > LONG:
            classes = np.empty(0, dtype=np.uint32)  # given back before repetition takes as much
        if with_repetition:
            before[0] = 0
            for k in range(count):
                before[k + 1] = before[k] + ends[k] - begins[k]
            number_words(codes, begins, ends, count, seen, stamp, words, groups)
            measure_repetition(words, groups, count, before, seen, stamp, scratch, row[REPETITION_COLUMN:])
            stamp += 16
            for k in range(REPETITION_COLUMN, COLUMNS):
                row[k] = share(row[k], before[count])
    return out


@compiled
def share(part, whole):
    """Returns part / whole, and 0 where there is no whole."""
    return part / whole if whole else 0.0


@compiled
def count_marks(codes, classes, n, row):
    """Fills the counts from the third on, and the marks and line feeds that words are compared with."""
    newlines, lorem, braces, hash_signs, ellipses, sentences = 0, 0, 0, 0, 0, 0
    lorem_end, dots, sentence_end = 0, 0, 0
    for i in range(n):
        code = codes[i]
        if code == FULL_STOP:
            dots += 1
            if dots == 3:
                ellipses, dots = ellipses + 1, 0
        else:
            dots = 0
            if code == NEWLINE:
                newlines += 1
            elif code == HASH:
                hash_signs += 1
            elif code == BRACE:
                braces += 1
            elif code == ELLIPSIS:
                ellipses += 1
            elif (code == 108 or code == 76) and i >= lorem_end and stands_at(codes, n, i, LOREM_IPSUM):
                lorem, lorem_end = lorem + 1, i + len(LOREM_IPSUM)
        if classes[i] & SENTENCE_END and (i == 0 or not classes[i - 1] & SENTENCE_END):
            end = i + 1
            while end < n and classes[end] & SENTENCE_END:
                end += 1
            while end < n and classes[end] & CLOSING:
                end += 1
            if end == n or classes[end] & SPACE:
                sentences, sentence_end = sentences + 1, end
    for i in range(sentence_end, n):
        if classes[i] & WORD:
            sentences += 1
            break
    row[2], row[3], row[4], row[5] = newlines, lorem, braces, sentences
    row[WORD_COLUMN + 2], row[WORD_COLUMN + 3], row[WORD_COLUMN + 4] = hash_signs, ellipses, newlines


@compiled
def split_words(classes, n, begins, ends):
    """Fills where each run of characters that are not white space stands; returns how many there are."""
    count = 0
    inside = False
    for i in range(n):
        if classes[i] & SPACE:
            if inside:
                ends[count] = i
                count += 1
                inside = False
        elif not inside:
            begins[count] = i
            inside = True
    if inside:
        ends[count] = n
        count += 1
    return count


@compiled
def measure_words(codes, classes, begins, ends, count, row):
    """Fills the signals of words; the marks' counts stand in their places already."""
    characters, with_letter, stop, kinds = 0, 0, 0, 0
    for k in range(count):
        begin, end = begins[k], ends[k]
        characters += end - begin
        for i in range(begin, end):
            if classes[i] & LETTER:
                with_letter += 1
                break
        if end - begin < 16:
            which = stop_word(codes, classes, begin, end)
            if which >= 0:
                stop += 1
                kinds |= 1 << which
    distinct = 0
    while kinds:
        distinct += kinds & 1
        kinds >>= 1
    at = WORD_COLUMN
    row[at], row[at + 1] = count, share(characters, count)
    for k in range(at + 2, at + 5):
        row[k] = share(row[k], count)
    row[at + 5], row[at + 6], row[at + 7] = share(with_letter, count), distinct, share(stop, count)


@compiled
def stop_word(codes, classes, begin, end):
    """Returns which of the, be, to, of, and, that, have, with a word is, without punctuation around it, or -1."""
    while begin < end and classes[begin] & CLINGING:
        begin += 1
    while begin < end and classes[end - 1] & CLINGING:
        end -= 1
    size = end - begin
    if size < 2 or size > 4:
        return -1
    key = 0
    for i in range(begin, end):
        code = fold(codes[i])
        if code > 127:
            return -1
        key = key << 8 | np.int64(code)
    if key == 0x746865:
        return 0
    if key == 0x6265:
        return 1
    if key == 0x746F:
        return 2
    if key == 0x6F66:
        return 3
    if key == 0x616E64:
        return 4
    if key == 0x74686174:
        return 5
    if key == 0x68617665:
        return 6
    if key == 0x77697468:
        return 7
    return -1


@compiled
def strip(classes, begin, end):
    """Returns the stretch without the white space at both ends."""
    while begin < end and classes[begin] & SPACE:
        begin += 1
    while begin < end and classes[end - 1] & SPACE:
        end -= 1
    return begin, end


@compiled
def split_lines(codes, classes, n, begins, ends):
    """Fills where the lines stand that are not blank, stripped; returns how many there are."""
    count, start = 0, 0
    for i in range(n + 1):
        if i == n or codes[i] == NEWLINE:
            begin, end = strip(classes, start, i)
            if begin < end:
                begins[count], ends[count] = begin, end
                count += 1
            start = i + 1
    return count


@compiled
def split_paragraphs(codes, classes, n, begins, ends):
    """Fills where the paragraphs stand, stripped: white space with two line feeds parts them."""
    count, start, last, feeds = 0, 0, 0, 0
    inside = False
    for i in range(n):
        if classes[i] & SPACE:
            feeds += codes[i] == NEWLINE
            continue
        if inside and feeds >= 2:
            begins[count], ends[count] = start, last
            count += 1
            inside = False
        if not inside:
            start, inside = i, True
        last, feeds = i + 1, 0
    if inside:
        begins[count], ends[count] = start, last
        count += 1
    return count


@compiled
def measure_lines(codes, classes, begins, ends, count, row):
    """Fills the signals of lines but for their repeats."""
    characters, bullets, ellipses, terminals, below, short, prose = 0, 0, 0, 0, 0, 0, 0
    for k in range(count):
        begin, end = begins[k], ends[k]
        length = end - begin
        characters += length
        below += length < SHORT_LINE
        short += length <= SHORT_LINE
        last = codes[end - 1]
        terminal = classes[end - 1] & TERMINAL != 0
        terminals += terminal
        bullets += classes[begin] & BULLET != 0
        dots = length >= 3 and last == FULL_STOP and codes[end - 2] == FULL_STOP and codes[end - 3] == FULL_STOP
        ellipses += last == ELLIPSIS or dots
        gaps = 0
        for i in range(begin, end):
            gaps += codes[i] == BLANK
        if gaps >= LONG_LINE_WORDS - 1 or (gaps >= PROSE_WORDS - 1 and (terminal or last == COLON)):
            prose += length
    at = LINE_COLUMN
    row[at] = count
    row[at + 1], row[at + 2], row[at + 3] = share(bullets, count), share(ellipses, count), share(terminals, count)
    row[at + 4], row[at + 5], row[at + 6] = share(below, count), share(short, count), share(prose, characters)


@compiled
def repeats(codes, begins, ends, count, seen, stamp, row, column):
    """Fills two columns: the share of pieces that equal an earlier one, and of the characters that these have."""
    pieces, characters = count_duplicates(codes, begins, ends, count, seen, stamp)
    total = 0
    for k in range(count):
        total += ends[k] - begins[k]
    row[column], row[column + 1] = share(pieces, count), share(characters, total)
