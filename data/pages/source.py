"""A page to the serialisation of its tree, which is what `data.pages.reader` reads."""

from __future__ import annotations

import re

#: A parser compares every attribute with all before it: 100,000 take half a minute.
MAX_ATTRIBUTES = 500
_LONG_TAG_CHARS = 8192
_LONG_TAG = re.compile(r"<([a-zA-Z][^\s<>/]{0,40})\s[^<>]{8000,}")
#: Two thirds of a page are scripts and styles. They are taken out first, since a parser takes as long for them as
#: for the rest, and <noscript> with them, as browsers with scripts read it: as raw text, which an unclosed paragraph
#: within cannot spread over the page. Comments are matched for what they hold to be left alone. What follows a quote
#: may be an attribute's.
_STYLED = re.compile(rb"<style|stylesheet|bgcolor=|background", re.IGNORECASE)
_SCRIPTS = re.compile(
    rb"<(?:!--(?!-?>)[^-]*(?:-(?!-!?>)[^-]*)*--!?>"
    rb"|(?=[sSnN])(?<![\"'=(]<)(script|style|noscript|SCRIPT|STYLE|NOSCRIPT)(?=[\s>])(?![^>]*math/tex)[^>]*>"
    rb"[^<]*(?:<(?!/\1)[^<]*)*</\1\s*>)"
)


def without_scripts(content: bytes) -> bytes:
    """Returns a page's bytes without scripts, what stands in for them, styles and comments.

    Pages of 16-bit characters are left alone.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:64]:
        return content
    return _SCRIPTS.sub(b"", content)


def is_styled(content: bytes) -> bool:
    """Returns whether a page sets colours otherwise than on single elements: its background may be any."""
    return bool(_STYLED.search(content))


def parse(html: str) -> str:
    """Returns a page with every element closed and attributes in double quotes.

    A <noscript> that `without_scripts` has left is read as raw text.
    """
    from resiliparse.parse.html import HTMLTree

    if "<noscript" in html:
        html = html.replace("<noscript", "<noframes").replace("</noscript", "</noframes")
    if _may_have_long_tag(html):
        html = _LONG_TAG.sub(_without_flood, html)
    return str(HTMLTree.parse(html))


def _may_have_long_tag(html: str) -> bool:
    """Returns whether anything is longer than half a long tag; all windows of that size are looked at, not all tags."""
    step = _LONG_TAG_CHARS // 2
    return any(html.find("<", start, start + step) < 0 for start in range(0, len(html) - step + 1, step))


def _without_flood(found: re.Match[str]) -> str:
    """Returns a tag as it is, or its name alone if it has more attributes than any page needs."""
    return found[0] if len(found[0].split(None, MAX_ATTRIBUTES)) <= MAX_ATTRIBUTES else f"<{found[1]} "
