"""Which of a page's blocks are main content, by a text of it that people or another extractor gave."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: Words; in scripts without spaces, characters.
_TOKENS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_WORDS = re.compile(r"\w+")
GRAM = 4
#: A short block counts only where it stands near its place in the text.
NEAR = 12


def tokens(text: str) -> list[str]:
    """Returns a text's words in lower case."""
    return _TOKENS.findall(text.lower())


def word_agreement(text: str, truth: str) -> tuple[float, float, float]:
    """Returns precision, recall and F1 of a text's words against the true ones, each counted as often as it stands."""
    found, wanted = (collections.Counter(_WORDS.findall(each.lower())) for each in (text, truth))
    right = sum((found & wanted).values())
    precision, recall = right / max(found.total(), 1), right / max(wanted.total(), 1)
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def label(blocks: Sequence[str], text: str) -> npt.NDArray[np.float64]:
    """Returns for each block which share of its words stands in the text, in the text's order.

    Long blocks are found by their runs of four words. Short ones ("Share", a name) would be found
    anywhere: they count where they stand between what the long blocks before and after have left.
    """
    wanted = tokens(text)
    found = np.zeros(len(blocks))
    grams: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(wanted) - GRAM + 1):
        grams.setdefault(tuple(wanted[place : place + GRAM]), []).append(place)
    spans: list[tuple[int, int] | None] = [None] * len(blocks)
    taken: set[int] = set()
    cut = [tokens(block) for block in blocks]
    for number, own in enumerate(cut):
        if len(own) < GRAM + 2:
            continue
        hits, places = 0, []
        for start in range(len(own) - GRAM + 1):
            free = [place for place in grams.get(tuple(own[start : start + GRAM]), ()) if place not in taken]
            if free:
                hits += 1
                places.append(free[0])
        found[number] = hits / (len(own) - GRAM + 1)
        if found[number] >= 0.5:
            spans[number] = (min(places), max(places) + GRAM)
            taken.update(places)
    _label_short(cut, wanted, spans, found)
    return found


def _label_short(
    cut: list[list[str]], wanted: list[str], spans: list[tuple[int, int] | None], found: npt.NDArray[np.float64]
) -> None:
    after = 0
    for number, own in enumerate(cut):
        span = spans[number]
        if span:
            after = span[1]
            continue
        if not own or len(own) >= GRAM + 2:
            continue
        following = next((span[0] for span in spans[number + 1 : number + 40] if span), len(wanted))
        end = following + NEAR if following > after else after + NEAR * 4
        for place in range(max(0, after - 1), min(end, after + NEAR * 8, len(wanted) - len(own) + 1)):
            if wanted[place : place + len(own)] == own:
                found[number] = 1.0
                after = place + len(own)
                break
