"""Rules of a page's own style sheets that keep elements out of sight.

Only what is beyond doubt counts: a rule for all screens that no rule of more weight takes back, and of whose names
neither a script nor a link or handler of the page says anything, nor they themselves that readers open it. Elements
that it is for get the `hidden` attribute in the serialised page, which all engines heed. Where most of a page were
hidden so, it is there to be seen: behind a button, on a next page.

Most rules that hide are for nothing on the page, so that is asked first; scripts and sheets are long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from data.pages.hiding import NEVER_HIDDEN, Hiding
from data.pages.occurrences import Find, occurrences
from data.pages.screens import for_screens
from data.pages.selectors import Selector
from data.pages.sheets import BETWEEN, Sheet, hiding_places
from data.pages.states import is_opened, waits

#: Selectors for what the page's source does not tell.
_BEYOND = re.compile(rb"(?<!\\):(?!not\()|[+~](?!=)")
_COMPOSED = re.compile(rb"[\s>\[(]")
_NAMES = re.compile(rb"[.#]([\w\x80-\xff-]+)")
_BOUNDS = frozenset(b" \t\n\r\f\"'=>/")
_BEFORE_NAME = _BOUNDS | frozenset(b"<")
_TRIES = 50
#: Of a page's sheets so much is searched for rules that hide. A framework that is written into every page may have a
#: megabyte: to search that takes longer than to read the page.
MAX_SEARCHED_BYTES = 2**17
#: In sheets of more, rules are looked for that are for classes and ids of single elements alone: to look for all
#: takes a twelfth of a page's time, and 7 of 2,918 real pages have other content then.
MAX_COMPOSED_BYTES = 2**14
#: So many names of rules that hide are looked for in a page.
MAX_NAMES = 100


def find_hiding(content: bytes, sheets: Sequence[bytes], scripts: Iterable[bytes], find: Find) -> Hiding | None:
    """Returns what of a page's sheets may hide something on it; null if nothing does.

    Args:
        content: the page, without styles and scripts.
        sheets: content of the page's <style> elements.
        scripts: content of its <script> elements, and of what else may show what is hidden; looked at if need be.
        find: what looks for names.
    """
    held: dict[bytes, bool] = {}
    has_room = sum(map(len, sheets)) <= MAX_COMPOSED_BYTES

    def is_on_page(word: bytes) -> bool:
        if (found := held.get(word)) is None:
            found = held[word] = len(held) < MAX_NAMES and _stands_alone(content, word, find)
        return found

    def may_hold(selector: bytes) -> bool:
        if not has_room and not _is_simple(selector.strip()):
            return False
        if (b":" in selector or b"+" in selector or b"~" in selector) and _BEYOND.search(selector):
            return False
        tells_more = b"(" in selector or b"\\" in selector or b'"' in selector or b"'" in selector
        if not tells_more and not all(map(is_on_page, _NAMES.findall(selector))):
            return False
        return not waits(selector) and (_is_simple(selector.strip()) or not is_opened(selector))

    searched, others = _parted(sheets)
    joined = BETWEEN.join(searched)
    places = hiding_places(joined, find)
    if not places:
        return None
    ready = [for_screens(each, find) for each in searched]
    text = joined if ready == searched else BETWEEN.join(ready)
    if len(text) > len(joined):  # blocks that did not end do so now
        places = hiding_places(text, find)
    sheet = Sheet(ready, text, find)
    rules = [rule for rule in sheet.hiding_rules(places, may_hold) if _may_be_there(rule.selector, is_on_page)]
    if not rules:
        return None
    long = [Sheet(others, BETWEEN.join(others), find, len(sheet.text))] if others else []
    return Hiding(rules, content, [sheet, *long], scripts, find)


def _is_simple(selector: bytes) -> bool:
    """Returns whether a selector is for classes and ids of single elements alone."""
    return (b"." in selector or b"#" in selector) and not _COMPOSED.search(selector)


def _may_be_there(selector: Selector, is_on_page: Callable[[bytes], bool]) -> bool:
    """Returns whether the page may have what a selector is for."""
    if selector.is_simple and not selector.subject.tag:
        return all(is_on_page(name[1:]) for name in selector.subject.names)
    for compound in selector.compounds:
        words = [name[1:] for name in compound.names] + [each.word for each in compound.attributes]
        if compound.tag and not words and compound.tag not in (b"html", b"body"):
            words = [compound.tag]
        if compound.is_any or not all(map(is_on_page, words)):
            return False
    return selector.subject.tag not in NEVER_HIDDEN


def _parted(sheets: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Returns a page's sheets: those that are searched, and those that there is no room for, which may come later."""
    searched: list[bytes] = []
    others: list[bytes] = []
    room = MAX_SEARCHED_BYTES
    for sheet in sheets:
        if len(sheet) <= room:
            searched.append(sheet)
            room -= len(sheet)
        else:
            others.append(sheet)
    return searched, others


def _stands_alone(content: bytes, word: bytes, find: Find) -> bool:
    """Returns whether a word may stand in a page as a class, an id, or an attribute; of many places, some are tried."""
    for times, place in enumerate(occurrences(content, word, find)):
        end = place + len(word)
        if times == _TRIES:
            return True
        if content[place - 1] in _BEFORE_NAME and content[end : end + 1] and content[end] in _BOUNDS:
            return True
    return False
