"""Classes whose elements show their spaces and line breaks, by a page's own styles: what they hold may be a listing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.pages.occurrences import Find
from data.pages.tags import CODE_SPACES, LINES_MARK, SPACES

#: What is looked for; each once, most styles have neither.
_NEEDLES = (b"space:pre", b"space: pre")
_VALUE = re.compile(rb"space:\s?pre(?:-wrap)?(?![\w-])")
_CLASS = re.compile(
    rb"(?:.*[\s>+~])?(?!pre\.)[a-z][a-z0-9]*\.([A-Za-z_][\w-]*)|(?:.*[\s>+~])?\.([A-Za-z_][\w-]*)", re.DOTALL
)
_MONOSPACE = re.compile(rb"font[^;]{0,300}?(?:mono|courier|consol|menlo)", re.IGNORECASE)
#: Of a page's rules and classes so many are read; a rule of no more bytes.
MAX_RULES, MAX_CLASSES, MAX_RULE_BYTES = 100, 20, 2000


def spaced_classes(sheets: Sequence[bytes], find: Find = bytes.find) -> dict[bytes, list[bytes]]:
    """Returns classes by the mark that their elements are to bear.

    Args:
        sheets: content of the page's <style> elements.
        find: what looks for rules.
    """
    marks: dict[bytes, bytes] = {}
    sheet = b"}\n".join(sheets)  # a rule ends with its sheet
    for needle in _NEEDLES:
        place, rules = find(sheet, needle), 0
        while place >= 0 and rules < MAX_RULES:
            if _VALUE.match(sheet, place):
                _read_rule(sheet, place, marks)
            place, rules = sheet.find(needle, place + 1), rules + 1
    found: dict[bytes, list[bytes]] = {}
    for name in sorted(marks)[:MAX_CLASSES]:
        found.setdefault(marks[name], []).append(name)
    return found


def _read_rule(sheet: bytes, place: int, marks: dict[bytes, bytes]) -> None:
    """Notes the classes of the rule that a place stands in."""
    earliest = max(0, place - MAX_RULE_BYTES)
    opening, end = sheet.rfind(b"{", earliest, place), sheet.find(b"}", place, place + MAX_RULE_BYTES)
    if opening < 0 or sheet.rfind(b"}", opening, place) >= 0:
        return
    start = max(sheet.rfind(mark, earliest, opening) for mark in (b"}", b"{", b";", b"*/")) + 1
    is_code = _MONOSPACE.search(sheet, opening, end if end >= 0 else place)
    mark = f' {LINES_MARK}="{CODE_SPACES if is_code else SPACES}"'.encode()
    for selector in sheet[start:opening].split(b","):
        if found := _CLASS.fullmatch(selector.strip(b"/ \t\r\n")):
            name = found[1] or found[2]
            marks[name] = max(marks.get(name, mark), mark)
