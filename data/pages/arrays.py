"""A page's blocks as numbers, as compiled code fills them, and as objects that are made when they are looked at."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from data.pages import tags as tag_lists
from data.pages.blocks import BESIDE_TAGS, CODE, TEXT, Block, Element
from data.pages.ordinals import USUAL, Counting, read_counting
from data.pages.page_layout import NUMBER_SHIFT, NUMBERS, TELLS_LANGUAGE
from data.pages.tags import BLOCK_TAGS, Tag, read_tag

#: Elements as far as their names tell.
_NAMED = (*(Tag(tag_lists.BLOCK, name, number) for number, name in enumerate(BLOCK_TAGS)), Tag(tag_lists.PRE, ""))
_NAMES = ("", *BLOCK_TAGS)
_IS_BESIDE = np.array([False, *(name in BESIDE_TAGS for name in BLOCK_TAGS)] + [False] * NUMBERS)
ROOT = Tag(tag_lists.BLOCK, "body")


@dataclasses.dataclass(frozen=True, eq=False)
class Arrays:
    """A page's blocks as numbers.

    Attributes:
        out: the texts.
        blocks, elements: rows as `data.pages.kernels.scan` says.
        words: the words of classes by which elements were scored.
        source: the page's serialisation.
    """

    out: npt.NDArray[np.uint8]
    blocks: npt.NDArray[np.int64]
    elements: npt.NDArray[np.int64]
    words: Mapping[str, int]
    source: bytes

    @functools.cached_property
    def text(self) -> bytes:
        """The texts, one after another."""
        return self.out.tobytes()

    def some(self, numbers: Sequence[int]) -> list[Block]:
        """Returns blocks by their numbers: numpy takes as long for one row as for many."""
        text, rows = self.text, self.blocks[numbers].tolist()
        return [
            Block(text[begin:end].decode(), place, kind, words, links, _language(self, number) if kind == CODE else "")
            for number, (begin, end, _, words, links, place, kind, _, _) in zip(numbers, rows, strict=True)
        ]

    def counting(self, number: int) -> Counting:
        """Returns what the tag of an element, a list or an item, says of numbers."""
        begin, end = self.elements[number, 4:].tolist()
        name, _, rest = self.source[begin:end].partition(b" ")
        return read_counting(name.decode(), rest.decode()) if rest else USUAL

    def outline(self) -> tuple[list[str], list[int]]:
        """Returns the name of each element, and the element around it."""
        numbers = (self.elements[:, 0] >> NUMBER_SHIFT) & NUMBERS
        return [_NAMES[number] for number in numbers.tolist()], self.elements[:, 1].tolist()

    def are_special(self) -> npt.NDArray[np.bool_]:
        """Returns which blocks are code, rows of tables, headings, or of lists of terms."""
        numbers = (self.elements[self.blocks[:, 5], 0] >> NUMBER_SHIFT) & NUMBERS
        special: npt.NDArray[np.bool_] = (self.blocks[:, 6] != TEXT) | _IS_BESIDE[numbers]
        return special


class BlockRows(Sequence[Block]):
    """A page's blocks, each made when it is looked at: most are not."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return len(self._arrays.blocks)

    @overload
    def __getitem__(self, number: int) -> Block: ...
    @overload
    def __getitem__(self, number: slice) -> list[Block]: ...
    def __getitem__(self, number: int | slice) -> Block | list[Block]:
        if isinstance(number, slice):
            return self._arrays.some(range(len(self))[number])
        return self._arrays.some([number])[0]


class ElementRows(Sequence[Element]):
    """A page's elements, each made when it is looked at, with what its name says of its tag."""

    def __init__(self, arrays: Arrays) -> None:
        self._rows = arrays.elements

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, number: int) -> Element: ...
    @overload
    def __getitem__(self, number: slice) -> list[Element]: ...
    def __getitem__(self, number: int | slice) -> Element | list[Element]:
        if isinstance(number, slice):
            return [self[each] for each in range(len(self))[number]]
        tag, parent, first, last, _, _ = self._rows[number].tolist()
        named = ((tag >> NUMBER_SHIFT) & NUMBERS) - 1
        return Element(ROOT if number == 0 else _NAMED[named], parent, first, last)


def _language(arrays: Arrays, row: int) -> str:
    """Returns the language of code: of a tag in it, else of one of the elements around."""
    source = arrays.source
    begin, end = arrays.blocks[row, 7:]
    if end:
        return read_tag(source[begin:end].decode()).language
    place = int(arrays.blocks[row, 5])
    for _ in range(4):
        if place < 0:
            break
        tag, place, _, _, begin, end = arrays.elements[place].tolist()
        if tag & TELLS_LANGUAGE:
            return read_tag(source[begin:end].decode()).language
    return ""
