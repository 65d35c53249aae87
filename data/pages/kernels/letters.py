"""Bytes of UTF-8: white space as Python's `str` knows it, hashes, searching, what a serialiser escapes."""

from __future__ import annotations

import numpy as np

from data.compiled import WIDTH, borrowing, inlined, pair_finder

MIX = np.uint64(0x9E3779B97F4A7C15)
HALF, START, ONE = np.uint64(32), np.uint64(0x2545F4914F6CDD1D), np.uint64(1)
first_pair = pair_finder()
LT, GT, SLASH, SPACE, QUOTE, AMPERSAND, BANG, DASH, COLON, HASH = 60, 62, 47, 32, 34, 38, 33, 45, 58, 35


@inlined
def lower(byte):
    """Returns an ASCII letter in lower case, any other byte as it is."""
    return byte + 32 if 65 <= byte <= 90 else byte


@inlined
def stir(running, byte):
    """Returns a running hash with one more byte, or character, in it."""
    mixed = (running ^ np.uint64(byte)) * MIX
    return mixed ^ (mixed >> HALF)


@inlined
def finish(running):
    """Returns the hash that a running one ends in; never 0, which marks an empty slot of a table."""
    running ^= running >> HALF
    return running if running != 0 else ONE


@borrowing
def hash_folded(data, begin, end):
    """Returns the hash of bytes or characters, ASCII letters in lower case."""
    running = START
    for place in range(begin, end):
        running = stir(running, lower(data[place]))
    return finish(running)


@borrowing
def look_up(keys, values, wanted):
    """Returns a table's value for a hash; -1 if it is not there. The table has free slots, its size is a power of 2."""
    mask = len(keys) - 1
    place = np.int64(wanted & np.uint64(mask))
    while keys[place] != 0:
        if keys[place] == wanted:
            return values[place]
        place = (place + 1) & mask
    return np.int64(-1)


@borrowing
def space_at(data, place, end):
    """Returns how many bytes the white space at a place takes; 0 if there is none."""
    byte = data[place]
    if byte < 128:
        return 1 if byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31 else 0
    if byte == 0xC2:
        return 2 if place + 1 < end and (data[place + 1] == 0xA0 or data[place + 1] == 0x85) else 0
    if place + 2 >= end:
        return 0
    second, third = data[place + 1], data[place + 2]
    if byte == 0xE2:
        if second == 0x80:
            return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
        return 3 if second == 0x81 and third == 0x9F else 0
    if byte == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    return 3 if byte == 0xE1 and second == 0x9A and third == 0x80 else 0


@borrowing
def is_blank(data, begin, end, also):
    """Returns whether there is nothing but white space, and the byte `also`."""
    place = begin
    while place < end:
        if data[place] == also:
            place += 1
            continue
        step = space_at(data, place, end)
        if step == 0:
            return False
        place += step
    return True


@borrowing
def find(data, byte, begin, end):
    """Returns where a byte stands next; `end` if nowhere, or `begin` if that is beyond."""
    place = begin
    while place < end and place + WIDTH <= len(data):
        offset = first_pair(data, place, byte, 0, byte)
        if offset < WIDTH:
            return min(place + offset, end)
        place += WIDTH
    while place < end and data[np.uint64(place)] != byte:
        place += 1
    return min(place, max(begin, end))


@borrowing
def find_text(data, text, begin, end):
    """Returns where a text stands next, in this very case; `end` if nowhere."""
    place, last = begin, len(text) - 1
    first, final = text[0], text[last]
    stop = min(end, len(data) - WIDTH + 1) - last
    while place + last < end:
        while place < stop:
            offset = first_pair(data, place, first, last, final)
            if offset < WIDTH:
                place += offset
                break
            place += WIDTH  # not the offset, which the next step would have to wait for: that takes five times as long
        size = 0
        while size <= last and place + size < end and data[place + size] == text[size]:
            size += 1
        if size > last:
            return place
        place += 1
    return end


@borrowing
def stands_at(data, text, place, end):
    """Returns whether a text of ASCII stands at a place, in upper or lower case; it is given in lower case."""
    if place + len(text) > end:
        return False
    for offset in range(len(text)):
        if lower(data[place + offset]) != text[offset]:
            return False
    return True


@borrowing
def holds(data, text, begin, end):
    """Returns whether a text of ASCII stands between two places, in upper or lower case; it is given in lower case."""
    first = text[0]
    for place in range(begin, end - len(text) + 1):
        if lower(data[place]) == first and stands_at(data, text, place, end):
            return True
    return False


@borrowing
def find_comment_end(data, begin, end):
    """Returns where `-->` stands next; -1 if nowhere."""
    place = begin
    while place + 2 < end:
        place = find(data, DASH, place, end)
        if place + 2 < end and data[place + 1] == DASH and data[place + 2] == GT:
            return place
        place += 1
    return -1


@borrowing
def append_text(source, begin, end, target, size):
    """Appends a serialised text to a buffer as it is meant; returns the buffer's new size and how many characters."""
    chars = 0
    place = begin
    while place < end:
        byte = source[np.uint64(place)]
        place += 1
        if byte == AMPERSAND:
            left = end - place
            if left >= 3 and source[place + 1] == 116 and source[place + 2] == 59:  # t ;
                if source[place] == 108 or source[place] == 103:  # l g
                    byte = np.uint8(LT if source[place] == 108 else GT)
                    place += 3
            elif left >= 4 and source[place] == 97 and source[place + 1] == 109 and source[place + 2] == 112:
                if source[place + 3] == 59:
                    place += 4
            elif left >= 5 and source[place] == 113 and source[place + 1] == 117 and source[place + 2] == 111:
                if source[place + 3] == 116 and source[place + 4] == 59:
                    byte = np.uint8(QUOTE)
                    place += 5
            elif left >= 5 and source[place] == 110 and source[place + 1] == 98 and source[place + 2] == 115:
                if source[place + 3] == 112 and source[place + 4] == 59:
                    target[size] = 0xC2
                    size += 1
                    byte = np.uint8(0xA0)
                    place += 5
                    chars += 1
        target[np.uint64(size)] = byte
        size += 1
        chars += byte & 0xC0 != 0x80
    return size, chars
