"""Features of pages that compiled code has read: the same numbers as `data.pages.features`, by compiled code."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from data.machine_code import address_of
from data.pages import features
from data.pages import page_layout as layout
from data.pages.arrays import Arrays
from data.pages.blocks import Blocks
from data.pages.features import FEATURES, MEASURED, Measured, Whole
from data.pages.network import LOGIT, MAX_LOGIT, UNIT, Layer
from data.pages.scanning import loaded, make_table, points_of

#: In lower case two characters, or another one at a word's end.
UNLIKE = "\u0130\u03a3"
_GROUPS = np.full(layout.NUMBERS, -1, dtype=np.int64)
_GROUPS[list(features.GROUP_OF)] = list(features.GROUP_OF.values())
_KINDS = np.array(features.KINDS, dtype=np.int64)
_MASKS = features.AROUND_MASKS.ravel()


def _characters() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Returns of each character below U+10000 the one in lower case, and what it is.

    What is UNLIKE is left to Python.
    """
    every = np.arange(layout.CHARACTERS, dtype=np.uint32)
    text = every.tobytes().decode("utf-32-le", "surrogatepass")
    lowered = points_of(re.sub(f"[{UNLIKE}]", "\0", text).lower()).copy()
    kinds = np.zeros(layout.CHARACTERS, dtype=np.uint8)
    characters = every.view("U1")
    for kind, are in (
        (layout.LETTER, np.strings.isalnum(characters) & ~np.strings.isdecimal(characters)),
        (layout.DIGIT, np.strings.isdecimal(characters)),
        (layout.SMALL, np.strings.islower(characters)),
    ):
        kinds[are] |= kind
    kinds[[ord(each) for each in features.END]] |= layout.ENDS
    kinds[[ord(each) for each in UNLIKE]] |= layout.UNLIKE
    return lowered, kinds


class Measurer:
    """Measures pages.

    Args:
        texts: what words of short texts speak for.
    """

    def __init__(self, texts: Mapping[str, int]) -> None:
        self._texts, self._entries = texts, loaded()
        characters, table = _characters(), make_table({word: layout.MAX_SCORE + score for word, score in texts.items()})
        self._head = np.zeros(layout.HEAD_CHARS, np.uint32)
        self._head_at = address_of(self._head)
        self._layers: dict[int, tuple[tuple[int, ...], object]] = {}
        fixed = (_GROUPS, _KINDS, _MASKS, features.REACHED)
        self._kept = (*characters, *table, *fixed)  # their addresses are used
        self._texts_table = (*map(address_of, table), len(table[0]), *map(address_of, characters))
        sized = [place for each in fixed[1:] for place in (address_of(each), len(each))]
        self._settings = (address_of(_GROUPS), *sized)

    def measure(self, page: Blocks, arrays: Arrays, nearby: int) -> tuple[Measured, Whole, tuple[int, int]]:
        """Returns features, of each block the blocks of its container, and the best element's.

        Args:
            nearby: for so many numbers there is room behind each block's features, for `look_around`.
        """
        count = len(arrays.blocks)
        told = self._measure_texts(page, arrays)
        blocks, elements = arrays.blocks, arrays.elements
        matrix, outer = np.empty((count, FEATURES + nearby), MEASURED), np.empty((count, 2), np.int64)
        made, most = len(elements), count + 1
        room = np.zeros(made * (layout.SCORES_WIDTH + 2) + most * (layout.SUMS_WIDTH + 1), np.int64)
        ends = np.cumsum((layout.SCORES_WIDTH * made, made, layout.SUMS_WIDTH * most, most))
        rooms = (address_of(room) + room.itemsize * end for end in (0, *ends.tolist()))
        best = self._entries.measure(
            address_of(blocks), count, address_of(elements), made, address_of(told), *self._settings,
            address_of(matrix), matrix.shape[1], address_of(outer), *rooms,
        )  # fmt: skip
        return matrix, outer, (int(elements[best, 2]), int(elements[best, 3]))

    def _measure_texts(self, page: Blocks, arrays: Arrays) -> Whole:
        """Returns what texts say, a row for each block; those beyond ASCII are measured in Python."""
        title = features.title_of(page)
        table: npt.NDArray[np.int64] = np.empty((len(arrays.blocks), layout.TEXT_COLUMNS), np.int64)
        out, blocks, points = arrays.out, arrays.blocks, title.encode("utf-32-le", "surrogatepass")
        slots = 1 << max(16, 3 * len(blocks) - 1).bit_length()
        seen: npt.NDArray[np.uint64] = np.zeros(slots, np.uint64)
        if self._entries.measure_texts(
            address_of(out), len(out), address_of(blocks), len(blocks), points, len(title),
            *self._texts_table, address_of(table), address_of(seen), slots, self._head_at,
        ):  # fmt: skip
            before: set[str] = set()
            for row in np.flatnonzero(table[:, 0] < 0).tolist():
                table[row] = features.of_text(page.blocks[row], self._texts, title, before)
        return table

    def look_around(self, logits: Whole, outer: Whole, best: tuple[int, int], reach: int, matrix: Measured) -> None:
        """Fills what the first look said of a block and those around (see `data.pages.network.around`)."""
        count, width = matrix.shape
        sums = np.zeros(count + 1, np.int64)
        self._entries.look_around(
            address_of(logits), count, address_of(outer), *best, reach, FEATURES, address_of(matrix), width,
            address_of(sums),
        )  # fmt: skip

    def answer(self, rows: Measured, layer: Layer) -> Whole:
        """Returns a layer's answers, from as many features as it has weights for (see `data.pages.network.Layer`)."""
        count, width = rows.shape
        logits: Whole = np.empty(count, np.int64)
        self._entries.answer(address_of(rows), count, width, *self._settings_of(layer), address_of(logits))
        return logits

    def _settings_of(self, layer: Layer) -> tuple[int, ...]:
        """Returns where a layer's numbers are, how many there are, and where there is room for its units."""
        if id(layer) not in self._layers:
            settings = np.array((layer.answer_bias, UNIT * UNIT / LOGIT, MAX_LOGIT))
            arrays = (layer.inner, layer.inner_bias, layer.answer, settings, np.empty(len(layer.answer)))
            first, *rest = map(address_of, arrays)
            self._layers[id(layer)] = (first, *layer.inner.shape, *rest), (layer, arrays)
        return self._layers[id(layer)][0]
