"""What hides elements of a page for good: rules that no other, no script, no link or handler takes back."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import AnyStr

from data.pages.elements import Element, Elements, Looks, looks_of
from data.pages.marking import MARK
from data.pages.occurrences import Find, occurrences
from data.pages.selectors import Compound, Rule, Selector, as_written
from data.pages.sheets import Contender, Sheet
from data.pages.states import may_change
from data.pages.styles import INVISIBLE, SHIFTED, SIZELESS
from data.pages.tags import VOID_TAGS

_SHOWS_WITHIN = (b"visibility:visible", b"visibility: visible", b"text-indent:0", b"text-indent: 0")
_BEFORE_ATTRIBUTE = b"[", b"[ "
_BEFORE_WORD, _AFTER_WORD = b" \t\n\"'.", b" \t\n\"'"
#: Root elements wait for a script, and what is void, or a picture, holds no text.
NEVER_HIDDEN = frozenset(tag.encode() for tag in ("html", "head", "body", "svg", "iframe", *VOID_TAGS))
#: Stands for whatever an element stands in.
_ANYWHERE = (Selector((Compound(),)),)
#: So many elements are asked about for each rule.
MAX_ELEMENTS = 20_000
#: Of so many names of hidden elements is asked whether they show what is hidden; of more it is taken to be so.
MAX_QUESTIONS = 1000


class _Replay:
    """What is yielded, as far as it has been asked for, for those that ask again."""

    def __init__(self, source: Iterator[Contender]) -> None:
        self._source = source
        self._known: list[Contender] = []

    def __iter__(self) -> Iterator[Contender]:
        number = 0
        while True:
            if number == len(self._known):
                following = next(self._source, None)
                if following is None:
                    return
                self._known.append(following)
            yield self._known[number]
            number += 1


class Hiding:
    """What hides elements of a page, asked of its serialisation.

    Args:
        rules: those that may be for something on the page.
        content: the page, without styles and scripts.
        sheets: its style sheets.
        scripts: content of its <script> elements, and of what else may show what is hidden; looked at if need be.
        find: what looks for names.
    """

    def __init__(
        self, rules: Sequence[Rule], content: bytes, sheets: Sequence[Sheet], scripts: Iterable[bytes], find: Find
    ) -> None:
        self._rules = rules
        self._content = content
        self._sheets = sheets
        self._scripts = scripts
        self._find = find
        self._coming: dict[bytes, bool] = {}
        self._said: dict[bytes, bool] = {}
        self._told: dict[bytes, bool] = {}
        self._opened: dict[bytes, bool] = {}
        self._asked: dict[tuple[bytes, bool], _Replay] = {}
        self._around: dict[tuple[Rule, bytes], tuple[Selector, ...]] = {}

    def marked(self, source: str) -> str:
        """Returns a serialised page, or a piece of it, in which elements that are hidden bear the mark."""
        if not self._lasting_rules:
            return source
        page = source.encode("utf-8", "surrogatepass")
        elements = Elements(page, self._find)
        places: set[int] = set()
        for rule in self._lasting_rules:
            for element in elements.matching(rule.selector)[:MAX_ELEMENTS]:
                place = element.begin + 1 + len(element.tag)
                if place not in places and self._hides(rule, element, elements):
                    places.add(place)
        if not places:
            return source
        if source.isascii():
            return _with_marks(source, MARK, sorted(places))
        return _with_marks(page, MARK.encode(), sorted(places)).decode("utf-8", "surrogatepass")

    @functools.cached_property
    def _lasting_rules(self) -> list[Rule]:
        """Rules that nothing takes back from all that they are for."""
        return [rule for rule in self._rules if self._lasts(rule) and not self._is_taken_back(rule)]

    def _is_taken_back(self, rule: Rule) -> bool:
        """Returns whether another rule may show whatever this one hides."""
        subject = rule.selector.subject
        return any(
            self._takes_back(each, rule, True) is True
            for name in subject.names
            for each in self._contenders(as_written(name), rule.fades == SIZELESS)
        )

    def _hides(self, rule: Rule, element: Element, elements: Elements) -> bool:
        """Returns whether a rule that is for an element hides it for good."""
        if element.tag in NEVER_HIDDEN or (rule.fades == SIZELESS and not elements.is_plain(element)):
            return False
        key = rule, elements.head(element)
        if (around := self._around.get(key)) is None:
            around = self._around[key] = self._shown_within(rule, element.tag, looks_of(key[1]))
        return around is not _ANYWHERE and not any(elements.stands_within(element, each) for each in around)

    def _shown_within(self, rule: Rule, tag: bytes, looks: Looks) -> tuple[Selector, ...]:
        """Returns what an element that a rule hides may stand in to be shown by another."""
        around: set[Selector] = set()
        for each, is_own in self._contenders_for(rule, tag, looks):
            verdict = self._takes_back(each, rule, is_own, tag, looks.names)
            if verdict is True:
                return _ANYWHERE
            if verdict:
                around.add(verdict)
        return tuple(around)

    def _contenders_for(self, rule: Rule, tag: bytes, looks: Looks) -> Iterator[tuple[Contender, bool]]:
        """Yields rules that may show an element that a rule hides, and whether they name what that is for.

        Those come first: of what is shown again, most is by them.
        """
        subject, sizes = rule.selector.subject, rule.fades == SIZELESS
        for names in (looks.names & subject.names, looks.names - subject.names):
            for name in sorted(names):  # of too many the same are asked in every process
                for each in self._contenders(as_written(name), sizes):
                    yield each, name in subject.names
        own = {attribute.name for attribute in subject.attributes}
        for name, before in itertools.product(looks.attributes, _BEFORE_ATTRIBUTE):
            for each in self._contenders(before + name, sizes):
                yield each, name in own
        if not (subject.names or subject.attributes):
            for sheet in self._sheets:
                for each in sheet.contenders_by_tag(tag, sizes):
                    yield each, False

    def _contenders(self, name: bytes, sizes: bool) -> _Replay:
        """Returns rules that name something and show (see `Sheet.contenders`)."""
        key = name, sizes
        if (found := self._asked.get(key)) is None:
            found = _Replay(each for sheet in self._sheets for each in sheet.contenders(*key))
            if len(self._asked) >= MAX_QUESTIONS:
                found = _Replay(iter((Contender(None, True, True),)))
            self._asked[key] = found
        return found

    def _takes_back(
        self, other: Contender, rule: Rule, is_own: bool, tag: bytes = b"", names: frozenset[bytes] | None = None
    ) -> bool | Selector:
        """Returns whether a rule that shows may take back what another hides, or what the element must stand in for it.

        Args:
            is_own: it names what the other is for.
            tag, names: of the element; null: of any that the other is for.
        """
        if rule.important and not other.important:
            return False
        if other.rule is None:
            return is_own or other.is_for_it
        if not other.rule.outweighs(rule):
            return False
        if not other.is_for_it:
            return is_own and rule.selector.is_simple
        *outer, subject = other.rule.selector.compounds
        ids = frozenset(name for name in subject.names if name.startswith(b"#"))
        if names is None:
            return not (outer or subject.tag or ids)
        if subject.tag not in (b"", tag) or not ids <= names:
            return False
        around = tuple(filter(None, map(self._unchanging, outer)))
        return Selector(around, b" " * (len(around) - 1)) if around else True

    def _unchanging(self, compound: Compound) -> Compound | None:
        """Returns what of a compound selector no script may bring about; null if nothing."""
        names = frozenset(name for name in compound.names if not self._may_come(name))
        left = Compound(compound.tag, names)
        return None if left.is_any else left

    def _may_come(self, name: bytes) -> bool:
        """Returns whether a script may give a class to an element, or an element to the page."""
        if (comes := self._coming.get(name)) is None:
            is_there = self._find(self._content, name[1:]) >= 0
            changes = name.startswith(b".") and (may_change(name[1:]) or self._is_told(name[1:]))
            comes = self._coming[name] = changes or not is_there
        return comes

    def _lasts(self, rule: Rule) -> bool:
        """Returns whether neither scripts nor links nor anything within an element may show what a rule hides."""
        if rule.fades & (INVISIBLE | SHIFTED) and self._shows_within:
            return False
        return not self._is_shown_by_script(rule.selector)

    def _is_shown_by_script(self, selector: Selector) -> bool:
        subject = selector.subject
        words = [name[1:] for name in subject.names] + [each.word for each in subject.attributes]
        if any(map(self._is_said, words)):
            return True
        told = [name[1:] for name in selector.names - subject.names if name.startswith(b".")]
        if any(map(self._is_told, told if words else [*told, subject.tag])):
            return True
        return any(map(self._is_opened, selector.names))

    def _is_said(self, word: bytes) -> bool:
        """Returns whether a script says a word, be it within another."""
        if (said := self._said.get(word)) is None:
            said = self._said[word] = self._find(self._script, word) >= 0
        return said

    def _is_told(self, word: bytes) -> bool:
        """Returns whether a script says a word between quotes, alone or before or after others."""
        if (told := self._told.get(word)) is None:
            told = self._told[word] = any(
                self._script[place - 1 : place] in _BEFORE_WORD
                and self._script[place + len(word) : place + len(word) + 1] in _AFTER_WORD
                for place in occurrences(self._script, word, self._find)
            )
        return told

    @functools.cached_property
    def _script(self) -> bytes:
        return b"\n".join(self._scripts)

    @functools.cached_property
    def _shows_within(self) -> bool:
        return any(
            self._find(self._content, shows) >= 0 or any(self._find(sheet.text, shows) >= 0 for sheet in self._sheets)
            for shows in _SHOWS_WITHIN
        )

    def _is_opened(self, name: bytes) -> bool:
        """Returns whether links or handlers name a class or id, as `.name` or `#name`: they may show it."""
        if (opened := self._opened.get(name)) is None:
            opened = self._opened[name] = self._is_named(name)
        return opened

    def _is_named(self, name: bytes) -> bool:
        for place in occurrences(self._content, name, self._find):
            end = place + len(name)
            if self._content[end : end + 1] in (b'"', b"'"):
                return True
        if name[:1] != b"#":
            return False
        quoted = b"'" + name[1:] + b"'"
        return self._find(self._content, quoted) >= 0 and self._content.count(quoted) > self._content.count(
            b"id=" + quoted
        )


def _with_marks(source: AnyStr, mark: AnyStr, places: Sequence[int]) -> AnyStr:
    ends = [*places, len(source)]
    return mark.join([source[begin:end] for begin, end in zip([0, *places], ends, strict=True)])
