"""What the items of a numbered list begin with, as browsers count them (HTML standard, 4.4.5 and 4.4.8)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

_ATTRIBUTES = re.compile(r' (start|value|reversed|type|style)="([^"]*)"')
_NUMBER = re.compile(r"\s*([-+]?\d{1,9})")
_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?\b(lower|upper)-(alpha|latin|roman)", re.IGNORECASE)
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
          (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip
_MAX_ROMAN = 3999


@dataclasses.dataclass(frozen=True)
class Counting:
    """What a list or an item says of numbers.

    Attributes:
        number: of the list's first item, or of this item; null: the next one.
        is_reversed: numbers count down.
        kind: 1, a, A, i or I.
    """

    number: int | None = None
    is_reversed: bool = False
    kind: str = "1"


#: What most say: nothing.
USUAL = Counting()


def read_counting(name: str, rest: str) -> Counting:
    """Returns what a tag says of numbers, by what stands after its name."""
    found = dict(_ATTRIBUTES.findall(" " + rest)) if rest else {}
    if not found:
        return USUAL
    number = _NUMBER.match(found.get("start" if name == "ol" else "value", ""))
    kind = found.get("type", "")
    if styled := _STYLE.search(found.get("style", "")):
        kind = "i" if styled[2].lower() == "roman" else "a"
        kind = kind.upper() if styled[1].lower() == "upper" else kind
    return Counting(int(number[1]) if number else None, "reversed" in found, kind if kind in tuple("aAiI") else "1")


def count(around: Counting, items: Sequence[Counting]) -> list[str]:
    """Returns what each item of a list begins with."""
    step = -1 if around.is_reversed else 1
    number = around.number if around.number is not None else len(items) if around.is_reversed else 1
    marks = []
    for item in items:
        number = item.number if item.number is not None else number
        marks.append(f"{_written(number, around.kind)}. ")
        number += step
    return marks


def _written(number: int, kind: str) -> str:
    if kind in "aA" and number > 0:
        written = ""
        while number > 0:
            number, letter = divmod(number - 1, 26)
            written = chr(ord(kind) + letter) + written
        return written
    if kind in "iI" and 0 < number <= _MAX_ROMAN:
        written = ""
        for value, sign in _ROMAN:
            written += sign * (number // value)
            number %= value
        return written if kind == "I" else written.lower()
    return str(number)
