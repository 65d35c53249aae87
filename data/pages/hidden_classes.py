"""Classes and ids by which a page's own style sheets keep elements out of sight.

Only what is beyond doubt counts: a rule for all screens that names what one element bears, which no rule of more weight
takes back, and of whose names neither a script nor a link or handler of the page says anything. Elements that it is
for get the `hidden` attribute in the source, which all engines heed. Where most of a page were hidden so, it is there
to be seen: behind a button, on a next page.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Sequence

from data.pages.marking import MARK, mark_named
from data.pages.styles import INVISIBLE, SHIFTED, read_style

#: As `bytes.find`.
Find = Callable[[bytes, bytes], int]
_NAME = rb"(?:[A-Za-z_\x80-\xff]|-(?=[A-Za-z_-]))(?:[\w\x80-\xff-]|\\[^\da-fA-F\s])*"
_COMPOUND = re.compile(rb"(?:(?:html|body)\s+)?([A-Za-z][\w-]*)?((?:[.#]" + _NAME + rb")+)")
_NAMES = re.compile(rb"[.#]" + _NAME)
_UNUSUAL = re.compile(rb"[^\w\x80-\xff-]")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
#: What hides, and is looked for, and what tells of text that is moved off the page or cut to nothing.
_HIDING = (
    re.compile(rb"display\s*:\s*none(?![\w-])"),
    re.compile(rb"visibility\s*:\s*(?:hidden|collapse)(?![\w-])"),
)
_CUTTING = (b"-999", b"rect(", b"inset(")
_SHOWS = re.compile(
    rb"display\s*:\s*(?!\s|none)|visibility\s*:\s*(?!\s|hidden|collapse)|clip\s*:\s*auto|position\s*:\s*static"
)
_SHOWS_WITHIN = (b"visibility:visible", b"visibility: visible", b"text-indent:0", b"text-indent: 0")
_MARKS = (b"}", b"{", b";")
_NAME_GOES_ON = re.compile(rb"[\w\x80-\xff\\-]")
#: What follows a name in a selector that is for something added to its element, or for others within or beside it.
_ADDITION = re.compile(rb"::|:(?:before|after)\b")
_WITHIN = re.compile(rb"[\s>+~]")
#: At-rules that hold for screens, or for paper alone.
_BLOCK = re.compile(rb"@(media|layer|supports)\b([^{};]*)\{")
_SCREENS = re.compile(rb"(?:only\s+)?(?:all|screen)(?:\s*,\s*print)?|print\s*,\s*(?:all|screen)")
#: Conditions that hold where something is not supported, or in the browsers of one vendor.
_ODD = re.compile(rb"\bnot\b|\(\s*-")
_COMMENT = re.compile(rb"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/")
_BRACE = re.compile(rb"[{}]")
#: Of a page's sheets so much is searched for rules that hide. A framework that is written into every page may have a
#: megabyte: to search that takes longer than to read the page.
MAX_SEARCHED_BYTES = 2**17
#: No style sheet needs more rules that hide, or that name a class, nor more blocks for screens or paper.
MAX_RULES = 20_000
MAX_BLOCKS = 20
MAX_SELECTOR_BYTES = 500
MAX_STYLE_BYTES = 2000
MAX_NAMES = 60
#: Of so many other names of hidden elements is asked whether they show what is hidden; of more it is taken to be so.
MAX_QUESTIONS = 1000


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule for what one element bears.

    Attributes:
        tag: name of the element, in lower case; empty for any.
        names: its classes and ids, as `.class` and `#id`.
        important: whether the rule says so.
        place: where in the sheet it stands.
    """

    tag: bytes
    names: frozenset[bytes]
    important: bool
    place: int

    @property
    def weight(self) -> tuple[bool, int, int, bool, int]:
        """What decides between rules: the greater one counts."""
        ids = sum(name.startswith(b"#") for name in self.names)
        return self.important, ids, len(self.names) - ids, bool(self.tag), self.place


class Sheets:
    """A page's style sheets, for questions about rules.

    Args:
        sheets: content of the page's <style> elements.
        find: what looks for names.
    """

    def __init__(self, sheets: Sequence[bytes], find: Find = bytes.find) -> None:
        self._find = find
        self._searched: list[bytes] = []
        self._rest: list[bytes] = []
        room = MAX_SEARCHED_BYTES
        for sheet in sheets:
            if len(sheet) <= room:
                self._searched.append(sheet)
                room -= len(sheet)
            else:
                self._rest.append(sheet)
        self._sheet = b"\n".join(self._searched)

    def hiding_rules(self, content: bytes) -> list[Rule]:
        """Returns rules that hide what they are for, outside of blocks that hold for some screens alone.

        Args:
            content: the page, whose elements may show themselves within others whose own text is hidden.
        """
        if not _may_hide(self._sheet):
            return []
        self._sheet = _for_screens(b"\n".join(_balanced(_without_comments(sheet)) for sheet in self._searched))
        places = _places(self._sheet)
        shows_within = functools.cache(
            lambda: any(
                self._find(each, shows) >= 0 for each in (self._sheet, *self._rest, content) for shows in _SHOWS_WITHIN
            )
        )
        rules: list[Rule] = []
        for begin, opening in _selectors(self._sheet, places):
            selectors = self._sheet[begin:opening].split(b",")
            if not (named := [rule for each in selectors if (rule := _read_rule(each, False, opening))]):
                continue
            closing = self._sheet.find(b"}", opening, opening + MAX_STYLE_BYTES)
            style = self._sheet[opening + 1 : closing if closing >= 0 else opening + MAX_STYLE_BYTES]
            sight = read_style(style.decode("latin-1"))
            if sight.gone or (sight.fades & (INVISIBLE | SHIFTED) and not shows_within()):
                insists = b"important" in style
                rules += [dataclasses.replace(rule, important=True) for rule in named] if insists else named
        return rules

    def take_back(self, rule: Rule, name: bytes, is_own: bool) -> bool:
        """Returns whether another rule may show what one hides.

        Args:
            rule: the one that hides.
            name: of an element that it is for.
            is_own: it is one of the rule's names; what names it at all may show it then, as what is `.name.open`.
        """
        name = name[:1] + _UNUSUAL.sub(rb"\\\g<0>", name[1:])
        if self._may_show(self._sheet, name, rule, is_own):
            return True
        last = dataclasses.replace(rule, place=-1) if self._rest else rule
        return any(self._may_show(sheet, name, last, is_own) for sheet in self._rest)

    def _may_show(self, sheet: bytes, name: bytes, rule: Rule, is_own: bool) -> bool:
        place, opening, closing, shows, times = self._find(sheet, name), -1, -2, False, 0
        while place >= 0:
            end = place + len(name)
            if (times := times + 1) > MAX_RULES:
                return True
            if not _NAME_GOES_ON.match(sheet, end):
                if opening < end:
                    opening = sheet.find(b"{", end)
                    if opening < 0:
                        return is_own
                    if -1 != closing < opening:
                        closing = sheet.find(b"}", opening)
                    shows = closing != -1 and bool(
                        _SHOWS.search(sheet, opening, min(closing, opening + MAX_STYLE_BYTES))
                    )
                if shows and _outweighs(sheet, place, end, opening, closing, rule, is_own):
                    return True
            place = sheet.find(name, end)
        return False


def _outweighs(sheet: bytes, place: int, end: int, opening: int, closing: int, rule: Rule, is_own: bool) -> bool:
    """Returns whether a rule that shows, and names an element of another at a place, counts more than that."""
    insists = sheet.find(b"important", opening, closing) >= 0
    if rule.important and not insists:
        return False
    stop = sheet.find(b",", end, opening)
    stop = stop if stop >= 0 else opening
    earliest = max(0, place - MAX_SELECTOR_BYTES)
    selector = sheet[max(earliest, *(sheet.rfind(mark, earliest, place) + 1 for mark in (*_MARKS, b","))) : stop]
    if other := _read_rule(selector, insists, opening):
        return other.weight > rule.weight
    following = selector[len(selector) - (stop - end) :].rstrip()
    if _ADDITION.search(following):
        return False
    return is_own or not _WITHIN.search(following)


def _read_rule(selector: bytes, important: bool, place: int) -> Rule | None:
    """Returns a rule for what one element bears; null if a selector tells more than that."""
    found = _COMPOUND.fullmatch(selector.strip())
    if found is None:
        return None
    return Rule(
        (found[1] or b"").lower(),
        frozenset(_ESCAPED.sub(rb"\1", name) for name in _NAMES.findall(found[2])),
        important,
        place,
    )


def _without_comments(sheet: bytes) -> bytes:
    sheet = sheet.replace(b"<!--", b"").replace(b"-->", b"") if b"<!--" in sheet else sheet
    end = sheet.rfind(b"*/") + 2  # beyond it, no comment has an end that could be looked for
    sheet = _COMMENT.sub(b" ", sheet[:end]) + sheet[end:] if end > 1 else sheet
    unclosed = sheet.find(b"/*")
    return sheet if unclosed < 0 else sheet[:unclosed]


def _balanced(sheet: bytes) -> bytes:
    """Returns a sheet after which another can stand: every block ends, no brace ends what has not begun.

    Browsers take such a brace for part of the next rule's selector, which then is for nothing.
    """
    if sheet.count(b"{") == sheet.count(b"}"):
        return sheet
    pieces: list[bytes] = []
    done = depth = 0
    for found in _BRACE.finditer(sheet):
        depth += 1 if found[0] == b"{" else -1
        if depth < 0:
            pieces += [sheet[done : found.start()], b"!"]
            done, depth = found.end(), 0
    return b"".join([*pieces, sheet[done:], b"}" * depth])


def _for_screens(sheet: bytes) -> bytes:
    """Returns a sheet without rules for paper alone; those in blocks for all screens stand outside of these."""
    pieces: list[bytes] = []
    done, found, blocks = 0, _BLOCK.search(sheet), 0
    ends: set[int] = set()
    while found and (blocks := blocks + 1) <= MAX_BLOCKS:
        begin, start = found.span()
        prelude = found[2].strip()
        is_paper = found[1] == b"media" and prelude == b"print"
        holds = bool(_SCREENS.fullmatch(prelude)) if found[1] == b"media" else not _ODD.search(prelude)
        if is_paper or holds:
            end = _end_of_block(sheet, start)
            pieces.append(_without(sheet, done, begin, ends))
            done = end + 1 if is_paper else start
            if not is_paper:
                ends.add(end)
            start = done
        found = _BLOCK.search(sheet, start)
    if not pieces:
        return sheet
    pieces.append(_without(sheet, done, len(sheet), ends))
    return b" ".join(pieces)


def _without(sheet: bytes, begin: int, end: int, places: set[int]) -> bytes:
    """Returns a part of a sheet without the bytes at some places."""
    cuts = sorted(place for place in places if begin <= place < end)
    pieces = [sheet[start + 1 : stop] for start, stop in zip([begin - 1, *cuts], [*cuts, end], strict=True)]
    return b" ".join(pieces)


def _end_of_block(sheet: bytes, start: int) -> int:
    """Returns where the brace stands that closes a block whose content begins at `start`."""
    depth = 1
    for found in _BRACE.finditer(sheet, start):
        depth += 1 if found[0] == b"{" else -1
        if not depth:
            return found.start()
    return len(sheet)


def _selectors(sheet: bytes, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yields where the selectors of rules outside of other blocks begin and end, each once.

    Args:
        places: where it is said that something is hidden, in order.
    """
    depth = counted = 0
    opening = read = -1
    for place in places:
        begun, ended = sheet.rfind(b"{", counted, place), sheet.rfind(b"}", counted, place)
        if begun >= 0 or ended >= 0:
            depth += sheet.count(b"{", counted, place) - sheet.count(b"}", counted, place)
            opening = begun if begun > ended else -1
        counted = place
        if opening > read and depth == 1:
            read = opening
            earliest = max(0, opening - MAX_SELECTOR_BYTES - 1)
            start = max(sheet.rfind(mark, earliest, opening) for mark in _MARKS)
            if start >= 0 or earliest == 0:
                yield start + 1, opening


def _may_hide(sheet: bytes) -> bool:
    """Returns whether a sheet may say that anything is hidden."""
    return any(hiding.search(sheet) for hiding in _HIDING) or any(cutting in sheet for cutting in _CUTTING)


def _places(sheet: bytes) -> list[int]:
    """Returns where a sheet may say that something is hidden, in order."""
    places = [found.start() for hiding in _HIDING for found in hiding.finditer(sheet)]
    for cutting in _CUTTING:
        place = sheet.find(cutting)
        while place >= 0 and len(places) < MAX_RULES:
            places.append(place)
            place = sheet.find(cutting, place + 1)
    return sorted(places)[:MAX_RULES]


def _is_opened(content: bytes, name: bytes, find: Find) -> bool:
    """Returns whether links or handlers of a page name a class or id, as `.name` or `#name`: they may show it."""
    place = find(content, name)
    while place >= 0:
        if content[place + len(name) : place + len(name) + 1] in (b'"', b"'"):
            return True
        place = content.find(name, place + 1)
    quoted = b"'" + name[1:] + b"'"
    return name[:1] == b"#" and find(content, quoted) >= 0 and content.count(quoted) > content.count(b"id=" + quoted)


def mark_hidden_names(content: bytes, sheets: Sequence[bytes], scripts: Sequence[bytes], find: Find) -> bytes:
    """Returns a page in which elements that its sheets hide bear the `hidden` attribute.

    Args:
        content: the page, without styles and scripts.
        sheets: content of the page's <style> elements.
        scripts: content of its <script> elements, and of what else may show what is hidden.
        find: what looks for names.
    """
    read = Sheets(sheets, find)
    rules = _used(read, content, scripts, find)
    if not rules:
        return content
    known: dict[tuple[Rule, bytes], bool] = {}

    def shows(rule: Rule, name: bytes) -> bool:
        if (shown := known.get((rule, name))) is None:
            shown = known[rule, name] = len(known) >= MAX_QUESTIONS or read.take_back(rule, name, is_own=False)
        return shown

    def is_hidden(tag: bytes, names: frozenset[bytes]) -> bool:
        return any(
            rule.tag in (b"", tag) and rule.names <= names and not any(shows(rule, name) for name in names - rule.names)
            for rule in rules
        )

    return mark_named(content, {min(rule.names)[1:] for rule in rules}, is_hidden, MARK.encode())


def _used(read: Sheets, content: bytes, scripts: Sequence[bytes], find: Find) -> list[Rule]:
    """Returns rules that hide something of a page for good."""
    weightiest: dict[tuple[bytes, frozenset[bytes]], Rule] = {}
    for rule in read.hiding_rules(content):
        other = weightiest.setdefault((rule.tag, rule.names), rule)
        weightiest[rule.tag, rule.names] = max(rule, other, key=lambda each: each.weight)
    known = sorted({name for _, names in weightiest for name in names}, key=lambda name: name[1:])[:MAX_NAMES]
    used = {name for name in known if find(content, name[1:]) >= 0}
    rules = [rule for rule in weightiest.values() if rule.names <= used][:MAX_NAMES]
    rules = [rule for rule in rules if not any(read.take_back(rule, name, is_own=True) for name in rule.names)]
    script = b"\n".join(scripts) if rules else b""
    still = [
        name
        for name in {name for rule in rules for name in rule.names}
        if find(script, name[1:]) < 0 and not _is_opened(content, name, find)
    ]
    return [rule for rule in rules if rule.names.issubset(still)]
