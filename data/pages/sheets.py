"""A style sheet of a page: its rules that keep elements out of sight, and whether others of it show them again."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence

from data.pages.selectors import Rule, read_selector
from data.pages.styles import INVISIBLE, SHIFTED, read_style

#: As `bytes.find`.
Find = Callable[[bytes, bytes], int]
#: What hides, and is looked for, and what tells of text that is moved off the page or cut to nothing.
_HIDING = (
    re.compile(rb"display\s*:\s*none(?![\w-])"),
    re.compile(rb"visibility\s*:\s*(?:hidden|collapse)(?![\w-])"),
)
_CUTTING = (b"-999", b"rect(", b"inset(")
_SHOWS = re.compile(
    rb"display\s*:\s*(?!\s|none)|visibility\s*:\s*(?!\s|hidden|collapse)|clip\s*:\s*auto|position\s*:\s*static"
)
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
_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(rb"[{}]")
_BLANK = ord(" ")
#: No style sheet needs more rules that hide, or that name a class, nor more blocks for screens or paper.
MAX_RULES = 20_000
MAX_BLOCKS = 20
MAX_SELECTOR_BYTES = 500
MAX_STYLE_BYTES = 2000


class Sheets:
    """Style sheets one after another, which are made ready for questions only when one needs it.

    Args:
        sheets: as they stand in the page.
        number: the greater it is, the later they come, and what comes later counts more.
        find: what looks for names.
        as_they_stand: they are too long to be made ready.
    """

    def __init__(self, sheets: Sequence[bytes], number: int, find: Find, as_they_stand: bool = False) -> None:
        self._sheets = sheets
        self._raw = b"\n".join(sheets)
        self._number = number
        self._find = find
        self._as_they_stand = as_they_stand

    @functools.cached_property
    def _text(self) -> bytes:
        """The sheets with blanks for what is not for screens; what is left stands where it stood, if all are whole."""
        return self._raw if self._as_they_stand else b"\n".join(map(_made_ready, self._sheets))

    def hiding_rules(self) -> list[Rule]:
        """Returns rules that hide what they are for, outside of blocks that hold for some screens alone."""
        places = _places(self._raw, self._find)
        if not places:
            return []
        if len(self._text) > len(self._raw):
            places = _places(self._text, self._find)
        return [rule for block in _blocks(self._text, places) for rule in self._read_block(*block)]

    def _read_block(self, begin: int, opening: int) -> list[Rule]:
        """Returns the rules of a block that hide something."""
        selector = self._text[begin:opening].strip()
        if len(selector) > MAX_SELECTOR_BYTES:
            return []
        selectors = [found for each in selector.split(b",") if (found := read_selector(each))]
        if not selectors:
            return []
        closing = self._text.find(b"}", opening, opening + MAX_STYLE_BYTES)
        style = self._text[opening + 1 : closing if closing >= 0 else opening + MAX_STYLE_BYTES]
        sight = read_style(style.decode("latin-1"))
        if not sight.gone and not sight.fades & (INVISIBLE | SHIFTED):
            return []
        place, insists = (self._number, opening), b"important" in style
        return [Rule(each, insists, place, not sight.gone) for each in selectors]

    def says(self, text: bytes) -> bool:
        """Returns whether a text stands in it, and not just in a comment."""
        return self._find(self._raw, text) >= 0 and self._find(self._text, text) >= 0

    def may_show(self, name: bytes, rule: Rule, is_own: bool) -> bool:
        """Returns whether a rule of it may show what another hides.

        Args:
            name: of an element that the other is for, as it is written in sheets.
            rule: the one that hides.
            is_own: it is one of the rule's names; what names it at all may show it then, as what is `.name.open`.
        """
        if "_text" not in vars(self) and self._find(self._raw, name) < 0:
            return False
        text, times = self._text, 0
        place, opening, closing, shows = self._find(text, name), -1, -2, False
        while place >= 0:
            end = place + len(name)
            if (times := times + 1) > MAX_RULES:
                return True
            if not _NAME_GOES_ON.match(text, end):
                if opening < end:
                    opening = text.find(b"{", end)
                    if opening < 0:
                        return is_own
                    if -1 != closing < opening:
                        closing = text.find(b"}", opening)
                    shows = closing != -1 and bool(
                        _SHOWS.search(text, opening, min(closing, opening + MAX_STYLE_BYTES))
                    )
                if shows and self._outweighs(place, end, opening, closing, rule, is_own):
                    return True
            place = text.find(name, end)
        return False

    def _outweighs(self, place: int, end: int, opening: int, closing: int, rule: Rule, is_own: bool) -> bool:
        """Returns whether a rule that shows, and names an element of another at a place, counts more than that."""
        sheet = self._text
        insists = sheet.find(b"important", opening, closing) >= 0
        if rule.important and not insists:
            return False
        stop = sheet.find(b",", end, opening)
        stop = stop if stop >= 0 else opening
        earliest = max(0, place - MAX_SELECTOR_BYTES)
        selector = sheet[max(earliest, *(sheet.rfind(mark, earliest, place) + 1 for mark in (*_MARKS, b","))) : stop]
        if other := read_selector(selector):
            return Rule(other, insists, (self._number, opening)).precedence > rule.precedence
        following = selector[len(selector) - (stop - end) :].rstrip()
        if _ADDITION.search(following):
            return False
        return is_own or not _WITHIN.search(following)


def _made_ready(sheet: bytes) -> bytes:
    if b"<!--" in sheet:
        sheet = sheet.replace(b"<!--", b"    ").replace(b"-->", b"   ")
    return _for_screens(_balanced(_blanked(sheet, [found.span() for found in _COMMENT.finditer(sheet)])))


def _blanked(sheet: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """Returns a sheet with blanks at some places, in order."""
    pieces: list[bytes] = []
    done = 0
    for begin, end in spans:
        pieces += [sheet[done:begin], b" " * (end - begin)]
        done = end
    return b"".join([*pieces, sheet[done:]]) if pieces else sheet


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
    spans: list[tuple[int, int]] = []
    found, blocks = _BLOCK.search(sheet), 0
    while found and (blocks := blocks + 1) <= MAX_BLOCKS:
        begin, start = found.span()
        prelude = found[2].strip()
        is_paper = found[1] == b"media" and prelude == b"print"
        holds = bool(_SCREENS.fullmatch(prelude)) if found[1] == b"media" else not _ODD.search(prelude)
        if is_paper or holds:
            end = _end_of_block(sheet, start)
            spans += [(begin, end + 1)] if is_paper else [(begin, start), (end, end + 1)]
            start = end + 1 if is_paper else start
        found = _BLOCK.search(sheet, start)
    return _blanked(sheet, sorted(spans))


def _end_of_block(sheet: bytes, start: int) -> int:
    """Returns where the brace stands that closes a block whose content begins at `start`."""
    depth = 1
    for found in _BRACE.finditer(sheet, start):
        depth += 1 if found[0] == b"{" else -1
        if not depth:
            return found.start()
    return len(sheet)


def _blocks(sheet: bytes, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yields where selectors begin and end of the blocks in which some places are, each once.

    Args:
        sheet: made ready; where it is blank, there is no block.
        places: in order.
    """
    depth = counted = 0
    opening = read = -1
    for place in places:
        begun, ended = sheet.rfind(b"{", counted, place), sheet.rfind(b"}", counted, place)
        if begun >= 0 or ended >= 0:
            depth += sheet.count(b"{", counted, place) - sheet.count(b"}", counted, place)
            opening = begun if begun > ended else -1
        counted = place
        if opening > read and depth == 1 and sheet[place] != _BLANK:
            yield max(read, *[sheet.rfind(mark, read + 1, opening) for mark in _MARKS]) + 1, opening
            read = opening


def _places(sheet: bytes, find: Find) -> list[int]:
    """Returns where a sheet may say that something is hidden, in order."""
    places = [found.start() for hiding in _HIDING for found in hiding.finditer(sheet)]
    for cutting in _CUTTING:
        place = find(sheet, cutting)
        while place >= 0 and len(places) < MAX_RULES:
            places.append(place)
            place = sheet.find(cutting, place + 1)
    return sorted(places)[:MAX_RULES]
