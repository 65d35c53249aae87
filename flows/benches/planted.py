"""Documents with planted near-duplicates whose true similarity is known: what deduplication is measured with.

Everything is computed here by plain sets of word tuples, by no code of the engine's.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterator, Sequence

NGRAM = 5
#: Shorter documents have too few shingles for an edit to reach a wanted similarity.
MIN_WORDS = 60
#: A document of whose shingles a larger share stood in earlier ones is left out: it would be a duplicate unplanned.
MAX_KNOWN_SHARE = 0.2
#: Share of the planted copies that are equal after levelling.
EQUAL_SHARE = 0.1
LOWEST = 0.5

_WORD = re.compile(r"\w+")

Shingles = set[tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class Planted:
    """A corpus and the truth about it.

    Attributes:
        texts: the documents, mixed.
        pairs: (document, document, true Jaccard similarity); a document is in at most one, and
            documents that are in none together are less similar than `MAX_KNOWN_SHARE`.
    """

    texts: list[str]
    pairs: list[tuple[int, int, float]]

    @property
    def megabytes(self) -> float:
        """The size of the texts."""
        return sum(len(text.encode()) for text in self.texts) / 1e6

    def head(self, number: int) -> Planted:
        """Returns the first documents, with the pairs of which both are among them."""
        return Planted(self.texts[:number], [pair for pair in self.pairs if pair[1] < number])


def words_of(text: str) -> list[str]:
    """Returns the words of a text in lower case."""
    return _WORD.findall(text.lower())


def shingles_of(text: str) -> Shingles:
    """Returns the runs of NGRAM words of a text."""
    words = words_of(text)
    return {tuple(words[place : place + NGRAM]) for place in range(len(words) - NGRAM + 1)}


def jaccard(left: Shingles, right: Shingles) -> float:
    """Returns the similarity of two sets; 0 if both are empty."""
    union = len(left | right)
    return len(left & right) / union if union else 0.0


def plant(texts: Sequence[str], number: int, share: float, seed: int) -> Planted:
    """Returns a corpus of so many documents, of which a share are edited copies of others.

    Args:
        texts: real ones; where they do not suffice, their words are shuffled into new ones.
        number: documents, copies included.
        share: of copies.
        seed: the same one gives the same corpus.
    """
    copies = round(number * share)
    originals = list(_originals(texts, number - copies, seed))
    order = list(range(len(originals) + copies))
    random.Random(f"order-{seed}").shuffle(order)
    placed: list[str] = [""] * len(order)
    for place, text in zip(order, originals, strict=False):
        placed[place] = text
    chosen = random.Random(f"chosen-{seed}").sample(range(len(originals)), copies)
    pairs = []
    for copy, original in enumerate(chosen):
        place = order[len(originals) + copy]
        placed[place] = edit(originals[original], random.Random(f"edit-{seed}-{copy}"))
        similarity = jaccard(shingles_of(originals[original]), shingles_of(placed[place]))
        pairs.append((min(order[original], place), max(order[original], place), similarity))
    return Planted(placed, sorted(pairs))


def edit(text: str, draw: random.Random) -> str:
    """Returns a copy with so many words replaced, left out or put in that a similarity of 0.5 to 1 is left."""
    if draw.random() < EQUAL_SHARE:
        return draw.choice((text, "\n" + text.upper() if text.isascii() else text + " \n"))
    spans = [match.span() for match in _WORD.finditer(text)]
    wanted = draw.uniform(LOWEST, 1.0)
    # An edit alone takes NGRAM of n shingles away and puts NGRAM new ones in: J = (n - NGRAM k) / (n + NGRAM k).
    edits = max(1, round(len(spans) * (1 - wanted) / (NGRAM * (1 + wanted))))
    places = sorted(draw.sample(range(len(spans)), min(edits, len(spans))))
    pieces, end = [], 0
    for place in places:
        start, stop = spans[place]
        word = f"{text[slice(*draw.choice(spans))]}{draw.randrange(10)}"
        pieces += [text[end:start], draw.choice((word, "", f"{word} {text[start:stop]}"))]
        end = stop
    return "".join([*pieces, text[end:]])


def _originals(texts: Sequence[str], number: int, seed: int) -> Iterator[str]:
    """Yields real texts unlike one another, then shuffled ones, as many as are wanted."""
    known: set[int] = set()
    real: list[str] = []
    for text in texts:
        if len(real) == number:
            break
        if len(words_of(text)) < MIN_WORDS:
            continue
        hashes = {hash(shingle) for shingle in shingles_of(text)}
        if len(hashes & known) < MAX_KNOWN_SHARE * len(hashes):
            known |= hashes
            real.append(text)
    yield from real
    for place in range(number - len(real)):
        words = real[place % len(real)].split()
        random.Random(f"words-{seed}-{place}").shuffle(words)
        yield " ".join(words)
