"""A style sheet as it holds for screens: without comments, with every block ended, with no block around its rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from data.pages.braces import braces_of
from data.pages.occurrences import Find

#: At-rules that hold for screens, or for paper alone.
_BLOCK = re.compile(rb"@(media|layer|supports)\b([^{};]*)\{")
_SCREENS = re.compile(rb"(?:only\s+)?(?:all|screen)(?:\s*,\s*print)?|print\s*,\s*(?:all|screen)")
#: Conditions that hold where something is not supported, or in the browsers of one vendor.
_ODD = re.compile(rb"\bnot\b|\(\s*-")
_BRACE = re.compile(rb"[{}]")
#: White space that nobody writes, for where a cascade layer begins and ends.
LAYER_BEGINS, LAYER_ENDS = b"\v", b"\f"
#: No style sheet needs more blocks for screens or paper.
MAX_BLOCKS = 20
#: Longer sheets are counted sooner by numpy.
_LONG_BYTES = 2000


def for_screens(sheet: bytes, find: Find = bytes.find) -> bytes:
    """Returns a sheet with blanks for what is not for screens, and for comments; what is left stands where it stood.

    Args:
        find: what looks for comments.
    """
    if find(sheet, b"<!--") >= 0:
        sheet = sheet.replace(b"<!--", b"    ").replace(b"-->", b"   ")
    if find(sheet, b"/*") >= 0:
        sheet = _blanked(sheet, _comments(sheet))
    sheet = _balanced(sheet)
    return _without_blocks(sheet) if b"@" in sheet else sheet


def _comments(sheet: bytes) -> list[tuple[int, int]]:
    spans = []
    begin = sheet.find(b"/*")
    while begin >= 0:
        end = sheet.find(b"*/", begin + 2)
        spans.append((begin, end + 2 if end >= 0 else len(sheet)))
        begin = sheet.find(b"/*", spans[-1][1])
    return spans


def _blanked(sheet: bytes, spans: Sequence[tuple[int, int]], firsts: Sequence[bytes] = ()) -> bytes:
    """Returns a sheet with blanks at some places, in order.

    Args:
        firsts: what the first of the blanks of each place is.
    """
    pieces: list[bytes] = []
    done = 0
    for number, (begin, end) in enumerate(spans):
        pieces += [sheet[done:begin], (firsts[number] if firsts else b" ") + b" " * (end - begin - 1)]
        done = end
    return b"".join([*pieces, sheet[done:]]) if pieces else sheet


def _balanced(sheet: bytes) -> bytes:
    """Returns a sheet after which another can stand: every block ends, no brace ends what has not begun.

    Browsers take such a brace for part of the next rule's selector, which then is for nothing.
    """
    if _count(sheet, b"{") == _count(sheet, b"}"):
        return sheet
    places, _, depths = braces_of(sheet)
    least = np.minimum(np.minimum.accumulate(depths), 0)
    wrong: list[int] = places[np.diff(least, prepend=0) < 0].tolist()
    balanced = _blanked(sheet, [(place, place + 1) for place in wrong], [b"!"] * len(wrong))
    return balanced + b"}" * int(depths[-1] - least[-1])


def _count(sheet: bytes, letter: bytes) -> int:
    if len(sheet) < _LONG_BYTES:
        return sheet.count(letter)
    return int(np.count_nonzero(np.frombuffer(sheet, dtype=np.uint8) == letter[0]))


def _without_blocks(sheet: bytes) -> bytes:
    """Returns a sheet without rules for paper alone; those in blocks for all screens stand outside of these."""
    spans: dict[tuple[int, int], bytes] = {}
    found, blocks = _BLOCK.search(sheet), 0
    while found and (blocks := blocks + 1) <= MAX_BLOCKS:
        begin, start = found.span()
        prelude = found[2].strip()
        is_paper = found[1] == b"media" and prelude == b"print"
        holds = bool(_SCREENS.fullmatch(prelude)) if found[1] == b"media" else not _ODD.search(prelude)
        if is_paper or holds:
            end = _end_of_block(sheet, start)
            if is_paper:
                spans[begin, end + 1] = b" "
                start = end + 1
            else:
                is_layer = found[1] == b"layer"
                spans[begin, start] = LAYER_BEGINS if is_layer else b" "
                spans[end, end + 1] = LAYER_ENDS if is_layer else b" "
        found = _BLOCK.search(sheet, start)
    ordered = sorted(spans)
    return _blanked(sheet, ordered, [spans[span] for span in ordered])


def _end_of_block(sheet: bytes, start: int) -> int:
    """Returns where the brace stands that closes a block whose content begins at `start`."""
    depth = 1
    for found in _BRACE.finditer(sheet, start):
        depth += 1 if found[0] == b"{" else -1
        if not depth:
            return found.start()
    return len(sheet)
