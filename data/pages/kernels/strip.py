"""A page's bytes without scripts, what stands in for them, styles and comments: as `data.pages.source`, in one pass."""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.kernels.letters import BANG, DASH, GT, LT, SLASH, find, stands_at
from data.pages.page_layout import NOSCRIPT, SCRIPT, STYLE


def _bytes(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)


EQUALS = 61
STYLE_NAME, SCRIPT_NAME, NOSCRIPT_NAME, TEX = map(_bytes, ("style", "script", "noscript", "math/tex"))
LISTING, PRE_TAG = map(_bytes, ("syntaxhighlighter", "<pre"))
CASE = 32
#: Formulas are told by the beginning of their tag.
MAX_TAG = 8192


@borrowing
def _is_name(content, name, place, end, case):
    """Returns whether a name stands at a place, all of it in the case of its first letter."""
    if place + len(name) > end:
        return False
    for offset in range(len(name)):
        if content[place + offset] != name[offset] - case:
            return False
    return True


@borrowing
def _is_space(byte):
    return byte == 32 or 9 <= byte <= 13


@borrowing
def _kind_at(content, place, end):
    """Returns which element's name stands at a place, and its length; -1 if none does."""
    first = content[place]
    case = 0 if first >= 97 else CASE
    kind, size = -1, 0
    if first + case == 115:
        if _is_name(content, SCRIPT_NAME, place, end, case):
            kind, size = SCRIPT, 6
        elif _is_name(content, STYLE_NAME, place, end, case):
            kind, size = STYLE, 5
    elif first + case == 110 and _is_name(content, NOSCRIPT_NAME, place, end, case):
        kind, size = NOSCRIPT, 8
    if kind >= 0 and place + size < end and (content[place + size] == GT or _is_space(content[place + size])):
        return kind, size
    return -1, 0


@borrowing
def _comment_end(content, start, end):
    """Returns where the next `-->` or `--!>` ends; `end + 1` if there is none."""
    place = start
    while place + 2 < end:
        place = find(content, DASH, place, end)
        if place + 2 < end and content[place + 1] == DASH:
            if content[place + 2] == GT:
                return place + 3
            if content[place + 2] == BANG and place + 3 < end and content[place + 3] == GT:
                return place + 4
        place += 1
    return end + 1


@borrowing
def _closing(content, name_begin, size, start, end):
    """Returns where `</name` stands next, in the same case; `end` if nowhere."""
    place = start
    while place + size + 1 < end:
        place = find(content, LT, place, end)
        if place + size + 1 >= end:
            return end
        if content[place + 1] == SLASH:
            same = True
            for offset in range(size):
                if content[place + 2 + offset] != content[name_begin + offset]:
                    same = False
                    break
            if same:
                return place
        place += 1
    return end


@borrowing
def _element_end(content, begin, kind, size, end, known):
    """Returns where the element that begins at `<` ends, its content's begin and end; 0 if it is to stay."""
    start = begin + 1 + size
    if known[0] < start:
        known[0] = find(content, GT, start, end)
    bracket = known[0]
    slot = 2 + 2 * kind + (content[begin + 1] < 97)
    if known[slot] < bracket:
        known[slot] = _closing(content, begin + 1, size, bracket, end)
    closing = known[slot]
    if closing >= end:
        return 0, 0, 0
    for place in range(start, min(bracket, start + MAX_TAG) - len(TEX) + 1):
        if content[place] == TEX[0] and stands_at(content, TEX, place, end):
            return 0, 0, 0
        if content[place] == EQUALS and stands_at(content, LISTING, place + 2, bracket):
            if _quotes(content[place + 1]) and _quotes(content[place + 2 + len(LISTING)]):
                return 0, 0, 0
    if kind == NOSCRIPT and stands_at(content, PRE_TAG, bracket + 1, end):
        return bracket + 1, bracket + 1, bracket + 1
    place = closing + 2 + size
    while place < end and _is_space(content[place]):
        place += 1
    if place >= end or content[place] != GT:
        return 0, 0, 0
    return place + 1, bracket + 1, closing


@borrowing
def strip(content, out, spans, known):
    """Copies a page without what is no text; returns how many bytes, and how many styles and scripts there were.

    Args:
        spans: a row each, as far as there is room: kind, begin of its tag, begin and end of its content.
        known: what is known of places ahead: -1 each.
    """
    end = len(content)
    place = size = count = 0
    while place < end:
        begin = find(content, LT, place, end)
        source, target = np.uint64(place), np.uint64(size)
        for offset in range(np.uint64(begin - place)):
            out[target + offset] = content[source + offset]
        size += begin - place
        place = begin
        if begin + 3 >= end:
            for offset in range(end - begin):
                out[size + offset] = content[begin + offset]
            size += end - begin
            break
        stop = 0
        if content[begin + 1] == BANG:
            if content[begin + 2] == DASH and content[begin + 3] == DASH and not _is_closed(content, begin + 4, end):
                if known[1] < begin + 7:
                    known[1] = _comment_end(content, begin + 4, end)
                stop = known[1] if known[1] <= end else 0
        elif begin == 0 or not _quotes(content[begin - 1]):
            kind, length = _kind_at(content, begin + 1, end)
            if kind >= 0:
                stop, inner, closing = _element_end(content, begin, kind, length, end, known)
                if stop > 0 and count < len(spans):
                    spans[count, 0], spans[count, 1], spans[count, 2], spans[count, 3] = kind, begin, inner, closing
                    count += 1
        if stop > 0:
            place = stop
        else:
            out[size] = LT
            size += 1
            place = begin + 1
    return size, count


@borrowing
def _quotes(byte):
    return byte == 34 or byte == 39 or byte == 61 or byte == 40


@borrowing
def _is_closed(content, place, end):
    """Returns whether a comment ends where it has begun."""
    if place < end and content[place] == GT:
        return True
    return place + 1 < end and content[place] == DASH and content[place + 1] == GT
