"""Usual records, one after the other, into columns: as `data.sources.warc_records.Records.usual` reads them.

What that would read differently, or not read, is left to it: the pass ends before such a record.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from data.sources.kernels.lines import NEWLINE, RETURN
from data.sources.kernels.usual_heads import (
    CONTENT_TYPE,
    DATE,
    DIGEST,
    HTTP,
    KIND,
    LENGTH,
    MIME,
    ORIGIN,
    PLAIN,
    STATUS,
    URL,
    http_head,
    warc_head,
)
from data.sources.record_layout import (
    BASE,
    BLOCK,
    CUT,
    DIGEST_BEGIN,
    DIGEST_END,
    DIGESTS,
    METADATA,
    NEXT_END,
    NO_ROOM,
    NUMBER,
    OWN_NUMBER,
    OWN_SIZE,
    PASSED_OVER,
    RESPONSE,
    ROW_KIND,
    ROWS,
    SIZE,
    START,
    STOP,
    STRINGS,
    UNUSUAL,
    WHY,
)

_DATE_HEAD, _STATUS_HEAD, _DATE_TAIL, _STATUS_TAIL = b'{"date":"', b'","http_status":', b'"}', b"}"
#: What metadata takes beside the date.
_PAGE_BYTES = len(_DATE_HEAD) + len(_STATUS_HEAD) + 3 + len(_STATUS_TAIL)
_TEXT_BYTES = len(_DATE_HEAD) + len(_DATE_TAIL)
_END_BYTES = 4


@compiled
def _write(target, at, text):
    for place in range(len(text)):
        target[at + place] = text[place]
    return at + len(text)


@compiled
def copy(target, at, window, begin, end):
    """Copies bytes [begin, end); returns where the copy ends. Within one array it must begin before what is copied."""
    for place in range(np.uint64(end - begin)):  # of slices, numba takes five seconds to compile the error messages
        target[np.uint64(at) + place] = window[np.uint64(begin) + place]
    return at + end - begin


@compiled
def _text_size(window, begin, end):
    """Returns a text's bytes, or four for each character where one takes more than a byte."""
    high, characters = 0, 0
    for place in range(np.uint64(begin), np.uint64(end)):
        byte = window[place]
        high |= byte
        characters += byte & 0xC0 != 0x80
    return 4 * characters if high > 127 else end - begin


@compiled
def _ends_as_usual(window, stop, ends, state):
    """Returns whether a block's end is followed by two line ends and nothing more, and by the end of its member."""
    if window[stop] != RETURN or window[stop + 1] != NEWLINE:
        return False
    if window[stop + 2] != RETURN or window[stop + 3] != NEWLINE:
        return False
    if len(ends) > 0:
        return stop + _END_BYTES == ends[state[NEXT_END]]
    return True


@compiled
def _is_text(window, begin, end):
    """Returns whether a text does not begin within a character, nor with a byte order mark."""
    return begin == end or (window[begin] & 0xC0 != 0x80 and window[begin] != 0xEF)


@compiled
def _add_strings(window, head, row, strings, offsets, is_there):
    """Writes a row's strings, quotes of URLs and ids (`<` and `>`) left out."""
    for column in range(METADATA):
        if column < 2:
            field = URL if column == 0 else ORIGIN
        else:
            field = CONTENT_TYPE
        begin, end = head[field], head[field + 1]
        if column < 2 and end > begin:
            if window[begin] == 60:
                begin += 1
            if end > begin and window[end - 1] == 62:
                end -= 1
        at = offsets[column, row]
        offsets[column, row + 1] = copy(strings[column], at, window, begin, end)
        is_there[column, row] = end > begin
    at = _write(strings[METADATA], offsets[METADATA, row], _DATE_HEAD)
    at = copy(strings[METADATA], at, window, head[DATE], head[DATE + 1])
    if head[KIND] == RESPONSE:
        at = _write(strings[METADATA], at, _STATUS_HEAD)
        at = copy(strings[METADATA], at, window, head[STATUS], head[STATUS] + 3)
        at = _write(strings[METADATA], at, _STATUS_TAIL)
    else:
        at = _write(strings[METADATA], at, _DATE_TAIL)
    offsets[METADATA, row + 1] = at
    is_there[METADATA, row] = True


@compiled
def take_records(
    window, place, ends, max_block, max_head, max_rows, max_size,
    state, head, places, body, body_offsets, strings, offsets, is_there,
):  # fmt: skip
    """Reads records from a place on into columns, to the first one that is not as usual; returns where that begins.

    Args:
        window: bytes of a file from `state[BASE]` on, records in them.
        place: where the first of them begins.
        ends: where records must end, from `state[NEXT_END]` on; none: one ends where the next one begins.
        max_block: bytes of the longest block that is read.
        max_head: bytes of the longest heads.
        max_rows, max_size: of the table.
        state: see ROWS and what follows.
        head: room for HEAD numbers.
        places: shape (rows, PLACES).
        body, body_offsets: pages or texts, and where each begins, the last one's end included.
        strings, offsets, is_there: the same for STRINGS columns, and whether a row has one.
    """
    while place < len(window):
        stop = min(len(window), place + max_head)
        state[WHY] = UNUSUAL if stop < len(window) else CUT
        block = warc_head(window, place, stop, head)
        if block < 0:
            return place
        state[WHY] = UNUSUAL
        if head[LENGTH] > max_block:
            return place
        end = block + head[LENGTH]
        if end + _END_BYTES > len(window):
            state[WHY] = CUT
            return place
        if not _ends_as_usual(window, end, ends, state):
            return place
        kind = head[KIND]
        if kind != PASSED_OVER:
            begin, size = block, head[DATE + 1] - head[DATE]
            if size == 0:
                return place
            if kind == RESPONSE:
                begin = http_head(window, block, stop, head) if head[MIME] == HTTP else -1
                if begin < 0 or begin > end:
                    return place
                size += _PAGE_BYTES + end - begin
            elif head[MIME] == PLAIN and _is_text(window, begin, end):
                size += _TEXT_BYTES + _text_size(window, begin, end)
            else:
                return place
            row = state[ROWS]
            if size > max_size or (row > 0 and kind != state[ROW_KIND]):
                return place
            if row == max_rows or (state[SIZE] > 0 and state[SIZE] + size > max_size):
                return place
            for column in range(STRINGS):
                if offsets[column, row] + begin - place > strings.shape[1]:  # no string is longer than the heads
                    state[WHY] = NO_ROOM
                    return place
            _add_strings(window, head, row, strings, offsets, is_there)
            body_offsets[row + 1] = copy(body, body_offsets[row], window, begin, end)
            places[row, START], places[row, BLOCK], places[row, STOP] = state[BASE] + place, block, end
            places[row, DIGEST_BEGIN], places[row, DIGEST_END] = head[DIGEST], head[DIGEST + 1]
            state[DIGESTS] += head[DIGEST] > 0
            places[row, OWN_SIZE], places[row, OWN_NUMBER] = size, state[NUMBER]
            state[ROWS], state[SIZE], state[ROW_KIND] = row + 1, state[SIZE] + size, kind
        state[NUMBER] += 1
        state[NEXT_END] += 1
        place = end + _END_BYTES
    state[WHY] = CUT
    return place
