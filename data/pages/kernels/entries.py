"""What is called from outside: the kernels, with addresses for arrays (see `data.pages.page_layout`)."""

from __future__ import annotations

from data.machine_code import viewer
from data.pages.kernels import ends, letters, measures, texts
from data.pages.kernels.places import STATES
from data.pages.kernels.scan import scan as scan_page
from data.pages.kernels.strip import strip as strip_page
from data.pages.page_layout import (
    ATTRIBUTES,
    BLOCKS_WIDTH,
    CHARACTERS,
    ELEMENTS_WIDTH,
    HASHES_ROOM,
    HEAD_CHARS,
    LABELS_ROOM,
    NUMBERS,
    OPENED_WIDTH,
    RECORDS_WIDTH,
    SCORES_WIDTH,
    STRIP_KNOWN,
    STRIP_WIDTH,
    SUMS_WIDTH,
    TEXT_COLUMNS,
)

view = viewer()
end_of_element, find_text, hash_folded = ends.end_of, letters.find_text, letters.hash_folded
measure_all_texts, measure_page = texts.measure_texts, measures.measure
look_around_page, answer_all = measures.look_around, measures.answer


def scan(
    source, size, state, name_keys, name_values, names, word_keys, word_values, words, labels, hashes, spans, rows,
    stack, opened, elements, blocks, records, raw, raw_size, out, out_size,
):  # fmt: skip
    """See `data.pages.kernels.scan.scan`.

    Args:
        names, words: sizes of tables.
        rows: for so many tags there is room.
    """
    return scan_page(
        view(source, (size,)), view(state, (STATES,)), view(name_keys, (names,)), view(name_values, (names,)),
        view(word_keys, (words,)), view(word_values, (words,)), view(labels, (LABELS_ROOM,)),
        view(hashes, (HASHES_ROOM,)), view(spans, (ATTRIBUTES, 2)), view(stack, (rows,)),
        view(opened, (rows, OPENED_WIDTH)), view(elements, (rows, ELEMENTS_WIDTH)),
        view(blocks, (rows, BLOCKS_WIDTH)), view(records, (rows, RECORDS_WIDTH)), view(raw, (raw_size,)),
        view(out, (out_size,)),
    )  # fmt: skip


def end_of(source, size, name_begin, name_end, start, name_keys, name_values, names):
    """See `data.pages.kernels.ends.end_of`."""
    return end_of_element(
        view(source, (size,)), name_begin, name_end, start, view(name_keys, (names,)), view(name_values, (names,))
    )


def strip(content, size, out, out_size, spans, most, known):
    """See `data.pages.kernels.strip.strip`; how many styles and scripts there were comes in `known`."""
    known = view(known, (STRIP_KNOWN,))
    filled, count = strip_page(
        view(content, (size,)), view(out, (out_size,)), view(spans, (most, STRIP_WIDTH)), known
    )  # fmt: skip
    known[0] = count
    return filled


def find(content, size, text, length):
    """See `data.pages.kernels.letters.find_text`."""
    return find_text(view(content, (size,)), view(text, (length,)), 0, size)


def hash_of(characters, size):
    """See `data.pages.kernels.letters.hash_folded`; the sign is the upper bit."""
    return hash_folded(view(characters, (size,)), 0, size)


def measure_texts(
    out, size, blocks, count, title, title_size, keys, values, slots, lowered, kinds, table, seen, seen_slots, head
):  # fmt: skip
    """See `data.pages.kernels.texts.measure_texts`."""
    return measure_all_texts(
        view(out, (size,)), view(blocks, (count, BLOCKS_WIDTH)), view(title, (title_size,)), view(keys, (slots,)),
        view(values, (slots,)), view(lowered, (CHARACTERS,)), view(kinds, (CHARACTERS,)),
        view(table, (count, TEXT_COLUMNS)), view(seen, (seen_slots,)), view(head, (HEAD_CHARS,)),
    )  # fmt: skip


def measure(
    blocks, count, elements, made, table, groups, kinds, kinds_size, masks, masks_size, reached, reached_size, matrix,
    width, outer, scores, outwards, sums, level, weights,
):  # fmt: skip
    """See `data.pages.kernels.measures.measure`; the best element's number comes back."""
    return measure_page(
        view(blocks, (count, BLOCKS_WIDTH)), view(elements, (made, ELEMENTS_WIDTH)),
        view(table, (count, TEXT_COLUMNS)), view(groups, (NUMBERS,)), view(kinds, (kinds_size,)),
        view(masks, (masks_size,)), view(reached, (reached_size,)), view(matrix, (count, width)),
        view(outer, (count, 2)), view(scores, (made, SCORES_WIDTH)), view(outwards, (made,)),
        view(sums, (count + 1, SUMS_WIDTH)), view(level, (count,)), view(weights, (made,)),
    )  # fmt: skip


def look_around(logits, count, outer, best_first, best_last, reach, begin, matrix, width, sums):
    """See `data.pages.kernels.measures.look_around`."""
    look_around_page(
        view(logits, (count,)), view(outer, (count, 2)), best_first, best_last, reach, begin,
        view(matrix, (count, width)), view(sums, (count + 1,)),
    )  # fmt: skip
    return 0


def answer(rows, count, width, inner, features, units, inner_bias, weights, settings, hidden, logits):
    """See `data.pages.kernels.measures.answer`."""
    answer_all(
        view(rows, (count, width)), view(inner, (features, units)), view(inner_bias, (units,)),
        view(weights, (units,)), view(settings, (3,)), view(logits, (count,)), view(hidden, (units,)),
    )  # fmt: skip
    return 0
