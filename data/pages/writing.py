"""Blocks to readable text: headings, lists, tables and code in the plain signs that Markdown uses."""

from __future__ import annotations

from collections.abc import Sequence

from data.pages.blocks import CODE, CODE_LINES, HEAD_ROW, ROW, Block, Blocks
from data.pages.ordinals import count

_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_MAX_INDENT = 6
#: What stands line by line with its like.
_TOGETHER = frozenset(("item", "row", "term"))
#: Signs of links to a heading or a definition itself, at its end.
_ANCHORS = " \u200b\xb6\U0001f517\uf0c1"


def write(page: Blocks, kept: Sequence[int]) -> str:
    """Returns the text of some of a page's blocks, which are given by number in the page's order.

    Code stands between fences, with its line breaks and spaces; a table's row is a line with bars; an item
    of a list begins with a dash or its number, deeper ones are indented.
    """
    writer = _Writer(page)
    for block in page.some(kept):
        writer.add(block)
    return "".join(writer.pieces)


class _Writer:
    def __init__(self, page: Blocks) -> None:
        self.page = page
        self.names, self.parents = page.outline()
        self.has_items = "li" in self.names
        self.pieces: list[str] = []
        self.items: set[int] = set()
        self.marks: dict[int, str] = {}
        self.children: dict[int, list[int]] = {}
        self.before: tuple[str, int] = ("", -1)

    def add(self, block: Block) -> None:
        kind, home, text = self._shape(block)
        before, self.before = self.before, (kind, home)
        if self.pieces:
            self.pieces.append("\n" if kind in _TOGETHER and self.before == before else "\n\n")
        if block.kind == HEAD_ROW and before != self.before:
            text += "\n|" + " --- |" * (block.text.count(" | ") + 1)
        self.pieces.append(text)

    def _shape(self, block: Block) -> tuple[str, int, str]:
        """Returns a block's kind, the element that holds its like, and its text."""
        if block.kind in (CODE, CODE_LINES):
            return "code", block.element, _fenced(block.text.rstrip("\n"), block.language)
        if block.kind in (ROW, HEAD_ROW):
            return "row", self._around(block.element, "table"), f"| {block.text} |"
        name = self.names[block.element]
        if name in _HEADINGS:
            return "heading", block.element, _HEADINGS[name] + _without_anchor(" ".join(block.text.split()))
        if name in ("dt", "dd"):
            text = _without_anchor(block.text) if name == "dt" and "\xb6" in block.text else block.text
            return "term", self._around(block.element, "dl"), text if name == "dt" else "  " + text
        return self._item(block) if self.has_items else ("text", block.element, block.text)

    def _item(self, block: Block) -> tuple[str, int, str]:
        """Returns a list's item as such; a paragraph that is not in one, or not the first in it, as it is."""
        item, place = -1, block.element
        for _ in range(4):
            if self.names[place] == "li":
                item = place
                break
            place = self.parents[place]
            if place <= 0:
                break
        if item < 0:
            return "text", block.element, block.text
        depth, outermost = self._depth(item)
        indent = "  " * (depth - 1)
        if item in self.items:
            return "item", outermost, "\n".join(f"{indent}  {line}" for line in block.text.split("\n"))
        self.items.add(item)
        mark = self._mark(item)
        return "item", outermost, indent + mark + block.text.replace("\n", "\n" + indent + " " * len(mark))

    def _depth(self, item: int) -> tuple[int, int]:
        depth, outermost, place = 0, item, item
        while place > 0 and depth < _MAX_INDENT:
            if self.names[place] in ("ul", "ol", "menu"):
                depth, outermost = depth + 1, place
            place = self.parents[place]
        return max(depth, 1), outermost

    def _mark(self, item: int) -> str:
        """Returns what an item begins with: a dash, or the number that it has on the page."""
        around = self.parents[item]
        if self.names[around] != "ol":
            return "- "
        if item not in self.marks:
            items = self._items(around)
            said = [self.page.counting(each) for each in items]
            self.marks.update(zip(items, count(self.page.counting(around), said), strict=True))
        return self.marks[item]

    def _items(self, around: int) -> list[int]:
        if not self.children:
            for number, name in enumerate(self.names):
                if name == "li":
                    self.children.setdefault(self.parents[number], []).append(number)
        return self.children[around]

    def _around(self, place: int, name: str) -> int:
        while place > 0 and self.names[place] != name:
            place = self.parents[place]
        return place


def _fenced(code: str, language: str) -> str:
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{language}\n{code}\n{fence}"


def _without_anchor(text: str) -> str:
    """Returns a heading without the sign of a link to itself."""
    text = text.rstrip(_ANCHORS).removesuffix(" #") or text
    if text.startswith("# "):
        return text[2:]
    return text[1:] if text[:1] == "\xa7" and text[1:2].isalpha() else text
