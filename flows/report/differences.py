"""Marks what differs between two near-duplicates, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

#: Words of each text that are compared; comparing is quadratic in the worst case.
COMPARED_WORDS = 500

#: Equal words shown before and after a difference.
CONTEXT = 12

_WORD = re.compile(r"\S{1,200}\s*")

#: (kind, text); kind is "same", "differs" or "left_out".
Segment = tuple[str, str]


def side_by_side(left: str, right: str) -> tuple[list[Segment], list[Segment]]:
    """Returns both texts as segments; long equal stretches are left out and counted.

    COMPARED_WORDS words of each are looked at, from shortly before the first difference on.
    Identical texts give their heads.
    """
    both = [_WORD.findall(text) for text in (left, right)]
    differing = (place for place, (a, b) in enumerate(zip(*both, strict=False)) if a.strip() != b.strip())
    start = max(0, next(differing, 0) - 3 * CONTEXT)
    a, b = (words[start : start + COMPARED_WORDS] for words in both)
    codes = SequenceMatcher(None, [x.strip() for x in a], [x.strip() for x in b], autojunk=False).get_opcodes()
    is_cut = all(len(words) > start + COMPARED_WORDS for words in both)
    if is_cut and len(codes) > 1 and codes[-1][0] != "equal":
        codes.pop()  # whether the windows' ends differ depends on what follows them
    lefts: list[Segment] = [("left_out", f"[{start} equal words] ")] if start else []
    rights = list(lefts)
    for place, (tag, a1, a2, b1, b2) in enumerate(codes):
        if tag != "equal":
            lefts += [("differs", "".join(a[a1:a2]))] if a2 > a1 else []
            rights += [("differs", "".join(b[b1:b2]))] if b2 > b1 else []
            continue
        before = 0 if place == 0 and len(codes) > 1 else CONTEXT
        after = 0 if place == len(codes) - 1 and len(codes) > 1 else CONTEXT
        lefts += _shortened(a[a1:a2], before, after)
        rights += _shortened(b[b1:b2], before, after)
    return lefts, rights


def _shortened(words: list[str], head: int, tail: int) -> list[Segment]:
    """Returns an equal stretch with at most `head` words at its start and `tail` at its end."""
    left_out = len(words) - head - tail
    if left_out < 8:
        return [("same", "".join(words))]
    segments = [("same", "".join(words[:head]))] if head else []
    segments.append(("left_out", f"[{left_out} equal words]"))
    return segments + ([("same", "".join(words[-tail:]))] if tail else [])
