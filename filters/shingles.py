"""Words and shingles: what near-duplicates and contamination are compared by.

A word is a run of letters, digits and underscores (`\\w`, with combining accents), in NFC
and case-folded; punctuation and white space only separate. So prose matches through changed
quotes and line breaks, and code through changed layout, brackets and operators.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Sequence

import numpy as np
import numpy.typing as npt
import xxhash

UInt64Array = npt.NDArray[np.uint64]
Int64Array = npt.NDArray[np.int64]

# The accents count as letters, so that text in NFD splits into the same words as in NFC.
_WORD = re.compile(r"[\w\u0300-\u036f]+")
_ASCII_WORD = re.compile(r"\w+", re.ASCII)

_BASE = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
_CACHED_WORDS = 1_000_000  # about 150 MB; then the cache starts again


class _WordHashes(dict[str, int]):
    """Word → 64-bit xxh3, computed once for each distinct word."""

    def __missing__(self, word: str) -> int:
        value = self[word] = xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass"))
        return value


_hashes = _WordHashes()


def level(text: str) -> str:
    """Returns the text in NFC, case-folded."""
    if text.isascii():
        return text.lower()
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.casefold()


def words(text: str) -> list[str]:
    """Returns the words of a text, levelled, in order."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    # Split before levelling, as locate_words does, so that both always find the same words.
    found = _WORD.findall(text)
    return level("\n".join(found)).split("\n") if found else []


def locate_words(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Returns the words of a text and the [start, end) characters of each in the text as given."""
    matches = list(_WORD.finditer(text))
    return [level(match.group()) for match in matches], [match.span() for match in matches]


def hash_words(found: Sequence[str]) -> UInt64Array:
    """Returns the 64-bit xxh3 of each word; shape (len(found),)."""
    if len(_hashes) > _CACHED_WORDS:
        _hashes.clear()
    return np.fromiter(map(_hashes.__getitem__, found), dtype=np.uint64, count=len(found))


def mix(values: UInt64Array) -> UInt64Array:
    """Returns the values with their bits spread evenly, one to one (the finaliser of splitmix64)."""
    mixed = values ^ (values >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def hash_windows(values: UInt64Array, size: int) -> UInt64Array:
    """Returns a hash of each run of `size` neighbours; shape (max(0, n - size + 1),).

    A polynomial modulo 2^64 with the values as coefficients, then mixed: runs that differ
    in a word or in order differ, but for a chance of about 2^-64.
    """
    count = max(0, len(values) - size + 1)
    total = np.zeros(count, dtype=np.uint64)
    for place in range(size):
        total *= _BASE
        total += values[place : place + count]
    return mix(total)


def shingle(texts: Sequence[str], size: int) -> tuple[UInt64Array, Int64Array]:
    """Returns the hashes of all runs of `size` words of some texts.

    Returns:
        The hashes of all texts, one text after the other, repeats included; and offsets of
        shape (len(texts) + 1,): text i has the hashes from offsets[i] to offsets[i + 1],
        none if it has fewer than `size` words.
    """
    hashed = [hash_windows(hash_words(words(text)), size) for text in texts]
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in hashed], out=offsets[1:])
    return (np.concatenate(hashed) if hashed else np.empty(0, dtype=np.uint64)), offsets


def shingle_set(text: str, size: int) -> UInt64Array:
    """Returns the distinct shingle hashes of a text, ascending."""
    return np.unique(hash_windows(hash_words(words(text)), size))


def jaccard(left: UInt64Array, right: UInt64Array) -> float:
    """Returns the Jaccard similarity of two ascending arrays of distinct hashes; 0 if either is empty."""
    if not len(left) or not len(right):
        return 0.0
    both = np.concatenate((left, right))
    both.sort(kind="stable")
    common = int(np.count_nonzero(both[1:] == both[:-1]))
    return common / (len(both) - common)
