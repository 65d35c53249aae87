"""Text within a block: lines of code, line numbers, formulas, text of the paper's colour."""

from __future__ import annotations

import functools
import re

from data.pages.blocks import LINE, Gatherer, formula
from data.pages.source import is_styled
from data.pages.tags import PRE, Tag

_DIGITS = re.compile(r"[\d\s.:|]*")
#: Stands in `Inline.marks` for text of the paper's colour.
_INK = -1


def is_numbers(text: str) -> bool:
    """Returns whether a text is line numbers alone."""
    return bool(_DIGITS.fullmatch(text))


class Inline(Gatherer):
    """What is known of the inline elements around.

    Attributes:
        links, hidden, pre, codes: in how many such elements it stands.
        marks: where in the buffer those began whose text may be looked at when they end.
        line_ended: a line of code has just ended without a line break.
        tex, outer: of the formula that is being read: its source, and the text before it.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content
        self.marks: list[int] = []
        self.links = self.hidden = self.pre = self.codes = 0
        self.line_ended = False
        self.tex = ""
        self.outer: list[list[str]] = []

    @functools.cached_property
    def shows_ink(self) -> bool:
        """Whether white text can be seen."""
        return is_styled(self.content)

    def open_inline(self, tag: Tag) -> None:
        unseen = tag.ink and not self.shows_ink
        self.hidden += unseen
        self.codes += tag.name == "code" and not unseen
        self.marks.append(_INK if unseen else len(self.buffer))

    def open_in_code(self, tag: Tag) -> None:
        """Starts a line where a block, or the next line's <span>, begins."""
        if tag.role == PRE:
            self.pre += 1
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
        elif tag.gutter:
            if is_numbers("".join(self.buffer[place:])):
                del self.buffer[place:]
        elif tag.name == "code":
            self.codes -= 1
            if LINE in self.buffer[place:]:
                self.add_code_with_breaks(place)

    def close_in_code(self, tag: Tag, place: int, text: str) -> str:
        if tag.role == PRE:
            self.pre -= 1
        if tag.gutter and is_numbers("".join(self.buffer[place:])):
            del self.buffer[place:]
            return text.removeprefix("\n") if tag.number >= 0 else text
        if tag.number >= 0 and tag.name not in ("td", "th", "tr"):
            self._end_line()
            return text.removeprefix("\n")
        if tag.code_line or tag.name == "tr":
            self.line_ended = not text.startswith("\n") and not "".join(self.buffer[place:]).endswith("\n")
        return text

    def _end_line(self) -> None:
        if self.buffer and not self.buffer[-1].endswith("\n"):
            self.buffer.append("\n")

    def close_math(self) -> None:
        inner, self.buffer = self.buffer, self.outer.pop()
        if not self.hidden:
            self.buffer.append(formula(self.tex, False) if self.tex.strip() else "".join("".join(inner).split()))
        self.tex = ""

    def line_break(self) -> None:
        """Ends a line; a second break without text between ends the block."""
        if self.hidden:
            return
        if self.pre:
            self.buffer.append("\n")
            self.line_ended = False
            return
        if self.break_at and not self.codes and not "".join(self.buffer[self.break_at :]).strip() and not self.outer:
            self.flush()
            return
        self.buffer.append(LINE)
        self.break_at = len(self.buffer)
