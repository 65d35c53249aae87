"""A page's serialisation to its blocks in one pass: as `data.pages.reader`, for all that most pages have.

The pass stops where it needs an answer about a rare tag, and goes on with it; it gives up on formulas, on code whose
lines are elements or end with <br>, on lines that hard spaces indent, and on white text, which `data.pages.reader`
reads.

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

from data.compiled import borrowing
from data.pages.kernels.ends import count_tags, end_of, holds_blocks, raw_end
from data.pages.kernels.gathering import (
    DIVISION_NUMBER,
    MIN_HARD,
    PARAGRAPH_NUMBER,
    RULE_NUMBER,
    close_block,
    flush,
    line_break,
    may_be_set_in_lines,
    open_block,
)
from data.pages.kernels.heads import classify
from data.pages.kernels.letters import BANG, DASH, GT, LT, SLASH, SPACE, append_text, find, find_comment_end, is_blank
from data.pages.kernels.places import (
    BLOCKS,
    BOXES,
    BREAK_AT,
    CODE_AT,
    CODE_BLOCKS,
    CODE_FIRST,
    CODE_FLUSHES,
    CODES,
    ELEMENTS,
    FLUSHES,
    GIVEN,
    HARD,
    HAS_LINE,
    HEAD_BEGIN,
    HEAD_END,
    LANGUAGE_BEGIN,
    LANGUAGE_END,
    LINK_CHARS,
    LINKS,
    OPENED,
    PASSED_OVER,
    PLACES,
    POSITION,
    PRES,
    RAW_SIZE,
    STACK,
    WHOLE,
)
from data.pages.kernels.telling import holds_licence, record, record_tag, tell
from data.pages.page_layout import (
    ASIDE,
    ASK,
    ASKS,
    BLOCK,
    BREAK,
    CODE_BOX,
    CODE_LINE,
    CODE_TAG,
    COMMENT,
    CUSTOM,
    DONE,
    FACT,
    GIVES_UP,
    HIDDEN,
    HIDDEN_BLOCK_RECORD,
    INLINE,
    LICENCES_RECORD,
    LINK,
    MAX_SCORE,
    NUMBER_SHIFT,
    NUMBERS,
    PLAIN,
    RARE,
    RAW,
    ROLE,
    SCORE_SHIFT,
    TELLS_LANGUAGE,
    VOID,
)

ROOT = BLOCK | MAX_SCORE << SCORE_SHIFT


@borrowing
def _pass_over(state, source, tag, begin, end, name_keys, name_values, word_keys, word_values, records):
    """Passes over an element that is not read; returns where its end tag stands, -1 if nowhere.

    Whether it holds blocks is for the caller to ask.
    """
    stop = find(source, SPACE, begin, end)
    role, size = tag & ROLE, len(source)
    if role == RAW:
        return raw_end(source, begin, stop, end + 1)
    place = end_of(source, begin, stop, end + 1, name_keys, name_values)
    until = place if place >= 0 else size
    if role == ASIDE:
        if place >= 0:
            state[PASSED_OVER] += count_tags(source, end + 1, place) + 2
        if holds_licence(source, end + 1, until):
            record(state, records, LICENCES_RECORD, end + 1, until, 0)
    elif 0 < (tag >> NUMBER_SHIFT) & NUMBERS != CUSTOM + 1:
        record(state, records, HIDDEN_BLOCK_RECORD, end + 1, until, 0)
    else:
        tell(state, records, source, end + 1, until, name_keys, name_values, word_keys, word_values)
    return place


@borrowing
def scan(source, state, name_keys, name_values, word_keys, word_values, labels, hashes, spans, stack, opened, elements,
         blocks, records, raw, out):  # fmt: skip
    """Reads on from where the state says; returns DONE, ASKS (about the tag that the state names), or GIVES_UP."""
    size = len(source)
    position = state[POSITION]
    if state[PLACES] == 0:  # the page itself, whether <body> has a tag or not
        opened[0], elements[0] = (ROOT, 0, 0, 0), (ROOT, -1, 0, -1, 0, 0)
        state[ELEMENTS] = state[OPENED] = state[PLACES] = 1
        state[GIVEN] = ASK
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
                    flush(state, opened, elements, blocks, raw, out)
                state[OPENED] -= 1
                if state[PLACES] > state[OPENED]:
                    state[PLACES] -= 1
                    elements[opened[state[OPENED], 3], 3] = state[BLOCKS]
            elif role == INLINE:
                if tag & CODE_TAG and state[PRES] == 0:
                    state[CODES] -= 1
                    if state[HAS_LINE] and (state[FLUSHES] != state[CODE_FLUSHES] or state[BREAK_AT] > state[CODE_AT]):
                        return GIVES_UP  # its lines are set by <br>
                    if state[CODES] == 0 and state[FLUSHES] == state[CODE_FLUSHES]:
                        if may_be_set_in_lines(raw, state[CODE_AT], state[RAW_SIZE]):
                            return GIVES_UP
                if tag & CODE_BOX and state[PRES] == 0:
                    state[BOXES] -= 1
            elif role != PLAIN:
                if not close_block(state, tag, opened, elements, blocks, raw, out):
                    return GIVES_UP
                if tag & CODE_BOX:
                    state[BOXES] -= 1
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
                        record_tag(state, records, source, begin, end, text_end, word_keys, word_values)
            elif role == VOID:
                if tag & FACT:
                    record_tag(state, records, source, begin, end, end + 1, word_keys, word_values)
            elif role == BREAK:
                if state[PRES] == 0 and (state[BOXES] > 0 or state[CODE_FIRST] == state[FLUSHES] + 1):
                    return GIVES_UP  # lines of code, maybe
                if not line_break(state, opened, elements, blocks, raw, out):
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
                    flush(state, opened, elements, blocks, raw, out)
                if role == HIDDEN and tag & FACT:
                    record_tag(state, records, source, begin, end, text_end, word_keys, word_values)
                place = _pass_over(
                    state, source, tag, begin, end, name_keys, name_values, word_keys, word_values, records
                )
                if role == HIDDEN and state[RAW_SIZE] > 0:
                    if holds_blocks(source, end + 1, place if place >= 0 else size, name_keys, name_values):
                        flush(state, opened, elements, blocks, raw, out)
                stack[state[STACK]] = PLAIN
                state[STACK] += 1
                if place < 0:
                    break
                position = place
                continue
            else:
                if tag & FACT:
                    record_tag(state, records, source, begin, end, text_end, word_keys, word_values)
                if role == INLINE:
                    state[BOXES] += tag & CODE_BOX > 0 and state[PRES] == 0
                    if tag & (CODE_TAG | CODE_BOX) and state[PRES] == 0 and state[RAW_SIZE] == 0:
                        state[CODE_FIRST] = state[FLUSHES] + 1
                    if tag & CODE_TAG and state[PRES] == 0:
                        if state[RAW_SIZE] == 0:
                            around = (opened[state[OPENED] - 1, 0] >> NUMBER_SHIFT) & NUMBERS
                            state[CODE_BLOCKS] += around == PARAGRAPH_NUMBER + 1 or around == DIVISION_NUMBER + 1
                        if state[CODES] == 0:
                            state[CODE_AT], state[CODE_FLUSHES] = state[RAW_SIZE], state[FLUSHES]
                        state[CODES] += 1
                    elif state[PRES] > 0 and tag & TELLS_LANGUAGE and state[LANGUAGE_END] == 0:
                        state[LANGUAGE_BEGIN], state[LANGUAGE_END] = begin, end
                elif state[PRES] > 0:
                    return GIVES_UP
                elif role == BLOCK:
                    if state[RAW_SIZE] > 0:
                        flush(state, opened, elements, blocks, raw, out)
                    depth = state[OPENED]
                    opened[depth, 0], opened[depth, 1], opened[depth, 2] = tag, begin, end
                    state[OPENED] = depth + 1
                else:
                    open_block(state, tag, begin, end, opened, elements, blocks, raw, out)
                    state[BOXES] += tag & CODE_BOX > 0
                if (tag >> NUMBER_SHIFT) & NUMBERS != RULE_NUMBER + 1:
                    stack[state[STACK]] = tag
                    state[STACK] += 1
        if text_end > text and (state[RAW_SIZE] > 0 or state[PRES] > 0 or not is_blank(source, text, text_end, SPACE)):
            state[RAW_SIZE], chars = append_text(source, text, text_end, raw, state[RAW_SIZE])
            if state[LINKS] > 0:
                state[LINK_CHARS] += chars
        position = following
    if state[RAW_SIZE] > 0:
        flush(state, opened, elements, blocks, raw, out)
    if state[HARD] >= MIN_HARD:
        return GIVES_UP
    for element in range(state[ELEMENTS]):
        if elements[element, 3] < 0:
            elements[element, 3] = state[BLOCKS]
    return DONE
