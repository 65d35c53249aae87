"""How much of a text is repeated word n-grams: the second half of Gopher's Table A1.

Readings, where the paper leaves room:
    - characters are those of words; white space counts neither above nor below the line;
    - the *top* n-gram is the one that occurs most often, at least twice; among equals, the one
      that covers most;
    - an occurrence is a *duplicate* if the same n-gram has begun earlier in the document;
    - a character under two overlapping occurrences counts once.

Source: Rae et al. 2021, arXiv 2112.11446, A.1.1 and Table A1.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from filters.words import FloatArray, IntArray, Words, divide

TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)


@dataclasses.dataclass(frozen=True)
class Repeats:
    """The n-grams that occur more than once in their document, group by group.

    Attributes:
        positions: shape (occurrences,); where each begins, ascending inside a group.
        groups: shape (occurrences,); number of its n-gram, ascending from 0.
        starts: shape (groups,); index of each group's first occurrence.
        counts: shape (groups,); its occurrences, at least 2.
    """

    positions: IntArray
    groups: IntArray
    starts: IntArray
    counts: IntArray


def measure_repetition(words: Words) -> dict[str, FloatArray]:
    """Returns `top_Ngram_char_share` and `duplicate_Ngram_char_share`, each of shape (documents,).

    Exact, not hashed: an n-gram is a pair of a repeated (n-1)-gram's number and a word's
    number, and an n-gram can only be repeated if the (n-1)-gram in it is, so that the work
    shrinks from n to n+1.
    """
    total = words.per_document(words.chars)
    before = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(words.chars)])
    signals = {}
    everywhere = np.arange(len(words.ids))
    repeats = _repeated(words.documents * (len(words.vocabulary) + 1) + words.ids, everywhere)
    for n in range(2, max(DUPLICATE) + 1):
        repeats = _extend(repeats, n, words)
        if n in TOP:
            signals[f"top_{n}gram_char_share"] = divide(_top_chars(repeats, n, words, before), total)
        if n in DUPLICATE:
            signals[f"duplicate_{n}gram_char_share"] = divide(_duplicate_chars(repeats, n, words), total)
    return signals


def _repeated(keys: IntArray, positions: IntArray) -> Repeats:
    """Returns the groups of equal keys that have at least two members."""
    order = np.argsort(keys, kind="stable")
    keys, positions = keys[order], positions[order]
    first = _run_starts(keys)
    counts = np.diff(np.append(np.flatnonzero(first), len(keys)))
    kept = counts > 1
    counts, kept_members = counts[kept], np.repeat(kept, counts)
    return Repeats(
        positions=positions[kept_members],
        groups=np.repeat(np.arange(len(counts)), counts),
        starts=np.cumsum(counts) - counts,
        counts=counts,
    )


def _run_starts(values: IntArray) -> npt.NDArray[np.bool_]:
    """Returns True where a value differs from the one before it."""
    starts = np.ones(len(values), dtype=np.bool_)
    starts[1:] = values[1:] != values[:-1]
    return starts


def _extend(shorter: Repeats, n: int, words: Words) -> Repeats:
    """Returns the repeated n-grams, given the repeated (n-1)-grams."""
    fits = shorter.positions + n <= words.ends[shorter.positions]
    positions, groups = shorter.positions[fits], shorter.groups[fits]
    return _repeated(groups * (len(words.vocabulary) + 1) + words.ids[positions + n - 1], positions)


def _top_chars(repeats: Repeats, n: int, words: Words, before: IntArray) -> FloatArray:
    """Returns the characters under each document's most frequent n-gram."""
    documents = len(words.counts)
    most, covered = np.zeros(documents, dtype=np.int64), np.zeros(documents, dtype=np.int64)
    if not len(repeats.starts):
        return covered.astype(np.float64)
    begin, end = repeats.positions, repeats.positions + n
    chars = before[end] - before[begin]
    same = repeats.groups[1:] == repeats.groups[:-1]
    overlap = same & (begin[1:] < end[:-1])
    chars[1:][overlap] -= before[end[:-1][overlap]] - before[begin[1:][overlap]]
    group_chars = np.add.reduceat(chars, repeats.starts)
    group_documents = words.documents[repeats.positions[repeats.starts]]
    np.maximum.at(most, group_documents, repeats.counts)
    top = repeats.counts == most[group_documents]
    np.maximum.at(covered, group_documents[top], group_chars[top])
    return covered.astype(np.float64)


def _duplicate_chars(repeats: Repeats, n: int, words: Words) -> FloatArray:
    """Returns the characters under n-grams that have begun earlier in their document."""
    later = np.delete(repeats.positions, repeats.starts)
    if not len(later):
        return np.zeros(len(words.counts))
    size = len(words.ids) + 1
    depth = np.cumsum(np.bincount(later, minlength=size) - np.bincount(later + n, minlength=size))
    return words.per_document(np.where(depth[:-1] > 0, words.chars, 0))
