"""What is measured on a page's blocks: whole numbers, so that a model's answer is the same on every machine."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from data.pages.blocks import CODE, CODE_LINES, HEAD_ROW, ROW, Block, Blocks, Element, unescape
from data.pages.tags import TAG_NUMBERS

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Measured = npt.NDArray[np.int16]
#: How many are measured on each block; all are buckets, shares, scores or small counts, -128 … 512.
FEATURES = 106
MEASURED = np.int16

#: Counts are told apart about as well as their logarithms.
EDGES = np.array(
    [1, 2, 3, 4, 6, 8, 11, 15, 20, 28, 40, 56, 80, 110, 160, 220, 320, 450, 640, 900, 1280, 1800, 2560, 3600, 5120,
     10240, 20480, 40960], dtype=np.int64,
)  # fmt: skip
_EDGES: list[int] = EDGES.tolist()
#: Shares are given in so many parts.
PARTS = 16
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("p",), ("li",), ("h1",), ("h2",), ("h3",), ("h4", "h5", "h6"), ("td", "th", "tr"), ("dt", "dd"), ("pre",),
    ("blockquote",), ("figcaption", "caption"), ("button", "label", "legend", "summary"), ("address",),
    ("article", "main", "section", "body"),
)  # fmt: skip
_AROUND: tuple[tuple[str, ...], ...] = (
    ("nav", "menu"), ("header",), ("footer",), ("aside",), ("form", "fieldset", "search"), ("article",), ("main",),
    ("section",), ("ul", "ol"), ("dl",), ("table",), ("figure",), ("blockquote",), ("button", "label"), ("p",),
    ("li",), ("dialog", "details"),
)  # fmt: skip
KINDS = (CODE, CODE_LINES, ROW, HEAD_ROW)
END = frozenset(".!?…。！？:;\"”'’)»」")
_SHORT_WORDS = 8
_WORD = re.compile(r"[^\W\d_]{2,}")
_DIGIT = re.compile(r"\d")
#: Not what is left of a letter of UTF-8 that was read as Latin-1: "Ã©" is "é". "Â©" is the sign itself.
_COPYRIGHT = re.compile("(?<![\u00c3-\u00df])\u00a9")
#: So many blocks before and after a block are looked at.
_REACH = 3
#: A paragraph of this length is hardly a caption or a teaser.
LONG_CHARS = 80
MAX_TITLE_CHARS = 1000
_WINDOWS = np.array([[2], [5], [12]])
MAX_SCORE = 64


def _mask(names: tuple[str, ...]) -> int:
    return sum(1 << TAG_NUMBERS[name] for name in names)


GROUP_OF = {TAG_NUMBERS[name]: number for number, names in enumerate(_GROUPS) for name in names}
AROUND_MASKS = np.array([[_mask(names)] for names in _AROUND], dtype=np.int64)
_ALL_GROUPS = np.arange(len(_GROUPS))[:, None]
_ALL_KINDS = np.array(KINDS)[:, None]


#: Looking up is several times as fast as searching.
REACHED = np.searchsorted(EDGES, np.arange(EDGES[-1] + 1), side="right")


def bucket(values: Any) -> Whole:
    """Returns which of EDGES counts have reached."""
    reached: Whole = REACHED.take(values, mode="clip")
    return reached


def share(part: Whole, whole: Whole) -> Whole:
    """Returns shares in sixteenths; 0 of 0 is 0."""
    return part * PARTS // np.maximum(whole, 1)


class Measures:
    """Features of one page's blocks.

    A page has some fifty blocks: a call of numpy takes longer than its work, so that many features are
    measured by one call, and all are written into one table.

    Args:
        page: its blocks; at least one.
        words, texts: what words of classes, and words of short texts, speak for, -64 … 64.

    Attributes:
        matrix: shape (blocks, features), whole numbers.
        outer: for each block the smallest element that holds it and others: [first, last).
        best: the element that seems to hold the main content: (first, last).
    """

    def __init__(self, page: Blocks, words: Mapping[str, int], texts: Mapping[str, int]) -> None:
        self._page = page
        self._count = len(page.blocks)
        self._at = np.array([block.element for block in page.blocks])
        self._table = np.empty((FEATURES, self._count), MEASURED)
        self._filled = 0
        chars, links, plain = self._of_texts(texts)
        # Sums up to each block: characters, those in links, those not in links, and of these those of long blocks.
        self._sums = np.zeros((4, self._count + 1), dtype=np.int64)
        np.cumsum(np.stack([chars, links, plain, plain * (plain >= LONG_CHARS)]), axis=1, out=self._sums[:, 1:])
        self._of_places(words)
        level, outwards, first, last = self._levels(chars, links, plain)
        self._of_containers(level, outwards, first, last)
        self._of_page()
        self._of_neighbours(chars, links, plain)
        self.matrix: Measured = self._table.T

    def _fill(self, rows: Any, count: int) -> None:
        self._table[self._filled : self._filled + count] = rows
        self._filled += count

    def _of_texts(self, texts: Mapping[str, int]) -> tuple[Whole, Whole, Whole]:
        blocks = self._page.blocks
        title = title_of(self._page)
        seen: set[str] = set()
        table = _table([of_text(block, texts, title, seen) for block in blocks])
        chars, links = table[0], table[1]
        self._fill(bucket(table[2:4]), 2)
        self._fill(table[4:], len(table) - 4)
        self._fill(bucket(chars), 1)
        self._fill(share(links, chars), 1)
        return chars, links, np.maximum(chars - links, 0)

    def _of_places(self, words: Mapping[str, int]) -> None:
        """Measures tags, words of classes, and depth."""
        page = self._page
        scores = _scores(page.elements, words)
        table = _table([scores[block.element] for block in page.blocks])
        np.clip(table[1], -4 * MAX_SCORE, 4 * MAX_SCORE, out=table[1])
        groups = np.array([GROUP_OF.get(page.elements[block.element].tag.number, -1) for block in page.blocks])
        kinds = np.array([block.kind for block in page.blocks])
        self._fill((table[:5] + 256) >> 2, 5)
        self._fill(bucket(table[5]), 1)
        self._fill((groups == _ALL_GROUPS) * PARTS, len(_GROUPS))
        self._fill((kinds == _ALL_KINDS) * PARTS, len(KINDS))
        self._fill(((table[6] & AROUND_MASKS) != 0) * PARTS, len(_AROUND))

    def _levels(self, chars: Whole, links: Whole, plain: Whole) -> tuple[Whole, Whole, Whole, Whole]:
        """Finds the elements that count as containers: of each block the smallest with others, and those around.

        Returns:
            for each block its container; for each element the next wider one, its first block, and its end.
        """
        elements, at = self._page.elements, self._at
        outer = [0]
        for element in elements[1:]:
            parent = elements[element.parent]
            same = parent.first == element.first and parent.last == element.last
            outer.append(outer[element.parent] if same else element.parent)
        outwards = np.array(outer)
        first = np.array([element.first for element in elements])
        last = np.array([element.last for element in elements])
        level = np.where(last[at] - first[at] <= 1, outwards[at], at)
        long_paragraphs = np.minimum(plain, 1000) * ((plain >= 60) & (links * 3 < chars))
        score = np.bincount(level, long_paragraphs, len(elements)) * 2
        score += np.bincount(outwards[level], long_paragraphs, len(elements))
        best = int(score.argmax())
        self.outer = (first[level], last[level])
        self.best = (int(first[best]), int(last[best]))
        return level, outwards, first, last

    def _of_containers(self, level: Whole, outwards: Whole, first: Whole, last: Whole) -> None:
        """Measures the elements around: their text and links."""
        wider = outwards[level]
        levels = np.stack([level, wider, outwards[wider]])
        starts, ends = first[levels], last[levels]
        of_all, of_links, of_plain, of_long = self._sums[:, ends] - self._sums[:, starts]
        blocks = ends - starts
        for rows in (
            bucket(of_plain), share(of_links, of_all), share(of_long, of_plain), bucket(blocks),
            of_plain * PARTS // self._total, bucket(of_plain // np.maximum(blocks, 1)),
        ):  # fmt: skip
            self._fill(rows, len(levels))

    @property
    def _total(self) -> int:
        return max(int(self._sums[2, -1]), 1)

    def _of_page(self) -> None:
        """Measures where on the page a block stands, and the page."""
        count, total = self._count, self._total
        every = self._sums[:, -1].tolist()
        places = np.arange(count)
        start, end = self.best
        before, after = places < start, places >= end
        within = ~(before | after)
        self._fill(within * PARTS, 1)
        self._fill(bucket(np.where(before, start - places, (places - end + 1) * after)), 1)
        self._fill(before * PARTS, 1)
        self._fill(after * PARTS, 1)
        self._fill(int(self._sums[2, end] - self._sums[2, start]) * PARTS // total, 1)
        self._fill(places * PARTS // max(count, 1), 1)
        self._fill(self._sums[2, :-1] * PARTS // total, 1)
        for value in (count, total, total // max(count, 1)):
            self._fill(bisect.bisect_right(_EDGES, value), 1)
        self._fill(every[1] * PARTS // max(every[0], 1), 1)
        self._fill(every[3] * PARTS // total, 1)
        heading = next((place for place, block in enumerate(self._page.blocks) if self._is_h1(block)), -1)
        self._fill(0 if heading < 0 else np.where(places < heading, 8, 16), 1)
        self._fill(0 if heading < 0 else bucket(places - heading), 1)

    def _is_h1(self, block: Block) -> bool:
        return self._page.elements[block.element].tag.name == "h1"

    def _of_neighbours(self, chars: Whole, links: Whole, plain: Whole) -> None:
        """Measures the blocks before and after, and how much text stands nearby."""
        count = self._count
        values = np.full((2, count + 2 * _REACH), -1)
        values[0, _REACH : _REACH + count] = bucket(plain)
        values[1, _REACH : _REACH + count] = share(links, chars)
        for value in values:
            for offset in (*range(-_REACH, 0), *range(1, _REACH + 1)):
                self._fill(value[_REACH + offset : _REACH + offset + count], 1)
        sums, places = self._sums[2], np.arange(count)
        before = sums[:-1] - sums[np.maximum(places - _WINDOWS, 0)]
        after = sums[np.minimum(places + _WINDOWS + 1, count)] - sums[1:]
        self._fill(bucket(np.concatenate([before, after])), 2 * len(_WINDOWS))


def title_of(page: Blocks) -> str:
    """Returns the title in a page's head, in lower case; of a long one its beginning."""
    return next((unescape(text) for name, _, text in page.facts if name == "title"), "")[:MAX_TITLE_CHARS].lower()


def _table(rows: Sequence[tuple[int, ...]]) -> Whole:
    """Returns columns of rows; from tuples, numpy takes twice as long."""
    count, width = len(rows), len(rows[0])
    return np.fromiter(itertools.chain.from_iterable(rows), np.int64, count * width).reshape(count, width).T


def _scores(elements: Sequence[Element], words: Mapping[str, int]) -> list[tuple[int, ...]]:
    """Returns for each element what its classes' words say: own, of all around, lowest, highest, nearest.

    Also how deep it stands, and a bit for each name of an element around.
    """
    rows: list[tuple[int, ...]] = []
    scores: dict[tuple[str, ...], int] = {(): 0}
    around: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 0)
    parent = -1
    for element in elements:
        tag = element.tag
        score = scores.get(tag.words)
        if score is None:
            score = sum([words.get(word, 0) for word in tag.words])
            score = scores[tag.words] = max(-MAX_SCORE, min(MAX_SCORE, score))
        if element.parent != parent:
            parent = element.parent
            around = rows[parent]
        _, total, low, high, near, depth, mask = around
        if tag.number >= 0:
            mask |= 1 << tag.number
        if score:
            total, near = total + score, score
            low = score if score < low else low
            high = score if score > high else high
        rows.append((score, total, low, high, near, depth + 1, mask))
    return rows


def of_text(block: Block, texts: Mapping[str, int], title: str, seen: set[str]) -> tuple[int, ...]:
    """Returns weight, characters in links, words, commas, and flags of a block."""
    text = block.text
    size = len(text)
    commas = text.count(",")
    if not text.isascii():
        commas += text.count("、") + text.count("，")
        if len(text.encode("utf-8", "replace")) * 10 > size * 23:
            size *= 2  # scripts of syllables and words: a character says more
    score = known = digits = sentences = 0
    if block.words <= _SHORT_WORDS and size <= 120:
        folded = text.lower()
        found = [texts[word] for word in _WORD.findall(folded) if word in texts]
        if found:
            known = 4 * len(found)
            score = sum(found)
        if _DIGIT.search(text):
            digits = PARTS
        score = -MAX_SCORE if score < -MAX_SCORE else MAX_SCORE if score > MAX_SCORE else score
    else:
        folded = text[:200].lower()
        sentences = text.count(". ") + text.count("? ") + text.count("! ")
    again = folded in seen
    seen.add(folded)
    return (
        size, block.link_chars, block.words, commas, score + MAX_SCORE, known, digits,
        PARTS if size > 8 and folded in title else 0, PARTS if again else 0, PARTS if text[-1] in END else 0,
        PARTS if "|" in text or "»" in text else 0, PARTS if "©" in text and _COPYRIGHT.search(text) else 0,
        PARTS if sentences > PARTS else sentences, PARTS if text[0].islower() else 0, PARTS if "\n" in text else 0,
    )  # fmt: skip
