"""Exact substrings: runs of tokens that stand in a corpus twice, found by a suffix array. Owns pydivsufsort.

A window is `min_tokens` tokens of one document. Windows that are equal make a group; of a group with two or more,
all are cut but the first in the order of the documents (`keep_one`), or all (`drop_all`). So what is cut is the
union of windows, runs of any greater length among them, and with `keep_one` nothing is cut that does not stand
in an earlier place.

A token is a word, which is what stands between ASCII white space, as it is; or a byte of UTF-8. In memory are
17 bytes for each byte of the suffix array (29 from 2 GiB on), of which a word takes one to four.

Source: Lee et al. 2022, arXiv 2107.06499; Penedo et al. 2023, arXiv 2306.01116, appendix G.3.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.deduplication import Substrings
from filters.buffers import ByteArray, IntArray, read_only, text_buffers, texts_from
from filters.cuts.pieces import LINE_FEED, BoolArray, Ranges

#: The package that makes suffix arrays; the extra `substrings` installs it.
PACKAGE = "pydivsufsort"

#: Bytes in memory for each byte sorted: text, suffix array, ranks, common prefixes, masks.
NARROW, WIDE = 17, 29
_NARROW_BYTES = 2**31 - 1

#: Text, widest token and end of a document, while the tokens are gathered.
_GATHERED = 12

_WHITE = np.zeros(256, dtype=np.bool_)
_WHITE[[9, 10, 11, 12, 13, 32]] = True


def is_installed() -> bool:
    """Returns whether suffix arrays can be made here."""
    return importlib.util.find_spec(PACKAGE) is not None


def memory_bytes(tokens: int, settings: Substrings) -> int:
    """Returns how much memory so many tokens take at most, but for the distinct words."""
    size = 4 * tokens if settings.tokens == "words" else tokens
    return size * (NARROW if size <= _NARROW_BYTES else WIDE) + _GATHERED * tokens


class Tokens:
    """The tokens of some documents, gathered a table at a time."""

    def __init__(self, settings: Substrings) -> None:
        self.settings = settings
        self._codes: list[npt.NDArray[np.unsignedinteger]] = []
        self._counts: list[IntArray] = []
        self._vocabulary: dict[bytes, int] = {}

    def add(self, texts: pa.Array) -> None:
        """Adds large_string texts, a document each."""
        data, offsets = text_buffers(texts)
        if self.settings.tokens == "bytes":
            self._codes.append(data[offsets[0] : offsets[-1]].copy() if len(offsets) else data[:0])
            self._counts.append(np.diff(offsets))
            return
        rows, starts, ends = words_of(texts)
        inside = ~_WHITE[data]
        inside[: offsets[0]] = inside[offsets[-1] :] = False
        places = np.concatenate(([0], np.cumsum(ends - starts)))
        encoded = texts_from(data[inside], places).dictionary_encode()
        known = self._vocabulary
        words = encoded.dictionary.cast(pa.large_binary()).to_pylist()
        codes = np.fromiter((known.setdefault(word, len(known)) for word in words), np.uint32, len(words))
        self._codes.append(codes[np.asarray(encoded.indices)])
        self._counts.append(np.bincount(rows, minlength=len(texts)))

    def find(self, ranks: IntArray) -> list[IntArray]:
        """Returns for each document the tokens [start, end) to be cut, shape (ranges, 2), in order.

        Args:
            ranks: by document, in the order they were added; the smallest is the best.
        """
        counts = np.concatenate([np.zeros(0, np.int64), *self._counts])
        order = np.argsort(ranks, kind="stable")
        sizes = counts[order]
        cut = self._cut(self._packed(counts, order), sizes)
        ends = np.cumsum(sizes)
        found: list[IntArray] = [np.zeros((0, 2), np.int64)] * len(counts)
        starts, stops = runs_of(cut, ends - sizes)
        owner = np.searchsorted(ends, starts, side="right")
        first = np.searchsorted(owner, np.arange(len(counts) + 1))
        for place in np.unique(owner).tolist():
            here = slice(first[place], first[place + 1])
            base = ends[place] - sizes[place]
            found[order[place]] = np.column_stack((starts[here] - base, stops[here] - base))
        return found

    def _packed(self, counts: IntArray, order: IntArray) -> ByteArray:
        """Returns the tokens as bytes, `self.width` for each, the best document's first; they are forgotten then."""
        codes = self._codes.pop() if len(self._codes) == 1 else np.concatenate([np.zeros(0, np.uint8), *self._codes])
        self._codes.clear()
        ends = np.cumsum(counts)
        pieces = [codes[ends[place] - counts[place] : ends[place]] for place in order.tolist()]
        ordered = np.concatenate([codes[:0], *pieces])
        if self.width == 1:
            return np.ascontiguousarray(ordered, dtype=np.uint8)
        columns = ordered.astype("<u4", copy=False).view(np.uint8).reshape(-1, 4)[:, : self.width]
        return np.ascontiguousarray(columns).reshape(-1)

    @property
    def width(self) -> int:
        """Bytes that a token takes in the suffix array."""
        if self.settings.tokens == "bytes":
            return 1
        return max(1, (max(len(self._vocabulary) - 1, 0).bit_length() + 7) // 8)

    def _cut(self, data: ByteArray, sizes: IntArray) -> BoolArray:
        """Returns which tokens of the documents, the best one's first, are cut."""
        from pydivsufsort import divsufsort, kasai

        width, window = self.width, self.settings.min_tokens
        count = len(data) // width
        if count < window:
            return np.zeros(count, dtype=np.bool_)
        suffixes = divsufsort(data)
        common = kasai(data, suffixes)  # with the next one in order
        begins_group = np.ones(len(suffixes), dtype=np.bool_)
        np.less(common[:-1], window * width, out=begins_group[1:])
        del common
        groups = np.cumsum(begins_group, dtype=suffixes.dtype)
        del begins_group
        if width > 1:
            whole = suffixes % width == 0
            suffixes, groups = suffixes[whole] // width, groups[whole]
        fits = _has_room(sizes, window)[suffixes]
        windows, groups = suffixes[fits], groups[fits]
        del suffixes, fits
        as_before = groups[1:] == groups[:-1]
        twice = np.zeros(len(groups), dtype=np.bool_)
        twice[1:] |= as_before
        twice[:-1] |= as_before
        windows, groups = windows[twice], groups[twice]
        if self.settings.copies == "keep_one" and len(windows):
            begins = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1])))
            lengths = np.diff(np.append(begins, len(windows)))
            windows = windows[windows != np.repeat(np.minimum.reduceat(windows, begins), lengths)]
        return covered(windows, window, count)


def _has_room(sizes: IntArray, window: int) -> BoolArray:
    """Returns of which tokens on there is a whole window in the same document."""
    ends = np.cumsum(sizes)
    change = np.zeros(int(sizes.sum()) + 1, dtype=np.int8)
    inner = sizes >= window
    change[(ends - sizes)[inner]] += 1
    change[(ends - window + 1)[inner]] -= 1
    return np.cumsum(change[:-1], dtype=np.int8) > 0


def covered(starts: IntArray, window: int, count: int) -> BoolArray:
    """Returns which of `count` tokens are in a window that begins at one of some places, each given once."""
    change = np.zeros(count + 1, dtype=np.int32)
    change[starts] += 1
    change[starts + window] -= 1
    return np.cumsum(change[:-1], dtype=np.int32) > 0


def runs_of(flags: BoolArray, borders: IntArray) -> tuple[IntArray, IntArray]:
    """Returns where runs of true begin and end; none goes over a border."""
    begins = flags.copy()
    begins[1:] &= ~flags[:-1]
    inner = borders[borders < len(flags)]
    begins[inner] = flags[inner]
    ends = flags.copy()
    ends[:-1] &= ~flags[1:] | begins[1:]
    return np.flatnonzero(begins), np.flatnonzero(ends) + 1


def words_of(texts: pa.Array) -> tuple[IntArray, IntArray, IntArray]:
    """Returns the words of large_string texts: the text that each is of, and its bytes [start, end)."""
    data, offsets = text_buffers(texts)
    first, last = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
    inside = ~_WHITE[data[first:last]]
    starts, ends = runs_of(inside, offsets[:-1] - first)
    starts, ends = starts + first, ends + first
    return np.searchsorted(offsets, starts, side="right") - 1, starts, ends


def count_tokens(texts: pa.Array, settings: Substrings) -> int:
    """Returns how many tokens some texts have."""
    if settings.tokens == "words":
        return len(words_of(texts)[0])
    _, offsets = text_buffers(texts)
    return int(offsets[-1] - offsets[0]) if len(offsets) else 0


def byte_ranges(texts: pa.Array, cuts: list[IntArray], settings: Substrings) -> Ranges:
    """Returns runs of tokens as ranges of bytes.

    Words go with the white space after them, or with that before if only the one after has a line feed, or if they
    are the last of their text. Of a character of several bytes all or none goes.

    Args:
        texts: large_string texts.
        cuts: of each text; from `Tokens.find`.
    """
    data, offsets = text_buffers(texts)
    owner = np.repeat(np.arange(len(texts)), [len(cut) for cut in cuts])
    chosen = np.concatenate([np.zeros((0, 2), np.int64), *cuts])
    if settings.tokens == "bytes":
        starts, ends = chosen[:, 0] + offsets[owner], chosen[:, 1] + offsets[owner]
        starts, ends = _on_characters(data, starts, up=True), _on_characters(data, ends, up=False)
    else:
        starts, ends = _whole_words(texts, owner, chosen)
    right = ends > starts
    return Ranges(owner[right], starts[right], ends[right])


def _whole_words(texts: pa.Array, owner: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    data, offsets = text_buffers(texts)
    rows, begins, stops = words_of(texts)
    if not len(owner):
        return owner, owner
    first, after = np.searchsorted(rows, owner) + chosen[:, 0], np.searchsorted(rows, owner) + chosen[:, 1]
    is_first, is_last = chosen[:, 0] == 0, after == np.searchsorted(rows, owner, side="right")
    # From the end of the word before to the beginning of the word after; one of the two white spaces stays.
    outer = np.where(is_first, offsets[owner], stops[np.maximum(first - 1, 0)])
    beyond = np.where(is_last, offsets[owner + 1], begins[np.minimum(after, len(begins) - 1)])
    feeds = np.concatenate(([0], np.cumsum(data == LINE_FEED)))
    before, behind = feeds[begins[first]] > feeds[outer], feeds[beyond] > feeds[stops[after - 1]]
    takes_before = ~is_first & (is_last | (behind & ~before))
    starts = np.where(takes_before | (is_first & is_last), outer, begins[first])
    ends = np.where(takes_before, stops[after - 1], beyond)
    return starts, ends


def _on_characters(data: ByteArray, places: IntArray, *, up: bool) -> IntArray:
    """Returns places moved to where a character begins."""
    padded = read_only(np.append(data, np.uint8(0)))
    moved = places.copy()
    while True:
        inner = (padded[moved] & 0xC0) == 0x80
        if not inner.any():
            return moved
        moved[inner] += 1 if up else -1
