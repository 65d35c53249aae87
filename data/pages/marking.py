"""Marks on the elements of a page's source that bear certain classes, and whether what they hide is too much."""

from __future__ import annotations

import re
from collections.abc import Iterable

from data.pages.unread import end_of

#: What elements bear that a page's styles hide.
MARK = ' hidden="by-class"'
#: So much text, and half as much as is seen, is not hidden for good.
MUCH_CHARS = 1500
_MARKUP = re.compile(r"<[^>]*>")
_HIDES = re.compile(r' (?:style|hidden|aria-hidden)="[^"]*"')
_TAG = re.compile(rb"""<([a-zA-Z][^\s<>/"']*)\s[^<>]*""")
_CLASS = re.compile(rb"""\sclass\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>=`]+))""", re.IGNORECASE)
_BOUNDS = frozenset(b" \t\n\r\f\"'=>/")
#: Names that stand so often in a page, in its text too, are looked for by reading every tag.
MAX_NAMED = 20_000
#: Classes stand so near the beginning of their tag.
MAX_TAG_BYTES = 4096


def mark_classes(content: bytes, classes: frozenset[bytes], mark: bytes) -> bytes:
    """Returns a page in which elements of these classes bear a mark."""
    pieces, done = [], 0
    begins = _tags_near(content, classes)
    tags = _TAG.finditer(content) if begins is None else filter(None, (_TAG.match(content, begin) for begin in begins))
    for tag in tags:
        end = min(tag.end(), tag.start() + MAX_TAG_BYTES)
        found = _CLASS.finditer(content, tag.end(1), end)
        if any(not classes.isdisjoint((each[1] or each[2] or each[3] or b"").split()) for each in found):
            pieces += [content[done : tag.end(1)], mark]
            done = tag.end(1)
    return b"".join([*pieces, content[done:]]) if pieces else content


def _tags_near(content: bytes, words: Iterable[bytes]) -> list[int] | None:
    """Returns where tags begin within which one of the words stands as a name; null if the words stand too often."""
    begins: set[int] = set()
    times = 0
    for word in words:
        place = content.find(word)
        while place >= 0:
            if (times := times + 1) > MAX_NAMED:
                return None
            end = place + len(word)
            if content[place - 1] in _BOUNDS and content[end : end + 1] and content[end] in _BOUNDS:
                begins.add(content.rfind(b"<", max(0, place - MAX_TAG_BYTES), place))
            place = content.find(word, end)
    return sorted(begins - {-1})


def hide_much(source: str, seen_chars: int) -> bool:
    """Returns whether marked elements of a serialised page hold more text than is kept out of sight for good."""
    hidden, place = 0, source.find(MARK)
    while place >= 0:
        begin, start = source.rfind("<", 0, place), source.find(">", place) + 1
        end = end_of(source, source[begin + 1 : place].partition(" ")[0], start)
        end = end if end >= 0 else len(source)
        hidden += sum(map(len, _MARKUP.sub(" ", source[start:end]).split()))
        place = source.find(MARK, max(end, start))
    return hidden >= MUCH_CHARS and 2 * hidden >= seen_chars


def without_hiding(source: str) -> str:
    """Returns a serialised page in which no element hides itself by its attributes."""
    return _MARKUP.sub(lambda tag: _HIDES.sub("", tag[0]) if _HIDES.search(tag[0]) else tag[0], source)
