"""Words: what contamination is compared by, and near-duplicates too (see `filters/duplicates/signing.py`).

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
