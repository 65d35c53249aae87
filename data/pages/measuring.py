"""Features of pages that compiled code has read: the same numbers as `data.pages.features`, by compiled code."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from data.pages import features
from data.pages.arrays import Arrays
from data.pages.blocks import Blocks
from data.pages.features import FEATURES, MEASURED, Measured, Whole
from data.pages.kernels import heads, measures, texts
from data.pages.network import LOGIT, MAX_LOGIT, UNIT, Layer
from data.pages.scanning import make_table, points_of

LETTER = re.compile(r"[^\W\d_]")
_GROUPS = np.full(heads.NUMBERS, -1, dtype=np.int64)
_GROUPS[list(features.GROUP_OF)] = list(features.GROUP_OF.values())
_KINDS = np.array(features.KINDS, dtype=np.int64)
_MASKS = features.AROUND_MASKS.ravel()


def _characters() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Returns of each character below U+10000 the one in lower case, and what it is.

    What becomes two characters in lower case, or another one at a word's end, is left to Python.
    """
    every = [chr(number) for number in range(0x10000)]
    small = [each.lower() for each in every]
    lowered = np.array([ord(each) if len(each) == 1 else 0 for each in small], dtype=np.uint32)
    kinds = np.zeros(0x10000, dtype=np.uint8)
    for kind, are in (
        (texts.LETTER, lambda each: LETTER.match(each)),
        (texts.DIGIT, lambda each: each.isdecimal()),
        (texts.SMALL, str.islower),
        (texts.ENDS, lambda each: each in features.END),
        (texts.UNLIKE, lambda each: len(each.lower()) > 1 or each == "\u03a3"),
    ):
        kinds[[number for number, each in enumerate(every) if are(each)]] |= kind
    return lowered, kinds


class Measurer:
    """Measures pages.

    Args:
        texts: what words of short texts speak for.
    """

    def __init__(self, texts: Mapping[str, int]) -> None:
        self._texts = texts
        self._characters = _characters()
        self._table = make_table({word: heads.MAX_SCORE + score for word, score in texts.items()})

    def measure(self, page: Blocks, arrays: Arrays, nearby: int) -> tuple[Measured, Whole, tuple[int, int]]:
        """Returns features, of each block the blocks of its container, and the best element's.

        Args:
            nearby: for so many numbers there is room behind each block's features, for `look_around`.
        """
        count = len(arrays.blocks)
        told = self._measure_texts(page, arrays)
        matrix, outer = np.empty((count, FEATURES + nearby), MEASURED), np.empty((count, 2), np.int64)
        best = measures.measure(
            arrays.blocks, arrays.elements, told, _GROUPS, _KINDS, _MASKS, features.REACHED, matrix, outer
        )
        return matrix, outer, best

    def _measure_texts(self, page: Blocks, arrays: Arrays) -> Whole:
        """Returns what texts say, a row for each block; those beyond ASCII are measured in Python."""
        title = features.title_of(page)
        table: npt.NDArray[np.int64] = np.empty((len(arrays.blocks), texts.TEXT_COLUMNS), np.int64)
        given = (arrays.out, arrays.blocks, points_of(title), *self._table, *self._characters, table)
        if texts.measure_texts(*given):
            seen: set[str] = set()
            for row in np.flatnonzero(table[:, 0] < 0).tolist():
                table[row] = features.of_text(page.blocks[row], self._texts, title, seen)
        return table

    @staticmethod
    def look_around(logits: Whole, outer: Whole, best: tuple[int, int], reach: int, matrix: Measured) -> None:
        """Fills what the first look said of a block and those around (see `data.pages.network.around`)."""
        measures.look_around(logits, outer, *best, reach, FEATURES, matrix)

    @staticmethod
    def answer(rows: Measured, layer: Layer) -> Whole:
        """Returns a layer's answers, from as many features as it has weights for (see `data.pages.network.Layer`)."""
        logits: Whole = np.empty(len(rows), np.int64)
        unit, most = UNIT * UNIT / LOGIT, float(MAX_LOGIT)
        measures.answer(rows, layer.inner, layer.inner_bias, layer.answer, layer.answer_bias, unit, most, logits)
        return logits
