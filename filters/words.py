"""The words of a batch of texts as arrays, split once and shared by every signal that needs them.

A word is a maximal run of characters that are not white space (Unicode's, as `str.split` has
it), with whatever punctuation clings to it.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Words:
    """All words of a batch, one document after the other.

    Attributes:
        ids: shape (words,); index into `vocabulary`.
        documents: shape (words,); which document each word stands in.
        ends: shape (words,); one past the last word of its document.
        chars: shape (words,); its length in characters.
        counts: shape (documents,); words of each document.
        vocabulary: the distinct words, in order of first appearance.
    """

    ids: IntArray
    documents: IntArray
    ends: IntArray
    chars: IntArray
    counts: IntArray
    vocabulary: list[str]

    def per_document(self, values: npt.NDArray[np.generic]) -> FloatArray:
        """Returns the sum over each document's words of a value per word; shape (documents,)."""
        return np.bincount(self.documents, weights=values, minlength=len(self.counts)).astype(np.float64)


def split_words(texts: Sequence[str]) -> Words:
    """Returns the words of the texts; numbering is over the batch, so keep batches to a few MB."""
    table: defaultdict[str, int] = defaultdict()
    table.default_factory = table.__len__
    pieces = []
    for text in texts:
        chunks = text.split()
        pieces.append(np.fromiter(map(table.__getitem__, chunks), dtype=np.int64, count=len(chunks)))
    counts = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
    ids = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
    vocabulary = list(table)
    lengths = np.fromiter(map(len, vocabulary), dtype=np.int64, count=len(vocabulary))
    return Words(
        ids=ids,
        documents=np.repeat(np.arange(len(counts)), counts),
        ends=np.repeat(np.cumsum(counts), counts),
        chars=lengths[ids],
        counts=counts,
        vocabulary=vocabulary,
    )


def divide(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> FloatArray:
    """Returns numerator / denominator, and 0 where the denominator is 0."""
    top, bottom = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom != 0)
