"""A page's source to its blocks, in one pass over its tags; what no reader came for is passed over as a whole.

It reads the serialisation of a parsed tree, not the page as it came: there every element is closed, and no
`>` stands in an attribute, so that one expression gives a tag with the text after it. Linear in the page's
length whatever its depth. Walking the tree from Python takes several times as long.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from data.pages.blocks import CODE, CODE_LINES, Blocks, formula, unescape
from data.pages.exponents import MAX_CHARS, WINDOW_CHARS, exponent
from data.pages.facts import matters
from data.pages.inline import Inline
from data.pages.known_tags import PASSED, TOKEN, facts_of_hidden_block, known, look_at
from data.pages.lines import holds_listing, with_lines_marked, with_typed_lines_marked
from data.pages.listings import MIN_LINES, code_of, is_listing, is_numbers, reads_as_code
from data.pages.shown_again import may_be_shown_again, without_faded_text
from data.pages.styles import INKLESS
from data.pages.tags import (
    ASIDE,
    BLOCK,
    BREAK,
    CODE_TAGS,
    COMMENT,
    HIDDEN,
    INLINE,
    LINK,
    MATH,
    OTHER_BLOCK,
    PLAIN,
    PLAIN_LINK,
    PRE,
    RAW,
    SPACED,
    TAG_NUMBERS,
    VOID,
    Tag,
)
from data.pages.unread import end_of, holds_blocks, licences_within, telling_within

_BLOCKS = (BLOCK, OTHER_BLOCK, PRE, ASIDE, SPACED)
_MAY_BE_LISTINGS = (INLINE, OTHER_BLOCK, SPACED)
_FIRST_LINE = re.compile(r'\s*<div class="line"')
#: Since Doxygen 1.9 no space stands between a line's number and the line.
_NO_SPACE_AFTER_NUMBER = re.compile(r'<span class="lineno">(?:<a [^>]*>)?[ \d]*(?:</a>)?</span>(?! |&nbsp;|\xa0)')
_CDATA = re.compile(r"\s*<!\[CDATA\[(.*)\]\]>\s*", re.DOTALL)
_ALTERNATIVE = re.compile(r' alttext="([^"]*[\\^_][^"]*)"')


def read_blocks(source: str, content: bytes = b"<style", whole: bool = True) -> Blocks:
    """Returns a page's blocks.

    Args:
        source: serialisation of the parsed page.
        content: the page as it came, whose styles tell whether white text is seen on it.
        whole: also what stands in navigation, footers, comments and the like.
    """
    source = with_lines_marked(source)
    reader = _Reader(source, content, whole)
    page = reader.read()
    if reader.is_faded:
        source = without_faded_text(source, reader.shows_ink)
        reader = _Reader(source, content, whole)
        page = reader.read()
    if reader.boxes_at or reader.code_blocks >= MIN_LINES:
        marked = with_typed_lines_marked(source, reader.boxes_at, reader.code_blocks >= MIN_LINES)
        if marked is not source:
            page = _Reader(marked, content, whole).read()
    return page


class _Reader(Inline):
    """The state of one pass over a page.

    Attributes:
        stack: tags of the elements around.
        facts, passed_over: see `Blocks`.
        resume: where to go on after what is passed over; 0 if nothing is.
        boxes_at: where tags begin whose letters or classes speak for code, or for a line's number.
        code_blocks: how many paragraphs and the like have begun with <code> and the like.
        is_faded: it has met what is shown again within an element whose own text is not (see `shown_again`).
    """

    def __init__(self, source: str, content: bytes, whole: bool) -> None:
        super().__init__(content)
        self.source, self.whole = source, whole
        self.passed_over = self.resume = 0
        self.is_faded = False
        self.code_blocks = 0
        self.boxes_at: list[int] = []
        self.facts: list[tuple[str, str, str]] = []
        self.stack: list[Tag] = []

    @functools.cached_property
    def has_tex(self) -> bool:
        """Whether the sources of formulas stand in scripts, after what was made of them."""
        return "math/tex" in self.source

    def read(self) -> Blocks:
        position = self.source.find("<")
        while position >= 0:
            self.resume = 0
            position = self._read_from(position)
        self.flush()
        for element in self.elements:
            if element.last < 0:
                element.last = len(self.blocks)
        return Blocks(self.blocks, self.elements, list(filter(matters, self.facts)), self.passed_over)

    def _read_from(self, position: int) -> int:
        """Reads from a tag until something is passed over; returns where to go on, or -1."""
        stack, opened, places, tags = self.stack, self.opened, self.places, known
        for found in TOKEN.finditer(self.source, position):
            head, text = found.groups()
            if head is None:
                role = (tag := stack.pop() if stack else PASSED).role
                if role == BLOCK and not self.pre:
                    if self.buffer:
                        self.flush()
                    opened.pop()
                    if len(places) > len(opened):
                        self.elements[places.pop()].last = len(self.blocks)
                elif role == LINK:
                    self.links -= 1
                elif role != PLAIN:
                    text = self._close(tag, text)
            else:
                role = (tag := tags.get(head) or look_at(head)).role
                if role == BLOCK and not self.pre:
                    if self.buffer:
                        self.flush()
                    opened.append(tag)
                    stack.append(tag)
                elif role == PLAIN:
                    stack.append(tag)
                elif tag is PLAIN_LINK:
                    stack.append(tag)
                    self.links += 1
                elif role != VOID:
                    text = self._open(tag, head, text, found.end(1) + 1)
                    if self.resume:
                        return self.resume
                elif tag.fact:
                    self.facts.append((tag.name, head, ""))
            if text and not self.hidden and (self.buffer or self.pre or not text.isspace()):
                self.buffer.append(text := unescape(text) if "&" in text else text)
                if self.links:
                    self.link_chars += len(text)
        return -1

    # --- what is not read as tags -------------------------------------------------------------

    def _go_on_at(self, place: int) -> str:
        """Passes over what stands before the end tag at `place`; -1: over all the rest."""
        self.stack.append(PASSED)
        self.resume = place if place >= 0 else -1
        return ""

    def _comment(self, text: str, begin: int) -> str:
        """Returns what follows a doctype; text after a comment is added here."""
        if not self.source.startswith("<!--", begin):
            return text
        end = self.source.find("-->", begin + 2)
        following = self.source.find("<", end) if end >= 0 else -1
        self.resume = following
        if end >= 0:
            text = self.source[end + 3 : following if following >= 0 else None]
            if text and not self.hidden and (self.buffer or self.pre or not text.isspace()):
                self.buffer.append(unescape(text))
                self.link_chars += len(self.buffer[-1]) if self.links else 0
        return ""

    def _raw(self, tag: Tag, start: int) -> str:
        """Passes over an element whose content is not escaped, unless it is a formula or shown as it stands."""
        end = self.source.find(f"</{tag.name}>", start)
        if end >= 0 and not self.hidden:
            if "math/tex" in tag.language:
                self.buffer.append(formula(self.source[start:end], "display" in tag.language))
            elif tag.name in ("xmp", "plaintext") or tag.code_box:
                self.flush()
                self.language = tag.language
                found = _CDATA.fullmatch(code := self.source[start:end])
                self.add_code(found[1] if found else code, CODE)
        return self._go_on_at(end)

    def _aside(self, tag: Tag, start: int) -> str:
        """Passes over an element that is not for content, but for licences that are linked there."""
        if self.buffer:
            self.flush()
        end = end_of(self.source, tag.name, start)
        if end >= 0:
            self.passed_over += self.source.count("<", start, end) + 2
        self.facts += licences_within(self.source, start, end)
        return self._go_on_at(end)

    def _hidden(self, tag: Tag, start: int) -> str:
        """Passes over an element that is not seen, but for what it tells about the page."""
        end = end_of(self.source, tag.name, start)
        if (
            tag.code_box
            and not self.hidden
            and (
                is_listing(listing := unescape(self.source[start : end if end >= 0 else None]))
                or reads_as_code(listing.split("\n"))
            )
        ):
            if self.buffer:
                self.flush()
            self.add_code(listing, CODE)
        elif tag.name in TAG_NUMBERS:
            facts, passed_over = facts_of_hidden_block(self.source[start : end if end >= 0 else None], self.whole)
            self.facts += facts
            self.passed_over += passed_over
        else:
            self.facts += telling_within(self.source, start, end)
        if self.buffer and holds_blocks(self.source, start, end):
            self.flush()
        return self._go_on_at(end)

    # --- tags ---------------------------------------------------------------------------------

    def _open(self, tag: Tag, head: str, text: str, start: int) -> str:
        """Opens an element of which more is to be known; returns the text after its tag, if it is to be read."""
        if tag.fragment and not self.pre and _FIRST_LINE.match(self.source, start):
            tag = dataclasses.replace(tag, role=PRE)
            self.in_fragment = not _NO_SPACE_AFTER_NUMBER.search(self.source, start, end_of(self.source, "div", start))
        role = tag.role
        if tag.code_box or tag.gutter:
            self.boxes_at.append(start - len(head) - 2)
        if (fades := tag.fades or (INKLESS if tag.ink and not self.shows_ink else 0)) and not self.hidden:
            end = end_of(self.source, tag.name, start)
            if may_be_shown_again(self.source, start, end, fades, self.shows_ink):
                self.is_faded, self.resume = True, -1
                return ""
        if tag.spaced and role in _MAY_BE_LISTINGS and self._is_listing(tag, start):
            tag = dataclasses.replace(tag, role=(role := PRE))
        if tag.name == "button" and self.pre and not self.outer:  # to copy the code
            return self._go_on_at(end_of(self.source, tag.name, start))
        if tag.preview and self.has_tex and not self.pre and not self.outer:
            return self._hidden(tag, start)
        if role == BREAK:
            self.line_break()
            return text
        if role == COMMENT:
            return self._comment(text, start - len(head) - 2)
        if role == RAW:
            return self._raw(tag, start)
        if role == ASIDE and not self.whole and not self.pre:
            return self._aside(tag, start)
        if tag.fact:
            self.facts.append((tag.name, head, text))
        if role == HIDDEN and not self.pre and not self.outer:
            return self._hidden(tag, start)
        if tag.name != "hr":
            self.stack.append(tag)
        if tag.name == "sup" and not self.hidden:
            text = self._raised(text, start)
        if role == LINK:
            self.links += 1
        elif role == HIDDEN:
            if self.outer and not self.tex and "tex" in head:
                self.tex = unescape(text)
            self.hidden += 1
        elif role == MATH:
            self.outer.append(self.buffer)
            self.buffer, self.tex = [], ""
            found = _ALTERNATIVE.search(head)
            self.alternative = unescape(found[1]) if found else ""
        elif self.pre and not self.outer:
            self.open_in_code(tag)
        elif role in _BLOCKS:
            self._open_block(tag)
        else:
            if tag.name in CODE_TAGS and not self.buffer:
                self.code_blocks += self.opened[-1].name in ("p", "div")
            self.open_inline(tag)
        return text

    def _is_listing(self, tag: Tag, start: int) -> bool:
        """Returns whether an element whose spaces are shown is to be read as code."""
        return not (self.pre or self.outer or self.hidden) and holds_listing(self.source, start, tag.name)

    def _raised(self, text: str, start: int) -> str:
        """Returns the text of a <sup>, which begins at `start`, as it is written after what stands before it."""
        after = start + len(text)
        if not text or len(text) > MAX_CHARS or not self.source.startswith("</sup>", after):
            return text
        following = after + len("</sup>")
        before = "".join(self.buffer[-WINDOW_CHARS:])[-WINDOW_CHARS:]
        return exponent(before, text, self.source[following : following + 1])

    def _open_block(self, tag: Tag) -> None:
        if self.buffer:
            self.flush()
        if tag.name == "hr":
            return
        self.opened.append(tag)
        if tag.role != SPACED:
            self.here()
        self.boxes += tag.code_box
        if tag.ink and not self.shows_ink:
            self.hidden += 1
        if tag.role == PRE:
            self.pre += 1
            self.line_ended = False
            self.language = tag.language

    def _close(self, tag: Tag, text: str) -> str:
        role = tag.role
        if role == HIDDEN:
            self.hidden -= 1
        elif role == MATH:
            self.close_math()
        elif self.pre and not self.outer and not (role == PRE and self.pre == 1):
            return self.close_in_code(tag, self.marks.pop(), text)
        elif role in _BLOCKS:
            self._close_block(tag)
        else:
            self.close_inline(tag, self.marks.pop())
        return text

    def _close_block(self, tag: Tag) -> None:
        if tag.role == PRE:
            self.pre -= 1
            code = self.take_buffer()
            self.add_code(code_of(code) if tag.folds else code, CODE_LINES if tag.code_cell else CODE)
            self.in_fragment = False
        elif self.buffer:
            self.flush()
        self.boxes -= tag.code_box
        if tag.ink and not self.shows_ink:
            self.hidden -= 1
        if len(self.places) == len(self.opened):
            place = self.places.pop()
            element = self.elements[place]
            if tag.gutter and all(is_numbers(block.text) for block in self.blocks[element.first :]):
                del self.blocks[element.first :]
            if tag.name == "tr":
                self.close_row(place)
            element.last = len(self.blocks)
        self.opened.pop()
