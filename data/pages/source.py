"""A page to the serialisation of its tree, which is what `data.pages.reader` reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from data.pages.hidden_classes import find_hiding
from data.pages.hiding import Hiding
from data.pages.marking import mark_classes
from data.pages.occurrences import Find
from data.pages.spacing import spaced_classes

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

#: A parser compares every attribute with all before it: 100,000 take half a minute.
MAX_ATTRIBUTES = 500
#: With each further <option> of a <select>, a parser looks through all before it for the one that is chosen, unless
#: several may be: 100,000 take minutes.
MAX_OPTIONS = 500
_SELECT = re.compile(r"<select(?=[\s/>])", re.IGNORECASE)
_LONG_TAG_CHARS = 8192
_LONG_TAG = re.compile(r"<([a-zA-Z][^\s<>/]{0,40})\s[^<>]{8000,}")
#: White paper does not show white text.
_WHITE = rb"(?:#?fff(?:fff)?|white|rgb\(255, ?255, ?255\))"
_STYLED = re.compile(
    rb"<style|stylesheet|bgcolor=(?![\"']?" + _WHITE + rb"[\"'\s>])"
    rb"|background(?!(?:-color)?\s*:\s*" + _WHITE + rb"\s*[;\"'])", re.IGNORECASE
)  # fmt: skip
#: Two thirds of a page are scripts and styles. They are taken out first, since a parser takes as long for them as
#: for the rest, and <noscript> with them, as browsers with scripts read it: as raw text, which an unclosed paragraph
#: within cannot spread over the page. Comments are matched for what they hold to be left alone. What follows a quote
#: may be an attribute's.
_OPENING = re.compile(rb"<(?:!--(?!-?>)|(?=[sSnN])(?<![\"'=(]<)(script|style|noscript|SCRIPT|STYLE|NOSCRIPT)(?=[\s>]))")
#: Of so many scripts and styles classes are read.
MAX_SPANS = 1000
_SCREENS = re.compile(
    rb"""media\s*=\s*["']?\s*(?:(?:only\s+)?(?:all|screen)(?:\s*,\s*print)?|print\s*,\s*(?:all|screen))\s*["'>]""",
    re.IGNORECASE,
)
_PAPER = re.compile(rb"""media\s*=\s*["']?\s*print\s*["'>]""", re.IGNORECASE)
_STYLE_LETTER = ord("t")  # the second one of <style>
_NOSCRIPT_LETTER = ord("n")
#: Scripts that hold a formula, or a listing (SyntaxHighlighter's).
_SHOWN = re.compile(rb"math/tex|=[\"']syntaxhighlighter[\"']")
_TEMPLATE = b"<template"
_CLOSING = re.compile(rb"\s*>")


Span = tuple[int, int]
_NextPlace = Callable[[bytes, int], int]


class _Places:
    """Where texts stand next in a page; each is looked for once, however often it is asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._found: dict[bytes, int] = {}

    def next(self, text: bytes, start: int) -> int:
        """Returns where a text stands at or after a place; the page's end if nowhere. Places asked for only grow."""
        place = self._found.get(text, -1)
        if place < start:
            place = self._content.find(text, start)
            self._found[text] = place = place if place >= 0 else len(self._content)
        return place


def is_wide(content: bytes) -> bool:
    """Returns whether a page is of 16-bit characters, about."""
    return content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:64]


def without_scripts(content: bytes) -> bytes:
    """Returns a page's bytes without scripts, what stands in for them, styles and comments.

    Pages of 16-bit characters are left alone.
    """
    return strip(content)[0]


def strip(content: bytes) -> tuple[bytes, Hiding | None]:
    """Returns the same, and what its styles may hide; null if nothing."""
    if is_wide(content):
        return content, None
    pieces: list[bytes] = []
    spans: dict[bytes, list[Span]] = {b"style": [], b"script": [], b"noscript": []}
    next_place = _Places(content).next
    done = held = 0
    for found in _OPENING.finditer(content):
        begin, start = found.span()
        if begin < done:
            continue
        name = found[1]
        if name is None:
            end = _end_of_comment(content, next_place, start)
        else:
            inner, closing, end = _end_of_element(content, next_place, name, start)
            held += bool(end)
            if end and held <= MAX_SPANS:
                kind = read_as(content, begin, inner) if name[1] | 32 == _STYLE_LETTER else name.lower()
                spans[kind].append((inner, closing))
        if end:
            pieces.append(content[done:begin])
            done = end
    pieces.append(content[done:])
    stripped = b"".join(pieces)
    return with_marks(stripped, content, spans[b"style"], spans[b"script"])


def with_marks(
    stripped: bytes, content: bytes, styles: list[Span], scripts: list[Span], find: Find = bytes.find
) -> tuple[bytes, Hiding | None]:
    """Returns a stripped page, and what its styles may hide; null if nothing.

    Elements whose spaces and line breaks its styles keep bear `data.pages.tags.LINES_MARK`.

    Args:
        content: the page as it came.
        styles, scripts: where the content of its <style> and <script> elements begins and ends.
        find: what looks for names in it.
    """
    if not styles:
        return stripped, None
    sheets = [content[begin:end] for begin, end in styles]
    texts = (content[begin:end] for begin, end in scripts)
    hiding = find_hiding(stripped, sheets, texts, find)
    if hiding and find(stripped, _TEMPLATE) >= 0:
        outside = [content[begin:end] for begin, end in styles if not _is_in_template(content, begin)]
        hiding = find_hiding(stripped, outside, texts, find) if len(outside) < len(sheets) else hiding
    marked = stripped
    for mark, classes in spaced_classes(sheets, find).items():
        if used := frozenset(name for name in classes if find(stripped, name) >= 0):
            marked = mark_classes(marked, used, mark)
    return marked, hiding


def _is_in_template(content: bytes, place: int) -> bool:
    """Returns whether a place is within a <template>, whose styles are for what is made of it alone."""
    return content.count(_TEMPLATE, 0, place) > content.count(b"</template", 0, place)


def read_as(content: bytes, begin: int, end: int) -> bytes:
    """Returns what a <style>, whose tag stands at [begin, end), is read as.

    One for some screens alone may show what others hide, as a script may; for one for paper there is no use.
    """
    if content.find(b"media", begin, end) < 0 or _SCREENS.search(content, begin, end):
        return b"style"
    return b"noscript" if _PAPER.search(content, begin, end) else b"script"


def _end_of_comment(content: bytes, next_place: _NextPlace, start: int) -> int:
    """Returns where a comment ends; 0 if it does not."""
    end, size = next_place(b"-->", start), len(content)
    other = content.find(b"--!>", start, end) if end < size else next_place(b"--!>", start)
    if 0 <= other < size:
        return other + 4
    return end + 3 if end < size else 0


def _end_of_element(content: bytes, next_place: _NextPlace, name: bytes, start: int) -> tuple[int, int, int]:
    """Returns where the content of a script or the like begins and ends, and where its end tag does.

    The last is 0 if it is a formula or a listing, or does not end. Of a <noscript> that begins with a listing, as where
    Jekyll shows a gist, the tag alone is the element; a parser passes over its end tag.
    """
    bracket = next_place(b">", start)
    closing = next_place(b"</" + name, bracket)
    if closing == len(content) or _SHOWN.search(content, start, min(bracket, start + _LONG_TAG_CHARS)):
        return 0, 0, 0
    if name[0] | 32 == _NOSCRIPT_LETTER and content[bracket + 1 : bracket + 5].lower() == b"<pre":
        return bracket + 1, bracket + 1, bracket + 1
    last = _CLOSING.match(content, closing + 2 + len(name))
    return bracket + 1, closing, last.end() if last else 0


def is_styled(content: bytes) -> bool:
    """Returns whether a page sets colours otherwise than on single elements: its background may be any."""
    return bool(_STYLED.search(content))


def parse(html: str, may_have_noscript: bool = True) -> str:
    """Returns a page with every element closed and attributes in double quotes.

    A <noscript> that `without_scripts` has left is read as raw text.
    """
    return serialise(made_ready(html, may_have_noscript))


def made_ready(html: str, may_have_noscript: bool) -> str:
    """Returns a page as it is given to a parser."""
    if may_have_noscript and "<noscript" in html:
        html = html.replace("<noscript", "<noframes").replace("</noscript", "</noframes")
    if _may_have_options(html) and html.count("<option") + html.count("<OPTION") > MAX_OPTIONS:
        html = _SELECT.sub("<select multiple", html)
    return _without_floods(html)


def _may_have_options(html: str) -> bool:
    """Returns whether a page may have a flood of options, by some windows of it: to count them takes longer."""
    return any("<option" in html[start : start + 512].lower() for start in range(0, len(html), 2**13))


def serialise(html: str) -> str:
    """Returns the serialisation of a page's tree."""
    return str(tree_of(html))


def tree_of(html: str) -> HTMLTree:
    """Returns a page's tree.

    Raises:
        MemoryError: nothing else keeps a parser from making a tree.
    """
    from resiliparse.parse.html import HTMLParserException, HTMLTree

    try:
        return HTMLTree.parse(html)
    except HTMLParserException as error:
        raise MemoryError(f"no room for the tree of {len(html):,} characters") from error


def _without_floods(html: str) -> str:
    """Returns a page in which long tags with more attributes than any page needs have none.

    All windows of half a long tag's size are looked at, not all tags.
    """
    step = _LONG_TAG_CHARS // 2
    pieces: list[str] = []
    done = seen = 0
    for start in range(0, len(html) - step + 1, step):
        if start < seen or html.find("<", start, start + step) >= 0:
            continue
        begin, end = html.rfind("<", done, start), html.find("<", start)
        seen = end = end if end >= 0 else len(html)
        found = _LONG_TAG.match(html, begin, end) if begin >= 0 else None
        if found and len(found[0].split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES:
            pieces += [html[done:begin], f"<{found[1]} "]
            done = found.end()
    return "".join([*pieces, html[done:]]) if pieces else html
