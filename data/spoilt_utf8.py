"""Bytes that are UTF-8 but for some: whether they are, and what may be read of a page in it.

A run of bytes beyond ASCII that is UTF-8 from end to end is hardly ever chance. Of the runs in texts of 400 languages
in 40 sets of one byte for each character and of several, 2 % at most are such (in capitals 9 %: Upper Sorbian). What is
said here takes 14 of 423,000 sentences of them for UTF-8 with faults, half of which hold some, and of each ten
sentences together none.
"""

from __future__ import annotations

import codecs
import collections
import dataclasses
import re

#: One of so many runs at least is UTF-8 where bytes are.
MOST_RUNS_FOR_ONE = 5
#: So many are no chance whatever the others are; of fewer, they are two of three, or the others have a meaning as well.
MIN_WHOLE_RUNS = 4
#: Where fewer are: so many lines that have several, and none that is not UTF-8; of so many that are not ASCII, one.
MIN_WHOLE_LINES, MOST_LINES_FOR_ONE = 2, 50
#: In scripts without spaces runs are long: so many characters beyond ASCII for each place that is not UTF-8.
CHARACTERS_FOR_ONE = 10
#: So many places may be left out of a page; of a longer one, one for so many characters, or fewer beyond ASCII.
FEW_PLACES, TEXT_FOR_ONE = 2, 500

_CHARACTER = (
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
#: Controls, phonetic signs, letters of scripts that few write and of peoples whose words have more than one of them.
_RARE = rb"\xc2[\x80-\x9f]|\xcf[\x8f-\xbf]|[\xc6-\xcb\xcd\xd2-\xd6\xdc-\xdf][\x80-\xbf]|\xe0[\xa0-\xa3][\x80-\xbf]"
_HIGH = rb"[\x80-\xff]"
_TO_BLANKS = bytes(byte if byte >= 0x80 else 0x20 for byte in range(256))
_RUN = re.compile(_HIGH + rb"+")
_WHOLE_RUN = re.compile(rb"(?<!%b)(?!(?:%b)(?!%b))(?:%b)++(?!%b)" % (_HIGH, _RARE, _HIGH, _CHARACTER, _HIGH))
_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")

#: Sets of one byte that a stray byte may be in: the one that has most letters of the page, if a quarter at least.
_COMPANIONS = ("cp1252", "cp1250", "cp1254", "cp1257")
#: Longer runs that are not UTF-8 are no letters of a Latin alphabet.
MAX_STRAY_BYTES = 4
_OPENING, _CLOSING = "‘“„«‚‹¡¿", "’”“»›™…®"
_DASHES, _ALONE, _OF_NUMBERS = "–—", "•·©§", "°£€"
#: First bytes of nearly all Latin letters in UTF-8: what is left of those that are cut.
_FIRST_BYTES = b"\xc2\xc3\xc4\xc5"


@dataclasses.dataclass(frozen=True)
class Mended:
    """A page in UTF-8, as far as it can be read.

    Attributes:
        text: it, without what has no meaning.
        mended_bytes: bytes that were read as letters or signs of a set of one byte for each.
        left_out_bytes: bytes that are not in the text.
        is_readable: whether what was left out is little.
    """

    text: str
    mended_bytes: int
    left_out_bytes: int
    is_readable: bool


def mend(content: bytes) -> Mended | None:
    """Returns what can be read of bytes that are UTF-8 but for some; null for text in another set.

    Args:
        content: bytes that are not all UTF-8.
    """
    runs = content.translate(_TO_BLANKS).split()
    beyond = b" ".join(runs)
    text = beyond.decode("utf-8", "replace")
    strays = text.count("\ufffd") - content.count(b"\xef\xbf\xbd")
    characters = len(text) - text.count(" ") - strays
    whole = len(_WHOLE_RUN.findall(beyond))
    if characters >= CHARACTERS_FOR_ONE * strays or (whole and _is_cut_utf8(content)):
        return _Mending(text).mend(content)
    if whole and whole * MOST_RUNS_FOR_ONE >= len(runs):
        mended = _Mending(text).mend(content)
        is_sure = whole >= MIN_WHOLE_RUNS or 3 * whole >= 2 * len(runs) or not mended.left_out_bytes
        return mended if is_sure else None
    return _Mending(text).mend(content) if whole >= 2 * MIN_WHOLE_LINES and _has_whole_lines(content) else None


def _has_whole_lines(content: bytes) -> bool:
    lines = _LINE.findall(content)
    whole = sum(1 for line in lines if len(_RUN.findall(line)) > 1 and _is_utf8(line))
    return whole >= MIN_WHOLE_LINES and whole * MOST_LINES_FOR_ONE >= len(lines)


def _is_cut_utf8(content: bytes) -> bool:
    """Returns whether bytes are UTF-8 but for the last character, which is cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Mending:
    """Reads runs one after the other.

    Args:
        text: the page's characters beyond ASCII.
    """

    def __init__(self, text: str) -> None:
        letters = collections.Counter(filter(str.isalpha, text))
        known = {encoding: _held(letters, encoding) for encoding in _COMPANIONS}
        best = max(_COMPANIONS, key=lambda encoding: known[encoding])
        self._companion = best if 4 * known[best] >= letters.total() else ""
        self._letters = {*"".join(letters).lower()}
        self._mended = self._left_out = self._places = 0

    def mend(self, content: bytes) -> Mended:
        text = _RUN.sub(self._run, content).decode()
        characters = len(text) - len(text.encode("ascii", "ignore"))
        is_readable = self._places <= max(FEW_PLACES, characters // CHARACTERS_FOR_ONE, len(text) // TEXT_FOR_ONE)
        return Mended(text, self._mended, self._left_out, is_readable)

    def _run(self, found: re.Match[bytes]) -> bytes:
        run = found[0]
        if _is_utf8(run):
            return run
        if self._companion and (read := self._read(run, found.string, found.start(), found.end())):
            self._mended += len(run)
            return read.encode()
        left = run.decode("utf-8", "ignore").encode()
        self._left_out += len(run) - len(left)
        self._places += run.decode("utf-8", "replace").count("\ufffd") - run.count(b"\xef\xbf\xbd")
        return left

    def _read(self, run: bytes, content: bytes, start: int, end: int) -> str:
        """Returns a run in the companion's letters and signs, or "" where these would not stand as they do."""
        if not run.strip(b"\xa0"):
            return run.decode("latin-1")
        # What begins as quotation marks and dashes do is one of them, cut.
        if len(run) > MAX_STRAY_BYTES or run.decode("utf-8", "ignore") or (run[0] == 0xE2 and len(run) > 1):
            return ""
        try:
            read = run.decode(self._companion)
        except UnicodeDecodeError:
            return ""
        around = f"{chr(content[start - 1]) if start else ' '}{read}{chr(content[end]) if end < len(content) else ' '}"
        stand = (self._stands(around[at], around[at + 1], around[at + 2], byte) for at, byte in enumerate(run))
        return read if all(stand) else ""

    def _stands(self, before: str, character: str, after: str, byte: int) -> bool:
        """Returns whether a letter or sign stands where one does, and is no byte of a cut character."""
        if not character.isalpha() or character in "ªºµƒ":
            return _is_sign(before, character, after)
        if before.islower() and character.isupper():
            return False
        if byte < 0xC0:  # the last byte of most characters in UTF-8
            return character.lower() in self._letters or (before.islower() and character.islower())
        if byte in _FIRST_BYTES:
            return before.isupper() or after.isupper()
        return byte != 0xFF


def _held(letters: collections.Counter[str], encoding: str) -> int:
    """Returns how many letters of a text an encoding has."""
    return sum(number for letter, number in letters.items() if letter.encode(encoding, "ignore"))


def _is_sign(before: str, character: str, after: str) -> bool:
    """Returns whether a sign stands where one does."""
    is_open = not before.isalnum() and not after.isspace()
    is_closed = not before.isspace() and not after.isalnum()
    if character == "’":
        return is_closed or (before.isalpha() and after.isalpha())
    if character in _DASHES:
        return before.isalnum() == after.isalnum()
    if character in _ALONE:
        return (not before.isalnum() and not after.isalpha()) or (character == "·" and before + after == "ll")
    if character in _OF_NUMBERS:
        return before.isdigit() or after.isdigit() or (before.isspace() and after.isascii() and not after.isalpha())
    return character == "\xa0" or (character in _OPENING and is_open) or (character in _CLOSING and is_closed)
