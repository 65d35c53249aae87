"""Pieces of a table's text as UTF-8, whatever it is written in.

How a file begins decides: by its byte order mark; by the zeros between the letters of UTF-16; or, where it has more
lines that are no UTF-8 than faults would explain, by what these look like, once there are some. One line of another
encoding is a fault and stays as it is; so do characters that are cut, however many. For what has no meaning in the
encoding found stands one byte that no UTF-8 has, so that the record which holds it is named `bad_encoding`. In a file
of another encoding, lines that are UTF-8 beyond doubt stay as well, damaged or not: files are put together of several.
"""

from __future__ import annotations

import codecs
import collections
import re

from data.charset import is_plausible, is_single_byte
from data.charset_detection import detect, wide_order
from data.sources.cut_utf8 import is_cut_utf8
from data.sources.wide_text import WideText, as_utf8

UTF8_MARK = codecs.BOM_UTF8
#: Those of UTF-32 before those of UTF-16, which is how one of them begins.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
#: Lines that are no UTF-8 are a file's encoding, not faults, if they are so many and one of so many. JSON Lines are
#: UTF-8 by their definition, so that faults explain more there.
MIN_FOREIGN_LINES, MOST_LINES_FOR_ONE, MOST_JSON_LINES_FOR_ONE = 3, 50, 5
#: Groups of lines that are looked at by themselves: one broken line hides that others are in an encoding of several
#: bytes for each character.
GROUPS, GROUP_LINES = 15, 16
#: So many characters beyond ASCII in UTF-8 are no chance where those of the file's own encoding take several bytes;
#: where those take one each, one is none.
MIN_UTF8_CHARACTERS = 4
#: A character beyond ASCII in UTF-8.
_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
#: What each byte may be in UTF-8: of a character of several, the first or another.
_ROLES = bytes(0x46 if 0xC2 <= byte <= 0xF4 else 0x4F if 0x80 <= byte <= 0xBF else 0x20 for byte in range(256))
_PAIR = b"FO"
#: What follows a first line in UTF-16 is looked at so far; chance makes no UTF-8 of so many bytes without a zero.
FOLLOWING_BYTES, MIN_FOLLOWING_BYTES = 256, 8
#: Of a longer line, nobody asks whether it is UTF-8.
MOST_HELD_BYTES = 2**20


class TextPieces:
    """Turns the pieces of one file into UTF-8, its byte order mark left out.

    Args:
        lines_for_one: of so many lines at least one is no UTF-8 in a file of another encoding.

    Attributes:
        encoding: of the file, as Python names it; "" for UTF-8.
    """

    def __init__(self, lines_for_one: int = MOST_LINES_FOR_ONE) -> None:
        self.encoding = ""
        self._lines_for_one = lines_for_one
        self._decoder: codecs.IncrementalDecoder | None = None  # of an encoding of single bytes, or of several
        self._wide: WideText | None = None
        self._is_first, self._is_settled, self._is_within = True, False, False
        self._open = b""  # a line, as far as it has come

    def feed(self, piece: bytes) -> bytes:
        """Returns what a piece adds, except for a line whose end has not come yet."""
        if not (self._decoder or self._wide or self._is_settled):
            piece = self._asked(piece)
        if self._wide is not None:
            return self._wide.feed(piece)
        if self._decoder is None:
            return piece
        lines = (self._open + piece).split(b"\n")
        self._open = lines.pop()
        found = b"".join([self._line(line + b"\n") for line in lines])
        if len(self._open) > MOST_HELD_BYTES:
            self._is_within, found = True, found + as_utf8(self._decoder.decode(self._open))
            self._open = b""
        return found

    def _asked(self, piece: bytes) -> bytes:
        """Returns a piece without a mark; finds the encoding, unless there is nothing to tell it by yet."""
        mark = 0
        if self._is_first:
            mark, self.encoding = encoding_of(piece, self._lines_for_one)
        elif not piece.isascii():
            self.encoding = _foreign(piece, self._lines_for_one)
        self._is_first = False
        if self.encoding.startswith("utf"):
            self._wide = WideText(self.encoding)
        elif self.encoding:
            self._decoder = codecs.getincrementaldecoder(self.encoding)("phimill.no_text")
        else:
            self._is_settled = mark > 0 or (not piece.isascii() and _is_spoilt_utf8(piece))
        return piece[mark:]

    def _line(self, line: bytes) -> bytes:
        """Returns a line, or what is left of it."""
        assert self._decoder is not None
        is_whole, self._is_within = not self._is_within, False
        if is_whole and (line.isascii() or self._is_sure(line) or self._is_damaged(line)):
            return line
        return as_utf8(self._decoder.decode(line))

    def _is_sure(self, line: bytes) -> bool:
        """Returns whether a line is UTF-8 beyond doubt."""
        if not _is_utf8(line):
            return False
        return is_single_byte(self.encoding) or sum(byte >= 0xC0 for byte in line) >= MIN_UTF8_CHARACTERS

    def _is_damaged(self, line: bytes) -> bool:
        """Returns whether a line is UTF-8 of which something is broken, not text in the file's own encoding."""
        if not is_single_byte(self.encoding) or _PAIR not in line.translate(_ROLES):
            return False
        whole = len(_CHARACTER.findall(line))
        several = whole >= MIN_UTF8_CHARACTERS and _is_spoilt_utf8(line)
        return several or (whole > 0 and is_cut_utf8(line, self.encoding))

    def end(self) -> bytes:
        """Returns what has no end, such as a character that nothing will complete; then the file may begin anew."""
        if self._wide is not None:
            return self._wide.end()
        if self._decoder is None:
            return b""
        rest = self._line(self._open) + as_utf8(self._decoder.decode(b"", final=True))
        self._open = b""
        self._decoder.reset()
        return rest


def encoding_of(head: bytes, lines_for_one: int = MOST_LINES_FOR_ONE) -> tuple[int, str]:
    """Returns the bytes that a file's byte order mark takes, and its encoding; "" for UTF-8 and for what is no text.

    Args:
        head: its first bytes, as many as one is ready to look at.
        lines_for_one: of so many lines at least one is no UTF-8 in a file of another encoding.
    """
    if head.startswith(UTF8_MARK):
        return len(UTF8_MARK), ""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return (0, "") if _is_followed_by_utf8(head) else (len(mark), encoding)
    return 0, wide_order(head) or _foreign(head, lines_for_one)


def _is_followed_by_utf8(head: bytes) -> bool:
    """Returns whether only the first line of a file is what its byte order mark says: files are put together.

    In UTF-16 a line's end has a zero byte, as all of ASCII has; a byte that looks like one may belong to a letter.
    """
    after = head[head.find(b"\n") + 1 :][:FOLLOWING_BYTES] if b"\n" in head else b""
    if len(after) < MIN_FOLLOWING_BYTES or b"\0" in after:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(after)
    except UnicodeDecodeError:
        return False
    return True


def _foreign(head: bytes, lines_for_one: int) -> str:
    """Returns the encoding of a file that has many lines that are no UTF-8, and hardly any in UTF-8 beyond ASCII."""
    try:
        head.decode()
        return ""
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3 and error.reason == "unexpected end of data":
            return ""
    lines = head.split(b"\n")
    foreign = [line for line in lines if not line.isascii() and not _is_utf8(line)]
    if len(foreign) < MIN_FOREIGN_LINES or len(foreign) * lines_for_one < len(lines) or _is_spoilt_utf8(head):
        return ""
    foreign = foreign[:-1] if foreign[-1] is lines[-1] else foreign  # which may be cut
    content = b"\n".join(foreign)
    encoding = _of_groups(foreign) or detect(content)
    if not encoding or not is_plausible(content.decode(encoding, "replace")):
        return ""
    return "" if is_cut_utf8(content, encoding) else encoding


def _of_groups(lines: list[bytes]) -> str:
    """Returns the encoding of several bytes for each character that most groups of lines are in, "" for none."""
    step = max(GROUP_LINES, len(lines) // GROUPS)
    groups = [b"\n".join(lines[start : start + GROUP_LINES]) for start in range(0, len(lines), step)]
    encoding, number = collections.Counter(map(detect, groups)).most_common(1)[0]
    return encoding if 2 * number > len(groups) and not is_single_byte(encoding) else ""


def _is_spoilt_utf8(head: bytes) -> bool:
    """Returns whether characters beyond ASCII that are whole in UTF-8 are not few beside bytes that are none."""
    text = head.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    return 2 * (len(text) - len(text.encode("ascii", "ignore")) - stray) > stray


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
