"""What tells about a page: which tags may, and those that stand in what is not read as text."""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.kernels.ends import raw_end
from data.pages.kernels.letters import (
    BANG,
    DASH,
    GT,
    LT,
    QUOTE,
    SPACE,
    find,
    find_comment_end,
    find_text,
    hash_folded,
    holds,
    look_up,
    stands_at,
)
from data.pages.kernels.places import RECORDS
from data.pages.page_layout import FACT, LINK, META_KEY, NEVER_HIDDEN, RAW, ROLE, TAG_RECORD, VOID


def _bytes(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)


META_NAME, LINK_NAME = _bytes("meta "), _bytes("link ")
NAME, PROPERTY, ITEMPROP, EQUIV = map(_bytes, (' name="', ' property="', ' itemprop="', ' http-equiv="'))
BOT, CANONICAL, LICEN, LICENSE, COMMONS = map(_bytes, ("bot", "canonical", "licen", "license", "creativecommons"))


@borrowing
def record(state, records, kind, begin, end, text_end):
    row = state[RECORDS]
    records[row, 0], records[row, 1], records[row, 2], records[row, 3] = kind, begin, end, text_end
    state[RECORDS] = row + 1


@borrowing
def holds_licence(source, begin, end):
    """Returns whether a part of a page may link to a licence."""
    return find_text(source, LICENSE, begin, end) < end or find_text(source, COMMONS, begin, end) < end


@borrowing
def record_tag(state, records, source, begin, end, text_end, word_keys, word_values):
    """Notes a tag if `data.pages.facts.matters` may say that it matters."""
    if stands_at(source, META_NAME, begin, end):
        matters = _names_what_matters(source, begin, end, word_keys, word_values)
    elif stands_at(source, LINK_NAME, begin, end):
        matters = holds(source, CANONICAL, begin, end) or holds(source, LICEN, begin, end)
        matters = matters or holds(source, COMMONS, begin, end)
    else:
        matters = True
    if matters:
        record(state, records, TAG_RECORD, begin, end, text_end)


@borrowing
def _value_of(source, name, begin, end):
    """Returns where the value of an attribute begins and ends."""
    place = find_text(source, name, begin, end)
    if place >= end:
        return end, end
    place += len(name)
    return place, find(source, QUOTE, place, end)


@borrowing
def _names_what_matters(source, begin, end, word_keys, word_values):
    """Returns whether a <meta> element's name may be among those that matter."""
    start, stop = _value_of(source, NAME, begin, end)
    if start == stop:
        start, stop = _value_of(source, PROPERTY, begin, end)
    if start == stop:
        start, stop = _value_of(source, ITEMPROP, begin, end)
    if start == stop:
        start, stop = _value_of(source, EQUIV, begin, end)
    while start < stop and source[start] <= SPACE:
        start += 1
    while start < stop and source[stop - 1] <= SPACE:
        stop -= 1
    for place in range(start, stop):
        if source[place] >= 128:
            return True
    found = look_up(word_keys, word_values, hash_folded(source, start, stop))
    return (found >= 0 and found & META_KEY != 0) or holds(source, BOT, start, stop)


@borrowing
def tell(state, records, source, begin, end, name_keys, name_values, word_keys, word_values):
    """Notes tags between two places that may tell something (see `data.pages.unread.telling_within`)."""
    place = begin
    while True:
        start = find(source, LT, place, end) + 1
        if start >= end:
            return
        place = start
        if source[start] == BANG:
            if start + 2 < end and source[start + 1] == DASH and source[start + 2] == DASH:
                closing = find_comment_end(source, start + 3, end)
                place = closing + 3 if closing >= 0 else place
            continue
        stop = start
        while stop < end and source[stop] != SPACE and source[stop] != GT and source[stop] != LT:
            stop += 1
        found = look_up(name_keys, name_values, hash_folded(source, start, stop))
        if found < 0:
            continue
        role, bracket = found & ROLE, find(source, GT, stop, end)
        if bracket >= end or source[stop] == LT:
            continue
        if role == RAW:
            closing = raw_end(source, start, stop, bracket + 1)
            place = closing + 2 if 0 <= closing < end else place
        elif found & FACT and not found & NEVER_HIDDEN:
            place = bracket + 1 if role == VOID else find(source, LT, bracket + 1, end)
            record_tag(state, records, source, start, bracket, place, word_keys, word_values)
        elif role == LINK and holds_licence(source, start, bracket):
            record(state, records, TAG_RECORD, start, bracket, find(source, LT, bracket + 1, end))
