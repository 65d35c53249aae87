"""Classes and ids by which a page's own style sheets keep elements out of sight.

Only what is beyond doubt counts: a rule for all screens that names what one element bears, which no rule of more weight
takes back, and of whose names neither a script nor a link or handler of the page says anything. Elements that it is
for get the `hidden` attribute in the source, which all engines heed. Where most of a page were hidden so, it is there
to be seen: behind a button, on a next page.

Most rules that hide are for nothing on the page, so that is asked first; scripts and sheets are long.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from data.pages.marking import MARK, mark_named
from data.pages.selectors import Rule, Selector, as_written
from data.pages.sheets import Find, Sheets

_SHOWS_WITHIN = (b"visibility:visible", b"visibility: visible", b"text-indent:0", b"text-indent: 0")
#: Of a page's sheets so much is searched for rules that hide. A framework that is written into every page may have a
#: megabyte: to search that takes longer than to read the page.
MAX_SEARCHED_BYTES = 2**17
MAX_NAMES = 60
#: Of so many other names of hidden elements is asked whether they show what is hidden; of more it is taken to be so.
MAX_QUESTIONS = 1000


def mark_hidden_names(content: bytes, sheets: Sequence[bytes], scripts: Iterable[bytes], find: Find) -> bytes:
    """Returns a page in which elements that its sheets hide bear the `hidden` attribute.

    Args:
        content: the page, without styles and scripts.
        sheets: content of the page's <style> elements.
        scripts: content of its <script> elements, and of what else may show what is hidden; looked at if need be.
        find: what looks for names.
    """
    searched, others = _parted(sheets, find)
    rules = _weightiest(searched.hiding_rules())
    if not rules:
        return content
    page = _Page(content, [searched, *others], scripts, find)
    rules = [rule for rule in rules if page.may_hold(rule)]
    if not rules:
        return content

    def is_hidden(tag: bytes, names: frozenset[bytes]) -> bool:
        return any(rule.selector.is_for(tag, names) and page.hides(rule, names) for rule in rules)

    return mark_named(content, {min(rule.selector.names)[1:] for rule in rules}, is_hidden, MARK.encode())


def _parted(sheets: Sequence[bytes], find: Find) -> tuple[Sheets, list[Sheets]]:
    """Returns a page's sheets: those that are searched, and those that there is no room for, which may come later."""
    searched: list[bytes] = []
    others: list[Sheets] = []
    room = MAX_SEARCHED_BYTES
    for sheet in sheets:
        if len(sheet) <= room:
            searched.append(sheet)
            room -= len(sheet)
        else:
            others.append(Sheets([sheet], 1, find, as_they_stand=True))
    return Sheets(searched, 0, find), others


def _weightiest(rules: Sequence[Rule]) -> list[Rule]:
    """Returns of rules for the same the one that counts, for as many names as any page needs."""
    found: dict[tuple[Selector, bool], Rule] = {}
    for rule in rules:
        key = rule.selector, rule.is_open
        if key not in found or rule.precedence > found[key].precedence:
            found[key] = rule
    known = {name for rule in found.values() for name in rule.selector.names}
    if len(known) > MAX_NAMES:
        known = set(sorted(known, key=lambda name: name[1:])[:MAX_NAMES])
    return [rule for rule in found.values() if rule.selector.names <= known]


class _Page:
    """Answers what shows again what a page's sheets hide; each question once."""

    def __init__(self, content: bytes, sheets: Sequence[Sheets], scripts: Iterable[bytes], find: Find) -> None:
        self._content = content
        self._sheets = sheets
        self._scripts = scripts
        self._find = find
        self._lasting: dict[Rule, bool] = {}
        self._shown: dict[tuple[Rule, bytes], bool] = {}

    def may_hold(self, rule: Rule) -> bool:
        """Returns whether the page may have an element for a rule that none for its own names takes back."""
        names = rule.selector.names
        return all(self._find(self._content, name[1:]) >= 0 for name in names) and not any(
            self._take_back(rule, name, is_own=True) for name in names
        )

    def hides(self, rule: Rule, names: frozenset[bytes]) -> bool:
        """Returns whether a rule hides an element that it is for, which bears these names, for good."""
        if (lasts := self._lasting.get(rule)) is None:
            lasts = self._lasting[rule] = self._lasts(rule)
        return lasts and not any(self._shows(rule, name) for name in names - rule.selector.names)

    def _shows(self, rule: Rule, name: bytes) -> bool:
        if (shown := self._shown.get((rule, name))) is None:
            shown = len(self._shown) >= MAX_QUESTIONS or self._take_back(rule, name, is_own=False)
            self._shown[rule, name] = shown
        return shown

    def _take_back(self, rule: Rule, name: bytes, is_own: bool) -> bool:
        written = as_written(name)
        return any(sheet.may_show(written, rule, is_own) for sheet in self._sheets)

    def _lasts(self, rule: Rule) -> bool:
        """Returns whether neither scripts nor links nor anything within an element may show what a rule hides."""
        return not (rule.is_open and self._shows_within) and not any(
            self._find(self._script, name[1:]) >= 0 or self._is_opened(name) for name in rule.selector.names
        )

    @functools.cached_property
    def _script(self) -> bytes:
        return b"\n".join(self._scripts)

    @functools.cached_property
    def _shows_within(self) -> bool:
        return any(
            self._find(self._content, shows) >= 0 or any(sheet.says(shows) for sheet in self._sheets)
            for shows in _SHOWS_WITHIN
        )

    def _is_opened(self, name: bytes) -> bool:
        """Returns whether links or handlers name a class or id, as `.name` or `#name`: they may show it."""
        place = self._find(self._content, name)
        while place >= 0:
            end = place + len(name)
            if self._content[end : end + 1] in (b'"', b"'"):
                return True
            place = self._content.find(name, place + 1)
        if name[:1] != b"#":
            return False
        quoted = b"'" + name[1:] + b"'"
        return self._find(self._content, quoted) >= 0 and self._content.count(quoted) > self._content.count(
            b"id=" + quoted
        )
