"""What each Unicode character is, as bits in one table: the alphabet that compiled functions read.

The table has an entry for every code point, made from Python's own predicates, so that a
compiled function splits, strips and counts exactly as `str` does.
"""

from __future__ import annotations

import functools
import string
import sys
import unicodedata
from typing import Callable

import numpy as np
import numpy.typing as npt

from data.compiled import cached_arrays

UInt32Array = npt.NDArray[np.uint32]

#: Raised when the bits change their meaning.
TABLE_VERSION = 4

#: Code points that there are, surrogates included.
CODE_POINTS = sys.maxunicode + 1

SPACE = 1 << 0  # str.isspace; also what \s matches, str.split splits at and str.strip strips
LETTER = 1 << 1  # str.isalpha
ALPHANUMERIC = 1 << 2  # str.isalnum
DECIMAL = 1 << 3  # \d
WORD = 1 << 4  # \w
UPPER = 1 << 5  # str.isupper
LOWER = 1 << 6  # str.islower
PUNCTUATION = 1 << 7  # Unicode categories P*
LINE_END = 1 << 8  # where str.splitlines ends a line
TERMINAL = 1 << 9  # TERMINALS
BULLET = 1 << 10  # BULLETS
CLINGING = 1 << 11  # CLINGING_MARKS
SENTENCE_END = 1 << 12  # SENTENCE_ENDS
CLOSING = 1 << 13  # CLOSING_MARKS
PLAIN = 1 << 14  # an ASCII letter
DIGIT = 1 << 15  # 0 … 9
# Bits 16 to 29 are `filters/english_rules.py`'s.
NUMERAL = 1 << 30  # str.isdigit: decimals, and such as ²
NUMERIC = 1 << 31  # str.isnumeric: these, and such as ½ and Ⅷ

#: What stands at the head of a list item.
BULLETS = "-*•‣⁃◦∙▪●·–"

#: Characters that end a sentence (Unicode's Sentence_Terminal, the living scripts) or close a quotation.
TERMINALS = (
    ".!?\u0589\u061d\u061e\u061f\u06d4\u0700\u0701\u0702\u07f9\u0837\u0839\u083d\u083e\u0964\u0965\u104a\u104b"
    "\u1362\u1367\u1368\u166e\u1735\u1736\u17d4\u17d5\u1803\u1809\u1944\u1945\u1b5a\u1b5b\u1b5e\u1b5f\u1c3b\u1c3c"
    "\u1c7e\u1c7f\u203c\u203d\u2047\u2048\u2049\u3002\ua4ff\ua60e\ua60f\ua6f3\ua6f7\ua876\ua877\ua8ce\ua8cf\ua92f"
    "\ua9c8\ua9c9\uaa5d\uaa5e\uaa5f\uaaf0\uaaf1\uabeb\ufe52\ufe56\ufe57\uff01\uff0e\uff1f\uff61…\"'”’»"
)

#: Punctuation that clings to a word without being part of it.
CLINGING_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~“”‘’«»…–—"

#: Marks that end a sentence before white space or the text's end, and what may stand between.
SENTENCE_ENDS = ".!?…。！？"
CLOSING_MARKS = "\"'”’»)]"

_PREDICATES: tuple[tuple[int, Callable[[str], bool]], ...] = (
    (SPACE, str.isspace),
    (LETTER, str.isalpha),
    (ALPHANUMERIC, str.isalnum),
    (DECIMAL, str.isdecimal),
    (NUMERAL, str.isdigit),
    (NUMERIC, str.isnumeric),
    (UPPER, str.isupper),
    (LOWER, str.islower),
    (PUNCTUATION, lambda character: unicodedata.category(character)[0] == "P"),
    (LINE_END, lambda character: len(f"a{character}b".splitlines()) == 2),
)
_LISTS = (
    (TERMINAL, TERMINALS),
    (BULLET, BULLETS),
    (CLINGING, CLINGING_MARKS),
    (SENTENCE_END, SENTENCE_ENDS),
    (CLOSING, CLOSING_MARKS),
    (PLAIN, string.ascii_letters),
    (DIGIT, string.digits),
)


@functools.cache
def character_table() -> UInt32Array:
    """Returns the bits of every code point; shape (CODE_POINTS,)."""
    table: UInt32Array = cached_arrays(characters_key(), lambda: {"table": _build()})["table"]
    return table


def characters_key() -> str:
    """Returns what the table depends on: its form, and the Unicode of this Python."""
    return f"characters-{TABLE_VERSION}-{unicodedata.unidata_version}"


def _build() -> UInt32Array:
    table = np.zeros(CODE_POINTS, dtype=np.uint32)
    characters = list(map(chr, range(CODE_POINTS)))
    for bit, predicate in _PREDICATES:
        table |= np.where(np.fromiter(map(predicate, characters), np.bool_, CODE_POINTS), np.uint32(bit), np.uint32(0))
    for bit, marks in _LISTS:
        table[[ord(mark) for mark in marks]] |= np.uint32(bit)
    table[(table & ALPHANUMERIC) > 0] |= np.uint32(WORD)
    table[ord("_")] |= np.uint32(WORD)
    return table
