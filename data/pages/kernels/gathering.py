"""Makes blocks of the text of a page, as it comes: as `data.pages.blocks.Gatherer`; rows are those of `scan`."""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.kernels.letters import SPACE, is_blank, space_at
from data.pages.kernels.places import (
    BLOCKS,
    BOXES,
    BREAK_AT,
    CODES,
    ELEMENTS,
    FLUSHES,
    HARD,
    HAS_LINE,
    LANGUAGE_BEGIN,
    LANGUAGE_END,
    LINK_CHARS,
    OPENED,
    OUT,
    PLACES,
    PRES,
    RAW_SIZE,
)
from data.pages.page_layout import NUMBER_SHIFT, NUMBERS, PRE, ROLE, TELLS_LANGUAGE
from data.pages.tags import TAG_NUMBERS

TEXT_KIND, CODE_KIND, ROW_KIND, HEAD_ROW_KIND = 0, 1, 3, 4
LINE, BAR, BACKSLASH = 1, 124, 92
PARAGRAPH_NUMBER, DIVISION_NUMBER = TAG_NUMBERS["p"], TAG_NUMBERS["div"]
ROW_NUMBER, HEAD_CELL_NUMBER, HEAD_NUMBER, RULE_NUMBER = (TAG_NUMBERS[name] for name in ("tr", "th", "thead", "hr"))
#: Pages with so many blocks that hard spaces indent, or with one such line after a <br>, may have a listing.
MIN_HARD = 2
MIN_CODE_LINES = 3
MAX_ROW_ELEMENTS, MAX_CELL_BLOCKS, MAX_CELL_CHARS = 300, 3, 600


@borrowing
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


@borrowing
def _has_hard_indent(raw, size):
    """Returns whether after a LINE two hard spaces and more stand, and nothing else but plain ones between them."""
    hard = -1
    for place in range(size):
        byte = raw[place]
        if byte == LINE:
            hard = 0
        elif hard >= 0:
            if byte == 0xC2 and place + 1 < size and raw[place + 1] == 0xA0:
                hard += 1
                if hard == 2:
                    return True
            elif byte > SPACE and byte != 0xA0:
                hard = -1
    return False


@borrowing
def _begins_hard(raw, size):
    """Returns whether a text begins with two hard spaces, with nothing but plain ones between them."""
    hard, place = 0, 0
    while place < size:
        if raw[place] == 0xC2 and place + 1 < size and raw[place + 1] == 0xA0:
            hard += 1
            place += 2
        elif raw[place] <= SPACE:
            place += 1
        else:
            break
    return hard >= 2 and place < size


@borrowing
def may_be_set_in_lines(raw, begin, end):
    """Returns whether text in <code> may have lines of its own (see `data.pages.listings.is_set_in_lines`)."""
    filled, least, most, signed = 0, 1 << 30, -1, False
    place = begin
    while place < end and raw[place] <= SPACE and raw[place] != 10:
        place += 1
    filled += place < end and raw[place] != 10
    while place < end:
        if raw[place] != 10:
            place += 1
            continue
        before = raw[place - 1] if place > begin else SPACE
        signed = signed or not (48 <= before <= 57 or 65 <= before <= 90 or 97 <= before <= 122)
        place += 1
        indent = 0
        while place < end and raw[place] <= SPACE and raw[place] != 10:
            indent += 1
            place += 1
        if place < end and raw[place] != 10:
            if raw[place] >= 0x80:
                return True
            filled += 1
            least, most = min(least, indent), max(most, indent)
    return filled >= MIN_CODE_LINES and (least < most or (most == 0 and signed))


@borrowing
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


@borrowing
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


@borrowing
def flush(state, opened, elements, blocks, raw, out):
    """Ends a block of text, if there is one."""
    size = state[RAW_SIZE]
    state[FLUSHES] += 1
    if state[HAS_LINE] and (state[BOXES] > 0 or _has_hard_indent(raw, size)):
        state[HARD] = MIN_HARD
    elif raw[0] <= SPACE or raw[0] == 0xC2:
        state[HARD] += _begins_hard(raw, size)
    end, chars, words = _fold(raw, size, out, state[OUT])
    links = min(state[LINK_CHARS], chars)
    state[RAW_SIZE] = state[LINK_CHARS] = state[BREAK_AT] = state[HAS_LINE] = 0
    if chars > 0:
        _add_block(state, opened, elements, blocks, end, chars, words, links, TEXT_KIND)


@borrowing
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


@borrowing
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
            if out[place] == BAR:
                out[target] = BACKSLASH
                target += 1
                chars += 1
            out[target] = out[place]
            target += 1
            chars += out[place] & 0xC0 != 0x80
            place += 1
    return target, chars


@borrowing
def _begins_with_number(cell, blocks, out):
    """Returns whether a cell may hold the number of a line, and nothing else."""
    if cell[3] - cell[2] != 1:
        return False
    row = cell[2]
    first = out[blocks[row, 0]]
    return blocks[row, 6] == TEXT_KIND and (first <= 58 or first == BAR or first >= 128)


@borrowing
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
                    return not _begins_with_number(elements[place + 1], blocks, out)
    if cells < 2:
        return True
    size = 0
    for row in range(first, last):
        size += blocks[row, 1] - blocks[row, 0] + 1
        for place_of_bar in range(blocks[row, 0], blocks[row, 1]):
            size += out[place_of_bar] == BAR
    target = state[OUT]
    if target + size + 3 * cells >= len(out) * 2 // 3:  # the last third is for what is still to be read
        return False
    chars, filled, heads, written = 0, 0, True, 0
    for cell in range(place + 1, count):
        if elements[cell, 1] != place:
            continue
        if written > 0:
            out[target], out[target + 1], out[target + 2] = SPACE, BAR, SPACE
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


@borrowing
def open_block(state, tag, begin, end, opened, elements, blocks, raw, out):
    """Opens a block element that counts even if it holds nothing; a rule only ends a block."""
    if state[RAW_SIZE] > 0:
        flush(state, opened, elements, blocks, raw, out)
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


@borrowing
def close_block(state, tag, opened, elements, blocks, raw, out):
    """Ends a block element; returns whether there was room."""
    fits = True
    if tag & ROLE == PRE:
        state[PRES] -= 1
        _add_code(state, opened, elements, blocks, raw, out)
    elif state[RAW_SIZE] > 0:
        flush(state, opened, elements, blocks, raw, out)
    if state[PLACES] == state[OPENED]:
        place = opened[state[OPENED] - 1, 3]
        state[PLACES] -= 1
        if (tag >> NUMBER_SHIFT) & NUMBERS == ROW_NUMBER + 1:
            fits = _close_row(state, place, elements, blocks, out)
        elements[place, 3] = state[BLOCKS]
    state[OPENED] -= 1
    return fits


@borrowing
def line_break(state, opened, elements, blocks, raw, out):
    """Ends a line; a second break without text between ends the block. Returns whether there was room."""
    size = state[RAW_SIZE]
    if size + 1 >= len(raw):
        return False
    if state[PRES] > 0:
        raw[size] = 10
        state[RAW_SIZE] = size + 1
        return True
    if state[BREAK_AT] > 0 and is_blank(raw, state[BREAK_AT], size, SPACE):
        if state[CODES] > 0:
            return False
        flush(state, opened, elements, blocks, raw, out)
        return True
    raw[size] = LINE
    state[RAW_SIZE] = state[BREAK_AT] = size + 1
    state[HAS_LINE] = 1
    return True
