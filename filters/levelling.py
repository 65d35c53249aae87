"""What levelling makes of each character, in tables that compiled functions read.

Levelled text is in NFC and case-folded, and a run of white space in it is one space. Almost all
text is in NFC already, and a table says so of each character: only a text with a character, or
two neighbouring marks, that may compose or be put into another order is asked about as a whole.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from typing import Any

import numpy as np

from data.compiled import cached_arrays
from filters.characters import SPACE as IS_SPACE
from filters.characters import WORD as IS_WORD
from filters.characters import UInt32Array, character_table

#: Raised when the bits change their meaning.
TABLE_VERSION = 2

CODE_POINTS = sys.maxunicode + 1

#: An entry's lower 21 bits are the character in lower case, or a row of `folds`.
FOLDED = (1 << 21) - 1
WORD_BIT, SPACE_BIT = 21, 22
WORD = 1 << WORD_BIT  # \w, and the combining accents, so that text in NFD splits into the same words as in NFC
SPACE = 1 << SPACE_BIT  # str.isspace; folds to a space
UNSURE = 1 << 23  # what stands here may not be in NFC
MARK = 1 << 24  # of a combining class: two of these in a row may stand in the wrong order
MANY = 1 << 25  # folds to several characters: row FOLDED of `folds`

#: Bytes of UTF-8 that one byte may fold to: U+0390 is 2 bytes, folded 6.
GROWTH = 3

_ACCENTS = range(0x300, 0x370)
#: Vowels and final consonants of Hangul, which compose with what stands before them.
_JAMO = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))


@functools.cache
def level_tables() -> tuple[UInt32Array, UInt32Array]:
    """Returns (alphabet, folds): an entry for each code point, and foldings to several, 0 at the end of short ones."""
    arrays = cached_arrays(f"levels-{TABLE_VERSION}-{unicodedata.unidata_version}", _build)
    return arrays["alphabet"], arrays["folds"]


@functools.cache
def words_alphabet() -> UInt32Array:
    """Returns the alphabet in which all that is no word is white space, so that only words count."""
    alphabet: UInt32Array = level_tables()[0].copy()
    others = (alphabet & WORD) == 0
    alphabet[others] = (alphabet[others] & np.uint32(UNSURE | MARK)) | np.uint32(SPACE | 0x20)
    alphabet.flags.writeable = False
    return alphabet


def _build() -> dict[str, Any]:
    characters = character_table()
    alphabet = np.arange(CODE_POINTS, dtype=np.uint32)
    folds: list[tuple[int, ...]] = []
    unsure = np.zeros(CODE_POINTS, dtype=np.bool_)
    unsure[[*_JAMO, *range(0xD800, 0xE000)]] = True
    for code in range(CODE_POINTS):
        character = chr(code)
        folded = character.casefold() if not 0xD800 <= code < 0xE000 else character
        if len(folded) > 1:
            alphabet[code] = len(folds) | MANY
            folds.append((*map(ord, folded), 0, 0)[:3])
        elif folded != character:
            alphabet[code] = ord(folded)
        decomposed = unicodedata.decomposition(character)
        if decomposed and not decomposed.startswith("<"):
            pair = [int(number, 16) for number in decomposed.split()]
            if not unicodedata.is_normalized("NFC", character):
                unsure[code] = True
            elif len(pair) == 2:
                unsure[pair[1]] = True
        if unicodedata.combining(character):
            alphabet[code] |= np.uint32(MARK)
    alphabet[unsure] |= np.uint32(UNSURE)
    words = (characters & IS_WORD) > 0
    words[_ACCENTS] = True
    alphabet[words] |= np.uint32(WORD)
    alphabet[(characters & IS_SPACE) > 0] = np.uint32(SPACE | 0x20)
    return {"alphabet": alphabet, "folds": np.array(folds, dtype=np.uint32).reshape(-1, 3)}
