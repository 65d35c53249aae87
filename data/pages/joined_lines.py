"""Listings whose lines are elements within <pre> that only a style sets below each other, without line breaks."""

from __future__ import annotations

import re

from data.pages.listings import MIN_LINES

_NAMES = frozenset(("code", "span", "samp"))
_TAG = re.compile(r"<(/?)([a-z][^\s/>]*)([^>]*)>")
_DIGITS = re.compile(r"\d+")
_IS_SET_BELOW = re.compile(r"display:\s*(?:block|flex|grid|list-item|table\b)")
#: Shorter ones are a line's words, if no style says otherwise: highlighters write each in an element.
_MIN_MEAN_CHARS = 12
#: Longer texts without a line break are data.
MAX_CHARS = 200_000


def joined_lines(html: str) -> list[int]:
    """Returns where in a <pre>, given from its tag to its end tag, the names of the elements end that are lines.

    They are all that it holds, or all that the one element in it does, and of one kind; none if it has line breaks.
    """
    begin, end = html.find(">") + 1, html.rfind("<")
    if len(html) > MAX_CHARS or "\n" in html[begin:end].strip():
        return []
    for _ in range(3):
        children = _children(html, begin, end)
        if len(children) != 1:
            break
        begin, end = children[0][2:]
    if len(children) < 2 or len({head for _, head, *_ in children}) > 1:
        return []
    if _IS_SET_BELOW.search(children[0][1]):
        return [place for place, *_ in children]
    if len(children) < MIN_LINES:
        return []
    shown = sum(len(_TAG.sub("", html[first:last])) for *_, first, last in children)
    return [place for place, *_ in children] if shown >= _MIN_MEAN_CHARS * len(children) else []


def _children(html: str, begin: int, end: int) -> list[tuple[int, str, int, int]]:
    """Returns elements that are all that stands there: where the name ends, the tag, and the content's bounds.

    None if text stands beside them, or an element that holds no text.
    """
    found: list[tuple[int, str, int, int]] = []
    depth, done = 0, begin
    for tag in _TAG.finditer(html, begin, end):
        if tag[1]:
            depth -= 1
            if depth == 0:
                found[-1] = (*found[-1][:2], found[-1][2], tag.start())
                done = tag.end()
            continue
        if depth == 0:
            if tag[2] not in _NAMES or html[done : tag.start()].strip():
                return []
            found.append((tag.end(2), _DIGITS.sub("", tag[2] + tag[3]), tag.end(), end))
        depth += tag[2] not in ("br", "img", "wbr", "input")
    return found if depth == 0 and not html[done:end].strip() else []
