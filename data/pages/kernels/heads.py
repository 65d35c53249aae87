"""What an opening tag means, from its bytes: as `data.pages.tags.read_tag`, for all but rare tags.

An answer is one number: role in bits 0-3, number + 1 in 4-9, flags in 10-15, and what the words of its classes
speak for, + 64, in 16-23. `ASK` stands for a tag that may be code, line numbers, hidden by its style …
"""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.kernels.letters import (
    DASH,
    QUOTE,
    SPACE,
    find,
    hash_folded,
    holds,
    look_up,
    lower,
    stands_at,
)
from data.pages.kernels.styles import is_word, may_be_white, style_matters
from data.pages.page_layout import (
    ASIDE,
    ASIDE_WORD,
    ASK,
    BLOCK,
    CONTENT_WORD,
    CUSTOM,
    HIDDEN,
    LINK,
    MAX_ASIDE_WORDS,
    MAX_LABELS,
    MAX_SCORE,
    NEVER_ASIDE,
    NEVER_HIDDEN,
    NUMBER_SHIFT,
    OTHER_BLOCK,
    PLAIN,
    RARE,
    RAW,
    ROLE,
    SCORE_SHIFT,
    SETTLED,
    SPECIAL_CLASS,
)


def _bytes(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)


CLASS, ID, ROLE_NAME, ITEMPROP = _bytes(' class="'), _bytes(' id="'), _bytes(' role="'), _bytes(' itemprop="')
STYLE, HIDDEN_NAME, ARIA = _bytes(' style="'), _bytes(' hidden="'), _bytes(' aria-hidden="')
DATA_LANG, COLOR, POPOVER = _bytes(" data-lang"), _bytes(' color="'), _bytes(' popover="')
LANG, HIGHLIGHT, BRUSH, MWE, MATH_TEXT = map(_bytes, ("lang", "highlight", "brush", "mwe-math", "math"))
LICENSE, COMMONS, LINENO, NUM, STYLE_START = map(_bytes, ("license", "creativecommons", "linen", "-num", "style="))
HIDDEN_TEXT, TRUE, UNTIL, FORMULA = map(_bytes, ("hidden", "true", "until-found", "mjx-"))
LISTING = _bytes('="syntaxhighlighter"')


@borrowing
def link_tells(source, begin, end):
    """Returns whether a link's attributes may say what matters (see `data.pages.tags.tells`)."""
    for place in range(begin, end):
        byte = source[np.uint64(place)]
        if byte == 104:  # h
            if stands_at(source, HIDDEN_TEXT, place, end):
                return True
        elif byte == 115:  # s
            if stands_at(source, STYLE_START, place, end):
                start = find(source, QUOTE, place, end) + 1
                if style_matters(source, start, find(source, QUOTE, start, end)):
                    return True
        elif byte == 108:  # l
            if stands_at(source, LICENSE, place, end) or stands_at(source, LINENO, place, end):
                return True
            if place + 1 < end and source[place + 1] == 110 and not is_word(source[place - 1]):
                return True
        elif byte == 99:  # c
            if stands_at(source, COMMONS, place, end):
                return True
        elif byte == 45 and stands_at(source, NUM, place, end):
            return True
    return False


@borrowing
def _label_words(labels, size, hashes):
    """Finds the words of classes, each once: hashes of them; returns how many.

    A word is small letters after at most one capital, at least two, or capitals that no small letter follows.
    """
    count, place = 0, 0
    while place < size:
        begin = place
        if 65 <= labels[place] <= 90:
            place += 1
        stop = place
        while stop < size and 97 <= labels[stop] <= 122:
            stop += 1
        if stop - place < 2:
            stop = begin
            while stop < size and 65 <= labels[stop] <= 90:
                stop += 1
            if stop < size and 97 <= labels[stop] <= 122:
                stop -= 1
            if stop - begin < 2:
                place = begin + 1
                continue
        word = hash_folded(labels, begin, stop)
        place = stop
        known = False
        for number in range(count):
            known = known or hashes[number] == word
        if not known:
            hashes[count] = word
            count += 1
    return count


@borrowing
def _take(source, begin, end, labels, size):
    """Adds a value to the labels; returns their size, or -1 if they are too long to be cut by bytes."""
    if size > 0:
        labels[size] = SPACE
        size += 1
    if size + end - begin > MAX_LABELS:
        return -1
    for place in range(begin, end):
        labels[size] = source[place]
        size += 1
    return size


@borrowing
def _classes_matter(source, begin, end, word_keys, word_values):
    """Returns whether one of the classes may be that of code, of its lines or their numbers."""
    place = begin
    while place < end:
        if source[place] <= 32:
            place += 1
            continue
        stop = place
        while stop < end and source[stop] > 32:
            if source[stop] >= 128:
                return True
            stop += 1
        found = look_up(word_keys, word_values, hash_folded(source, place, stop))
        if found >= 0 and found & SPECIAL_CLASS:
            return True
        place = stop
    return _names_language(source, begin, end)


@borrowing
def _names_language(source, begin, end):
    for place in range(begin, end):
        byte = lower(source[place])
        if byte == 108:  # l
            if stands_at(source, LANG, place, end):
                return True
        elif byte == 104:  # h
            if stands_at(source, HIGHLIGHT, place, end):
                return True
        elif (byte == 98 and stands_at(source, BRUSH, place, end)) or (
            byte == 109 and stands_at(source, MWE, place, end)
        ):
            return True
    return False


@borrowing
def classify(source, begin, end, name_keys, name_values, word_keys, word_values, labels, hashes, spans):
    """Returns what a tag means, by what stands between its brackets; ASK if that is rare.

    Args:
        source: the page's bytes; the tag stands at [begin, end).
        name_keys, name_values: what a name alone means, by its hash.
        word_keys, word_values: words of classes and special classes.
        labels, hashes, spans: room for MAX_LABELS + 8 bytes, MAX_WORDS words, four values.
    """
    stop = find(source, SPACE, begin, end)
    found = look_up(name_keys, name_values, hash_folded(source, begin, stop))
    if found < 0:
        found = np.int64(PLAIN | MAX_SCORE << SCORE_SHIFT)
        if stands_at(source, FORMULA, begin, stop):
            return ASK
        if find(source, DASH, begin, stop) < stop:
            found = np.int64(BLOCK | (CUSTOM + 1) << NUMBER_SHIFT | MAX_SCORE << SCORE_SHIFT)
    if found & RARE:
        return ASK
    role = found & ROLE
    if role == LINK:
        return ASK if link_tells(source, stop, end) else found
    if stop == end or found & SETTLED:
        return found & 0xFFFFFF
    if role == RAW:
        tells = holds(source, MATH_TEXT, stop, end) or holds(source, LISTING, stop, end)
        return ASK if tells else found & 0xFFFFFF
    return _with_attributes(source, stop, end, found, word_keys, word_values, labels, hashes, spans)


@borrowing
def _with_attributes(source, begin, end, found, word_keys, word_values, labels, hashes, spans):
    spans[:, 1] = 0
    hidden = styled = False
    place = begin
    while place < end:
        place = find(source, SPACE, place, end)
        if place >= end:
            break
        kind, start = -1, 0
        letter = source[place + 1] if place + 1 < end else 0
        if letter == 99:
            if stands_at(source, CLASS, place, end):
                kind, start = 0, place + 8
            elif stands_at(source, COLOR, place, end):
                if may_be_white(source, place + 8, end) or lower(source[place + 8]) == 102:  # ffffff
                    return ASK
        elif letter == 105:
            if stands_at(source, ID, place, end):
                kind, start = 1, place + 5
            elif stands_at(source, ITEMPROP, place, end):
                kind, start = 3, place + 11
        elif letter == 114 and stands_at(source, ROLE_NAME, place, end):
            kind, start = 2, place + 7
        elif letter == 115 and stands_at(source, STYLE, place, end):
            start = place + 8
            stop = find(source, QUOTE, start, end)
            if style_matters(source, start, stop):
                return ASK
            styled = True
        elif letter == 112 and stands_at(source, POPOVER, place, end):
            return ASK
        elif letter == 104 and stands_at(source, HIDDEN_NAME, place, end):
            start = place + 9
            stop = find(source, QUOTE, start, end)
            hidden = hidden or not (stop - start == 11 and stands_at(source, UNTIL, start, stop))
        elif letter == 97 and stands_at(source, ARIA, place, end):
            start = place + 14
            stop = find(source, QUOTE, start, end)
            hidden = hidden or (stop - start == 4 and stands_at(source, TRUE, start, stop))
        elif letter == 100 and stands_at(source, DATA_LANG, place, end):
            return ASK
        if start == 0:
            place += 1
            continue
        stop = find(source, QUOTE, start, end)
        if kind >= 0:
            spans[kind, 0], spans[kind, 1] = start, stop
        place = stop + 1
    if spans[0, 1] > 0 and _classes_matter(source, spans[0, 0], spans[0, 1], word_keys, word_values):
        return ASK
    size = 0
    for kind in range(4):
        if spans[kind, 1] > 0:
            size = _take(source, spans[kind, 0], spans[kind, 1], labels, size)
            if size < 0:
                return ASK
    if hidden and (styled or (spans[1, 1] > 0 and source[spans[1, 0]] == 83)):  # shown by its style, or S:…
        return ASK
    hidden = hidden and found & NEVER_HIDDEN == 0
    return _with_words(found, hidden, size, word_keys, word_values, labels, hashes)


@borrowing
def _with_words(found, hidden, size, word_keys, word_values, labels, hashes):
    role = found & ROLE
    score, aside, content = 0, False, False
    count = _label_words(labels, size, hashes)
    for number in range(count):
        value = look_up(word_keys, word_values, hashes[number])
        if value >= 0:
            score += (value & 255) - MAX_SCORE
            aside = aside or value & ASIDE_WORD != 0
            content = content or value & CONTENT_WORD != 0
    score = min(max(score, -MAX_SCORE), MAX_SCORE)
    if hidden:
        role = np.int64(HIDDEN)
    elif role == BLOCK or role == OTHER_BLOCK:
        if found & NEVER_ASIDE == 0 and aside and not content and count <= MAX_ASIDE_WORDS:
            role = np.int64(ASIDE)
    return (found & 0xFFF0) | role | np.int64(score + MAX_SCORE) << SCORE_SHIFT
