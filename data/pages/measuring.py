"""Features of pages that compiled code has read: the same numbers as `data.pages.features`, by compiled code."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from data.pages import features
from data.pages.blocks import Blocks
from data.pages.features import FEATURES, Floats, Whole
from data.pages.kernels import heads, measures
from data.pages.scanning import Arrays, make_table

_GROUPS = np.full(heads.NUMBERS, -1, dtype=np.int64)
_GROUPS[list(features.GROUP_OF)] = list(features.GROUP_OF.values())
_KINDS = np.array(features.KINDS, dtype=np.int64)
_MASKS = features.AROUND_MASKS.ravel()


class Measurer:
    """Measures pages.

    Args:
        texts: what words of short texts speak for.
    """

    def __init__(self, texts: Mapping[str, int]) -> None:
        self._texts = texts
        self._table = make_table({word: heads.MAX_SCORE + score for word, score in texts.items()})

    def measure(self, page: Blocks, arrays: Arrays) -> tuple[Floats, Whole, tuple[int, int]]:
        """Returns features, shape (blocks, FEATURES); of each block the blocks of its container; the best element's."""
        count = len(arrays.blocks)
        texts = self._measure_texts(page, arrays)
        matrix, outer = np.empty((count, FEATURES)), np.empty((count, 2), np.int64)
        best = measures.measure(
            arrays.blocks, arrays.elements, texts, _GROUPS, _KINDS, _MASKS, features.REACHED, matrix, outer
        )
        return matrix, outer, best

    def _measure_texts(self, page: Blocks, arrays: Arrays) -> Whole:
        """Returns what texts say, a row for each block; those beyond ASCII are measured in Python."""
        title = features.title_of(page)
        table: npt.NDArray[np.int64] = np.empty((len(arrays.blocks), measures.TEXT_COLUMNS), np.int64)
        data = np.frombuffer(title.encode("utf-8", "replace"), dtype=np.uint8)
        measures.measure_texts(arrays.out, arrays.blocks, data, *self._table, table)
        seen: set[str] = set()
        for row in np.flatnonzero(table[:, 0] < 0).tolist():
            table[row] = features.of_text(page.blocks[row], self._texts, title, seen)
        return table

    @staticmethod
    def look_around(logits: Whole, outer: Whole, best: tuple[int, int], reach: int) -> Floats:
        """Returns what the first look said of a block and those around (see `data.pages.network.around`)."""
        nearby = np.empty((len(logits), 1 + 2 * reach + 5))
        measures.look_around(logits, outer, *best, reach, nearby)
        return nearby
