"""A page's serialisation to its blocks in one pass: as `data.pages.reader`, for all that most pages have.

The pass stops where it needs an answer about a rare tag, and goes on with it; it gives up on formulas, on code whose
lines are elements, and on white text, which `data.pages.reader` reads.

What it fills, a row each:
    stack: of the elements around: what their tags mean.
    opened: of the block elements around: what their tags mean, where these begin and end, number as an element or -1.
    elements: tag, element around, first block, end of blocks, where its tag begins and ends.
    blocks: begin and end of its text, characters, words, characters in links, element, kind, begin and end of the
        tag that names its language.
    records: kind, begin, end, end of the text after it: what may tell about the page.
"""

from __future__ import annotations

import numpy as np

from data.compiled import compiled
from data.pages.kernels.heads import (
    ASIDE,
    ASK,
    BLOCK,
    BREAK,
    CODE_LINE,
    CODE_TAG,
    COMMENT,
    CUSTOM,
    FACT,
    HIDDEN,
    INLINE,
    LINK,
    NUMBER_SHIFT,
    NUMBERS,
    PLAIN,
    PRE,
    RARE,
    RAW,
    ROLE,
    TELLS_LANGUAGE,
    VOID,
    classify,
)
from data.pages.kernels.letters import (
    BANG,
    DASH,
    GT,
    LT,
    SLASH,
    SPACE,
    append_text,
    find,
    find_comment_end,
    hash_folded,
    is_blank,
    look_up,
    space_at,
)
from data.pages.tags import TAG_NUMBERS

# Places in the state.
(POSITION, OUT, RAW_SIZE, BLOCKS, ELEMENTS, STACK, OPENED, PLACES, RECORDS, LINKS, PRES, CODES, LINK_CHARS, BREAK_AT,
 PASSED_OVER, LANGUAGE_BEGIN, LANGUAGE_END, GIVEN, WHOLE, HAS_LINE, HEAD_BEGIN, HEAD_END,
 FLUSHES, CODE_AT, CODE_FLUSHES) = range(25)  # fmt: skip
STATES = 25
# What the pass ends with.
DONE, ASKS, GIVES_UP = range(3)
# Kinds of records: a tag with the text after it, parts of the page where licences, or all that tells, are looked for.
TAG_RECORD, LICENCES_RECORD, TELLING_RECORD, HIDDEN_BLOCK_RECORD = range(4)
TEXT_KIND, CODE_KIND, ROW_KIND, HEAD_ROW_KIND = 0, 1, 3, 4
LINE = 1
ROW_NUMBER, CELL_NUMBER, HEAD_CELL_NUMBER, HEAD_NUMBER, RULE_NUMBER = (
    TAG_NUMBERS[name] for name in ("tr", "td", "th", "thead", "hr")
)
MAX_ROW_ELEMENTS, MAX_CELL_BLOCKS, MAX_CELL_CHARS = 300, 3, 600


@compiled
def end_of(source, name_begin, name_end, start, name_keys, name_values):
    """Returns where the end tag of an element stands (see `data.pages.unread.end_of`); -1 if there is none."""
    size, depth, end = name_end - name_begin, 1, len(source)
    place = start
    while True:
        place = find(source, LT, place, end)
        if place + 1 >= end:
            return -1
        begin = place + 1
        if source[begin] == BANG:
            if begin + 2 < end and source[begin + 1] == DASH and source[begin + 2] == DASH:
                place = find_comment_end(source, place + 2, end)
                if place < 0:
                    return -1
            else:
                place = begin
            continue
        closes = source[begin] == SLASH
        begin += closes
        stop = begin
        while stop < end and source[stop] != SPACE and source[stop] != GT:
            stop += 1
        place = stop
        if stop >= end:
            return -1
        if stop - begin == size and _same(source, begin, name_begin, size):
            depth += -1 if closes else 1
            if depth == 0:
                return begin - 2
        elif not closes:
            found = look_up(name_keys, name_values, hash_folded(source, begin, stop))
            if found >= 0 and found & ROLE == RAW:
                place = _raw_end(source, begin, stop, stop)
                if place < 0:
                    return -1


@compiled
def _same(source, left, right, size):
    for offset in range(size):
        if source[left + offset] != source[right + offset]:
            return False
    return True


@compiled
def _raw_end(source, name_begin, name_end, start):
    """Returns where `</name>` stands next; -1 if nowhere."""
    size, end = name_end - name_begin, len(source)
    place = start
    while place + size + 2 < end:
        place = find(source, LT, place, end)
        if place + size + 2 >= end:
            return -1
        if source[place + 1] == SLASH and source[place + 2 + size] == GT and _same(source, place + 2, name_begin, size):
            return place
        place += 1
    return -1


@compiled
def count_tags(source, begin, end):
    """Returns how many `<` stand between two places."""
    count = 0
    for place in range(np.uint64(begin), np.uint64(end)):
        count += source[place] == LT
    return count


@compiled
def holds_blocks(source, begin, end, name_keys, name_values):
    """Returns whether a part of a page has block elements."""
    place = begin
    while place < end:
        place = find(source, LT, place, end) + 1
        stop = place
        letters = True
        while stop < end and source[stop] != SPACE and source[stop] != GT:
            if source[stop] == DASH and letters and stop > place:
                while stop < end and source[stop] != SPACE and source[stop] != GT:
                    stop += 1
                return stop < end
            letters = letters and 97 <= source[stop] <= 122
            stop += 1
        if stop >= end:
            return False
        found = look_up(name_keys, name_values, hash_folded(source, place, stop))
        if found >= 0 and (found >> NUMBER_SHIFT) & NUMBERS > 0:
            return True
        place = stop
    return False


@compiled
def _fold(raw, size, out, begin):
    """Writes a block's text, spaces folded, a line break for LINE; returns its end, characters, words."""
    target, chars, words = begin, 0, 0
    between, in_word = 0, False
    place = 0
    while place < size:
        byte = raw[place]
        if (byte > SPACE and byte < 0xC2) or byte > 0xE3:  # no white space begins so; nor does LINE
            step = 0
        elif byte == LINE:
            words += not in_word
            in_word = True
            if target > begin:
                between = 10
            place += 1
            continue
        else:
            step = space_at(raw, place, size)
        if step > 0:
            in_word = False
            if between == 0 and target > begin:
                between = SPACE
            place += step
            continue
        words += not in_word
        in_word = True
        if between > 0:
            out[target] = between
            target += 1
            chars += 1
            between = 0
        out[np.uint64(target)] = byte
        target += 1
        chars += byte & 0xC0 != 0x80
        place += 1
    return target, chars, words


@compiled
def _here(state, opened, elements):
    """Returns the number of the innermost element that is open; those that had no block get one."""
    made, count = state[PLACES], state[ELEMENTS]
    place = opened[made - 1, 3]
    for depth in range(made, state[OPENED]):
        elements[count, 0] = opened[depth, 0]
        elements[count, 1] = place
        elements[count, 2] = state[BLOCKS]
        elements[count, 3] = -1
        elements[count, 4] = opened[depth, 1]
        elements[count, 5] = opened[depth, 2]
        opened[depth, 3] = count
        place = count
        count += 1
    state[PLACES], state[ELEMENTS] = state[OPENED], count
    return place


@compiled
def _add_block(state, opened, elements, blocks, end, chars, words, links, kind):
    row = state[BLOCKS]
    place = _here(state, opened, elements)
    blocks[row, 0] = state[OUT]
    blocks[row, 1] = end
    blocks[row, 2] = chars
    blocks[row, 3] = words
    blocks[row, 4] = links
    blocks[row, 5] = place
    blocks[row, 6] = kind
    blocks[row, 7] = state[LANGUAGE_BEGIN] if kind == CODE_KIND else 0
    blocks[row, 8] = state[LANGUAGE_END] if kind == CODE_KIND else 0
    state[OUT] = end
    state[BLOCKS] = row + 1


@compiled
def _flush(state, opened, elements, blocks, raw, out):
    """Ends a block of text, if there is one."""
    size = state[RAW_SIZE]
    state[FLUSHES] += 1
    end, chars, words = _fold(raw, size, out, state[OUT])
    links = min(state[LINK_CHARS], chars)
    state[RAW_SIZE] = state[LINK_CHARS] = state[BREAK_AT] = state[HAS_LINE] = 0
    if chars > 0:
        _add_block(state, opened, elements, blocks, end, chars, words, links, TEXT_KIND)


@compiled
def _add_code(state, opened, elements, blocks, raw, out):
    """Ends a block of code; its text stands as it was, to be trimmed later."""
    size = state[RAW_SIZE]
    if not is_blank(raw, 0, size, LINE):
        begin = state[OUT]
        for place in range(size):
            out[begin + place] = raw[place]
        _add_block(state, opened, elements, blocks, begin + size, size, 1, 0, CODE_KIND)
    state[RAW_SIZE] = state[LINK_CHARS] = state[BREAK_AT] = state[HAS_LINE] = 0
    state[LANGUAGE_BEGIN] = state[LANGUAGE_END] = 0


@compiled
def _write_cell(blocks, first, last, out, begin):
    """Writes the texts of a cell's blocks, on one line; returns its end and characters."""
    target, chars, between = begin, 0, False
    for row in range(first, last):
        between = target > begin
        place = blocks[row, 0]
        while place < blocks[row, 1]:
            step = space_at(out, place, blocks[row, 1])
            if step > 0:
                between = target > begin
                place += step
                continue
            if between:
                out[target] = SPACE
                target += 1
                chars += 1
                between = False
            out[target] = out[place]
            target += 1
            chars += out[place] & 0xC0 != 0x80
            place += 1
    return target, chars


@compiled
def _close_row(state, place, elements, blocks, out):
    """Makes a table's row one block, unless its cells hold more than a cell of data does; returns whether it fitted."""
    count, first, last = state[ELEMENTS], elements[place, 2], state[BLOCKS]
    if count - place > MAX_ROW_ELEMENTS:
        return True
    cells = 0
    for cell in range(place + 1, count):
        if elements[cell, 1] == place:
            cells += 1
            if elements[cell, 3] - elements[cell, 2] > MAX_CELL_BLOCKS:
                return True
            for row in range(elements[cell, 2], elements[cell, 3]):
                if blocks[row, 6] != TEXT_KIND:
                    return True
    if cells < 2:
        return True
    size = 0
    for row in range(first, last):
        size += blocks[row, 1] - blocks[row, 0] + 1
    target = state[OUT]
    if target + size + 3 * cells >= len(out) * 2 // 3:  # the last third is for what is still to be read
        return False
    chars, filled, heads, written = 0, 0, True, 0
    for cell in range(place + 1, count):
        if elements[cell, 1] != place:
            continue
        if written > 0:
            out[target], out[target + 1], out[target + 2] = SPACE, 124, SPACE
            target += 3
            chars += 3
        written += 1
        target, size = _write_cell(blocks, elements[cell, 2], elements[cell, 3], out, target)
        if size > MAX_CELL_CHARS:
            return True
        chars += size
        filled += size > 0
        heads = heads and (elements[cell, 0] >> NUMBER_SHIFT) & NUMBERS == HEAD_CELL_NUMBER + 1
    if filled < 2:
        return True
    words = links = 0
    for row in range(first, last):
        words += blocks[row, 3]
        links += blocks[row, 4]
    around = elements[elements[place, 1], 0]
    heads = heads or (around >> NUMBER_SHIFT) & NUMBERS == HEAD_NUMBER + 1
    blocks[first, 0], blocks[first, 1], blocks[first, 2] = state[OUT], target, chars
    blocks[first, 3], blocks[first, 4], blocks[first, 5] = words, links, place
    blocks[first, 6] = HEAD_ROW_KIND if heads else ROW_KIND
    blocks[first, 7] = blocks[first, 8] = 0
    state[OUT], state[BLOCKS] = target, first + 1
    for element in range(place + 1, count):
        elements[element, 2], elements[element, 3] = first, first + 1
    return True


@compiled
def _record(state, records, kind, begin, end, text_end):
    row = state[RECORDS]
    records[row, 0], records[row, 1], records[row, 2], records[row, 3] = kind, begin, end, text_end
    state[RECORDS] = row + 1


@compiled
def _open_block(state, tag, begin, end, opened, elements, blocks, raw, out):
    """Opens a block element that counts even if it holds nothing; a rule only ends a block."""
    if state[RAW_SIZE] > 0:
        _flush(state, opened, elements, blocks, raw, out)
    if (tag >> NUMBER_SHIFT) & NUMBERS == RULE_NUMBER + 1:
        return
    depth = state[OPENED]
    opened[depth, 0], opened[depth, 1], opened[depth, 2] = tag, begin, end
    state[OPENED] = depth + 1
    _here(state, opened, elements)
    if tag & ROLE == PRE:
        state[PRES] += 1
        state[LANGUAGE_BEGIN] = state[LANGUAGE_END] = 0
        if tag & TELLS_LANGUAGE:
            state[LANGUAGE_BEGIN], state[LANGUAGE_END] = begin, end


@compiled
def _close_block(state, tag, opened, elements, blocks, raw, out):
    """Ends a block element; returns whether there was room."""
    fits = True
    if tag & ROLE == PRE:
        state[PRES] -= 1
        _add_code(state, opened, elements, blocks, raw, out)
    elif state[RAW_SIZE] > 0:
        _flush(state, opened, elements, blocks, raw, out)
    if state[PLACES] == state[OPENED]:
        place = opened[state[OPENED] - 1, 3]
        state[PLACES] -= 1
        if (tag >> NUMBER_SHIFT) & NUMBERS == ROW_NUMBER + 1:
            fits = _close_row(state, place, elements, blocks, out)
        elements[place, 3] = state[BLOCKS]
    state[OPENED] -= 1
    return fits


@compiled
def _pass_over(state, source, tag, begin, end, name_keys, name_values, records):
    """Passes over an element that is not read; returns where its end tag stands, -1 if nowhere.

    Whether it holds blocks is for the caller to ask.
    """
    stop = find(source, SPACE, begin, end)
    role, size = tag & ROLE, len(source)
    if role == RAW:
        return _raw_end(source, begin, stop, end + 1)
    place = end_of(source, begin, stop, end + 1, name_keys, name_values)
    until = place if place >= 0 else size
    if role == ASIDE:
        if place >= 0:
            state[PASSED_OVER] += count_tags(source, end + 1, place) + 2
        _record(state, records, LICENCES_RECORD, end + 1, until, 0)
    elif 0 < (tag >> NUMBER_SHIFT) & NUMBERS != CUSTOM + 1:
        _record(state, records, HIDDEN_BLOCK_RECORD, end + 1, until, 0)
    else:
        _record(state, records, TELLING_RECORD, end + 1, until, 0)
    return place


@compiled
def scan(source, state, name_keys, name_values, word_keys, word_values, labels, hashes, spans, stack, opened, elements,
         blocks, records, raw, out):  # fmt: skip
    """Reads on from where the state says; returns DONE, ASKS (about the tag that the state names), or GIVES_UP."""
    size = len(source)
    position = state[POSITION]
    while 0 <= position < size:
        end = find(source, GT, position, size)
        if end >= size:
            break
        text, text_end = end + 1, find(source, LT, end + 1, size)
        following = text_end
        if source[position + 1] == SLASH:
            tag = np.int64(PLAIN)
            if state[STACK] > 0:
                state[STACK] -= 1
                tag = stack[state[STACK]]
            role = tag & ROLE
            if role == LINK:
                state[LINKS] -= 1
            elif role == BLOCK:
                if state[RAW_SIZE] > 0:
                    _flush(state, opened, elements, blocks, raw, out)
                state[OPENED] -= 1
                if state[PLACES] > state[OPENED]:
                    state[PLACES] -= 1
                    elements[opened[state[OPENED], 3], 3] = state[BLOCKS]
            elif role == INLINE:
                if tag & CODE_TAG and state[PRES] == 0:
                    state[CODES] -= 1
                    if state[HAS_LINE] and (state[FLUSHES] != state[CODE_FLUSHES] or state[BREAK_AT] > state[CODE_AT]):
                        return GIVES_UP  # its lines are set by <br>
            elif role != PLAIN and not _close_block(state, tag, opened, elements, blocks, raw, out):
                return GIVES_UP
        else:
            begin = position + 1
            if state[GIVEN] >= 0:
                tag = state[GIVEN]
                state[GIVEN] = -1
            elif source[begin] == BANG:
                tag = np.int64(COMMENT)
            else:
                tag = classify(
                    source, begin, end, name_keys, name_values, word_keys, word_values, labels, hashes, spans
                )
                if tag == ASK:
                    state[HEAD_BEGIN], state[HEAD_END], state[POSITION] = begin, end, position
                    return ASKS
            role = tag & ROLE
            if tag & RARE or (tag & CODE_LINE and state[PRES] > 0):
                return GIVES_UP
            if role == PLAIN or role == LINK:
                stack[state[STACK]] = tag
                state[STACK] += 1
                if role == LINK:
                    state[LINKS] += 1
                    if tag & FACT:
                        _record(state, records, TAG_RECORD, begin, end, text_end)
            elif role == VOID:
                if tag & FACT:
                    _record(state, records, TAG_RECORD, begin, end, end + 1)
            elif role == BREAK:
                if not _line_break(state, opened, elements, blocks, raw, out):
                    return GIVES_UP
            elif role == COMMENT:
                if begin + 2 < size and source[begin + 1] == DASH and source[begin + 2] == DASH:
                    text = find_comment_end(source, begin + 1, size)
                    if text < 0:
                        break
                    text += 3
                    following = text_end = find(source, LT, text, size)
            elif role == RAW or role == HIDDEN or (role == ASIDE and state[WHOLE] == 0):
                if state[PRES] > 0 and role != RAW:
                    return GIVES_UP
                if role == ASIDE and state[RAW_SIZE] > 0:
                    _flush(state, opened, elements, blocks, raw, out)
                if role == HIDDEN and tag & FACT:
                    _record(state, records, TAG_RECORD, begin, end, text_end)
                place = _pass_over(state, source, tag, begin, end, name_keys, name_values, records)
                if role == HIDDEN and state[RAW_SIZE] > 0:
                    if holds_blocks(source, end + 1, place if place >= 0 else size, name_keys, name_values):
                        _flush(state, opened, elements, blocks, raw, out)
                stack[state[STACK]] = PLAIN
                state[STACK] += 1
                if place < 0:
                    break
                position = place
                continue
            else:
                if tag & FACT:
                    _record(state, records, TAG_RECORD, begin, end, text_end)
                if role == INLINE:
                    if tag & CODE_TAG and state[PRES] == 0:
                        if state[CODES] == 0:
                            state[CODE_AT], state[CODE_FLUSHES] = state[RAW_SIZE], state[FLUSHES]
                        state[CODES] += 1
                    elif state[PRES] > 0 and tag & TELLS_LANGUAGE and state[LANGUAGE_END] == 0:
                        state[LANGUAGE_BEGIN], state[LANGUAGE_END] = begin, end
                elif state[PRES] > 0:
                    return GIVES_UP
                elif role == BLOCK:
                    if state[RAW_SIZE] > 0:
                        _flush(state, opened, elements, blocks, raw, out)
                    depth = state[OPENED]
                    opened[depth, 0], opened[depth, 1], opened[depth, 2] = tag, begin, end
                    state[OPENED] = depth + 1
                else:
                    _open_block(state, tag, begin, end, opened, elements, blocks, raw, out)
                if (tag >> NUMBER_SHIFT) & NUMBERS != RULE_NUMBER + 1:
                    stack[state[STACK]] = tag
                    state[STACK] += 1
        if text_end > text and (state[RAW_SIZE] > 0 or state[PRES] > 0 or not is_blank(source, text, text_end, SPACE)):
            state[RAW_SIZE], chars = append_text(source, text, text_end, raw, state[RAW_SIZE])
            if state[LINKS] > 0:
                state[LINK_CHARS] += chars
        position = following
    if state[RAW_SIZE] > 0:
        _flush(state, opened, elements, blocks, raw, out)
    for element in range(state[ELEMENTS]):
        if elements[element, 3] < 0:
            elements[element, 3] = state[BLOCKS]
    return DONE


@compiled
def _line_break(state, opened, elements, blocks, raw, out):
    """Ends a line; a second break without text between ends the block. Returns whether there was room."""
    size = state[RAW_SIZE]
    if size + 1 >= len(raw):
        return False
    if state[PRES] > 0:
        raw[size] = 10
        state[RAW_SIZE] = size + 1
        return True
    if state[BREAK_AT] > 0 and state[CODES] == 0 and is_blank(raw, state[BREAK_AT], size, SPACE):
        _flush(state, opened, elements, blocks, raw, out)
        return True
    raw[size] = LINE
    state[RAW_SIZE] = state[BREAK_AT] = size + 1
    state[HAS_LINE] = 1
    return True
