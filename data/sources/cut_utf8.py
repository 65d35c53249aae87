"""Whether bytes that are no UTF-8 are UTF-8 that was damaged, or text in an encoding of one byte for each character.

Where characters are cut, their first bytes are left: in a Latin set, capitals behind small letters (`cafÃ`); in one of
another alphabet, the same few letters again and again. Where the first bytes are lost, what is left has no letters.
"""

from __future__ import annotations

import re

from data.charset import is_single_byte
from data.charset_detection import is_latin

#: What is said of a file's lines, so many bytes of them say.
WINDOW_BYTES = 2**16
#: So many letters of a text that are capitals behind small ones, at most, are spelled so.
MAX_ODD_SHARE = 0.1
#: So many letters has a text in another alphabet; the first bytes of its characters in UTF-8 are fewer: Arabic's four.
MIN_LETTERS = 8

#: Of nearly all Latin letters beyond ASCII in UTF-8.
_FIRST_BYTES = b"\xc2\xc3\xc4\xc5"
_BEYOND = re.compile(r"[^\x00-\x7f]")
#: A character of three bytes without its last; a quotation mark or dash without its first.
_PAIR = re.compile(rb"[\xe0-\xef][\x80-\xbf](?![\x80-\xbf])|(?<![\x80-\xff])\x80[\x93-\xa6]")
_WORD = re.compile(rb"[\x80-\xff]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
#: Letters by their category, but signs where they stand.
_SIGNS = "ªºµƒ"


def is_cut_utf8(content: bytes, encoding: str) -> bool:
    """Returns whether lines are rather UTF-8 with characters cut than text in an encoding.

    Args:
        content: lines of which each is no UTF-8.
        encoding: how they would be read.
    """
    content = content[:WINDOW_BYTES]
    high = _HIGH.findall(content)
    if 2 * len(_PAIR.findall(content)) == len(high):
        return True
    if not is_single_byte(encoding):
        return False
    text = content.decode(encoding, "replace")
    places = [found.start() for found in _BEYOND.finditer(text)]
    letters = [place for place in places if text[place].isalpha() and text[place] not in _SIGNS]
    if not letters:
        return not is_latin(encoding)  # else the quotation marks of typesetters
    if max(high) < b"\xc0":
        return True
    if not is_latin(encoding):
        return len({*high}) < min(MIN_LETTERS, len(high) / 2) or not _WORD.search(content)
    good = odd = 0
    for place in letters:
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if not text[place].isupper():
            good += 1
        elif before.islower():
            odd += 1
        else:
            is_initial = after.islower() and text[place].encode(encoding) not in _FIRST_BYTES
            good += before.isupper() or after.isupper() or is_initial
    return not good or odd > MAX_ODD_SHARE * len(letters)
