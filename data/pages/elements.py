"""Elements of a serialised page that a selector is for, found by what they bear, without a walk over the tree.

Every element is closed there and every attribute stands in double quotes. What few elements bear is looked for first;
where one ends is found by tags of its name alone.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from typing import NamedTuple

from data.pages.occurrences import Find, occurrences
from data.pages.selectors import Compound, Selector
from data.pages.tags import RAW_TAGS, VOID_TAGS

_TAG = re.compile(rb"<([a-z][^\s<>/]*)[^>]*>")
_ATTRIBUTE = re.compile(rb' ([^\s=>]+)="([^"]*)"')
_RAWS = "|".join(sorted(RAW_TAGS)).encode()
_VOID = re.compile(b"<(?:%s)[ >]" % "|".join(sorted(VOID_TAGS)).encode())
_NOT_TAGS = re.compile(b"<(?:!--|(?:%s)[ >])" % _RAWS)
#: Names that stand oftener in a page, and pages with more kinds of elements to be measured, are left alone.
MAX_PLACES, MAX_KINDS = 20_000, 40
#: Where so few elements end is looked for one by one.
FEW = 3
#: So much is looked through to tell what stands right within an element, of a page.
MAX_BETWEEN_BYTES = 2**22
#: All that is on a page stands in these; in a piece of a page as well.
_WHOLE = (b"html", b"body")
_MAX_TAG_BYTES = 4096
_KEPT_BYTES = 500


class Looks(NamedTuple):
    """What elements with the same tag bear.

    Attributes:
        names: classes and ids, as `.class` and `#id`.
        attributes: all attributes; of two of a name the first counts.
    """

    names: frozenset[bytes]
    attributes: dict[bytes, bytes]


class Element(NamedTuple):
    """An element of a page.

    Attributes:
        begin, start: where its tag and its content begin.
        tag: its name.
    """

    begin: int
    start: int
    tag: bytes


class Elements:
    """The elements of a page.

    Args:
        source: serialisation of the page.
        find: what looks for names.
    """

    def __init__(self, source: bytes, find: Find) -> None:
        self.source = source
        self._find = find
        self._looked_through = 0
        self._of: dict[Compound, list[Element]] = {}
        self._ends: dict[int, int] = {}
        self._measured: set[bytes] = set()

    def matching(self, selector: Selector) -> list[Element]:
        """Returns the elements that a selector is for, in their order; none where that takes too long to tell."""
        for compound in reversed(selector.compounds):
            if not _is_tag(compound) and not self.of(compound):
                return []
        found = self.of(selector.compounds[0])
        for step, compound in zip(selector.steps, selector.compounds[1:], strict=True):
            if not found:
                break
            inner = self._tags_within(found, compound.tag) if _is_tag(compound) else self.of(compound)
            found = self._within(found, inner, step == ord(">"))
        return found

    def of(self, compound: Compound) -> list[Element]:
        """Returns the elements that bear what a compound selector says, in their order."""
        if (found := self._of.get(compound)) is None:
            if compound.names or compound.attributes:
                found = list(filter(None, map(self._at, self._places(compound))))
            else:
                found = self._tags(compound.tag, 0, len(self.source)) if compound.tag else []
            if not _is_tag(compound):
                found = [each for each in found if self._is_meant(each, compound)]
            self._of[compound] = found
        return found

    def head(self, element: Element) -> bytes:
        """Returns the tag of an element as it stands in the page."""
        return self.source[element.begin : element.start]

    def _is_meant(self, element: Element, compound: Compound) -> bool:
        if compound.tag not in (b"", element.tag):
            return False
        looks = looks_of(self.head(element))
        return compound.is_for(element.tag, looks.names, looks.attributes)

    def _at(self, begin: int) -> Element | None:
        """Returns the element whose tag begins at a place; null if none does."""
        tag = _TAG.match(self.source, begin)
        return Element(begin, tag.end(), tag[1]) if tag else None

    def _tags(self, tag: bytes, begin: int, end: int) -> list[Element]:
        """Returns the elements of a tag that begin in a part of the page."""
        found = _tags_of(tag).finditer(self.source, begin, end)
        return [Element(each.start(), each.end(), tag) for each in itertools.islice(found, MAX_PLACES)]

    def _tags_within(self, outer: list[Element], tag: bytes) -> list[Element]:
        """Returns the elements of a tag within any of others."""
        found: list[Element] = []
        done = 0
        for element in outer:
            end = self._end(element, len(outer))
            if end > done:
                found += self._tags(tag, max(done, element.start), end)
                done = end
        return found

    def stands_within(self, element: Element, selector: Selector) -> bool:
        """Returns whether an element stands, however deep, in one that a selector is for."""
        return bool(self._within(self.matching(selector), [element], False))

    def is_plain(self, element: Element) -> bool:
        """Returns whether an element holds nothing but text."""
        return self.source.startswith(b"</", self.source.find(b"<", element.start))

    def _within(self, outer: list[Element], inner: list[Element], is_right: bool) -> list[Element]:
        """Returns which of some elements stand within, or right within, any of others; all are in their order."""
        if not outer or not inner:
            return []
        ends = [self._end(each, len(outer)) for each in outer]
        begins = [each.begin for each in outer]
        furthest = list(itertools.accumulate(ends, max))
        found = []
        for element in inner:
            before = bisect.bisect_left(begins, element.begin)
            if not before or furthest[before - 1] <= element.begin:
                continue
            if not is_right:
                found.append(element)
                continue
            while before and ends[before - 1] <= element.begin and self._looked_through <= MAX_BETWEEN_BYTES:
                before -= 1
                self._looked_through += 1
            if before and self._is_right_within(outer[before - 1].start, element.begin):
                found.append(element)
        return found

    def _is_right_within(self, start: int, begin: int) -> bool:
        """Returns whether what begins somewhere stands right within the element whose content begins at `start`."""
        self._looked_through += begin - start
        if self._looked_through > MAX_BETWEEN_BYTES:
            return False
        between = self.source[start:begin]
        if _NOT_TAGS.search(between):
            return False
        return between.count(b"<") - len(_VOID.findall(between)) == 2 * between.count(b"</")

    def _end(self, element: Element, count: int) -> int:
        """Returns where an element, one of so many, ends; its begin where that is not told."""
        if element.tag in _WHOLE:
            return len(self.source)
        if element.begin not in self._ends and element.tag not in self._measured:
            if count > FEW:
                self._measured.add(element.tag)
            if count <= FEW or len(self._measured) <= MAX_KINDS:
                self._measure(element.tag, element.begin if count <= FEW else 0, count <= FEW)
        return self._ends.get(element.begin, element.begin)

    def _measure(self, tag: bytes, start: int, is_one: bool) -> None:
        """Finds where elements of a tag end, or the one that begins at `start`."""
        opened: list[int] = []
        bounds, begun = _bounds(tag), start
        while start >= 0:
            for found in bounds.finditer(self.source, start):
                end, same, raw = found.groups()
                if same is None:
                    mark, begin = (b"</%s>" % raw, found.end()) if raw else (b"-->", found.start() + 2)
                    start = self.source.find(mark, begin)
                    break
                if not end:
                    opened.append(found.start())
                elif opened:
                    self._ends[opened.pop()] = found.start()
                    if is_one and begun in self._ends:
                        return
            else:
                return

    def _places(self, compound: Compound) -> list[int]:
        """Returns where tags begin that may be what a compound selector is for."""
        if compound.names:
            ids = [name for name in compound.names if name.startswith(b"#")]
            return self._tags_around(max(ids or compound.names, key=lambda name: (len(name), name))[1:], b'" ')
        return self._tags_around(compound.attributes[0].word, b"")

    def _tags_around(self, word: bytes, bounds: bytes) -> list[int]:
        """Returns where tags begin within which a word may stand.

        Args:
            bounds: what stands before and after it; anything may if this is empty.
        """
        source = self.source
        begins: set[int] = set()
        for times, place in enumerate(occurrences(source, word, self._find)):
            if times == MAX_PLACES:
                return []
            end = place + len(word)
            if not bounds or (source[place - 1 : place] in bounds and source[end : end + 1] in bounds):
                begin = source.rfind(b"<", max(0, place - _MAX_TAG_BYTES), place)
                if begin > source.rfind(b">", max(0, begin), place):
                    begins.add(begin)
        return sorted(begins)


@functools.lru_cache(maxsize=256)
def _bounds(tag: bytes) -> re.Pattern[bytes]:
    return re.compile(b"<(?:(/?)(%s)[ >]|!--|(%s)[ >])" % (re.escape(tag), _RAWS))


@functools.lru_cache(maxsize=256)
def _tags_of(tag: bytes) -> re.Pattern[bytes]:
    return re.compile(b"<%s(?: [^>]*)?>" % re.escape(tag))


def _is_tag(compound: Compound) -> bool:
    """Returns whether a compound selector is for elements by their tag alone."""
    return bool(compound.tag) and not (compound.names or compound.attributes or compound.excluded)


def looks_of(head: bytes) -> Looks:
    """Returns what a tag says of its element."""
    return _read_once(head) if len(head) < _KEPT_BYTES else _read(head)


@functools.lru_cache(maxsize=4096)
def _read_once(head: bytes) -> Looks:
    return _read(head)


def _read(head: bytes) -> Looks:
    attributes = {name: _unescaped(value) for name, value in reversed(_ATTRIBUTE.findall(head))}
    names = [b"." + each for each in attributes.get(b"class", b"").split()]
    own = attributes.get(b"id")
    return Looks(frozenset([*names, b"#" + own] if own else names), attributes)


def _unescaped(value: bytes) -> bytes:
    if b"&" not in value:
        return value
    return value.replace(b"&quot;", b'"').replace(b"&lt;", b"<").replace(b"&gt;", b">").replace(b"&amp;", b"&")
