"""Which inline styles may matter: hide an element, show it as code, or its text in the colour of the paper."""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.kernels.letters import COLON, HASH, SPACE, find, holds, lower, stands_at


def _bytes(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)


DISPLAY, HIDDEN, COLLAPSE, CLIP, OPACITY = map(_bytes, ("display", "hidden", "collapse", "clip", "opacity"))
COLOR, BACKGROUND, FONT, SPACES = map(_bytes, ("color", "background", "font", "white-space"))
SCALE, FAR = _bytes("scale"), _bytes("-999")
MONO, COURIER, CONSOL, MENLO = map(_bytes, ("mono", "courier", "consol", "menlo"))


@borrowing
def is_word(byte):
    return 48 <= byte <= 57 or 97 <= lower(byte) <= 122 or byte == 95


@borrowing
def style_matters(source, begin, end):
    """Returns whether a style may hide, or show as code; some that do neither are among them."""
    for place in range(begin, end):
        byte = lower(source[place])
        if byte == 100 and stands_at(source, DISPLAY, place, end) and _hides(source, place, end):
            return True
        if byte == 104 and stands_at(source, HIDDEN, place, end):
            return True
        if byte == 99:
            if stands_at(source, COLLAPSE, place, end) or stands_at(source, CLIP, place, end):
                return True
            if stands_at(source, COLOR, place, end) and source[place - 1] != 45 and not is_word(source[place - 1]):
                value = _value_after(source, place, end)
                if may_be_white(source, value, end) or _may_be_clear(source, value, end):
                    return True
                if holds(source, BACKGROUND, begin, end):
                    return True
        if byte == 111 and stands_at(source, OPACITY, place, end):
            return True
        if byte == 102 and stands_at(source, FONT, place, end):
            if _is_small(source, place, end) or _is_monospaced(source, place, end):
                return True
        if byte == 119 and stands_at(source, SPACES, place, end):
            return True
        if byte == 115 and stands_at(source, SCALE, place, end):
            return True
        if byte == 45 and (stands_at(source, FAR, place, end) or _is_far(source, place + 1, end)):
            return True
        if byte == 92 or (byte == 47 and place + 1 < end and source[place + 1] == 42):  # \ and /*
            return True
    return False


@borrowing
def _is_far(source, begin, end):
    """Returns whether a number of four digits and more stands at a place, or one of three and `vw`, about."""
    if begin + 3 >= end or not 48 <= source[begin] <= 57:
        return False
    return 48 <= source[begin + 3] <= 57 or lower(source[begin + 3]) == 118  # v


@borrowing
def _value_after(source, begin, end):
    """Returns where something stands after the next colon and spaces; `end` if nowhere."""
    place = find(source, COLON, begin, end) + 1
    while place < end and source[place] <= SPACE:
        place += 1
    return min(place, end)


@borrowing
def _hides(source, begin, end):
    """Returns whether the next value may be `none`."""
    place = _value_after(source, begin, end)
    return place < end and (lower(source[place]) == 110 or source[place] >= 128)  # n


@borrowing
def _is_small(source, begin, end):
    """Returns whether a number of no more than 1 may stand after the next colon."""
    place = _value_after(source, begin, end)
    if place >= end:
        return False
    byte = source[place]
    if byte == 49:
        return place + 1 == end or not 48 <= source[place + 1] <= 57
    return byte == 48 or byte == 46 or byte == 43 or byte >= 128  # 0 . +


@borrowing
def may_be_white(source, place, end):
    """Returns whether the value at a place may be white, by its name, `rgb(…)`, or its number; or is none."""
    if place + 1 >= end:
        return True
    byte, following = lower(source[place]), lower(source[place + 1])
    if byte == HASH:
        return following == 102 or following <= SPACE  # f
    return byte == 119 or byte == 114 or byte < 97 or byte > 122  # w r


@borrowing
def _may_be_clear(source, place, end):
    """Returns whether the value at a place may let all through: `transparent`, `hsla(…)`, or one that ends in 0."""
    byte = lower(source[place]) if place < end else 0
    if byte != HASH:
        return byte == 116 or byte == 104  # t h
    stop = place + 1
    while stop < end and is_word(source[stop]):
        stop += 1
    return (stop == place + 5 or stop == place + 9) and source[stop - 1] == 48


@borrowing
def _is_monospaced(source, begin, end):
    """Returns whether the name of a monospaced font stands somewhere after; some that stand for another are found."""
    for place in range(begin, end):
        byte = lower(source[place])
        if byte == 109 and (stands_at(source, MONO, place, end) or stands_at(source, MENLO, place, end)):
            return True
        if byte == 99 and (stands_at(source, COURIER, place, end) or stands_at(source, CONSOL, place, end)):
            return True
    return False
