"""JSON lines taken apart: one string of each is put down as the text that it stands for, the rest is left for a parser.

Only where strings begin and end is looked at, and how deeply brackets nest: whether the rest is JSON, the parser says.
"""

from __future__ import annotations

import numpy as np

from data.compiled import WIDTH, borrowing, mover, pair_finder
from data.sources.kernels.lines import COLON, SPACE
from data.sources.kernels.usual_records import copy

QUOTE, COMMA, SLASH = 34, 44, 92
BRACKETS, CLOSING = (91, 123), (93, 125)
#: What stands for nothing, and for other characters, after a backslash.
_ITSELF = (34, 47, 92)
_N, _T, _R, _B, _F, _U = 110, 116, 114, 98, 102, 117
first_pair, move = pair_finder(), mover()


@borrowing
def take_bodies(text, ends, key, rest, body, offsets):
    """Writes one string of each line to `body`, and the lines without it, a comma after each, to `rest`.

    A string that is put down must be UTF-8; whether it is, is not looked at.

    Args:
        text: lines, each of them followed by one byte, and then by 2 * WIDTH bytes, quotes all of them.
        ends: of the lines, that byte not included.
        key: the name of the string.
        rest: room for as many bytes as there are lines and bytes of them.
        body: room for as many bytes as `text` has.
        offsets: where each string begins in it, and the last one ends.

    Returns:
        The bytes of the rest, where the string is empty for each; -1 if a line is not one object that has it once,
        and not empty, if something in it is escaped that need not be, or if it has bytes below 32.
    """
    begin = at = filled = 0
    for line in range(len(ends)):
        end = ends[line]
        at, filled = _take(text, begin, end, key, rest, at, body, filled)
        if filled <= offsets[line]:
            return -1
        offsets[line + 1] = filled
        rest[at] = COMMA
        at += 1
        begin = end + 1
    return at


@borrowing
def _take(text, begin, end, key, rest, at, body, filled):
    """Takes one line apart; returns where the rest ends and the bodies do; 0, 0 if it cannot be taken apart."""
    if _has_control(text, begin, end):
        return 0, 0
    place = _blanks_end(text, begin, end)
    if place >= end or text[place] != BRACKETS[1]:
        return 0, 0
    depth, is_name, is_taken, copied = 1, True, False, begin
    place += 1
    while depth > 0:
        if place >= end:
            return 0, 0
        byte = text[place]
        place += 1
        if byte == QUOTE:
            stop = _string_end(text, place)
            if stop >= end:
                return 0, 0
            if is_name:
                if _has(text, place, stop, SLASH):
                    return 0, 0
                if _is(text, place, stop, key):
                    place = _blanks_end(text, stop + 1, end)
                    if is_taken or place >= end or text[place] != COLON:
                        return 0, 0
                    place = _blanks_end(text, place + 1, end)
                    if place >= end or text[place] != QUOTE:
                        return 0, 0
                    at = copy(rest, at, text, copied, place + 1)
                    stop, filled = _take_string(text, place + 1, end, body, filled)
                    if stop < 0:
                        return 0, 0
                    is_taken, copied = True, stop
                is_name = False
            place = stop + 1
        elif byte in BRACKETS:
            depth += 1
            is_name = False
        elif byte in CLOSING:
            depth -= 1
        elif byte == COMMA:
            is_name = depth == 1
    if not is_taken or _blanks_end(text, place, end) != end:
        return 0, 0
    return copy(rest, at, text, copied, end), filled


@borrowing
def _has_control(text, begin, end):
    found = False
    for place in range(np.uint64(begin), np.uint64(end)):
        found |= text[place] < SPACE
    return found


@borrowing
def _blanks_end(text, place, end):
    while place < end and text[place] == SPACE:
        place += 1
    return place


@borrowing
def _has(text, begin, end, byte):
    for place in range(begin, end):
        if text[place] == byte:
            return True
    return False


@borrowing
def _is(text, begin, end, key):
    if end - begin != len(key):
        return False
    for place in range(len(key)):
        if text[begin + place] != key[place]:
            return False
    return True


@borrowing
def _string_end(text, place):
    """Returns where the quote stands that ends a string."""
    while True:
        quote = first_pair(text, place, QUOTE, 0, QUOTE)
        slash = first_pair(text, place, SLASH, 0, SLASH)
        if quote < slash:
            return place + quote
        place += WIDTH if slash == WIDTH else slash + 2


@borrowing
def _take_string(text, place, end, body, filled):
    """Writes what a string stands for; returns where its quote stands, and where the bodies end; -1, 0 if none."""
    while True:
        quote = first_pair(text, place, QUOTE, 0, QUOTE)
        slash = first_pair(text, place, SLASH, 0, SLASH)
        ahead = min(quote, slash)
        move(body, filled, text, place)  # more than there is: that many would be several steps
        place += ahead
        filled += ahead
        if place >= end:
            return -1, 0
        if quote < slash:
            return place, filled
        while text[place] == SLASH:
            place, filled = _take_escape(text, place + 1, body, filled)
            if place < 0:
                return -1, 0


@borrowing
def _take_escape(text, place, body, filled):
    """Writes what is escaped, from behind its backslash on; returns where it ends in both; -1, 0 for nothing known."""
    kind = text[place]
    if kind == _U:
        return _take_number(text, place + 1, body, filled)
    if kind == _N:
        body[filled] = 10
    elif kind in _ITSELF:
        body[filled] = kind
    elif kind == _T:
        body[filled] = 9
    elif kind == _R:
        body[filled] = 13
    elif kind == _B:
        body[filled] = 8
    elif kind == _F:
        body[filled] = 12
    else:
        return -1, 0
    return place + 1, filled + 1


@borrowing
def _take_number(text, place, body, filled):
    """Writes the character of an escaped number, or of a pair of surrogates."""
    code = _hexadecimal(text, place)
    place += 4
    if 0xD800 <= code < 0xDC00 and text[place] == SLASH and text[place + 1] == _U:
        low = _hexadecimal(text, place + 2)
        place += 6
        code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00 if 0xDC00 <= low < 0xE000 else -1
    if code < 0 or 0xD800 <= code < 0xE000:
        return -1, 0
    if code < 0x80:
        body[filled] = code
        return place, filled + 1
    if code < 0x800:
        body[filled], body[filled + 1] = 0xC0 | (code >> 6), 0x80 | (code & 0x3F)
        return place, filled + 2
    if code < 0x10000:
        body[filled], body[filled + 1] = 0xE0 | (code >> 12), 0x80 | (code >> 6 & 0x3F)
        body[filled + 2] = 0x80 | (code & 0x3F)
        return place, filled + 3
    body[filled], body[filled + 1] = 0xF0 | (code >> 18), 0x80 | (code >> 12 & 0x3F)
    body[filled + 2], body[filled + 3] = 0x80 | (code >> 6 & 0x3F), 0x80 | (code & 0x3F)
    return place, filled + 4


@borrowing
def _hexadecimal(text, place):
    """Returns the number that four digits stand for; -1 if they are none. Branches would be guessed wrong."""
    number, wrong = 0, False
    for at in range(place, place + 4):
        byte = np.int64(text[at])
        letter = (byte | 32) - 97
        wrong |= (np.uint64(byte - 48) > 9) & (np.uint64(letter) > 5)
        number = number << 4 | ((byte & 15) + 9 * (byte >> 6))
    return -1 if wrong else number
