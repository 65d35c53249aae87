"""Text within a block: lines of code, line numbers, formulas, text of the paper's colour."""

from __future__ import annotations

import functools
import re

from data.pages.blocks import CODE, formula
from data.pages.listings import LINE, is_code_in_lines, is_numbers, is_set_in_lines, numbers_before
from data.pages.rows import Rows
from data.pages.source import is_styled
from data.pages.tags import CODE_TAGS, LANGUAGE_LABELS, PRE, Tag

#: What stands at a listing for readers who want to copy it.
_COPIES = re.compile(r"\s*(?:copy(?: code| to clipboard)?|copied!?|复制(?:代码)?|コピー)\s*", re.IGNORECASE)
#: Stands in `Inline.marks` for text of the paper's colour.
_INK = -1
#: So many elements within each other whose letters speak for code are judged; the innermost of more are not.
_MAX_NESTED = 8
#: Whose lines are code; mails and letters stand in <tt>, and in letters of one width.
_LISTED = CODE_TAGS - {"tt"}


class Inline(Rows):
    """What is known of the inline elements around.

    Attributes:
        links, hidden, pre, codes: in how many such elements it stands.
        marks: where in the buffer those began whose text may be looked at when they end.
        line_ended: a line of code has just ended without a line break.
        in_fragment: the code is Doxygen's, which sets a space after a line's number.
        tex, alternative, outer: of the formula that is being read: its source, what its tag says, the text before it.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content
        self.marks: list[int] = []
        self.links = self.hidden = self.pre = self.codes = 0
        self.code_begun: list[int] = []
        self.line_ended = self.in_fragment = False
        self.tex = self.alternative = ""
        self.outer: list[list[str]] = []

    @functools.cached_property
    def shows_ink(self) -> bool:
        """Whether white text can be seen."""
        return is_styled(self.content)

    def open_inline(self, tag: Tag) -> None:
        unseen = tag.ink and not self.shows_ink
        self.hidden += unseen
        if not unseen:
            self.boxes += tag.code_box
            self.codes += tag.name in CODE_TAGS
            if tag.code_box or tag.name in CODE_TAGS:
                self.code_begun.append(self.taken)
        self.marks.append(_INK if unseen else len(self.buffer))

    def open_in_code(self, tag: Tag) -> None:
        """Starts a line where a block, or the next line's <span>, begins."""
        if tag.role == PRE:
            self.pre += 1
        if tag.name == "code" and self.buffer and (label := "".join(self.buffer).strip().lower()) in LANGUAGE_LABELS:
            self.buffer[:] = [""] * len(self.buffer)  # marks of elements around stay in it
            self.language = label
        if tag.code_line or tag.name == "tr":
            if self.line_ended:
                self.buffer.append("\n")
        elif tag.number >= 0 and tag.name not in ("td", "th"):
            self._end_line()
        self.line_ended = False
        self.language = self.language or tag.language
        if tag.name != "hr":
            self.marks.append(len(self.buffer))

    def close_inline(self, tag: Tag, place: int) -> None:
        if place == _INK:
            self.hidden -= 1
            return
        if tag.code_box or tag.name in CODE_TAGS:
            is_whole = self.code_begun.pop() == self.taken and place < len(self.buffer)
            is_judged = not tag.gutter and self.boxes + self.codes <= _MAX_NESTED
            self.codes -= tag.name in CODE_TAGS
            if is_judged:
                self._close_coded(tag, place, is_whole)
            self.boxes -= tag.code_box
        if tag.gutter and is_numbers("".join(self.buffer[place:])):
            del self.buffer[place:]

    def _close_coded(self, tag: Tag, place: int, is_whole: bool) -> None:
        """Ends a <code> or the like, or letters of one width; whole is what the buffer holds from its beginning on."""
        is_named = tag.name in CODE_TAGS
        if LINE in self.buffer[place:]:
            if tag.name in _LISTED or is_code_in_lines("".join(self.buffer[place:])):
                self.add_code_with_breaks(place)
                return
            is_whole = is_whole and not is_named
        elif is_named and is_whole and self._stands_apart(place) and is_set_in_lines("".join(self.buffer[place:])):
            self._add_code_apart(place)
            return
        if is_whole:
            while self.coded and self.coded[-1][0] >= place:
                self.coded.pop()
            self.coded.append((place, len(self.buffer)))
            self.is_typed = self.is_typed or tag.name not in _LISTED

    def _stands_apart(self, place: int) -> bool:
        """Returns whether a <code> that has ended may be a listing: it stands in no cell, and within no sentence."""
        if self.codes or self.outer or self.opened[-1].name in ("td", "th"):
            return False
        while place and not self.buffer[place - 1].strip():
            place -= 1
        return place == 0 or self.buffer[place - 1].rstrip()[-1] in LINE + ".:!?"

    def _add_code_apart(self, place: int) -> None:
        """Ends a <code> whose lines are those of the source."""
        code = "".join(self.buffer[place:])
        del self.buffer[place:]
        self.flush()
        self.add_code(code, CODE)

    def close_in_code(self, tag: Tag, place: int, text: str) -> str:
        if tag.role == PRE:
            self.pre -= 1
        if tag.gutter and is_numbers("".join(self.buffer[place:])):
            del self.buffer[place:]
            if self.in_fragment:
                return text[1:] if text[:1] == " " else text.removeprefix("&nbsp;")
            return text.removeprefix("\n") if tag.number >= 0 else text
        if tag.name in ("td", "th") and not tag.code_cell and self._is_number_of_line(place):
            del self.buffer[place:]
            return text
        if tag.number >= 0 and tag.name not in ("td", "th", "tr"):
            shown = "".join(self.buffer[place:])
            if (tag.code_line or tag.name == "li") and not shown:
                self.buffer.append("\n")
            elif _COPIES.fullmatch(shown) or (
                tag.name in ("ul", "ol") and numbers_before(lines := shown.strip("\n")) == lines.count("\n") + 1
            ):
                del self.buffer[place:]
            self._end_line()
            return text.removeprefix("\n")
        if tag.code_line or tag.name == "tr":
            self.line_ended = not text.startswith("\n") and not "".join(self.buffer[place:]).endswith("\n")
        return text

    def _is_number_of_line(self, place: int) -> bool:
        """Returns whether what was gathered since then is a number at the beginning of a row."""
        number = "".join(self.buffer[place:]).strip()
        return number.isdecimal() and (place == 0 or self.buffer[place - 1].endswith("\n"))

    def _end_line(self) -> None:
        if self.buffer and not self.buffer[-1].endswith("\n"):
            self.buffer.append("\n")

    def close_math(self) -> None:
        inner, self.buffer = self.buffer, self.outer.pop()
        if not self.hidden:
            tex = self.tex.strip() or self.alternative
            self.buffer.append(formula(tex, False) if tex else "".join("".join(inner).split()))
        self.tex = self.alternative = ""

    def line_break(self) -> None:
        """Ends a line; a second break without text between ends the block."""
        if self.hidden:
            return
        if self.pre:
            self.buffer.append("\n")
            self.line_ended = False
            return
        holds = self.codes or self.boxes or self.outer or (self.coded and not self.coded[0][0])
        if self.break_at and not holds and not "".join(self.buffer[self.break_at :]).strip():
            self.flush()
            return
        self.buffer.append(LINE)
        self.break_at = len(self.buffer)
