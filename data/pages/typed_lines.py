"""Elements that letters of one width, <code>, or a class of listings call lines of code, wholly and not in part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from data.pages.known_tags import TOKEN, known, look_at
from data.pages.tags import ASIDE, BREAK, CODE_TAGS, COMMENT, VOID, Tag

#: Elements that are lines, or hold rows that are.
_LINES = frozenset(("p", "div", "table", "tr"))
_LINE = re.compile(r"\s*(<(p|div)[ >])")
_ANY = re.compile(r"<([a-z][^\s>]*)")
#: So deep letters of one width stand in their paragraph or row.
_MAX_DEPTH = 6
#: Neighbours that hold nothing but code, maybe.
_CODES_BELOW = re.compile(rf"</(?:{'|'.join(sorted(CODE_TAGS))})>\s*</(p|div)>\s*<(?:p|div)(?: [^>]*)?>\s*<[a-z]")
_BLANK = " \t\r\n\f"
#: What names its letters as code's; <tt> sets those of whole pages, <kbd> the keys of a keyboard.
_NAMED = CODE_TAGS - {"tt", "kbd"}


def is_box(head: str) -> bool:
    """Returns whether what an element holds is code if it looks like it, by its tag."""
    return _tag(head).code_box


def is_aside(head: str) -> bool:
    """Returns whether an element is not for content, by its tag."""
    return _tag(head).role == ASIDE


def is_line(head: str) -> bool:
    """Returns whether an element is a line of code by its tag alone, or where a listing holds it."""
    tag = _tag(head)
    return tag.code_cell or (tag.code_line and tag.name == "div")


def is_gutter(head: str) -> bool:
    """Returns whether what an element holds is a line's number, by its tag."""
    return _tag(head).gutter


def candidates(source: str, boxes: Iterable[int], has_codes: bool) -> list[tuple[int, str, bool]]:
    """Returns where lines may begin, or the rows that are: place and name of an element, and whether a box holds it.

    Args:
        source: serialisation of the page.
        boxes: where the tags begin that are a box, or the place of a line's number.
        has_codes: lines that stand in <code> and the like are looked for, too.
    """
    found = {each for place in boxes for each in _around(source, place)}
    if has_codes:
        for code in _CODES_BELOW.finditer(source):
            found.add((source.rfind(f"<{code[1]}", 0, code.start()), code[1], False))
    return sorted(found, key=lambda each: (each[0], not each[2]))


def _around(source: str, place: int) -> Iterator[tuple[int, str, bool]]:
    """Yields what may be a line in, at, or around a box."""
    inside = source.find(">", place) + 1
    if following := _LINE.match(source, inside):
        yield following.start(1), following[2], True
    for _ in range(_MAX_DEPTH):
        tag = _ANY.match(source, place)
        if not tag or tag[1] in _LINES:
            if tag:
                yield place, tag[1], False
            return
        place = source.rfind("<", 0, place)


def is_whole(html: str, named: bool = False) -> bool:
    """Returns whether all text of an element stands within <code> and the like, or letters of one width.

    Args:
        html: what the element holds.
        named: letters of one width alone do not count.
    """
    if html.partition("<")[0].strip(_BLANK):
        return False
    within: list[bool] = []
    for found in TOKEN.finditer(html):
        head, text = found.groups()
        if head is None:
            del within[-1:]
        elif (tag := _tag(head)).role not in (VOID, BREAK, COMMENT):
            within.append(tag.name in _NAMED if named else tag.code_box or tag.name in CODE_TAGS)
        if not any(within) and text.strip(_BLANK):
            return False
    return True


def _tag(head: str) -> Tag:
    return known.get(head) or look_at(head)
