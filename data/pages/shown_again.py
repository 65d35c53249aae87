"""Text that is shown within elements whose style hides their own: a page is written anew so that readers need not know.

Letters of size 0 around letters of a usual one are how mails and grids get rid of gaps, and what is not visible may
hold what is. Readers pass over an element that a style hides as a whole; where something within it may be shown again,
the page's serialisation is made one in which only the text that is not seen is missing.
"""

from __future__ import annotations

import re

from data.pages.known_tags import TOKEN, known, look_at
from data.pages.styles import INKLESS, INVISIBLE, SHIFTED, SIZELESS, read_style
from data.pages.tags import RAW_TAGS, VOID_TAGS

#: What may show again what is hidden in a way.
_SHOWS = {
    INVISIBLE: re.compile("visibility", re.IGNORECASE),
    SIZELESS: re.compile("font", re.IGNORECASE),
    SHIFTED: re.compile("text-indent", re.IGNORECASE),
    INKLESS: re.compile("color", re.IGNORECASE),
}
_STYLE = re.compile(r' style="([^"]*)"')
_LOOKS = re.compile(r' (?:style|color)="[^"]*"')


def may_be_shown_again(source: str, start: int, end: int, fades: int, styled: bool) -> bool:
    """Returns whether something in an element may be seen though the element's own text is not.

    Args:
        source: serialisation of the page; the element's content stands at [start, end), end -1: to the page's end.
        fades: in which ways its text is kept from sight (see `data.pages.styles`).
        styled: whether the page has styles, by which any class may set a size.
    """
    end = end if end >= 0 else len(source)
    if source.find("=", start, end) < 0:
        return False
    if fades & SIZELESS and styled and source.find(" class=", start, end) >= 0:
        return True
    return any(fades & way and shows.search(source, start, end) for way, shows in _SHOWS.items())


def without_faded_text(source: str, styled: bool) -> str:
    """Returns a serialised page without the text that its styles fade, and without these styles."""
    pieces: list[str] = []
    around = [0]
    place = 0
    while place >= 0:
        following = source.find("<", place)
        text = source[place : following if following >= 0 else None]
        pieces.append(text if not around[-1] or not text else " ")
        place = _write_from(source, following, styled, around, pieces) if following >= 0 else -1
    return "".join(pieces)


def _write_from(source: str, position: int, styled: bool, around: list[int], pieces: list[str]) -> int:
    """Writes from a tag until something is not read as tags; returns where text goes on after it, or -1.

    Args:
        around: in which ways the text of each element around is kept from sight, and that of those within it.
    """
    for found in TOKEN.finditer(source, position):
        head, text = found.groups()
        if head is None:
            if len(around) > 1:
                around.pop()
            pieces.append(source[found.start() : found.start(2)])
        else:
            name = head.partition(" ")[0]
            if name in RAW_TAGS or name.startswith("!"):
                return _copy(source, name, found, bool(around[-1]), pieces)
            if name not in VOID_TAGS:
                around.append(_fades(name, head, around[-1], styled))
                if around[-1]:
                    head = _LOOKS.sub("", head)
            pieces.append(f"<{head}>")
        if text:
            pieces.append(" " if around[-1] else text)
    return -1


def _fades(name: str, head: str, around: int, styled: bool) -> int:
    """Returns in which ways an element's own text is kept from sight."""
    fades = shows = 0
    if _LOOKS.search(head):
        found, tag = _STYLE.search(head), known.get(head) or look_at(head)
        fades = tag.fades | (INKLESS if tag.ink and not styled else 0)
        shows = read_style(found[1] if found else "").shows | (INKLESS if name == "font" and " color=" in head else 0)
    if styled and " class=" in head:
        shows |= SIZELESS
    return (around & ~shows) | fades


def _copy(source: str, name: str, found: re.Match[str], faded: bool, pieces: list[str]) -> int:
    """Writes a comment, or an element that is not read as tags; returns where it ends, or -1."""
    begin, start = found.start(), found.end(1) + 1
    is_comment = name.startswith("!")
    if is_comment:
        mark, inner = ("-->", begin + 2) if source.startswith("<!--", begin) else (">", begin)
    else:
        mark, inner = f"</{name}>", start
    end = source.find(mark, inner)
    if end < 0:
        pieces.append(source[begin:])
        return -1
    pieces.append(source[begin:start] + mark if faded and not is_comment else source[begin : end + len(mark)])
    return end + len(mark)
