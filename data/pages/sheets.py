"""Style sheets of a page: their rules that keep elements out of sight, and others that may show them again."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from data.pages.braces import Braces, braces_of
from data.pages.nesting import flattened, is_nested
from data.pages.occurrences import Find, occurrences
from data.pages.screens import LAYER_BEGINS, LAYER_ENDS
from data.pages.selectors import Rule, Selector, read_selector, split_selectors
from data.pages.styles import INVISIBLE, SHIFTED, SIZELESS, read_style

#: What hides, and is looked for, and what tells of text that is moved off the page, cut to nothing, or of no size.
_GONE = re.compile(rb"display\s*:\s*none(?![\w-])")
_UNSEEN = re.compile(rb"visibility\s*:\s*(?:hidden|collapse)(?![\w-])")
_INSISTS = re.compile(rb"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\s*!\s*important")
_CUTTING = (b"-999", b"-1000", b"rect(", b"inset(", b"font-size:0", b"font-size: 0", b"font:0/0")
_SHOWS = (
    rb"display\s*:\s*(?!\s|none)", rb"visibility\s*:\s*(?!\s|hidden|collapse)", rb"clip\s*:\s*auto",
    rb"position\s*:\s*static",
)  # fmt: skip
#: What shows, and what sets a size for letters: in a block by one expression, in a sheet sooner by one for each word.
_SHOWING = {False: re.compile(b"|".join(_SHOWS)), True: re.compile(rb"font(?:-size)?\s*:\s*(?!\s|0)")}
_SHOWING_EACH = {False: [re.compile(each) for each in _SHOWS], True: [_SHOWING[True]]}
_MARKS = (b"}", b"{", b";")
#: Stands between sheets: no selector goes on in the next.
BETWEEN = b";\n"
_DECLARED = re.compile(rb"[;}]")
_NAME_GOES_ON = frozenset(code for code in range(256) if re.match(rb"[\w\x80-\xff\\-]", bytes((code,))))
#: What follows a name in a selector that is for something added to its element, or for others within or beside it.
_ADDITION = re.compile(rb"::|:(?:before|after)\b")
_WITHIN = re.compile(rb"[\s>+~]")
#: The name of an element at the end of a selector, of which no class or id is named.
_FOR_TAG = re.compile(rb"(?:^|[\s>+~])([A-Za-z][\w-]*)(?:\[[^\]]*\]|:[\w-]+(?:\([^()]*\))?)*\s*$")
_BLANK, _ZERO, _BRACKET = b" 0["
#: No style sheet needs more rules that hide.
MAX_RULES = 20_000
#: What a sheet names oftener has so many rules that one of them may well show it: to read them takes too long.
MAX_NAMED = 300
MAX_SELECTOR_BYTES = 500
MAX_STYLE_BYTES = 2000


class Contender(NamedTuple):
    """A rule that shows, and names what another may hide.

    Attributes:
        rule: null if its selector tells more than what elements bear in the page's source.
        important: whether the rule says so.
        is_for_it: the name is one of what the selector is for, not of what that stands in.
    """

    rule: Rule | None
    important: bool
    is_for_it: bool


#: Stands for rules that are too many to be read.
_ANY = Contender(None, True, True)


class Sheet:
    """Style sheets of a page, as one: what stands later counts more.

    Args:
        sheets: in order, each made ready (see `data.pages.screens`), or as it stands if it is too long for that.
        text: all of them, with `BETWEEN` between.
        find: what looks for names.
        offset: what is added to the place of a rule.
    """

    def __init__(self, sheets: Sequence[bytes], text: bytes, find: Find, offset: int = 0) -> None:
        self._sheets = sheets
        self.text = text
        self._find = find
        self._offset = offset
        self._showing: dict[bool, list[tuple[int, int]]] = {}

    def hiding_rules(self, places: Sequence[int], may_hold: Callable[[bytes], bool]) -> list[Rule]:
        """Returns rules that hide what they are for, outside of blocks that hold for some screens alone.

        Where rules stand within others, the sheet is written without from then on.

        Args:
            places: where it may say that something is hidden.
            may_hold: says of a selector's source whether it is worth reading.
        """
        braces = braces_of(self.text)
        blocks, inner = _blocks(self.text, places, braces)
        rules = [rule for block in blocks for rule in self._read_block(*block, may_hold)]
        if rules:
            is_mixed = bool(inner) or b"&" in self.text
        else:
            is_mixed = any(self._may_hide(*block, may_hold) for block in inner)
        if not is_mixed or not is_nested(self.text, braces):
            return rules
        self.text = BETWEEN.join([flattened(sheet) if is_nested(sheet) else sheet for sheet in self._sheets])
        blocks, _ = _blocks(self.text, hiding_places(self.text, self._find), braces_of(self.text))
        return [rule for block in blocks for rule in self._read_block(*block, may_hold)]

    def _may_hide(self, begin: int, opening: int, may_hold: Callable[[bytes], bool]) -> bool:
        """Returns whether an inner block may hide something on the page."""
        prelude = self.text[begin:opening].strip()
        return prelude.startswith(b"@") or any(map(may_hold, split_selectors(prelude)))

    def _read_block(self, begin: int, opening: int, may_hold: Callable[[bytes], bool]) -> list[Rule]:
        """Returns the rules of a block that hide something."""
        sheet = self.text
        prelude = sheet[begin:opening].strip()
        if len(prelude) > MAX_SELECTOR_BYTES:
            return []
        texts = [text for text in split_selectors(prelude) if may_hold(text)]
        if not texts:
            return []
        closing = sheet.find(b"}", opening, opening + MAX_STYLE_BYTES)
        style = sheet[opening + 1 : closing if closing >= 0 else opening + MAX_STYLE_BYTES]
        sight = read_style(style.decode("latin-1"))
        fades = 0 if sight.gone else sight.fades & (INVISIBLE | SHIFTED | SIZELESS)
        if not sight.gone and not fades:
            return []
        insists = bool(_INSISTS.search(style))
        selectors = filter(None, map(read_selector, texts))
        return [self._rule(selector, insists, opening, fades) for selector in selectors]

    def _rule(self, selector: Selector, important: bool, opening: int, fades: int = 0) -> Rule:
        layer = 0
        if self._has_layers and (begun := self.text.count(LAYER_BEGINS, 0, opening)):
            layer = begun if begun > self.text.count(LAYER_ENDS, 0, opening) else 0
        return Rule(selector, important, self._offset + opening, fades, layer)

    @functools.cached_property
    def _has_layers(self) -> bool:
        return LAYER_BEGINS in self.text

    def contenders(self, name: bytes, sizes: bool) -> Iterator[Contender]:
        """Yields rules that name something and show, or set a size for letters.

        Args:
            name: as it is written in sheets: a class, an id, or an attribute from its bracket on.
            sizes: rules that set a size are meant.
        """
        text, shows = self.text, _SHOWING[sizes]
        opening, closing, is_shown = -1, -2, False
        for times, place in enumerate(occurrences(text, name, self._find)):
            end = place + len(name)
            if times == MAX_NAMED:
                yield _ANY
                return
            if end < len(text) and text[end] in _NAME_GOES_ON:
                continue
            if opening < end:
                opening = text.find(b"{", end)
                if opening < 0:
                    return
                if -1 != closing < opening:
                    closing = text.find(b"}", opening)
                is_shown = closing != -1 and bool(shows.search(text, opening, min(closing, opening + MAX_STYLE_BYTES)))
            if is_shown and (contender := self._contender(place, end, opening, closing)):
                yield contender

    def contenders_by_tag(self, tag: bytes, sizes: bool) -> Iterator[Contender]:
        """Yields rules for elements of a tag, whatever they bear, that show, or set a size for letters."""
        if (blocks := self._showing.get(sizes)) is None:
            blocks = self._showing[sizes] = self._showing_blocks(_SHOWING_EACH[sizes])
        text = self.text
        for begin, opening in blocks:
            prelude = text[begin:opening]
            if tag not in prelude.lower():
                continue
            important = text.find(b"important", opening, text.find(b"}", opening, opening + MAX_STYLE_BYTES)) >= 0
            for selector in split_selectors(prelude):
                found = _FOR_TAG.search(selector)
                if found and found[1].lower() == tag:
                    other = None if self._is_inner(begin - 1) else read_selector(selector)
                    yield Contender(other and self._rule(other, important, opening), important, True)

    def _showing_blocks(self, shows: Iterable[re.Pattern[bytes]]) -> list[tuple[int, int]]:
        """Returns where selectors begin and end of the blocks that show something."""
        text, blocks, read = self.text, [], -1
        for place in sorted(found.start() for each in shows for found in each.finditer(text)):
            opening = text.rfind(b"{", max(0, place - MAX_STYLE_BYTES), place)
            if opening > read:
                earliest = max(0, opening - MAX_SELECTOR_BYTES)
                blocks.append((max(earliest, *[text.rfind(each, earliest, opening) + 1 for each in _MARKS]), opening))
                read = opening
        return blocks

    def _contender(self, place: int, end: int, opening: int, closing: int) -> Contender | None:
        """Returns the rule that names something at a place; null if none does, or for what is added to an element."""
        text = self.text
        earliest, stop = max(0, place - MAX_SELECTOR_BYTES), min(opening, end + MAX_SELECTOR_BYTES)
        if _DECLARED.search(text, end, stop):
            return None
        begin = max(earliest, *(text.rfind(mark, earliest, place) + 1 for mark in _MARKS))
        done = begin
        for selector in split_selectors(text[begin:stop]):
            if done + len(selector) >= end:
                break
            done += len(selector) + 1
        important = text.find(b"important", opening, closing) >= 0
        is_cut = begin == earliest > 0 or stop < opening
        other = None if is_cut or self._is_inner(begin - 1) else read_selector(selector)
        following = selector[end - done :].rstrip()
        if text[place] == _BRACKET:
            following = following.partition(b"]")[2]
        is_for_it = not _WITHIN.search(following)
        if other is None and _ADDITION.search(following):
            return None
        return Contender(other and self._rule(other, important, opening), important, is_for_it)

    def _is_inner(self, brace: int) -> bool:
        """Returns whether a brace opens a rule, within which others stand."""
        text = self.text
        if brace < 0 or text[brace] != ord("{"):
            return False
        earliest = max(0, brace - MAX_SELECTOR_BYTES)
        begin = max(text.rfind(mark, earliest, brace) for mark in _MARKS) + 1
        return not text[begin:brace].lstrip().startswith(b"@")


def _blocks(sheet: bytes, places: Sequence[int], braces: Braces) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Returns where selectors begin and end of the blocks in which some places are, and of inner ones.

    Args:
        sheet: made ready; where it is blank, there is no block.
        places: in order.
    """
    blocks: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    read = -1
    for place, (depth, opening, before) in zip(places, braces.around(places), strict=True):
        if opening > read and depth and sheet[place] != _BLANK:
            blocks[depth > 1].append((max(before, sheet.rfind(b";", before + 1, opening)) + 1, opening))
            read = opening
    return blocks


def hiding_places(sheet: bytes, find: Find) -> list[int]:
    """Returns where a sheet may say that something is hidden, in order."""
    places = [found.start() for found in _GONE.finditer(sheet)]
    places += [place for place in occurrences(sheet, b"visibility", find) if _UNSEEN.match(sheet, place)]
    for cutting in _CUTTING:
        for place in itertools.islice(occurrences(sheet, cutting, find), MAX_RULES):
            end = place + len(cutting)
            if cutting[-1] != _ZERO or sheet[end : end + 1] != b".":
                places.append(place)
    return sorted(places)[:MAX_RULES]
