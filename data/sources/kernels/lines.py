"""Header lines: where they end, what they begin with, and what stands after the colon."""

from __future__ import annotations

from data.compiled import WIDTH, compiled, pair_finder

NEWLINE, RETURN, SPACE, COLON = 10, 13, 32, 58
first_pair = pair_finder()


@compiled
def line_end(window, place, stop):
    """Returns where the line that holds a place ends, its line end not included; -1 if that is not before `stop`.

    -1 as well where it holds a zero: a hole, in which another header may have been.
    """
    while place + WIDTH <= stop:
        ahead = first_pair(window, place, NEWLINE, 0, NEWLINE)
        if first_pair(window, place, 0, 0, 0) < ahead:
            return -1
        place += ahead
        if ahead < WIDTH:
            return place
    for at in range(place, stop):
        byte = window[at]
        if byte == NEWLINE:
            return at
        if byte == 0:
            return -1
    return -1


@compiled
def begins_with(window, place, text):
    """Returns whether some bytes stand at a place; there must be as many."""
    for at in range(len(text)):
        if window[place + at] != text[at]:
            return False
    return True


@compiled
def begins_alike(window, place, text):
    """As `begins_with`, of small letters and others that stand for large ones too."""
    for at in range(len(text)):
        byte = window[place + at]
        if 65 <= byte <= 90:
            byte += 32
        if byte != text[at]:
            return False
    return True


@compiled
def trimmed(window, begin, end):
    """Returns where a value begins and ends without the blanks around it; -1, -1 unless all of it is visible ASCII."""
    if end > begin and window[end - 1] == RETURN:
        end -= 1
    while begin < end and window[begin] == SPACE:
        begin += 1
    while end > begin and window[end - 1] == SPACE:
        end -= 1
    for at in range(begin, end):
        if window[at] < SPACE or window[at] > 126:
            return -1, -1
    return begin, end
