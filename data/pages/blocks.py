"""Blocks: runs of text between the bounds of block elements, with where they stand; how text becomes blocks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from data.pages.tags import BLOCK, Tag

if TYPE_CHECKING:
    from data.pages.arrays import Arrays

#: Kinds of block.
TEXT, CODE, CODE_LINES, ROW, HEAD_ROW = range(5)
#: Stands for <br> until a block's spaces are folded.
LINE = "\x01"
MAX_CELL_CHARS = 600
MAX_CELL_BLOCKS = 3
MAX_ROW_ELEMENTS = 300

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

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
        facts: name, source and following text of tags that may tell something about the page.
        passed_over: how many tags of navigation and the like were not read.
        arrays: the same as numbers, where compiled code has read them (see `data.pages.arrays`).
    """

    blocks: Sequence[Block]
    elements: Sequence[Element]
    facts: list[tuple[str, str, str]]
    passed_over: int = 0
    arrays: Arrays | None = None

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

    def outline(self) -> tuple[Sequence[str], Sequence[int]]:
        """Returns the name of each element, and the element around it."""
        if self.arrays is not None:
            return self.arrays.outline()
        return [element.tag.name for element in self.elements], [element.parent for element in self.elements]

    def are_special(self) -> npt.NDArray[np.bool_]:
        """Returns which blocks are code, rows of tables, or headings."""
        if self.arrays is not None:
            return self.arrays.are_special()
        return np.array(
            [block.kind != TEXT or self.elements[block.element].tag.name in HEADINGS for block in self.blocks],
            dtype=np.bool_,
        )


def unescape(text: str) -> str:
    """Returns a serialised text or attribute as it is meant: a serialiser escapes these five alone."""
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
        language: of the code that is being read.
    """

    def __init__(self) -> None:
        root = Tag(BLOCK, "body")
        self.blocks: list[Block] = []
        self.elements = [Element(root, -1, 0)]
        self.buffer: list[str] = []
        self.link_chars = self.break_at = 0
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
        self.buffer = []
        self.link_chars = self.break_at = 0
        return text

    def flush(self) -> None:
        """Ends a block of text, if there is one."""
        link_chars = self.link_chars
        text = self.take_buffer()
        words = text.split()
        folded = " ".join(words)
        if LINE in folded:
            lines = [" ".join(line.split()) for line in text.split(LINE)]
            folded = "\n".join(line for line in lines if line)
        if folded:
            size = len(folded)
            self.blocks.append(Block(folded, self.here(), TEXT, len(words), link_chars if link_chars < size else size))

    def add_code_with_breaks(self, place: int) -> None:
        """Ends a <code> whose lines are set by <br> and whose indentation is made of hard spaces."""
        code = self.buffer[place:]
        del self.buffer[place:]
        self.flush()
        lines = "".join(code).split(LINE)
        self.add_code("\n".join(re.sub(r"[ \t\r\n]+", " ", line).removeprefix(" ") for line in lines), CODE)

    def add_code(self, code: str, kind: int) -> None:
        """Makes a block of code, or goes on with the one whose lines are elements of their own."""
        code = plain_code(code)
        last = self.blocks[-1] if self.blocks else None
        if (
            kind == CODE_LINES
            and last is not None
            and last.kind == kind
            and self._home(last.element) == self._home(self.here())
        ):
            last.text += "\n" + code.strip("\n").rstrip()
            last.words += len(code.split())
            return
        code = trim_code(code)
        if code:
            language = self.language or self._language_around()
            self.blocks.append(Block(code, self.here(), kind, len(code.split()), 0, language))
        self.language = ""

    def _home(self, element: int) -> int:
        """Returns the element that holds the lines of which this is one."""
        parent = self.elements[element].parent
        if self.elements[element].tag.name in ("td", "th") and parent > 0:
            return self.elements[parent].parent
        return parent

    def _language_around(self) -> str:
        place = self.here()
        for _ in range(4):
            if place < 0:
                break
            if self.elements[place].tag.language:
                return self.elements[place].tag.language
            place = self.elements[place].parent
        return ""

    def close_row(self, place: int) -> None:
        """Makes a table's row one block, unless its cells hold more than a cell of data does."""
        row = self.elements[place]
        inside = self.elements[place + 1 :] if len(self.elements) - place <= MAX_ROW_ELEMENTS else []
        cells = [cell for cell in inside if cell.parent == place]
        if len(cells) < 2:
            return
        texts = []
        for cell in cells:
            blocks = self.blocks[cell.first : cell.last]
            if len(blocks) > MAX_CELL_BLOCKS or any(block.kind != TEXT for block in blocks):
                return
            texts.append(" ".join(" ".join(block.text for block in blocks).split()))
        if max(map(len, texts)) > MAX_CELL_CHARS or sum(map(bool, texts)) < 2:
            return
        merged = self.blocks[row.first :]
        heading = all(cell.tag.name == "th" for cell in cells) or self.elements[row.parent].tag.name == "thead"
        text = " | ".join(texts)
        words, links = sum(block.words for block in merged), sum(block.link_chars for block in merged)
        self.blocks[row.first :] = [Block(text, place, HEAD_ROW if heading else ROW, words, links)]
        for element in inside:
            element.first, element.last = row.first, row.first + 1


def formula(tex: str, display: bool) -> str:
    """Returns TeX between the signs that Markdown uses."""
    tex = " ".join(tex.split())
    found = _TEX.fullmatch(tex)
    mark = "$$" if display else "$"
    return f"{mark}{(found[1] if found else tex).strip()}{mark}"


def plain_code(code: str) -> str:
    """Returns code with plain line breaks and spaces."""
    return code.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace(LINE, "\n")


def trim_code(code: str) -> str:
    """Returns code without blank lines around it and without spaces at the ends of its lines."""
    lines = [line.rstrip() for line in code.split("\n")]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return "\n".join(lines)
