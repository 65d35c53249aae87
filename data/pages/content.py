"""Which blocks of a page are its main content: what the model says, and what holds whatever it says."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from data.pages.blocks import CODE, CODE_LINES, TEXT, Blocks
from data.pages.network import LOGIT, MAX_LOGIT, Network

#: Pages with less text than this hold hardly more than content: all but navigation is kept.
SMALL_PAGE_CHARS = 700
#: In 1/16 of a logit. Chosen on extraction_gt, by models that had not seen the sites: 3 finds 1.4 % more of what must
#: be there, and 1.2 % more of what must not.
KEEP = 9
#: Where less is kept, blocks are kept that the model holds for four times less likely.
LITTLE_CHARS = 250
RELAXED = -24
#: Where even that is little, paragraphs of this length are kept.
PARAGRAPH_CHARS = 60
#: Of manuals and other long documents the model, which has learned from articles, takes all but the beginning for
#: what follows an article: where so much is kept, all between the first and the last of it is. What is less than this
#: share of it are captions and advertisements within an article. Chosen on extraction_gt: no more is found of what must
#: not be there, and 0.1 % more of what must; without the share, or with 8,000 characters, 0.2 % more of both.
LONG_CHARS = 15_000
BETWEEN_SHARE = 1 / 25
#: Code, tables, headings and terms are kept beside text that is, unless the model is sure.
BESIDE = -32
REACH = 2
#: How often an answer of so many sixteenths is wrong, in thousandths.
_WRONG = np.array([round(1000 / (1 + math.exp(size / LOGIT))) for size in range(MAX_LOGIT + 1)], dtype=np.int64)
_ASIDE = frozenset(("nav", "footer", "aside", "menu", "button", "form", "dialog"))


@dataclasses.dataclass(frozen=True)
class Content:
    """Which blocks are kept.

    Attributes:
        kept: a truth value for each block.
        logits: what the model says; null for pages with hardly any text.
    """

    kept: npt.NDArray[np.bool_]
    logits: npt.NDArray[np.int64] | None = None

    def doubt(self, page: Blocks) -> float:
        """Returns which share of the text the model is unsure of, 0 … 1."""
        return 0.5 if self.logits is None else doubt(page.chars(), self.logits, self.kept)

    def chars(self, page: Blocks) -> int:
        """Returns how many characters are kept."""
        return int(page.chars()[self.kept].sum())

    @property
    def numbers(self) -> list[int]:
        """The numbers of the blocks that are kept."""
        numbers: list[int] = np.flatnonzero(self.kept).tolist()
        return numbers


def find_content(page: Blocks, network: Network, generous: bool = False) -> Content:
    """Returns a page's main content; a page with text keeps some.

    Args:
        page: its blocks.
        network: the model.
        generous: paragraphs are kept unless the model is sure: on pages of questions and answers it takes some of
            them for comments.
    """
    if not len(page.blocks):
        return Content(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.int64))
    chars, links = page.chars(), page.link_chars()
    logits = network.logits(page)
    if int((chars - links).sum()) < SMALL_PAGE_CHARS:
        kept = (logits > KEEP) | (~_set_aside(page) & (links * 2 <= chars))
        return Content(kept if kept.any() else np.ones_like(kept))
    kept = logits > KEEP
    if int(chars[kept].sum()) < LITTLE_CHARS:
        kept = logits > RELAXED
    little = int(chars[kept].sum()) < LITTLE_CHARS
    if little or generous:
        paragraphs = ~_set_aside(page) & (links * 2 <= chars) & (chars >= PARAGRAPH_CHARS)
        kept = kept | (paragraphs if little else paragraphs & (logits > BESIDE))
    if int(chars[kept].sum()) >= LONG_CHARS:
        lacking = _between(kept) & ~kept & (links * 2 <= chars)
        if int(chars[lacking].sum()) >= BETWEEN_SHARE * int(chars[kept].sum()):
            kept = kept | lacking
    kept = beside(page, kept if kept.any() else np.ones_like(kept), logits)
    return Content(kept, logits)


def beside(page: Blocks, kept: npt.NDArray[np.bool_], logits: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Returns what is kept, with code, tables, headings and lists of terms right beside it."""
    left = page.are_special() & ~kept
    if not left.any():
        return kept
    kinds = page.kinds()
    likely = (logits >= BESIDE) | (kinds == CODE) | (kinds == CODE_LINES)
    special: list[int] = np.flatnonzero(left & likely & (page.link_chars() * 2 <= page.chars())).tolist()
    held: list[bool] = kept.tolist()
    is_text: list[bool] = (kinds == TEXT).tolist()
    for numbers in (special, special[::-1]):  # a long table is reached from above and from below
        for number in numbers:
            held[number] = True in held[number : number + 1 + REACH] or (
                not is_text[number] and True in held[max(0, number - REACH) : number]
            )
    return np.array(held, dtype=np.bool_)


def _between(kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Returns which blocks stand between the first and the last that are kept."""
    begun, unended = np.logical_or.accumulate(kept), np.logical_or.accumulate(kept[::-1])[::-1]
    return begun & unended


def with_code(page: Blocks, kept: npt.NDArray[np.bool_]) -> list[int]:
    """Returns the numbers of what is kept, with code right beside it, which other extractors lose."""
    held: list[bool] = kept.tolist()
    special: list[int] = np.flatnonzero(page.are_special() & ~kept).tolist()
    for numbers in (special, special[::-1]):
        for number in numbers:
            if page.blocks[number].kind in (CODE, CODE_LINES):
                held[number] = True in held[max(0, number - REACH) : number + 1 + REACH]
    return [number for number, is_kept in enumerate(held) if is_kept]


def _set_aside(page: Blocks) -> npt.NDArray[np.bool_]:
    """Returns which blocks stand in elements that are not for content."""
    within: list[bool] = []
    for name, parent in zip(*page.outline(), strict=True):
        within.append(name in _ASIDE or (parent >= 0 and within[parent]))
    return np.array(within, dtype=np.bool_)[page.homes()]


def doubt(chars: npt.NDArray[np.int64], logits: npt.NDArray[np.int64], kept: npt.NDArray[np.bool_]) -> float:
    """Returns how much text may be judged wrongly, as a share of what is kept."""
    return int((chars * _WRONG[np.abs(logits)]).sum()) / (1000 * max(int(chars[kept].sum()), 1))
