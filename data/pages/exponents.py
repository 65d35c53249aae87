"""Exponents: `x<sup>2</sup>` is x^2, while footnotes, ordinals and trade marks stay as they are.

Only what can hardly be anything else counts: a short text of digits, signs and the letters that formulas use, after a
number, one or two letters, or a bracket that such a thing ends; no link in it, no letter after it.
"""

from __future__ import annotations

import re

#: So much before an exponent is looked at.
WINDOW_CHARS = 8
#: Longer texts are none.
MAX_CHARS = 8
_MAX_RUN, _MAX_LETTERS = 6, 2
_RUN = re.compile(r"[0-9A-Za-z]*\Z")
#: What may stand before the number or letters, beyond ASCII.
BEFORE = "\xa0\u2009\u202f\xb7\xd7\u03c0"
_FUNCTIONS = frozenset(("sin", "cos", "tan", "cot", "log", "exp", "sinh", "cosh", "tanh"))
_YEAR = re.compile("(?:18|19|20)[0-9]{2}")
#: Prices, and names that end in a number: "$19", "COVID-19".
_NO_BASE = re.compile(r"(?:[$\u20ac\xa3\xa5] ?|[A-Za-z]{2}-)[0-9]+\Z")
#: More than a digit: what has a sign after it is "100+", not an exponent.
_COUNTED = re.compile(r"[0-9]{2}\Z")
LETTERS = "nmkxyijtpqTN"
_SIMPLE = re.compile(rf"[-+\u2212]?[0-9]{{1,3}}|[0-9]{{0,2}}[-+\u2212]|[{LETTERS}]")
_COMPOUND = re.compile(rf"(?=[^{LETTERS}]*[{LETTERS}])[-+*/\u2212{LETTERS}0-9]{{2,8}}")


def exponent(before: str, text: str, following: str) -> str:
    """Returns how a raised text is written after what stands before it.

    Args:
        before: the last WINDOW_CHARS characters before it.
        following: what stands after its end.
    """
    is_compound = not _SIMPLE.fullmatch(text)
    if (is_compound and not _COMPOUND.fullmatch(text)) or not _is_base(before):
        return text
    if following[:1].isalpha() and text[-1:].isalpha():
        return text
    if text in ("+", "-", "\u2212") and _COUNTED.search(before):
        return text
    return f"^({text})" if is_compound else f"^{text}"


def _is_base(before: str) -> bool:
    """Returns whether a text ends in what is raised to a power: 10, x, km, (a + b)."""
    in_brackets = before.endswith(")")
    before = before[: len(before) - in_brackets]
    found = _RUN.search(before)
    run = found[0] if found else ""
    if run in _FUNCTIONS:
        return not in_brackets
    if _NO_BASE.search(before):
        return False
    if not run or len(run) > (2 if in_brackets else _MAX_RUN) or _YEAR.fullmatch(run):
        return False
    char = before[: len(before) - len(run)][-1:]
    return sum(map(str.isalpha, run)) <= _MAX_LETTERS and (char < "\x80" or char in BEFORE)
