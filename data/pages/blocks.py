"""Blocks: runs of text between the bounds of block elements, with where they stand; how text becomes blocks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from data.pages.listings import (
    LINE,
    are_numbers_of,
    code_of,
    count_words,
    fold_lines,
    folded_words,
    is_code_in_lines,
    paragraphs,
    plain_code,
    trim_code,
    without_numbers,
)
from data.pages.ordinals import Counting
from data.pages.tags import BLOCK, Tag

if TYPE_CHECKING:
    from data.pages.arrays import Arrays

#: Kinds of block.
TEXT, CODE, CODE_LINES, ROW, HEAD_ROW = range(5)

#: Elements of text that is kept beside other text: headings; functions and options, and what they do.
BESIDE_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd"))

Whole = npt.NDArray[np.int64]
_TEX = re.compile(r"\{\\(?:display|text)style (.*)\}", re.DOTALL)


@dataclasses.dataclass(slots=True, eq=False)
class Block:
    """A run of text.

    Attributes:
        text: spaces folded, a line break for <br>; code as it stands.
        element: number of the block element that it stands in.
        kind: TEXT, CODE, ...
        words, link_chars: how many words, and characters within links.
        language: of code, where its tags say so.
    """

    text: str
    element: int
    kind: int
    words: int
    link_chars: int
    language: str = ""


@dataclasses.dataclass(slots=True, eq=False)
class Element:
    """A block element: its tag, the element around it, and the blocks [first, last) within it."""

    tag: Tag
    parent: int
    first: int
    last: int = -1


@dataclasses.dataclass(slots=True)
class Blocks:
    """What a page shows, and the tags that tell about the page.

    Attributes:
        blocks: in the page's order.
        elements: block elements that hold blocks, and some that hold none; element 0 is the page.
        facts: name, source and following text of tags that tell about the page (see `data.pages.facts.matters`).
        passed_over: how many tags of navigation and the like were not read.
        arrays: the same as numbers, where compiled code has read them (see `data.pages.arrays`).
    """

    blocks: Sequence[Block]
    elements: Sequence[Element]
    facts: list[tuple[str, str, str]]
    passed_over: int = 0
    arrays: Arrays | None = None

    def some(self, numbers: Sequence[int]) -> list[Block]:
        """Returns blocks by their numbers."""
        if self.arrays is not None:
            return self.arrays.some(numbers)
        return [self.blocks[number] for number in numbers]

    def chars(self) -> Whole:
        """Returns how many characters each block has."""
        if self.arrays is not None:
            return self.arrays.blocks[:, 2]
        return np.array([len(block.text) for block in self.blocks], dtype=np.int64)

    def link_chars(self) -> Whole:
        """Returns how many characters of each block stand in links."""
        if self.arrays is not None:
            return self.arrays.blocks[:, 4]
        return np.array([block.link_chars for block in self.blocks], dtype=np.int64)

    def homes(self) -> Whole:
        """Returns the number of the element that each block stands in."""
        if self.arrays is not None:
            return self.arrays.blocks[:, 5]
        return np.array([block.element for block in self.blocks], dtype=np.int64)

    def kinds(self) -> Whole:
        """Returns the kind of each block."""
        if self.arrays is not None:
            return self.arrays.blocks[:, 6]
        return np.array([block.kind for block in self.blocks], dtype=np.int64)

    def counting(self, number: int) -> Counting:
        """Returns what the tag of an element, a list or an item, says of numbers."""
        if self.arrays is not None:
            return self.arrays.counting(number)
        return self.elements[number].tag.counting

    def outline(self) -> tuple[Sequence[str], Sequence[int]]:
        """Returns the name of each element, and the element around it."""
        if self.arrays is not None:
            return self.arrays.outline()
        return [element.tag.name for element in self.elements], [element.parent for element in self.elements]

    def are_special(self) -> npt.NDArray[np.bool_]:
        """Returns which blocks are code, rows of tables, headings, or of lists of terms."""
        if self.arrays is not None:
            return self.arrays.are_special()
        return np.array(
            [block.kind != TEXT or self.elements[block.element].tag.name in BESIDE_TAGS for block in self.blocks],
            dtype=np.bool_,
        )


def unescape(text: str) -> str:
    """Returns a serialised text or attribute as it is meant: a serialiser escapes these five alone."""
    if "&" not in text:
        return text
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\xa0").replace("&quot;", '"')
    return text.replace("&amp;", "&")


class Gatherer:
    """Makes blocks of the text of a page, as it comes.

    Most block elements hold no text of their own, or none at all: they are noted when a block stands in them.

    Attributes:
        blocks, elements: what there is so far.
        buffer: pieces of the block that has begun; link_chars of their characters stand in links.
        break_at: where in the buffer the last line break was.
        opened: tags of the block elements around, the outermost first.
        places: numbers of those of them that are elements by now, which are the outer ones.
        coded: where in the buffer <code> and the like, and letters of one width, begin and end.
        is_typed: some of these are code by their letters' width alone.
        taken: how often the buffer has been emptied.
        boxes: how many elements around hold a listing if it looks like one.
        language: of the code that is being read.
    """

    def __init__(self) -> None:
        root = Tag(BLOCK, "body")
        self.blocks: list[Block] = []
        self.elements = [Element(root, -1, 0)]
        self.buffer: list[str] = []
        self.link_chars = self.break_at = self.taken = self.boxes = 0
        self.coded: list[tuple[int, int]] = []
        self.is_typed = False
        self.opened = [root]
        self.places = [0]
        self.language = ""

    def here(self) -> int:
        """Returns the number of the innermost element that is open."""
        places, opened, elements = self.places, self.opened, self.elements
        place, made = places[-1], len(places)
        if made < len(opened):
            first = len(self.blocks)
            for tag in opened[made:]:
                elements.append(Element(tag, place, first))
                place = len(elements) - 1
                places.append(place)
        return place

    def take_buffer(self) -> str:
        """Returns the text that has been gathered, and begins anew."""
        text = "".join(self.buffer)
        self.buffer, self.coded, self.is_typed = [], [], False
        self.link_chars = self.break_at = 0
        self.taken += 1
        return text

    def flush(self) -> None:
        """Ends a block of text, if there is one."""
        link_chars, listed = self.link_chars, bool(self.coded) and self._are_lines_of_code()
        text = self.take_buffer()
        folded, words = folded_words(text)
        if LINE in folded:
            if listed or (self.boxes and is_code_in_lines(text)):
                self.add_code(code_of(text), CODE)
                return
            parts = paragraphs(text)
            if len(parts) > 1:  # elsewhere two breaks have ended the block
                for part in parts:
                    self.buffer, self.link_chars = [part], link_chars
                    self.flush()
                return
            folded = fold_lines(text)
        if folded:
            size = len(folded)
            self.blocks.append(Block(folded, self.here(), TEXT, words, link_chars if link_chars < size else size))

    def _are_lines_of_code(self) -> bool:
        """Returns whether the buffer holds lines that are in <code> or the like each, and nothing else."""
        if self.coded[0][0] or LINE not in self.buffer:
            return False
        if self.is_typed and not is_code_in_lines("".join(self.buffer)):
            return False
        outside, done = [], 0
        for begin, end in self.coded:
            outside += self.buffer[done:begin]
            done = max(done, end)
        return not "".join(outside + self.buffer[done:]).strip(LINE + " \t\r\n\f\xa0") and len(self.coded) > 1

    def add_code_with_breaks(self, place: int) -> None:
        """Ends a <code> whose lines are set by <br> and whose indentation is made of hard spaces."""
        code = self.buffer[place:]
        del self.buffer[place:]
        self.flush()
        self.add_code(code_of("".join(code)), CODE)

    def add_code(self, code: str, kind: int) -> None:
        """Makes a block of code, or goes on with the one whose lines are elements of their own."""
        code = plain_code(code)
        last = self.blocks[-1] if self.blocks else None
        if (
            kind == CODE_LINES
            and last is not None
            and last.kind == kind
            and self._are_neighbours(last.element, self.here())
        ):
            last.text += "\n" + code.strip("\n").rstrip()
            last.words += count_words(code)
            return
        code = trim_code(without_numbers(code))
        if code:
            language = self.language or self._language_around()
            block = Block(code, self.here(), kind, count_words(code), 0, language)
            if last is not None and last.kind == CODE and are_numbers_of(last.text, code):
                last.text, last.words, last.language = code, block.words, language  # its place is that of the code
            else:
                self.blocks.append(block)
        self.language = ""

    def _are_neighbours(self, element: int, other: int) -> bool:
        """Returns whether two elements that hold a line each stand in one that holds the lines, or in rows of it."""
        parent, beside = self.elements[element].parent, self.elements[other].parent
        around = {parent, self.elements[parent].parent if parent > 0 else 0} - {0}
        return parent == beside or beside in around or (beside > 0 and self.elements[beside].parent in around)

    def _language_around(self) -> str:
        place = self.here()
        for _ in range(4):
            if place < 0:
                break
            if self.elements[place].tag.language:
                return self.elements[place].tag.language
            place = self.elements[place].parent
        return ""


def formula(tex: str, display: bool) -> str:
    """Returns TeX between the signs that Markdown uses."""
    tex = " ".join(tex.split())
    found = _TEX.fullmatch(tex)
    mark = "$$" if display else "$"
    return f"{mark}{(found[1] if found else tex).strip()}{mark}"
