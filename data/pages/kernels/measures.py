"""What is measured on a page's blocks, as `data.pages.features` says, block by block; whole numbers throughout."""

from __future__ import annotations

import numpy as np

from data.compiled import borrowing
from data.pages.page_layout import MAX_SCORE, NUMBER_SHIFT, NUMBERS, PARTS, SCORE_SHIFT, TEXT_COLUMNS
from data.pages.tags import TAG_NUMBERS

H1 = TAG_NUMBERS["h1"]


@borrowing
def _bucket(reached, value):
    return reached[min(max(value, 0), len(reached) - 1)]


@borrowing
def _share(part, whole):
    return part * PARTS // max(whole, 1)


@borrowing
def measure_elements(elements, scores):
    """Fills for each element: own score, of all around, lowest, highest, nearest, depth, a bit for each name around."""
    for place in range(len(elements)):
        around = elements[place, 1]
        for column in range(7):
            scores[place, column] = scores[around, column] if around >= 0 else 0
        score = ((elements[place, 0] >> SCORE_SHIFT) & 255) - MAX_SCORE
        scores[place, 0] = score
        scores[place, 5] += 1
        number = ((elements[place, 0] >> NUMBER_SHIFT) & NUMBERS) - 1
        if number >= 0:
            scores[place, 6] |= np.int64(1) << number
        if score != 0:
            scores[place, 1] += score
            scores[place, 4] = score
            scores[place, 2] = min(score, scores[place, 2])
            scores[place, 3] = max(score, scores[place, 3])


@borrowing
def outwards_of(elements, outwards):
    """Fills for each element the next one around that holds more blocks."""
    outwards[0] = 0
    for place in range(1, len(elements)):
        around = elements[place, 1]
        same = elements[around, 2] == elements[place, 2] and elements[around, 3] == elements[place, 3]
        outwards[place] = outwards[around] if same else around


@borrowing
def measure(
    blocks, elements, table, groups, kinds, masks, reached, matrix, outer, scores, outwards, sums, level, weights
):  # fmt: skip
    """Fills the features of a page's blocks, and the container of each block; returns the best element.

    Args:
        blocks, elements: as `data.pages.kernels.scan` fills them.
        table: what texts say, by TEXT_COLUMNS.
        groups: the group of each number of a tag; kinds, masks: those that have a column each.
        reached: which edges a count has reached, by count.
        matrix: shape (blocks, features).
        outer: shape (blocks, 2).
        scores, outwards, sums, level, weights: zeros, for its own use; a row for each element, each block and one.
    """
    count = len(blocks)
    measure_elements(elements, scores)
    outwards_of(elements, outwards)
    heading, groups_count = -1, 0
    for group in groups:
        groups_count = max(groups_count, group + 1)
    for row in range(count):
        size, links, at = table[row, 0], table[row, 1], blocks[row, 5]
        plain = max(size - links, 0)
        sums[row + 1, 0] = sums[row, 0] + size
        sums[row + 1, 1] = sums[row, 1] + links
        sums[row + 1, 2] = sums[row, 2] + plain
        sums[row + 1, 3] = sums[row, 3] + (plain if plain >= 80 else 0)
        level[row] = outwards[at] if elements[at, 3] - elements[at, 2] <= 1 else at
        if plain >= 60 and links * 3 < size:
            weights[level[row]] += 2 * min(plain, 1000)
            weights[outwards[level[row]]] += min(plain, 1000)
        if heading < 0 and (elements[at, 0] >> NUMBER_SHIFT) & NUMBERS == H1 + 1:
            heading = row
    best = 0
    for element in range(len(elements)):
        if weights[element] > weights[best]:
            best = element
    best_first, best_last = elements[best, 2], elements[best, 3]
    total = max(sums[count, 2], 1)
    for row in range(count):
        target = matrix[row]
        at, size, links = blocks[row, 5], table[row, 0], table[row, 1]
        target[0], target[1] = _bucket(reached, table[row, 2]), _bucket(reached, table[row, 3])
        for column in range(4, TEXT_COLUMNS):
            target[column - 2] = table[row, column]
        filled = TEXT_COLUMNS - 2
        target[filled], target[filled + 1] = _bucket(reached, size), _share(links, size)
        filled += 2
        for column in range(5):
            value = scores[at, column]
            if column == 1:
                value = min(max(value, -4 * MAX_SCORE), 4 * MAX_SCORE)
            target[filled + column] = (value + 256) >> 2
        target[filled + 5] = _bucket(reached, scores[at, 5])
        filled += 6
        number = ((elements[at, 0] >> NUMBER_SHIFT) & NUMBERS) - 1
        group = groups[number] if number >= 0 else -1
        for column in range(groups_count):
            target[filled + column] = PARTS if column == group else 0
        filled += groups_count
        for column in range(len(kinds)):
            target[filled + column] = PARTS if kinds[column] == blocks[row, 6] else 0
        filled += len(kinds)
        for column in range(len(masks)):
            target[filled + column] = PARTS if scores[at, 6] & masks[column] else 0
        filled += len(masks)
        filled = _fill_containers(target, filled, level[row], outwards, elements, sums, total, reached)
        filled = _fill_page(target, filled, row, count, sums, total, best_first, best_last, heading, reached)
        _fill_neighbours(target, filled, row, count, table, sums, reached)
        outer[row, 0], outer[row, 1] = elements[level[row], 2], elements[level[row], 3]
    return best


@borrowing
def _fill_containers(target, filled, place, outwards, elements, sums, total, reached):
    for step in range(3):
        first, last = elements[place, 2], elements[place, 3]
        of_all, of_links = sums[last, 0] - sums[first, 0], sums[last, 1] - sums[first, 1]
        of_plain, of_long = sums[last, 2] - sums[first, 2], sums[last, 3] - sums[first, 3]
        held = last - first
        target[filled + step] = _bucket(reached, of_plain)
        target[filled + 3 + step] = _share(of_links, of_all)
        target[filled + 6 + step] = _share(of_long, of_plain)
        target[filled + 9 + step] = _bucket(reached, held)
        target[filled + 12 + step] = of_plain * PARTS // total
        target[filled + 15 + step] = _bucket(reached, of_plain // max(held, 1))
        place = outwards[place]
    return filled + 18


@borrowing
def _fill_page(target, filled, row, count, sums, total, start, end, heading, reached):
    before, after = row < start, row >= end
    target[filled] = 0 if before or after else PARTS
    target[filled + 1] = _bucket(reached, start - row if before else row - end + 1 if after else 0)
    target[filled + 2], target[filled + 3] = PARTS if before else 0, PARTS if after else 0
    target[filled + 4] = (sums[end, 2] - sums[start, 2]) * PARTS // total
    target[filled + 5] = row * PARTS // max(count, 1)
    target[filled + 6] = sums[row, 2] * PARTS // total
    target[filled + 7], target[filled + 8] = _bucket(reached, count), _bucket(reached, total)
    target[filled + 9] = _bucket(reached, total // max(count, 1))
    target[filled + 10] = _share(sums[count, 1], sums[count, 0])
    target[filled + 11] = sums[count, 3] * PARTS // total
    target[filled + 12] = 0 if heading < 0 else 8 if row < heading else 16
    target[filled + 13] = 0 if heading < 0 else _bucket(reached, row - heading)
    return filled + 14


@borrowing
def _fill_neighbours(target, filled, row, count, table, sums, reached):
    for kind in range(2):
        for offset in range(-3, 4):
            if offset == 0:
                continue
            place = row + offset
            value = -1
            if 0 <= place < count:
                size, links = table[place, 0], table[place, 1]
                value = _bucket(reached, max(size - links, 0)) if kind == 0 else _share(links, size)
            target[filled] = value
            filled += 1
    for width in (2, 5, 12):
        target[filled] = _bucket(reached, sums[row, 2] - sums[max(row - width, 0), 2])
        target[filled + 3] = _bucket(reached, sums[min(row + width + 1, count), 2] - sums[row + 1, 2])
        filled += 1


@borrowing
def look_around(logits, outer, best_first, best_last, reach, begin, matrix, sums):
    """Fills what the first look said of a block, its neighbours, its container and its page.

    Args:
        logits: of the first look.
        outer, best_first, best_last: see `measure`.
        reach: so many blocks before and after are looked at.
        begin, matrix: a row for each block, filled from this column on, 1 + 2 * reach + 5 of them.
        sums: zeros, one more than blocks.
    """
    count, unknown = len(logits), -128
    all_kept = 0
    for row in range(count):
        sums[row + 1] = sums[row] + logits[row]
        all_kept += logits[row] > 0
    kept = 0
    for row in range(count):
        target = matrix[row, begin:]
        target[0] = logits[row]
        for offset in range(1, reach + 1):
            target[reach + 1 - offset] = logits[row - offset] if row >= offset else unknown
            target[reach + offset] = logits[row + offset] if row + offset < count else unknown
        first, last = outer[row, 0], outer[row, 1]
        filled = 1 + 2 * reach
        target[filled] = (sums[last] - sums[first]) // max(last - first, 1)
        target[filled + 1] = (sums[best_last] - sums[best_first]) // max(best_last - best_first, 1)
        target[filled + 2] = sums[count] // max(count, 1)
        target[filled + 3] = kept * PARTS // max(all_kept, 1)
        target[filled + 4] = min(all_kept, 64)
        kept += logits[row] > 0


@borrowing
def answer(rows, inner, inner_bias, weights, settings, logits, hidden):
    """Fills a network's answers (see `data.pages.network.Layer`); sums are whole numbers, exact in any order.

    Args:
        rows, inner: what is multiplied; of each row as many as there are weights.
        settings: what is added to answers, the unit that they are given in, and what they are bounded by.
        hidden: room for the units between.
    """
    count, features = len(rows), len(inner)
    width = len(weights)
    bias, unit, most = settings[0], settings[1], settings[2]
    for row in range(count):
        for place in range(width):
            hidden[place] = inner_bias[place]
        for feature in range(features):
            value = rows[row, feature]
            if value != 0.0:
                for place in range(width):
                    hidden[place] += value * inner[feature, place]
        total = bias
        for place in range(width):
            total += max(hidden[place], 0.0) * weights[place]
        logits[row] = np.int64(min(max(np.floor(total / unit), -most), most))
