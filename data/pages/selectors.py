"""What a style sheet's selector is for, where that is what a single element bears; and which of two rules counts."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = rb"(?:[A-Za-z_\x80-\xff]|-(?=[A-Za-z_-]))(?:[\w\x80-\xff-]|\\[^\da-fA-F\s])*"
_COMPOUND = re.compile(rb"(?:(?:html|body)\s+)?([A-Za-z][\w-]*)?((?:[.#]" + _NAME + rb")+)")
_NAMES = re.compile(rb"[.#]" + _NAME)
_UNUSUAL = re.compile(rb"[^\w\x80-\xff-]")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


class Selector(NamedTuple):
    """A selector for what one element bears.

    Attributes:
        tag: name of the element, in lower case; empty for any.
        names: its classes and ids, as `.class` and `#id`.
    """

    tag: bytes
    names: frozenset[bytes]

    @property
    def specificity(self) -> tuple[int, int, int]:
        """How many ids, classes and tags it names: what names more counts more."""
        ids = sum(name.startswith(b"#") for name in self.names)
        return ids, len(self.names) - ids, len(self.tag) > 0

    def is_for(self, tag: bytes, names: frozenset[bytes]) -> bool:
        """Returns whether it is for an element of this tag that bears these names."""
        return self.tag in (b"", tag) and self.names <= names


class Rule(NamedTuple):
    """A rule for what one element bears.

    Attributes:
        selector: what it is for.
        important: whether the rule says so.
        place: number of its sheet, and where it stands there.
        is_open: what it hides is the element's own text alone, which elements within may show again.
    """

    selector: Selector
    important: bool
    place: tuple[int, int]
    is_open: bool = False

    @property
    def precedence(self) -> tuple[object, ...]:
        """What decides between rules for the same element: the greater one counts."""
        return self.important, self.selector.specificity, self.place


def read_selector(text: bytes) -> Selector | None:
    """Returns a selector for what one element bears; null if it tells more than that."""
    found = _COMPOUND.fullmatch(text.strip())
    if found is None:
        return None
    names = found[2]
    if b"\\" in names:
        return Selector(
            (found[1] or b"").lower(), frozenset(_ESCAPED.sub(rb"\1", each) for each in _NAMES.findall(names))
        )
    return Selector((found[1] or b"").lower(), frozenset(_NAMES.findall(names)))


def as_written(name: bytes) -> bytes:
    """Returns a class or id, `.class` or `#id`, as style sheets write it."""
    return name[:1] + _UNUSUAL.sub(rb"\\\g<0>", name[1:])
