"""Copies of documents, changed a little: what deduplication has to find, and what it must not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from data.sample_corpus.articles import Article
from data.sample_corpus.choices import number, pick, ranked
from data.sample_corpus.prose import Block, plain

#: What an editor writes into a copy; cut and repeated as needed.
_FILLER = (
    "This part was rewritten by an editor who found the older wording hard to follow on a first reading.",
    "Readers have asked for a shorter explanation here, and we hope that the new one serves them better.",
    "Please note that the behaviour may differ a little between releases, so check the version that you run.",
    "A colleague suggested this change after a long day of looking for the reason of a failing build.",
    "We keep the older description in the archive for anyone who wants to compare the two versions.",
    "In our own projects this has never been a problem, but your mileage may of course vary.",
)
_WORD = re.compile(r"\w+")


def shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    """Returns the word n-grams of a text, in lower case."""
    words = _WORD.findall(text.lower())
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def jaccard(left: str, right: str) -> float:
    """Returns the Jaccard similarity of two texts' sets of word 5-grams; 0 where one has none."""
    first, second = shingles(left), shingles(right)
    return len(first & second) / len(first | second) if first and second else 0.0


def edited(article: Article, key: str, at_least: float = 0.82) -> Article:
    """Returns a copy with some of its words replaced in runs, of at least the given similarity.

    The share starts at 2 to 15 % and shrinks until the copy is similar enough: at 0.82 it ends at 2 to 10 %.
    """
    share = (2 + number("share", key, 14)) / 100
    while True:
        copy = dataclasses.replace(article, key=f"{key}#0", blocks=_with_runs_replaced(article.blocks, share, key))
        if jaccard(article.text, copy.text) >= at_least or share < 0.01:
            return copy
        share *= 0.75


def relevelled(article: Article, key: str) -> Article:
    """Returns a copy that differs in case and white space only."""

    def change(block: Block) -> Block:
        if block.kind == "code":
            return block  # in code both carry meaning
        return Block(block.kind, re.sub(r" (?=\w)", "  ", plain(block.text).upper() if shout else block.text.lower()))

    shout = number("shout", key, 2) == 1
    return dataclasses.replace(
        article, key=f"{key}#0", title=article.title.upper(), blocks=tuple(map(change, article.blocks))
    )


def spliced(article: Article, other: Article, key: str) -> Article:
    """Returns a page made of the first part of one article and the last part of another."""
    first, rest = _words_up_to(article.blocks, 0.45), _words_up_to(other.blocks, 0.55)
    blocks = (*article.blocks[:first], *other.blocks[rest:])
    return dataclasses.replace(article, key=f"{key}#0", title=f"{article.title} and {other.title}", blocks=blocks)


def _words_up_to(blocks: Sequence[Block], share: float) -> int:
    """Returns how many blocks hold at most the given share of the words."""
    lengths = [len(block.text.split()) for block in blocks]
    return sum(sum(lengths[: place + 1]) <= share * sum(lengths) for place in range(len(lengths)))


def with_function(article: Article, code: str, key: str) -> Article:
    """Returns the article with a function quoted in its middle."""
    place = len(article.blocks) // 2
    lead = Block(
        "paragraph", "The following function shows how this can be done in practice, and it can be used as it is."
    )
    blocks = (*article.blocks[:place], lead, Block("code", code.rstrip()), *article.blocks[place:])
    return dataclasses.replace(article, key=f"{key}#0", blocks=blocks)


def edited_code(text: str, key: str, at_least: float = 0.8) -> str | None:
    """Returns a source file with an editor's comments put between its definitions (2 to 8 % of the words).

    None where the file is too small to stay similar to itself.
    """
    budget = max(12, len(text.split()) * (2 + number("share", key, 7)) // 100)
    lines = text.splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(("def ", "class ", "import ", "from "))]
    chosen = ranked("places", places or [0], lambda place: f"{key}:{place}")[:3]
    for place in sorted(chosen, reverse=True):
        words = _filler(f"{key}:{place}", budget // len(chosen))
        lines[place:place] = [f"# {' '.join(words[start : start + 14])}" for start in range(0, len(words), 14)]
    changed = "\n".join(lines) + "\n"
    return changed if jaccard(text, changed) >= at_least else None


def relevelled_code(text: str) -> str:
    """Returns a source file that differs in white space only: CRLF, blanks at line ends, blank lines doubled."""
    lines = [f"{line}  " if line.strip() else "\r\n" for line in text.splitlines()]
    return "\r\n".join(lines) + "\r\n"


def _with_runs_replaced(blocks: Sequence[Block], share: float, key: str) -> tuple[Block, ...]:
    changed = list(blocks)
    left = max(3, round(share * sum(len(block.text.split()) for block in blocks)))
    prose = [place for place, block in enumerate(blocks) if block.kind in ("paragraph", "item")]
    for place in ranked("runs", prose, lambda place: f"{key}:{place}"):
        words = changed[place].text.split()
        run = min(left, max(3, len(words) * 2 // 3))
        if left <= 0 or len(words) < 6:
            continue
        start = number("start", f"{key}:{place}", max(1, len(words) - run))
        words[start : start + run] = _filler(f"{key}:{place}", run)
        changed[place] = Block(changed[place].kind, " ".join(words))
        left -= run
    return tuple(changed)


def _filler(key: str, words: int) -> list[str]:
    found: list[str] = []
    while len(found) < words:
        found += pick("filler", f"{key}:{len(found)}", _FILLER).split()
    return found[:words]
