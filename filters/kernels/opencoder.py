"""What OpenCoder measures on a source file: its words, and its code with the comments taken out."""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import ALPHANUMERIC, LETTER, SPACE, WORD
from filters.kernels.comments import COMMENT, NEWLINE, scan
from filters.kernels.encoded import HEXADECIMAL, ZERO
from filters.kernels.repetition import measure_repetition, number_words
from filters.kernels.strings import count_long_lines, lowered, measure_strings, stands, stands_lowered
from filters.kernels.texts import decode, longest, new_table, places

#: The columns of `measure_opencoder`: OPENCODER_SIGNALS, then what the measurements of Python need.
REPETITION_COLUMN, LETTER_COLUMN, CODE_COLUMN, RETURN_COLUMN, COLUMNS = 2, 11, 15, 27, 28

REPLACEMENT, UPPER_X, LOWER_X = 0xFFFD, 88, 120
CLOSING_BRACE, COMMA = 125, 44

ASSERT = np.frombuffer(b"assert", dtype=np.uint8)
PASS = np.frombuffer(b"pass", dtype=np.uint8)
IMPORT = np.frombuffer(b"import", dtype=np.uint8)
PRINT = np.frombuffer(b"print", dtype=np.uint8)
RETURN = np.frombuffer(b"return", dtype=np.uint8)
PROMPTS = (
    np.frombuffer(b"your code here", dtype=np.uint8),
    np.frombuffer(b"fixme", dtype=np.uint8),
    np.frombuffer(b"todo", dtype=np.uint8),
)
GENERATED = (
    np.frombuffer(b"generate", dtype=np.uint8),
    np.frombuffer(b"autogen", dtype=np.uint8),
    np.frombuffer(b"do not edit", dtype=np.uint8),
)
#: The characters in which a file says that it is generated.
HEAD_CHARS = 200
#: Larger files are not measured: their tables would take a hundred times their size, and OpenCoder drops them.
MOST_BYTES = 3_000_000


@compiled
def measure_characters(codes, classes, n, row):
    """Fills the shares of letters and digits among visible characters, of white space and replacement characters."""
    letters, digits, blank, replaced = 0, 0, 0, 0
    for i in range(n):
        kind = classes[i]
        letters += kind & LETTER != 0
        digits += kind & (LETTER | ALPHANUMERIC) == ALPHANUMERIC
        blank += kind & SPACE != 0
        replaced += codes[i] == REPLACEMENT
    visible, at = max(n - blank, 1), LETTER_COLUMN
    row[at], row[at + 1], row[at + 2], row[at + 3] = (
        letters / visible,
        digits / visible,
        blank / max(n, 1),
        replaced / max(n, 1),
    )


@compiled
def says_generated(codes, n):
    """Whether the first characters speak of generating, or ask not to edit."""
    for i in range(min(n, HEAD_CHARS)):
        for phrase in GENERATED:
            if stands_lowered(codes, min(n, HEAD_CHARS), i, phrase):
                return True
    return False


@compiled
def split_words(codes, classes, n, begins, ends):
    """Fills where the runs of letters and digits stand, and levels the case of ASCII letters; returns how many."""
    count = 0
    inside = False
    for i in range(n):
        codes[i] = lowered(codes[i])
        if classes[i] & ALPHANUMERIC:
            if not inside:
                begins[count] = i
                inside = True
        elif inside:
            ends[count] = i
            count += 1
            inside = False
    if inside:
        ends[count] = n
        count += 1
    return count


@compiled
def take_code(codes, classes, marks, n, kept, kinds):
    """Fills `kept` and `kinds` with the characters that are no comments; returns how many there are."""
    size = 0
    for i in range(n):
        if marks[i] != COMMENT:
            kept[size], kinds[size] = codes[i], classes[i]
            size += 1
    return size


@compiled
def count_hexadecimal(kept, kinds, size):
    """Returns the characters of words such as 0x1F."""
    total, i = 0, 0
    while i < size:
        if not kinds[i] & WORD:
            i += 1
            continue
        end = i
        while end < size and kinds[end] & WORD:
            end += 1
        if end - i > 2 and kept[i] == ZERO and (kept[i + 1] == LOWER_X or kept[i + 1] == UPPER_X):
            k = i + 2
            while k < end and kept[k] < 128 and HEXADECIMAL[kept[k]]:
                k += 1
            if k == end:
                total += end - i
        i = end
    return total


@compiled
def measure_code_lines(kept, kinds, size, row):
    """Fills the counts of code lines that are not blank, by what stands in them; returns how many there are."""
    lines, asserts, passes, imports, prints, returns = 0, 0, 0, 0, 0, 0
    first, asserted, passed, imported, printed = -1, False, False, False, False
    for i in range(size + 1):
        if i == size or kept[i] == NEWLINE:
            if first >= 0:
                lines += 1
                asserts += asserted
                passes += passed
                imports += imported
                prints += printed
                after = first + len(RETURN)
                returns += stands(kept, size, first, RETURN) and (after >= size or kinds[after] & SPACE != 0)
            first, asserted, passed, imported, printed = -1, False, False, False, False
            continue
        if kinds[i] & SPACE:
            continue
        if first < 0:
            first = i
        code = lowered(kept[i])
        if code == 97:
            asserted = asserted or stands_lowered(kept, size, i, ASSERT)
        elif code == 105:
            imported = imported or stands_lowered(kept, size, i, IMPORT)
        elif code == 112:
            passed = passed or stands_lowered(kept, size, i, PASS)
            printed = printed or stands(kept, size, i, PRINT)
    at, whole = CODE_COLUMN, max(lines, 1)
    row[at + 4], row[at + 7], row[at + 8], row[at + 9] = (
        asserts / whole,
        passes / whole,
        imports / whole,
        prints / whole,
    )
    row[at + 11], row[RETURN_COLUMN] = lines, returns
    return lines


@compiled
def squeeze_lines(kept, kinds, size, squeezed, begins, ends):
    """Fills where the code lines stand in `squeezed`, which is the code without white space; returns how many."""
    count, length, start = 0, 0, 0
    for i in range(size + 1):
        if i == size or kept[i] == NEWLINE:
            if length > start:
                begins[count], ends[count] = start, length
                count += 1
            start = length
        elif not kinds[i] & SPACE:
            squeezed[length] = kept[i]
            length += 1
    return count


@compiled
def count_repeated(squeezed, begins, ends, count, groups):
    """Returns how many lines stand there more than once; single characters and `},` do not count."""
    repeated = 0
    for number in range(count):
        begin, length = begins[number], ends[number] - begins[number]
        trivial = length == 1 or (length == 2 and squeezed[begin] == CLOSING_BRACE and squeezed[begin + 1] == COMMA)
        repeated += groups[number] >= 0 and not trivial
    return repeated


@compiled
def count_prompts(codes, marks, n):
    """Returns how many lines have a comment that asks for code, and how many lines there are."""
    prompts, lines = 0, 0
    prompting = False
    for i in range(n + 1):
        if i == n or codes[i] == NEWLINE:
            if i < n or (n and codes[n - 1] != NEWLINE):
                lines += 1
            prompts += prompting
            prompting = False
        elif marks[i] == COMMENT and not prompting:
            for prompt in PROMPTS:
                prompting = prompting or stands_lowered(codes, n, i, prompt)
    return prompts, lines


@compiled
def measure_opencoder(data, offsets, table, syntaxes):
    """Returns the signals of OPENCODER_SIGNALS, shape (texts, COLUMNS); NaN for files of more than MOST_BYTES.

    Args:
        data, offsets: the files; see `kernels/texts.py`.
        table: of `characters.character_table`.
        syntaxes: shape (texts,); flags of `kernels/comments.py`, 0 where the language is not known.
    """
    room = min(longest(offsets), MOST_BYTES) + 1
    codes, classes = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.uint32)
    kept, kinds = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.uint32)
    marks = np.empty(room, dtype=np.uint8)
    pieces = room // 2 + 2
    begins, ends, before = places(pieces), places(pieces), places(pieces + 1)
    words, groups, scratch = places(pieces), places(pieces), np.empty((4, pieces), dtype=np.int32)
    seen = new_table(pieces)
    stamp = 1
    out = np.zeros((len(offsets) - 1, COLUMNS), dtype=np.float64)
    for number in range(len(offsets) - 1):
        row = out[number]
        if offsets[number + 1] - offsets[number] > MOST_BYTES:
            row[:] = np.nan
            continue
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        measure_characters(codes, classes, n, row)
        row[CODE_COLUMN + 10] = says_generated(codes, n)
        scan(codes, classes, n, syntaxes[number], marks)
        prompts, lines = count_prompts(codes, marks, n)
        size = take_code(codes, classes, marks, n, kept, kinds)
        inside, long = measure_strings(kept, kinds, size)
        code_lines, whole, at = measure_code_lines(kept, kinds, size, row), max(size, 1), CODE_COLUMN
        row[at], row[at + 1] = count_hexadecimal(kept, kinds, size) / whole, inside / whole
        row[at + 2] = count_long_lines(kept, kinds, size) / max(code_lines, 1)
        row[at + 3], row[at + 5] = long / whole, prompts / max(lines, 1)
        # From here on `kept` holds the code lines without white space, then `codes` the words in lower case.
        count = squeeze_lines(kept, kinds, size, kept, begins, ends)
        number_words(kept, begins, ends, count, seen, stamp, words, groups)
        row[at + 6] = count_repeated(kept, begins, ends, count, groups) / max(count, 1)
        count = split_words(codes, classes, n, begins, ends)
        before[0] = 0
        for k in range(count):
            before[k + 1] = before[k] + ends[k] - begins[k]
        number_words(codes, begins, ends, count, seen, stamp + 1, words, groups)
        measure_repetition(words, groups, count, before, seen, stamp + 1, scratch, row[REPETITION_COLUMN:])
        row[0], row[1] = count, before[count] / max(count, 1)
        for k in range(REPETITION_COLUMN, LETTER_COLUMN):
            row[k] /= max(before[count], 1)
        stamp += 16
    return out
