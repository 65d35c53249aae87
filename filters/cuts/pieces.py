"""Texts as lines and paragraphs, and what is left when some of these are cut; no Python object for each line.

A line includes its line feed, a paragraph the blank lines that follow it; so lines, and paragraphs, follow one
another without gaps, and what is cut is a range of bytes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from filters.buffers import IntArray, text_buffers, texts_from

BoolArray = npt.NDArray[np.bool_]

LINE_FEED = 10


class Pieces(NamedTuple):
    """Some texts cut into pieces.

    Attributes:
        rows: the text that each piece is of, ascending.
        places: where each piece begins among the texts' bytes, and at the end where the last one ends.
    """

    rows: IntArray
    places: IntArray


class Ranges(NamedTuple):
    """Ranges of bytes [start, end) that are cut out of some texts; ascending, none touches another of its text.

    Attributes:
        rows: the text that each is of.
        starts, ends: places among the texts' bytes.
    """

    rows: IntArray
    starts: IntArray
    ends: IntArray


def split_lines(texts: pa.Array) -> Pieces:
    """Returns the lines of large_string texts; a text without a line feed is one line, an empty one too."""
    data, offsets = text_buffers(texts)
    first, last = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
    feeds = np.flatnonzero(data[first:last] == LINE_FEED) + first
    counts = np.diff(np.searchsorted(feeds, offsets)) + 1
    starts = np.sort(np.concatenate((offsets[:-1], feeds + 1)), kind="stable")
    return Pieces(np.repeat(np.arange(len(texts)), counts), np.append(starts, last))


def join_lines(lines: Pieces, blank: BoolArray) -> tuple[Pieces, IntArray]:
    """Returns the paragraphs that lines make, and the number of each line's paragraph; blank lines before the first
    one of a text are a paragraph too.
    """
    first = _begin_rows(lines.rows)
    begins = first | (~blank & np.concatenate(([True], blank[:-1]))[: len(blank)])
    rows = lines.rows[begins]
    return Pieces(rows, np.append(lines.places[:-1][begins], lines.places[-1])), np.cumsum(begins) - 1


def as_texts(pieces: Pieces, texts: pa.Array) -> pa.Array:
    """Returns the pieces as texts of their own, over the same bytes."""
    return texts_from(text_buffers(texts)[0], pieces.places)


def with_stranded_blanks(lines: Pieces, blank: BoolArray, cut: BoolArray) -> BoolArray:
    """Returns which lines go if some are cut: blank ones too that would else pile up, begin a text or end it."""
    numbers = np.arange(len(cut))
    left = np.flatnonzero(~cut)
    rows, here = lines.rows[left], blank[left]
    opens = _begin_rows(rows)
    before = np.where(opens, np.searchsorted(lines.rows, rows) - 1, np.concatenate(([-1], left[:-1]))[: len(left)])
    after_blank = np.concatenate(([False], here[:-1]))[: len(left)]
    stranded = here & (left - before > 1) & (opens | after_blank)
    # A run of blank lines goes from its first stranded one on.
    places = np.arange(len(left))
    run = np.maximum.accumulate(np.where(~here | opens | ~after_blank, places, 0)) if len(left) else places
    goes = here & ((np.maximum.accumulate(np.where(stranded, places, -1)) if len(left) else places) >= run)
    result: BoolArray = cut.copy()
    result[left[goes]] = True
    texts = int(lines.rows[-1]) + 1 if len(cut) else 0
    last_left, last_cut = np.full(texts, -1), np.full(texts, -1)
    solid = left[~here]
    last_left[lines.rows[solid]] = solid  # of several, numpy takes the last
    last_cut[lines.rows[cut]] = numbers[cut]
    ends_cut: BoolArray = (last_cut > last_left)[lines.rows] & (numbers > last_left[lines.rows])
    return result | ends_cut


def ranges_of(lines: Pieces, cut: BoolArray, texts: pa.Array) -> tuple[Ranges, IntArray]:
    """Returns the ranges that some lines make, and the number of each line's range (-1: none).

    A text that ended without a line feed ends without one again.
    """
    data, offsets = text_buffers(texts)
    begins = cut & (_begin_rows(lines.rows) | ~np.concatenate(([False], cut[:-1]))[: len(cut)])
    goes_on = np.concatenate((cut[1:], [False])) & ~np.concatenate((_begin_rows(lines.rows)[1:], [True]))
    ends = cut & ~goes_on[: len(cut)]
    rows = lines.rows[begins]
    starts, stops = lines.places[:-1][begins].copy(), lines.places[1:][ends]
    at_end = (stops == offsets[1:][rows]) & (starts > offsets[:-1][rows]) & (stops > starts)
    at_end[at_end] = data[stops[at_end] - 1] != LINE_FEED
    starts[at_end] -= 1
    return Ranges(rows, starts, stops), np.where(cut, np.cumsum(begins) - 1, -1)


def without(texts: pa.Array, ranges: Ranges) -> pa.Array:
    """Returns large_string texts without some ranges."""
    data, offsets = text_buffers(texts)
    first, last = int(offsets[0]), int(offsets[-1])
    change = np.zeros(last - first + 1, dtype=np.int8)
    np.add.at(change, ranges.starts - first, 1)
    np.add.at(change, ranges.ends - first, -1)
    keep = np.cumsum(change[:-1], dtype=np.int8) == 0
    kept_before = np.concatenate(([0], np.cumsum(keep, dtype=np.int64)))
    return texts_from(data[first:last][keep], kept_before[offsets - first])


def in_characters(texts: pa.Array, ranges: Ranges) -> tuple[IntArray, IntArray]:
    """Returns where ranges begin and end in their texts, in characters."""
    data, offsets = text_buffers(texts)
    first = int(offsets[0])
    begun = np.concatenate(([0], np.cumsum((data[first : offsets[-1]] & 0xC0) != 0x80, dtype=np.int64)))
    origin = begun[offsets[:-1][ranges.rows] - first]
    return begun[ranges.starts - first] - origin, begun[ranges.ends - first] - origin


def in_fences(lines: Pieces, texts: pa.Array) -> BoolArray:
    """Returns which lines are of code between fences (three backticks or tildes), or fences themselves."""
    plain = pc.utf8_ltrim_whitespace(as_texts(lines, texts))
    fence = np.asarray(pc.or_(pc.starts_with(plain, "```"), pc.starts_with(plain, "~~~")))
    opened = np.cumsum(fence)
    begins = np.flatnonzero(_begin_rows(lines.rows))
    before = np.concatenate(([0], opened[begins[1:] - 1])) if len(begins) else begins
    counts = np.diff(np.append(begins, len(fence)))
    within: BoolArray = (opened - np.repeat(before, counts)) % 2 == 1
    return fence | within


def char_lengths(texts: pa.Array) -> IntArray:
    """Returns the length of each text without the white space around it, in characters."""
    return np.asarray(pc.utf8_length(pc.utf8_trim_whitespace(texts))).astype(np.int64)


def _begin_rows(rows: IntArray) -> BoolArray:
    return np.concatenate(([True], rows[1:] != rows[:-1]))[: len(rows)]
