"""The model that says which blocks are a page's main content: two small networks in whole numbers.

The first looks at a block with its features, the second also at what the first said of the blocks around.
Weights and features are whole numbers, and all sums stay below 2**53: the answer does not depend on the
order in which a machine adds, so that the same page gives the same text everywhere.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from data.pages.blocks import Blocks
from data.pages.features import PARTS, Floats, Measures, Whole

if TYPE_CHECKING:
    from data.pages.arrays import Arrays
    from data.pages.measuring import Measurer

#: Weights are given in 1/4096; an answer is in 1/16 of a logit, from -128 to 128.
UNIT = 4096
LOGIT = 16
MAX_LOGIT = 128
#: OpenBLAS starts threads for products of 2**18 steps and more.
MAX_ROWS = 48
#: So many blocks are looked at in one go: more than any but a flood has.
PIECE = 16_384
CONTEXT = (-4, -3, -2, -1, 1, 2, 3, 4)
#: How many numbers `around` gives.
NEARBY = 1 + len(CONTEXT) + 5


def product(rows: Floats, weights: Floats) -> Floats:
    """Returns rows times weights, in pieces that OpenBLAS gives to no threads: they take longer than the work."""
    if len(rows) <= MAX_ROWS:
        return rows @ weights
    return np.concatenate([rows[start : start + MAX_ROWS] @ weights for start in range(0, len(rows), MAX_ROWS)])


@dataclasses.dataclass(frozen=True)
class Layer:
    """One hidden layer and its answer, in 1/UNIT."""

    inner: Floats
    inner_bias: Floats
    answer: Floats
    answer_bias: float

    def logits(self, features: Floats) -> Whole:
        """Returns an answer for each row, in 1/LOGIT, rounded down and bounded."""
        return self.answers(product(features, self.inner))

    def answers(self, products: Floats) -> Whole:
        """Returns the answers, from the products of features and inner weights."""
        hidden = np.maximum(products + self.inner_bias, 0.0)
        answers = product(hidden, self.answer) + self.answer_bias
        return np.clip(np.floor(answers / (UNIT * UNIT / LOGIT)), -MAX_LOGIT, MAX_LOGIT).astype(np.int64)


@dataclasses.dataclass(frozen=True)
class Network:
    """The model.

    Attributes:
        words, texts: what words of classes, and of short texts, speak for.
        first, second: its two looks at a page.
        about: what it was trained on, and how well it does on pages of other sites.
    """

    words: Mapping[str, int]
    texts: Mapping[str, int]
    first: Layer
    second: Layer
    about: Mapping[str, object]

    def logits(self, page: Blocks) -> Whole:
        """Returns for each block, in 1/16 of a logit, how much speaks for its being main content."""
        if not len(page.blocks):
            return np.zeros(0, dtype=np.int64)
        if page.arrays is not None and page.arrays.words is self.words:
            return self._answer(page, page.arrays)
        measures = Measures(page, self.words, self.texts)
        first = in_pieces(self.first.logits, measures.matrix)
        return in_pieces(self.second.logits, measures.matrix, around(first, measures))

    def _answer(self, page: Blocks, arrays: Arrays) -> Whole:
        """Returns the same by compiled code."""
        measurer = self._measurer
        matrix, outer, best = measurer.measure(page, arrays, NEARBY)
        measurer.look_around(measurer.answer(matrix, self.first), outer, best, CONTEXT[-1], matrix)
        return measurer.answer(matrix, self.second)

    @functools.cached_property
    def _measurer(self) -> Measurer:
        from data.pages.measuring import Measurer

        return Measurer(self.texts)


def in_pieces(look: Callable[[Any], Whole], *tables: npt.NDArray[Any]) -> Whole:
    """Returns what a look says of each row of tables side by side; a flood of blocks is not held twice."""
    pieces = range(0, len(tables[0]), PIECE)
    answers = [look(np.concatenate([table[at : at + PIECE] for table in tables], axis=1)) for at in pieces]
    return answers[0] if len(answers) == 1 else np.concatenate(answers)


def around(logits: Whole, measures: Measures) -> Floats:
    """Returns what the first look said of a block, its neighbours, its container and its page."""
    count, reach = len(logits), CONTEXT[-1]
    table = np.empty((NEARBY, count))
    wide = np.full(count + 2 * reach, -MAX_LOGIT)
    wide[reach : reach + count] = logits
    for row, offset in enumerate((0, *CONTEXT)):
        table[row] = wide[reach + offset : reach + offset + count]
    sums = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(logits, out=sums[1:])
    start, end = measures.outer
    table[-5] = (sums[end] - sums[start]) // np.maximum(end - start, 1)
    for row, (low, high) in ((-4, measures.best), (-3, (0, count))):
        table[row] = int(sums[high] - sums[low]) // max(high - low, 1)
    kept = np.cumsum(logits > 0)
    all_kept = int(kept[-1])
    table[-2] = (kept - (logits > 0)) * PARTS // max(all_kept, 1)
    table[-1] = min(all_kept, 64)
    return table.T


def read_network(content: bytes) -> Network:
    """Returns a model from its JSON form."""
    stored = orjson.loads(content)
    layers = [
        Layer(
            np.array(layer["inner"], dtype=np.float64),
            np.array(layer["inner_bias"], dtype=np.float64),
            np.array(layer["answer"], dtype=np.float64),
            float(layer["answer_bias"]),
        )
        for layer in (stored["first"], stored["second"])
    ]
    return Network(stored["words"], stored["texts"], layers[0], layers[1], stored["about"])


@functools.cache
def shipped() -> Network:
    """Returns the model that comes with phimill."""
    return read_network(resources.files("data.pages").joinpath("network.json").read_bytes())
