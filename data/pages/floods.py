"""Pages that a parser would take too much memory for, in pieces: each a page of its own, within the same elements.

A tree takes up to a hundred times the room of its source: a page of 16 MB may want a gigabyte and a half. What a
page of so many elements shows is read piece by piece, so that only one piece's tree and blocks are held at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from data.memory import trim
from data.pages import tags as tag_lists
from data.pages.source import tree_of
from data.pages.tags import read_tag

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

#: What a tree takes, measured: an element with its text, an attribute, a character of text.
ELEMENT_BYTES, ATTRIBUTE_BYTES, CHAR_BYTES = 400, 280, 7
#: Trees beyond the first, their text not counted, are not made as a whole, but in pieces of about the second.
MAX_TREE_BYTES, PIECE_TREE_BYTES = 80 * 2**20, 40 * 2**20
#: Shorter pages have no larger tree: no character takes more than an attribute's half.
SMALL_CHARS = MAX_TREE_BYTES // (ATTRIBUTE_BYTES // 2)
#: So much of a page is looked at in one go.
WINDOW_CHARS = 2**16
#: Of elements around a piece, those next to it and to the page, and those that say how all within is read.
MAX_NEAR, MAX_FAR = 80, 20
#: Browsers themselves end at 512.
MAX_DEPTH = 2000
_DECIDING = (tag_lists.HIDDEN, tag_lists.ASIDE, tag_lists.PRE, tag_lists.MATH)

_TAG = re.compile(r"<[a-zA-Z][^<>]*")
#: Where a new block of text begins, a cut changes least.
_BLOCK = re.compile(r"<(?:p|div|li|tr|table|ul|ol|dl|dt|section|article|h[1-6])[\s>]", re.IGNORECASE)
#: Stands at a cut, to be found in the tree: a comment, or the end of a text that is not read as tags.
CUT = "<!--phimill-cut-->"


def tree_bytes(html: str, start: int = 0, end: int | None = None) -> int:
    """Returns how much memory a parser takes for a part of a page, about."""
    end = len(html) if end is None else end
    total = 0
    for begin in range(start, end, WINDOW_CHARS):
        stop = min(begin + WINDOW_CHARS, end)
        opening = _TAG.findall(html, begin, stop)
        names_and_attributes = len(" ".join(opening).split())
        total += ELEMENT_BYTES * len(opening) + ATTRIBUTE_BYTES * (names_and_attributes - len(opening))
        total += CHAR_BYTES * (stop - begin)
    return total


def is_flood(html: str) -> bool:
    """Returns whether a page has to be read in pieces: for its elements, since a text is not cut."""
    return len(html) > SMALL_CHARS and tree_bytes(html) - CHAR_BYTES * len(html) > MAX_TREE_BYTES


def serialised_pieces(html: str) -> Iterator[str]:
    """Yields a page's serialisation piece by piece, every element of each closed (see `data.pages.source.parse`)."""
    around, start = "", 0
    for end in _cuts(html):
        tree = tree_of(around + html[start:end] + CUT)
        source, around = str(tree), _opening(tree)
        del tree
        trim()
        yield source.replace(CUT, "")
        start = end


def _cuts(html: str) -> Iterator[int]:
    """Yields where pieces end, the last one at the page's end."""
    size, room = 0, PIECE_TREE_BYTES
    for start in range(0, len(html), WINDOW_CHARS):
        end = min(start + WINDOW_CHARS, len(html))
        if size >= room:
            found = _BLOCK.search(html, start, end)
            place = found.start() if found else html.find("<", start, end)
            if place > 0:
                yield place
                size = 0
        size += tree_bytes(html, start, end)
    yield len(html)


def _opening(tree: HTMLTree) -> str:
    """Returns the opening tags of the elements that a cut stands in, the outermost first."""
    heads = [_head(element) for element in _around_cut(tree)]
    if len(heads) > MAX_FAR + MAX_NEAR:
        between = heads[MAX_FAR:-MAX_NEAR]
        roles = {read_tag(head).role: head for head in reversed(dict.fromkeys(between))}
        deciding = [head for role, head in roles.items() if role in _DECIDING]
        heads = [*heads[:MAX_FAR], *deciding, *heads[-MAX_NEAR:]]
    return "".join(f"<{head}>" for head in heads)


def _around_cut(tree: HTMLTree) -> list[Any]:
    """Returns the elements that a cut stands in, the outermost first, some of many; none if it is not in the tree.

    A tree does not show what stands in a <template>: if nothing follows one, the cut is taken to stand in it.
    """
    head: Any = tree.head
    document: Any = tree.document
    for node, way in ((document, []), (head, [head.parent, head])):
        inner: Any = node.last_child
        while inner is not None and len(way) < MAX_DEPTH:
            way.append(inner)
            inner = inner.last_child
        if len(way) == MAX_DEPTH:
            return way
        if way and way[-1].tag == "template":
            return way
        if way and str(way[-1].value or "").endswith((CUT, CUT[4:-3])):
            return way[:-1]
    return []


def _head(element: Any) -> str:
    """Returns what stands between the angle brackets of an element's tag."""
    values = ((name, element[name].replace("&", "&amp;").replace('"', "&quot;")) for name in element.attrs or ())
    return "".join((element.tag, *(f' {name}="{value}"' for name, value in values)))
