"""Parts of a page that are not read as text: where they end, and what they tell about the page."""

from __future__ import annotations

import functools
import re

from data.pages.tags import BLOCK_TAGS, RAW_TAGS

Fact = tuple[str, str, str]

_RAWS = "|".join(sorted(RAW_TAGS))
_LINKS = re.compile(r"<(a) ([^>]*)>([^<]*)")
_TELLING = re.compile(
    rf"<(?:((meta|link|title|time|a)(?: [^>]*)?)>([^<]*)|!--.*?-->|({_RAWS})(?: [^>]*)?>.*?</\4>)", re.DOTALL
)
#: For these an expression is made each; a page may have thousands of names that it made up.
_USUAL = frozenset((*BLOCK_TAGS, "a", "span", "b", "i", "em", "strong", "svg", "head", "select", "template", "object"))
_ANY_BOUNDS = re.compile(rf"<(?:!--|(?!(?:{_RAWS})[ >])(/?)([^ />!][^ >]*)|({_RAWS})[ >])")
_BLOCK = re.compile(rf"<(?:{'|'.join(BLOCK_TAGS)}|(?!mjx-)[a-z]+-[^ >]*)[ >]")
_VOID = ("meta", "link")


@functools.cache
def _bounds(name: str) -> re.Pattern[str]:
    return re.compile(rf"<(?:(/?)({re.escape(name)})[ >]|!--|({_RAWS})[ >])")


def end_of(source: str, name: str, start: int) -> int:
    """Returns where the end tag of an element stands, whose content begins at `start`; -1 if there is none.

    Only tags of the same name are looked at, since every element is closed.
    """
    bounds = _bounds(name) if name in _USUAL else _ANY_BOUNDS
    depth = 1
    while start >= 0:
        for found in bounds.finditer(source, start):
            end, same, raw = found.groups()
            if same is None:
                mark, begin = (f"</{raw}>", found.end()) if raw else ("-->", found.start() + 2)
                start = source.find(mark, begin)
                break
            if same != name:
                continue
            depth += -1 if end else 1
            if not depth:
                return found.start()
        else:
            return -1
    return -1


def licences_within(source: str, start: int, end: int) -> list[Fact]:
    """Returns links to licences in a part of a page; `end` -1: to the page's end."""
    end = end if end >= 0 else len(source)
    if source.find("license", start, end) < 0 and source.find("creativecommons", start, end) < 0:
        return []
    return [
        ("a", f"a {found[2]}", "")
        for found in _LINKS.finditer(source, start, end)
        if "license" in found[0] or "creativecommons" in found[0]
    ]


def holds_blocks(source: str, start: int, end: int) -> bool:
    """Returns whether a part of a page has block elements."""
    return bool(_BLOCK.search(source, start, end if end >= 0 else len(source)))


def telling_within(source: str, start: int, end: int) -> list[Fact]:
    """Returns name, source and following text of tags in a part of a page that may tell something about it."""
    facts = []
    for found in _TELLING.finditer(source, start, end if end >= 0 else len(source)):
        head, name, text, _ = found.groups()
        if name in _VOID:
            facts.append((name, head, ""))
        elif name and (name != "a" or "license" in head or "creativecommons" in head):
            facts.append((name, head, text))
    return facts
