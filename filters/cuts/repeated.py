"""Lines and paragraphs that many documents of a domain have in common: looked up, cut, and shown."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.deduplication import Deduplicate
from filters.buffers import IntArray
from filters.cuts.counts import COUNTS
from filters.cuts.pieces import BoolArray, Ranges, as_texts, ranges_of, with_stranded_blanks
from filters.cuts.reading import WHATS, Reading

#: What `phimill` shows of a piece that was cut.
SHOWN_CHARS = 500


class Repeated:
    """The pieces that are repeated often enough, to be looked up."""

    def __init__(self, table: pa.Table) -> None:
        self._columns = {name: np.asarray(table[name].combine_chunks()) for name in COUNTS.names}

    def __getitem__(self, name: str) -> IntArray:
        """Returns a column of the table."""
        return self._columns[name]

    def find(self, high: IntArray, low: IntArray) -> IntArray:
        """Returns the place of each key in the table, -1 for none."""
        highs, lows = self._columns["high"], self._columns["low"]
        found = np.full(len(high), -1, dtype=np.int64)
        places = np.searchsorted(highs, high)
        asked = np.arange(len(high))
        while len(asked):  # once, but where two keys have the same first half
            inside = places[asked] < len(highs)
            asked = asked[inside]
            asked = asked[highs[places[asked]] == high[asked]]
            hit = lows[places[asked]] == low[asked]
            found[asked[hit]] = places[asked[hit]]
            asked = asked[~hit]
            places[asked] += 1
        return found

    def cut(self, read: Reading, ranks: IntArray, settings: Deduplicate) -> Cuts:
        """Returns what is cut out of some texts.

        Args:
            read: the texts.
            ranks: of each text's document, as they were counted.
            settings: say whether one copy stays.
        """
        keeps_one = np.array([bool(e and e.copies == "keep_one") for e in (settings.lines, settings.paragraphs)])
        seen = read.candidates
        found = self.find(seen.high, seen.low)
        goes = found >= 0
        stays = goes & keeps_one[seen.what]
        stays[stays] = self["best"][found[stays]] == ranks[seen.rows[stays]]
        goes[_first_of_each(found, seen.rows, stays)] = False
        lines, paragraphs = np.zeros(len(read.blank), np.bool_), np.zeros(len(read.paragraphs.rows), np.bool_)
        lines[seen.pieces[goes & (seen.what == 0)]] = True
        paragraphs[seen.pieces[goes & (seen.what == 1)]] = True
        in_paragraphs = paragraphs[read.paragraph_of]
        is_line = goes & (seen.what == 0)
        goes[is_line] = ~in_paragraphs[seen.pieces[is_line]]  # else it goes with its paragraph
        cut = with_stranded_blanks(read.lines, read.blank, lines | in_paragraphs)
        ranges, range_of = ranges_of(read.lines, cut, read.texts)
        whole = np.zeros(len(ranges.rows), dtype=np.bool_)
        whole[range_of[in_paragraphs]] = True
        texts = len(read.texts)
        single = lines & ~in_paragraphs
        return Cuts(
            ranges,
            whole,
            np.bincount(read.lines.rows[single], minlength=texts),
            np.bincount(read.paragraphs.rows[paragraphs], minlength=texts),
            np.flatnonzero(goes),
            found[goes],
        )


class Cuts(NamedTuple):
    """What is cut out of some texts.

    Attributes:
        ranges: the ranges of bytes.
        whole: whether each holds a repeated paragraph; else it is of repeated lines.
        lines, paragraphs: how many of each text go; lines of paragraphs that go do not count.
        pieces: which of the candidates they are.
        repeated: the place of each of these in the table of repeated pieces.
    """

    ranges: Ranges
    whole: BoolArray
    lines: IntArray
    paragraphs: IntArray
    pieces: IntArray
    repeated: IntArray


def _first_of_each(found: IntArray, rows: IntArray, asked: BoolArray) -> IntArray:
    """Returns the first of those asked about for each repeated piece and text."""
    places = np.flatnonzero(asked)
    order = places[np.lexsort((places, rows[places], found[places]))]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (found[order][1:] != found[order][:-1]) | (rows[order][1:] != rows[order][:-1])
    return order[new]


def show_cut(read: Reading, made: Cuts, repeated: Repeated) -> pa.Table:
    """Returns what was cut, each repeated piece once: key, what, group, text as it stood first, times it was cut."""
    seen = read.candidates
    order = np.lexsort((made.pieces, made.repeated))
    pieces, places = made.pieces[order], made.repeated[order]
    new = np.ones(len(places), dtype=np.bool_)
    new[1:] = places[1:] != places[:-1]
    starts = np.flatnonzero(new)
    chosen, places = pieces[starts], places[starts]
    line, paragraph = as_texts(read.lines, read.texts), as_texts(read.paragraphs, read.texts)
    both = pa.concat_arrays([line, paragraph])
    taken = both.take(pa.array(seen.pieces[chosen] + np.where(seen.what[chosen] == 1, len(line), 0)))
    groups = [read.groups[WHATS[what]][row] for what, row in zip(seen.what[chosen], seen.rows[chosen], strict=True)]
    return pa.table(
        {
            "high": repeated["high"][places],
            "low": repeated["low"][places],
            "what": pa.array(WHATS, pa.string()).take(pa.array(seen.what[chosen])),
            "group": pa.array(groups, pa.string()),
            "text": pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(taken), 0, SHOWN_CHARS).cast(pa.string()),
            "documents": repeated["documents"][places],
            "copies": repeated["copies"][places],
            "cut": np.diff(np.append(starts, len(made.pieces))),
        }
    )
