"""Style sheets in which rules stand within rules, written without: each with its selector in full."""

from __future__ import annotations

import re
from typing import NamedTuple

from data.pages.braces import Braces, braces_of
from data.pages.selectors import split_selectors

_MARK = re.compile(rb"[{};]")
#: Longer lists of selectors, deeper blocks, and longer sheets than so many times what was there, nobody writes.
MAX_SELECTOR_BYTES, MAX_DEPTH, MAX_GROWTH = 2000, 50, 4
#: Stands before a selector that is too long to be told in full: nothing is hidden by it, and it may show.
_UNTOLD = b"!"


def is_nested(sheet: bytes, braces: Braces | None = None) -> bool:
    """Returns whether any rule of a sheet stands within another.

    Args:
        sheet: every block of it ends, and it has no comments.
        braces: its braces, if they are known.
    """
    return any(
        not sheet[max(before, sheet.rfind(b";", before + 1, opening)) + 1 : opening].lstrip().startswith(b"@")
        for before, opening in (braces or braces_of(sheet)).opened_twice()
    )


class _Block(NamedTuple):
    """A block that has begun.

    Attributes:
        selectors: of the rules around, and its own; none outside of rules.
        at_rules: those between these rules.
    """

    selectors: tuple[bytes, ...] = ()
    at_rules: tuple[bytes, ...] = ()


def flattened(sheet: bytes) -> bytes:
    """Returns a sheet in which no rule stands within another; empty where it would be far too long.

    Args:
        sheet: every block of it ends, and it has no comments.
    """
    pieces: list[bytes] = []
    around = [_Block()]
    said = b""
    done = size = 0
    for found in _MARK.finditer(sheet):
        text, mark, done = sheet[done : found.start()], found[0], found.end()
        if mark != b"{":
            said += text + (b";" if mark == b";" else b"")
        if mark == b";" or len(around) > MAX_DEPTH:
            continue
        written = _written(around[-1], said) if said.strip() else ()
        said, size = b"", size + sum(map(len, written))
        pieces += written
        if mark == b"}":
            if len(around) > 1 and not around.pop().selectors:
                pieces.append(b"}")
        else:
            around.append(_begun(around[-1], text.strip()))
            if not around[-1].selectors:
                pieces.append(text + b"{")
        if size > MAX_GROWTH * len(sheet):
            return b""
    return b"".join([*pieces, said, sheet[done:]]) if len(around) <= MAX_DEPTH else b""


def _begun(around: _Block, prelude: bytes) -> _Block:
    """Returns the block that begins within another."""
    if not prelude.startswith(b"@"):
        return _Block(_within(around.selectors, prelude), around.at_rules)
    return _Block(around.selectors, (*around.at_rules, prelude) if around.selectors else ())


def _within(outer: tuple[bytes, ...], prelude: bytes) -> tuple[bytes, ...]:
    """Returns the selectors of a rule that stands within another."""
    inner = [each.strip() for each in split_selectors(prelude)]
    if not outer:
        return tuple(inner)
    if len(outer) * len(inner) * len(outer[0] + inner[0]) < MAX_SELECTOR_BYTES:
        found = tuple(each.replace(b"&", one) if b"&" in each else one + b" " + each for one in outer for each in inner)
        if sum(map(len, found)) < MAX_SELECTOR_BYTES:
            return found
    return (_UNTOLD + prelude[:MAX_SELECTOR_BYTES],)


def _written(block: _Block, said: bytes) -> tuple[bytes, ...]:
    if not block.selectors:
        return (said,)
    before = b"".join(each + b"{" for each in block.at_rules)
    return (before, b",".join(block.selectors), b"{", said, b"}" * (1 + len(block.at_rules)))
