"""Classes that a page's own styles keep out of sight, and the mark on elements that bear them.

Only what is beyond doubt counts: a rule for the class alone, outside of @media and the like, where no other rule and
no script of the page names the class again. Elements with such a class get the `hidden` attribute in the source, which
all engines heed. Where most of a page were hidden so, it is there to be seen: behind a button, on a next page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from data.pages.unread import end_of

#: As `bytes.find`.
Find = Callable[[bytes, bytes], int]
_SELECTOR = re.compile(rb"\.([A-Za-z_][\w-]*)")
_HIDING = (
    re.compile(rb"display\s*:\s*none(?![\w-])"),
    re.compile(rb"visibility\s*:\s*(?:hidden|collapse)(?![\w-])"),
)
_MARKS = (b"}", b"{", b";")
_NAME_GOES_ON = re.compile(rb"[\w-]")
_SHOWS = re.compile(rb"display\s*:\s*(?!\s|none)|visibility\s*:\s*(?!\s|hidden|collapse)")
_CLASS = re.compile(
    rb"""(<[a-zA-Z][^\s<>/"']*)\s(?:[^<>]*?\s)?class\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>=`]+))""", re.IGNORECASE
)
#: What marked elements bear.
MARK = ' hidden="by-class"'
#: So much text, and half as much as is seen, is not hidden for good.
MUCH_CHARS = 1500
_TAG = re.compile(r"<[^>]*>")
#: Of a page's sheets so much is searched for rules that hide. A framework that is written into every page may have a
#: megabyte: to search that takes longer than to read the page.
MAX_SEARCHED_BYTES = 2**17
#: No style sheet needs more rules that hide, or that name a class.
MAX_RULES = 20_000
MAX_SELECTOR_BYTES = 500
MAX_CLASSES = 100
#: Names that stand so often in a page, in its text too, are looked for by reading every tag.
MAX_NAMED = 20_000
#: Classes stand so near the beginning of their tag.
MAX_TAG_BYTES = 4096


def hiding_classes(
    content: bytes, sheets: list[bytes], scripts: list[bytes], find: Find = bytes.find
) -> frozenset[bytes]:
    """Returns the classes whose elements are never seen.

    Args:
        content: the page, without styles and scripts.
        sheets: content of the page's <style> elements.
        scripts: content of its <script> elements, which may show what is hidden.
        find: what looks for names.
    """
    sheet = b"\n".join(_searched(sheets))
    if not any(hiding.search(sheet) for hiding in _HIDING):
        return frozenset()
    sheet = _without_comments(sheet)
    places = sorted([found.start() for hiding in _HIDING for found in hiding.finditer(sheet)])
    named = sorted(_named_to_hide(sheet, places[:MAX_RULES]))[:MAX_CLASSES] if places else []
    used = [name for name in named if find(content, name) >= 0]
    used = [name for name in used if not any(_is_shown(sheet, name, find) for sheet in sheets)]
    script = b"\n".join(scripts) if used else b""
    return frozenset(name for name in used if find(script, name) < 0)


def _searched(sheets: list[bytes]) -> list[bytes]:
    """Returns the sheets in which rules that hide are looked for: those that there is room for, in order."""
    found, room = [], MAX_SEARCHED_BYTES
    for sheet in sheets:
        if len(sheet) <= room:
            found.append(sheet)
            room -= len(sheet)
    return found


def _without_comments(sheet: bytes) -> bytes:
    pieces: list[bytes] = []
    done, place = 0, sheet.find(b"/*")
    while place >= 0:
        pieces.append(sheet[done:place])
        end = sheet.find(b"*/", place + 2)
        done = end + 2 if end >= 0 else len(sheet)
        place = sheet.find(b"/*", done)
    return b" ".join([*pieces, sheet[done:]]) if pieces else sheet


def _named_to_hide(sheet: bytes, places: Sequence[int]) -> set[bytes]:
    """Returns classes that a rule of their own hides, outside of other blocks.

    Args:
        places: where it is said that something is hidden, in order.
    """
    found: set[bytes] = set()
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
                selectors = sheet[start + 1 : opening].split(b",")
                found.update([name[1] for each in selectors if (name := _SELECTOR.fullmatch(each.strip()))])
    return found


def _is_shown(sheet: bytes, name: bytes, find: Find) -> bool:
    """Returns whether a rule that names a class may show it."""
    wanted = b"." + name
    place, opening, closing, searched = find(sheet, wanted), -1, -2, 0
    times = 0
    while place >= 0:
        end = place + len(wanted)
        if (times := times + 1) > MAX_RULES:
            return True
        if opening < end and not _NAME_GOES_ON.match(sheet, end):
            opening = sheet.find(b"{", end)
            if opening < 0:
                return True
            if -1 != closing < opening:
                closing = sheet.find(b"}", opening)
            if closing > searched and _SHOWS.search(sheet, opening, closing):
                return True
            searched = max(searched, closing)
        place = sheet.find(wanted, end)
    return False


def mark_classes(content: bytes, classes: frozenset[bytes]) -> bytes:
    """Returns a page in which elements of these classes bear the `hidden` attribute."""
    if sum(map(content.count, classes)) > MAX_NAMED:
        tags: Iterable[re.Match[bytes]] = _CLASS.finditer(content)
    else:
        tags = _tags_near(content, classes)
    places: set[int] = set()
    for found in tags:
        if not classes.isdisjoint((found[2] or found[3] or found[4] or b"").split()):
            places.add(found.end(1))
    pieces, done = [], 0
    for place in sorted(places):
        pieces += [content[done:place], MARK.encode()]
        done = place
    return b"".join([*pieces, content[done:]]) if places else content


def _tags_near(content: bytes, classes: frozenset[bytes]) -> Iterator[re.Match[bytes]]:
    """Yields tags with a class within which a name stands, some more than once."""
    for name in classes:
        place = content.find(name)
        while place >= 0:
            begin = content.rfind(b"<", max(0, place - MAX_TAG_BYTES), place)
            if begin >= 0 and (found := _CLASS.match(content, begin)):
                yield found
            place = content.find(name, place + len(name))


def hide_much(source: str, seen_chars: int) -> bool:
    """Returns whether marked elements of a serialised page hold more text than is kept out of sight for good."""
    hidden, place = 0, source.find(MARK)
    while place >= 0:
        begin, start = source.rfind("<", 0, place), source.find(">", place) + 1
        end = end_of(source, source[begin + 1 : place].partition(" ")[0], start)
        end = end if end >= 0 else len(source)
        hidden += sum(map(len, _TAG.sub(" ", source[start:end]).split()))
        place = source.find(MARK, max(end, start))
    return hidden >= MUCH_CHARS and 2 * hidden >= seen_chars
