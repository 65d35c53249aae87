"""C4's line rules: lines go or stay, in three readings of one description.

PAPER: lines end at line feeds, citations go first, page rules look at what is left (they are rules
of the preset, not done here). DATATROVE and TFDS: lines end where str.splitlines ends them, and
`lorem ipsum` or `{` in a line that has passed the rules before them ends the page; they differ in
when words are counted, in closing quotes, and in how sentences are split.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from filters.characters import CLOSING, DECIMAL, SENTENCE_END, SPACE, WORD
from filters.kernels.datatrove import next_line
from filters.kernels.english import count_sentences, split_english
from filters.kernels.prose import strip
from filters.kernels.texts import decode, encode, longest, places, stands_at

PAPER, DATATROVE, TFDS = 0, 1, 2

#: Marks that end a line, by reading.
PAPER_ENDS = np.array([46, 33, 63, 34, 39, 0x201D, 0x2019, 0xBB], dtype=np.uint32)
DATATROVE_ENDS = np.array([46, 63, 33, 34, 39], dtype=np.uint32)
TFDS_ENDS = np.array([46, 63, 33, 34], dtype=np.uint32)

NEWLINE, OPEN, CLOSE, DOT, BRACE = 10, 91, 93, 46, 123

EDIT = np.frombuffer(b"[edit]", dtype=np.uint8)
NEEDED = np.frombuffer(b"[citation needed]", dtype=np.uint8)
LOREM_IPSUM = np.frombuffer(b"lorem ipsum", dtype=np.uint8)
JAVASCRIPT = np.frombuffer(b"javascript", dtype=np.uint8)
POLICIES = (
    np.frombuffer(b"terms of use", dtype=np.uint8),
    np.frombuffer(b"privacy policy", dtype=np.uint8),
    np.frombuffer(b"cookie policy", dtype=np.uint8),
    np.frombuffer(b"uses cookies", dtype=np.uint8),
    np.frombuffer(b"use of cookies", dtype=np.uint8),
    np.frombuffer(b"use cookies", dtype=np.uint8),
)

#: Whether an ASCII character begins one of the phrases, in any case, or is a brace.
BEGINNINGS = np.zeros(128, dtype=np.bool_)
BEGINNINGS[np.frombuffer(b"ljtpcuLJTPCU{", dtype=np.uint8)] = True

#: What becomes of a line.
STAYS, GOES, LOREM, CURLY = 0, 1, 2, 3


@compiled
def clean_texts(data, offsets, table, keys, facts, reading, settings):
    """Returns the texts as the rules leave them, and what ended a page.

    Args:
        data, offsets: the texts; see `kernels/texts.py`.
        table, keys, facts: of `english_rules.english_rules`; only DATATROVE looks at the rules.
        reading: PAPER, DATATROVE or TFDS.
        settings: shape (6,): terminal punctuation, least words of a line, most characters of a
            word, javascript, policy, citations; 0 is off. A seventh and eighth switch `lorem ipsum` and `{`.

    Returns:
        data, offsets, and for each text: which fault ended it (0, LOREM or CURLY; the text is then
        unchanged), and the sentences of the lines kept.
    """
    texts = len(offsets) - 1
    size = longest(offsets)
    codes, classes = np.empty(size + 1, dtype=np.uint32), np.empty(size + 1, dtype=np.uint32)
    begins, ends = places(size + 1), places(size + 1)
    new_data = np.empty(offsets[texts] - offsets[0], dtype=np.uint8)
    new_offsets = np.zeros(texts + 1, dtype=np.int64)
    faults, sentences = np.zeros(texts), np.zeros(texts)
    written = 0
    for number in range(texts):
        n = decode(data, offsets[number], offsets[number + 1], codes)
        for i in range(n):
            classes[i] = table[codes[i]]
        filled, start, fault = 0, 0, STAYS
        while start < n:
            stop, following = end_of_line(codes, classes, start, n, reading)
            begin, end = strip(classes, start, stop)
            start = following
            line, kinds = codes[begin:], classes[begin:]
            size_of_line = take_line(line, kinds, end - begin, reading, settings)
            if size_of_line < 0:
                continue
            fate = judge_line(line, size_of_line, reading, settings)
            if fate == GOES:
                continue
            if fate != STAYS:
                fault = fate
                break
            if reading == DATATROVE:
                count = split_english(line, kinds, size_of_line, keys, facts, begins, ends)
                sentences[number] += count_sentences(line, kinds, size_of_line, begins, ends, count)
            elif reading == TFDS:
                sentences[number] += sentences_by_marks(kinds, size_of_line)
            if filled:  # what stays moves to the head of the text, over what has been read
                codes[filled] = NEWLINE
                filled += 1
            elif size_of_line == 0:  # a first line left empty: the line feed after it is stripped in the end
                continue
            for i in range(size_of_line):
                codes[filled + i] = line[i]
            filled += size_of_line
        faults[number] = fault
        if fault:
            for i in range(offsets[number], offsets[number + 1]):
                new_data[written] = data[i]
                written += 1
        else:
            begin, end = 0, filled
            while begin < end and table[codes[begin]] & SPACE:
                begin += 1
            while begin < end and table[codes[end - 1]] & SPACE:
                end -= 1
            written = encode(codes, begin, end, new_data, written)
        new_offsets[number + 1] = written
    return new_data[:written], new_offsets, faults, sentences


@compiled
def end_of_line(codes, classes, start, n, reading):
    """Returns where a line ends and where the next begins."""
    if reading != PAPER:
        return next_line(codes, classes, start, n)
    i = start
    while i < n and codes[i] != NEWLINE:
        i += 1
    return i, i + 1


@compiled
def take_line(line, kinds, length, reading, settings):
    """Takes the citations out of a line, whose characters and classes are given.

    Returns its new length, or -1 if it goes for its words or its end.
    """
    words = 0
    if reading != PAPER:
        words, longest_word = words_of(kinds, 0, length)
        if settings[2] and longest_word > settings[2]:
            return -1
    size, i = 0, 0
    while i < length:
        taken = citation_length(line, kinds, i, length) if settings[5] and line[i] == OPEN else 0
        if taken:
            i += taken
            continue
        line[size], kinds[size] = line[i], kinds[i]
        size += 1
        i += 1
    if reading == PAPER and size < length:
        size = strip_in_place(line, kinds, size)
    if settings[0] and not ends_like_sentence(line, 0, size, reading):
        return -1
    if reading != DATATROVE:
        words, longest_word = words_of(kinds, 0, size)
        if reading == PAPER and settings[2] and longest_word > settings[2]:
            return -1
    return size if words >= settings[1] else -1


@compiled
def strip_in_place(line, kinds, size):
    """Takes white space off both ends of a line and returns its new length."""
    begin, end = strip(kinds, 0, size)
    for i in range(begin, end):
        line[i - begin], kinds[i - begin] = line[i], kinds[i]
    return end - begin


@compiled
def words_of(classes, begin, end):
    """Returns the words between two places, and the characters of the longest."""
    words, most, length = 0, 0, 0
    for i in range(begin, end):
        if classes[i] & SPACE:
            length = 0
            continue
        words += length == 0
        length += 1
        most = max(most, length)
    return words, most


@compiled
def citation_length(codes, classes, i, end):
    """Returns the length of [12], [], [edit] or [citation needed] at a place, in this case only; 0 for none."""
    k = i + 1
    while k < end and classes[k] & DECIMAL:
        k += 1
    if k < end and codes[k] == CLOSE:
        return k + 1 - i
    for phrase in (EDIT, NEEDED):
        if i + len(phrase) <= end:
            equal = True
            for m in range(len(phrase)):
                if codes[i + m] != phrase[m]:
                    equal = False
                    break
            if equal:
                return len(phrase)
    return 0


@compiled
def ends_like_sentence(line, begin, end, reading):
    """Whether a line ends in one of the reading's marks and not in three full stops."""
    if begin == end:
        return False
    last = line[end - 1]
    if end - begin >= 3 and last == DOT and line[end - 2] == DOT and line[end - 3] == DOT:
        return False
    marks = PAPER_ENDS if reading == PAPER else DATATROVE_ENDS if reading == DATATROVE else TFDS_ENDS
    for mark in marks:
        if last == mark:
            return True
    return False


@compiled
def judge_line(line, size, reading, settings):
    """Returns what becomes of a line for what it says."""
    lorem, javascript, brace, policy = False, False, False, False
    for i in range(size):
        code = line[i]
        if code >= 128 or not BEGINNINGS[code]:
            continue
        if code == BRACE:
            brace = True
        elif code | 32 == LOREM_IPSUM[0]:
            lorem = lorem or stands_at(line, size, i, LOREM_IPSUM)
        elif code | 32 == JAVASCRIPT[0]:
            javascript = javascript or stands_at(line, size, i, JAVASCRIPT)
        else:
            policy = policy or is_policy(line, size, i)
    if reading != PAPER and lorem and settings[6]:
        return LOREM
    if javascript and settings[3]:
        return GOES
    if reading != PAPER and brace and settings[7]:
        return CURLY
    return GOES if policy and settings[4] else STAYS


@compiled
def is_policy(line, size, i):
    """Whether one of the phrases of policy notices stands at a place."""
    for phrase in POLICIES:
        if stands_at(line, size, i, phrase):
            return True
    return False


@compiled
def sentences_by_marks(kinds, size):
    """Returns the sentences of a line by their end marks; see `signals.COUNTS`."""
    sentences, after = 0, 0
    for i in range(size):
        if kinds[i] & SENTENCE_END and (i == 0 or not kinds[i - 1] & SENTENCE_END):
            end = i + 1
            while end < size and kinds[end] & SENTENCE_END:
                end += 1
            while end < size and kinds[end] & CLOSING:
                end += 1
            if end == size or kinds[end] & SPACE:
                sentences, after = sentences + 1, end
    for i in range(after, size):
        if kinds[i] & WORD:
            return sentences + 1
    return sentences
