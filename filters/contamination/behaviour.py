"""Which functions do what a benchmark's solution does? Compares numbers; whoever ran the functions made them.

A benchmark item is a row: `benchmark`, `item`, `shapes` (of the arguments), `digests`, a number
for what its solution gives for each of its inputs, and `operation`, if a single one does the same
(`a + b`, `len(a)`): half of all code does such, so it is looked for only where that is asked for.
A function is tried with the inputs of the items that it could be; the numbers for its results
decide. It is a copy if

- it gave a result for at least 40 of an item's inputs,
- at least 95 % of these are the solution's, and
- so are 90 % of those for which the solution does not give its commonest result, at least 8. (A test of primes is
  not a copy of "always no".)

Functions are tried in rounds: one input of each item first, then three more of those that still
agree, then all; nearly every function is done after the first.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass
from typing import Sequence

import pyarrow as pa

MIN_COMPARED = 40
MIN_OTHERS = 8
EQUAL_SHARE = 0.95
EQUAL_SHARE_OF_OTHERS = 0.9

#: How many of an item's inputs a function has been tried with after each round.
ROUNDS = (1, 4, 64)

_LIKE = {"bool": "int", "float": "int", "tuple": "list", "set": "list", "frozenset": "list"}

BEHAVIOUR_SCHEMA = pa.schema(
    [
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("problem", pa.string(), nullable=False),
        pa.field("shapes", pa.list_(pa.string())),
        pa.field("inputs", pa.list_(pa.string())),
        pa.field("digests", pa.list_(pa.uint64())),
        pa.field("form", pa.string()),
        pa.field("operation", pa.string()),
    ]
)


@dataclass(frozen=True)
class Alike:
    """A benchmark item whose solution does what a function does.

    Attributes:
        benchmark, item: which.
        score: share of the compared inputs with the same result.
    """

    benchmark: str
    item: str
    score: float


class KnownBehaviours:
    """The items of some benchmarks that can be compared.

    Attributes:
        order: for each item its inputs' places, the most telling first.
    """

    def __init__(self, table: pa.Table) -> None:
        rows = [row for row in table.to_pylist() if not row["problem"]]
        self.names = [(row["benchmark"], row["item"]) for row in rows]
        self.shapes: list[tuple[str, ...]] = [tuple(map(_plain, row["shapes"])) for row in rows]
        self.digests: list[list[int]] = [row["digests"] for row in rows]
        self.is_simple = [bool(row["operation"]) for row in rows]
        self.order = [_telling_order(digests) for digests in self.digests]
        self._by_width: dict[int, list[int]] = collections.defaultdict(list)
        for number, shapes in enumerate(self.shapes):
            self._by_width[len(shapes)].append(number)

    def candidates(self, least: int, most: int, shapes: Sequence[str] | None, *, simple: bool = False) -> list[int]:
        """Returns the items that a function could be.

        Args:
            simple: whether to look for single operations too.
            least: arguments that it needs.
            most: arguments that it takes.
            shapes: what its annotations say of those that it needs; `any` fits everything.
        """
        wanted = [_plain(shape) for shape in shapes or ()]
        return [
            number
            for width in range(least, most + 1)
            for number in self._by_width.get(width, ())
            if (simple or not self.is_simple[number])
            and all(_fit(one, other) for one, other in zip(wanted, self.shapes[number], strict=False))
        ]

    def places(self, item: int, tried: int) -> list[int]:
        """Returns the places of the inputs to try next, after so many were tried; [] if all were."""
        following = next((size for size in ROUNDS if size > tried), tried)
        return self.order[item][tried:following]

    def may_be(self, item: int, results: Sequence[int]) -> bool:
        """Whether a function can still be an item's, by its results for the first of the item's inputs in `order`."""
        expected = [self.digests[item][place] for place in self.order[item][: len(results)]]
        equal = sum(one == other for one, other in zip(results, expected, strict=True))
        return equal >= len(results) - len(results) // 4

    def judge(self, item: int, results: Sequence[int]) -> Alike | None:
        """Returns the item if a function's results, in `order`, say that it does the same."""
        expected = [self.digests[item][place] for place in self.order[item][: len(results)]]
        pairs = [(one, other) for one, other in zip(results, expected, strict=True) if one]
        if len(pairs) < MIN_COMPARED:
            return None
        common = collections.Counter(other for _, other in pairs).most_common(1)[0][0]
        others = [one == other for one, other in pairs if other != common]
        score = sum(one == other for one, other in pairs) / len(pairs)
        if score < EQUAL_SHARE or len(others) < MIN_OTHERS or sum(others) < EQUAL_SHARE_OF_OTHERS * len(others):
            return None
        return Alike(*self.names[item], score)


def _telling_order(digests: Sequence[int]) -> list[int]:
    """Returns the places of results, rare ones first, then the commonest, in turn."""
    times = collections.Counter(digests)
    rare = sorted(range(len(digests)), key=lambda place: (times[digests[place]], place))
    common = [place for place in range(len(digests)) if digests[place] == times.most_common(1)[0][0]]
    first = list(dict.fromkeys(place for pair in zip(rare, common, strict=False) for place in pair))
    return list(dict.fromkeys([*first, *rare]))


def _plain(shape: str) -> str:
    kind = shape.split("[", 1)[0]
    return _LIKE.get(kind, kind)


def _fit(one: str, other: str) -> bool:
    return one == other or "any" in (one, other) or "none" in (one, other)
