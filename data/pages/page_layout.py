"""What compiled code and Python tell one another of a page, in numbers, and the entries of compiled code.

Apart from the kernels, since importing those loads numba.
"""

from __future__ import annotations

from typing import Callable, cast

from data.machine_code import Entry
from data.pages.tags import TAG_NUMBERS

# Of a tag: its role, number, flags, and what its words speak for, with MAX_SCORE added (see `kernels.heads`).
ASK = -1
PLAIN, INLINE, VOID, BREAK, BLOCK, OTHER_BLOCK, HIDDEN, LINK, PRE, RAW, MATH, ASIDE, COMMENT = range(13)
ROLE, NUMBER_SHIFT, NUMBERS, SCORE_SHIFT = 15, 4, 63, 16
CODE_LINE, CODE_BOX = 1 << 10, 1 << 11
FACT, CODE_TAG, RARE, TELLS_LANGUAGE = 1 << 12, 1 << 13, 1 << 14, 1 << 15
#: Of a name: flags that its tags do not bear.
NEVER_ASIDE, NEVER_HIDDEN, SETTLED = 1 << 24, 1 << 25, 1 << 26
#: Of a word in classes: bits above its score, which is + 64; the last is of names of <meta> elements.
ASIDE_WORD, CONTENT_WORD, SPECIAL_CLASS, META_KEY = 1 << 8, 1 << 9, 1 << 10, 1 << 11
CUSTOM = TAG_NUMBERS["custom"]
MAX_SCORE, MAX_WORDS, MAX_LABELS, MAX_ASIDE_WORDS = 64, 200, 400, 6
#: Room that reading a tag's classes takes: bytes, words; and its attributes, two places each.
LABELS_ROOM, HASHES_ROOM, ATTRIBUTES = 512, 256, 4

# What a pass over a page ends with.
DONE, ASKS, GIVES_UP = range(3)
# Kinds of records: a tag with the text after it, parts of the page where licences are looked for, and all that tells.
TAG_RECORD, LICENCES_RECORD, HIDDEN_BLOCK_RECORD = range(3)
#: Numbers of a row: of what is open, elements, blocks, records.
OPENED_WIDTH, ELEMENTS_WIDTH, BLOCKS_WIDTH, RECORDS_WIDTH = 4, 6, 9, 4

# Kinds of what is stripped from a page; what of it is known, and numbers of a row.
STYLE, SCRIPT, NOSCRIPT = range(3)
STRIP_KNOWN, STRIP_WIDTH = 8, 4

SHORT_WORDS, SHORT_CHARS, HEAD_CHARS, PARTS = 8, 120, 200, 16
#: Columns that tell about a block's text.
TEXT_COLUMNS = 15
#: What a character is.
LETTER, DIGIT, SMALL, ENDS, UNLIKE = 1, 2, 4, 8, 16
CHARACTERS = 0x10000
#: Numbers of an element, and of a sum of blocks, while pages are measured.
SCORES_WIDTH, SUMS_WIDTH = 7, 4

_BYTES, _NUMBERS, _HASHES, _CHARS = "CPointer(uint8)", "CPointer(int64)", "CPointer(uint64)", "CPointer(uint32)"
_SHORTS, _FLOATS = "CPointer(int16)", "CPointer(float64)"
_TABLE = f"{_HASHES}, {_NUMBERS}, int64"


def _entry(name: str, *arguments: str) -> Entry:
    def function() -> Callable[..., int]:
        from data.pages.kernels import entries

        return cast("Callable[..., int]", getattr(entries, name))

    return Entry("data.pages.kernels", name, f"int64({', '.join(arguments)})", function)


#: See the functions of these names in `data.pages.kernels.entries`.
SCAN = _entry(
    "scan", _BYTES, "int64", _NUMBERS, _TABLE, _TABLE, _BYTES, _HASHES, _NUMBERS, "int64",
    _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, _BYTES, "int64", _BYTES, "int64",
)  # fmt: skip
END_OF = _entry("end_of", _BYTES, "int64", "int64", "int64", "int64", _TABLE)
STRIP = _entry("strip", _BYTES, "int64", _BYTES, "int64", _NUMBERS, "int64", _NUMBERS)
FIND = _entry("find", _BYTES, "int64", _BYTES, "int64")
HASH = _entry("hash_of", _CHARS, "int64")
MEASURE_TEXTS = _entry(
    "measure_texts", _BYTES, "int64", _NUMBERS, "int64", _CHARS, "int64", _TABLE, _CHARS, _BYTES, _NUMBERS, _HASHES,
    "int64", _CHARS,
)  # fmt: skip
MEASURE = _entry(
    "measure", _NUMBERS, "int64", _NUMBERS, "int64", _NUMBERS, _NUMBERS, _NUMBERS, "int64", _NUMBERS, "int64",
    _NUMBERS, "int64", _SHORTS, "int64", _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS,
)  # fmt: skip
LOOK_AROUND = _entry(
    "look_around", _NUMBERS, "int64", _NUMBERS, "int64", "int64", "int64", "int64", _SHORTS, "int64", _NUMBERS
)
ANSWER = _entry(
    "answer", _SHORTS, "int64", "int64", _FLOATS, "int64", "int64", _FLOATS, _FLOATS, _FLOATS, _FLOATS, _NUMBERS
)
ENTRIES = (SCAN, END_OF, STRIP, FIND, HASH, MEASURE_TEXTS, MEASURE, LOOK_AROUND, ANSWER)
