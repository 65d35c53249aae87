"""What a style sheet's selector is for; and which of two rules counts."""

from __future__ import annotations

import functools
import re
from typing import Mapping, NamedTuple

_NAME = rb"(?:[A-Za-z_\x80-\xff]|-(?=[A-Za-z_-]))(?:[\w\x80-\xff-]|\\[^\da-fA-F\s])*"
_QUOTED = rb"\"[^\"\\]*\"|'[^'\\]*'"
_ATTRIBUTE = rb"\[\s*([A-Za-z_][\w:.-]*)\s*(?:([~|^$*]?=)\s*(" + _QUOTED + rb"|[\w-]+)\s*([iI]\s*)?)?\]"
#: Parts of a compound selector: a class or id, an attribute, what its element is not, or may be wherever it is.
_PART = re.compile(rb"([.#]" + _NAME + rb")|" + _ATTRIBUTE + rb"|:not\(\s*([^()]+?)\s*\)")
_TAG = re.compile(rb"\*|[A-Za-z][\w-]*")
_SIMPLE = re.compile(rb"([A-Za-z][\w-]*)?((?:[.#][A-Za-z_](?:[\w-])*)+)")
_NAMES = re.compile(rb"[.#][\w-]+")
_STEP = re.compile(rb"\s*(>)\s*|\s+")
_UNUSUAL = re.compile(rb"[^\w\x80-\xff-]")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_BRACKETS = (b"(", b")"), (b"[", b"]")
_ID = ord("#")
#: No selector needs more.
MAX_COMPOUNDS = 12


class Attribute(NamedTuple):
    """What a selector says of an attribute.

    Attributes:
        name: in lower case.
        sign: how the value is to compare, as `^=`; empty where the attribute is to be there.
        value: in lower case where `folds`.
        folds: whether case says nothing.
    """

    name: bytes
    sign: bytes = b""
    value: bytes = b""
    folds: bool = False

    @property
    def word(self) -> bytes:
        """What stands in the tag of an element that is meant."""
        is_found = self.name in (b"class", b"id") and self.value.isalnum() and not self.folds
        return self.value if is_found else self.name

    def holds(self, attributes: Mapping[bytes, bytes]) -> bool:
        """Returns whether an element with these attributes is meant."""
        found = attributes.get(self.name)
        if found is None or not self.sign:
            return found is not None
        found = found.lower() if self.folds else found
        if self.sign == b"=":
            return found == self.value
        if self.sign == b"|=":
            return found == self.value or found.startswith(self.value + b"-")
        if self.sign == b"~=":
            return self.value in found.split()
        if not self.value:
            return False
        if self.sign == b"^=":
            return found.startswith(self.value)
        return found.endswith(self.value) if self.sign == b"$=" else self.value in found


class Compound(NamedTuple):
    """What a selector says of one element.

    Attributes:
        tag: name of the element, in lower case; empty for any.
        names: its classes and ids, as `.class` and `#id`.
        attributes: what its attributes are.
        excluded: what it is not.
    """

    tag: bytes = b""
    names: frozenset[bytes] = frozenset()
    attributes: tuple[Attribute, ...] = ()
    excluded: tuple[Compound, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether it is for any element."""
        return not (self.tag or self.names or self.attributes or self.excluded)

    def is_for(self, tag: bytes, names: frozenset[bytes], attributes: Mapping[bytes, bytes]) -> bool:
        """Returns whether it is for an element of this tag that bears these names and attributes."""
        return (
            self.tag in (b"", tag)
            and self.names <= names
            and all(each.holds(attributes) for each in self.attributes)
            and not any(each.is_for(tag, names, attributes) for each in self.excluded)
        )

    @property
    def specificity(self) -> tuple[int, int, int]:
        """How many ids, classes or attributes, and tags it names."""
        ids = sum(name[0] == _ID for name in self.names)
        own = ids, len(self.names) - ids + len(self.attributes), len(self.tag) > 0
        return _sum(own, *(each.specificity for each in self.excluded)) if self.excluded else own


class Selector(NamedTuple):
    """A selector for an element by what it, and what it stands in, bears.

    Attributes:
        compounds: what each is, the outermost first; the last is the one that the rule is for.
        steps: how each stands in the one before: " " within, ">" right within.
    """

    compounds: tuple[Compound, ...]
    steps: bytes = b""

    @property
    def subject(self) -> Compound:
        """What the rule is for."""
        return self.compounds[-1]

    @property
    def is_simple(self) -> bool:
        """Whether it is for classes and ids of single elements alone."""
        subject = self.subject
        return len(self.compounds) == 1 and bool(subject.names) and not (subject.attributes or subject.excluded)

    @property
    def names(self) -> frozenset[bytes]:
        """All classes and ids that elements must bear."""
        return frozenset().union(*[each.names for each in self.compounds])

    @property
    def specificity(self) -> tuple[int, int, int]:
        """How many ids, classes and tags it names: what names more counts more."""
        if len(self.compounds) == 1:
            return self.subject.specificity
        return _sum(*[each.specificity for each in self.compounds])


class Rule(NamedTuple):
    """A rule for what a selector is for.

    Attributes:
        selector: what it is for.
        important: whether the rule says so.
        place: the greater it is, the later the rule stands.
        fades: it hides the element's own text alone, in these ways (see `data.pages.styles`); 0: all within it.
        layer: number of the cascade layer it stands in; 0 for none.
    """

    selector: Selector
    important: bool
    place: int
    fades: int = 0
    layer: int = 0

    def outweighs(self, other: Rule) -> bool:
        """Returns whether it counts more than another for an element that both are for; of layers, whether it may."""
        if self.important != other.important:
            return self.important
        if self.layer != other.layer:
            return bool(self.layer and other.layer) or bool(self.layer) == self.important
        own, others = self.selector.specificity, other.selector.specificity
        return own > others or (own == others and self.place > other.place)


def _sum(*counts: tuple[int, int, int]) -> tuple[int, int, int]:
    return sum(each[0] for each in counts), sum(each[1] for each in counts), sum(each[2] for each in counts)


def split_selectors(text: bytes) -> list[bytes]:
    """Returns the selectors of a list, which stand between commas."""
    if b"(" not in text and b"[" not in text:
        return text.split(b",")
    selectors: list[bytes] = []
    for piece in text.split(b","):
        if selectors and any(selectors[-1].count(one) > selectors[-1].count(other) for one, other in _BRACKETS):
            selectors[-1] += b"," + piece
        else:
            selectors.append(piece)
    return selectors


@functools.lru_cache(maxsize=4096)
def read_selector(text: bytes) -> Selector | None:
    """Returns a selector for what elements bear in the page's source; null if it tells more than that."""
    text = text.strip()
    if found := _SIMPLE.fullmatch(text):
        return Selector((Compound((found[1] or b"").lower(), frozenset(_NAMES.findall(found[2]))),))
    compounds: list[Compound] = []
    steps = b""
    place = 0
    while True:
        compound, place = _read_compound(text, place)
        if compound is None or len(compounds) == MAX_COMPOUNDS:
            return None
        compounds.append(compound)
        if place == len(text):
            return Selector(tuple(compounds), steps)
        step = _STEP.match(text, place)
        if step is None:
            return None
        steps += step[1] or b" "
        place = step.end()


def _read_compound(text: bytes, place: int) -> tuple[Compound | None, int]:
    """Returns the compound selector at a place, null if there is none that is known; and where it ends."""
    begun, tag = place, b""
    if found := _TAG.match(text, place):
        tag, place = found[0].strip(b"*").lower(), found.end()
    names: set[bytes] = set()
    attributes: list[Attribute] = []
    excluded: list[Compound] = []
    while found := _PART.match(text, place):
        name, attribute, sign, value, folds, negated = found.groups()
        if name:
            names.add(_ESCAPED.sub(rb"\1", name) if b"\\" in name else name)
        elif attribute:
            value = (value or b"").strip(b"\"'")
            attributes.append(Attribute(attribute.lower(), sign or b"", value.lower() if folds else value, bool(folds)))
        else:
            other, end = _read_compound(negated, 0)
            if other is None or end < len(negated) or other.excluded:
                return None, place
            excluded.append(other)
        place = found.end()
    if place == begun:
        return None, place
    return Compound(tag, frozenset(names), tuple(attributes), tuple(excluded)), place


@functools.lru_cache(maxsize=4096)
def as_written(name: bytes) -> bytes:
    """Returns a class or id, `.class` or `#id`, as style sheets write it."""
    return name[:1] + _UNUSUAL.sub(rb"\\\g<0>", name[1:])
