"""Inputs to try a function with: the same for all functions of a shape, or like the calls in its tests.

Everything is drawn by keyed hashes, so a function meets the same inputs on every machine.
"""

from __future__ import annotations

import copy
import functools
from typing import Any, Sequence

from synth.draws import Draws
from synth.sandbox.values import canonical_of
from synth.shapes import ANY, INT, STR, Shape, shape_of

Arguments = tuple[Any, ...]

#: Inputs for every shape. At least 40 must give a value before functions are called alike: with 5 to 7 inputs the
#: reference behind this (20,000 composed functions against HumanEval) took 1,195 for benchmark items, with 40 397.
PROBES = 64
MIN_PROBES = 40

_EDGE_INTS = (0, 1, 2, -1, 3, 10, 5, 7, 4, 6, 12, 100)
_EDGE_TEXTS = ("", "a", "ab", "abba", "Hello, World!", "  two  spaces ", "12345", "(()())", "aAbBcC", "level")
_WORDS = ("apple", "river", "Stone", "cat", "level", "noon", "python", "tree", "Moon", "data", "aab", "zebra", "one",
          "seven", "x1y2", "BLUE", "banana", "kayak", "hello", "world")  # fmt: skip
_ALPHABETS = ("abc", "aeioubcd", "()[]", "0123456789", "aAbB zZ", "01", "xyz  ,.", "Hh3 !?")
_MAX_DEPTH = 4


@functools.lru_cache(maxsize=512)
def typical_probes(shapes: tuple[Shape, ...], count: int = PROBES) -> tuple[Arguments, ...]:
    """Returns different arguments for functions of a shape, the edge cases first; fewer where there are no more.

    Callers must not change them.
    """
    key = ",".join(map(str, shapes))
    draws = Draws(1, "probe", key)
    found: dict[str, Arguments] = {}
    for number in range(6 * count):
        if len(found) == count:
            break
        made = tuple(_make(draws, shape, number // 2 if number % 2 == 0 else None, 0) for shape in shapes)
        found.setdefault(_key(made), made)
    return tuple(found.values())


def similar_probes(examples: Sequence[Arguments], count: int = PROBES) -> tuple[Arguments, ...]:
    """Returns the examples and arguments like them: what a task's own tests call sensible is varied a little."""
    found: dict[str, Arguments] = {_key(example): tuple(example) for example in examples[:count]}
    if not found or not examples[0]:
        return tuple(found.values())
    draws = Draws(1, "similar", "".join(sorted(found)))
    pools = _Pools(examples)
    for _ in range(8 * count):
        if len(found) >= count:
            break
        example = list(copy.deepcopy(draws.choice(examples)))
        for place in [draws.below(len(example)), *range(len(example))]:
            if place == 0 or draws.chance(0.6):
                example[place] = _vary(draws, example[place], pools, 0)
        found.setdefault(_key(example), tuple(example))
    return tuple(found.values())


def _make(draws: Draws, shape: Shape, edge: int | None, depth: int) -> Any:
    """Returns a value of a shape; the `edge`-th edge case if there is such a one."""
    kind = shape.kind
    if kind == "any":
        options = (INT, STR, Shape("list", (INT,))) if depth < 2 else (INT, STR)
        return _make(draws, draws.choice(options), edge, depth + 1)
    if kind == "int":
        return _int(draws, edge)
    if kind == "float":
        return (
            float(_int(draws, edge)) if draws.chance(0.3) else draws.between(-400, 2000) / draws.choice((2, 4, 8, 10))
        )
    if kind == "bool":
        return draws.chance(0.5)
    if kind == "none":
        return None
    if kind == "str":
        return _text(draws, edge)
    if kind == "bytes":
        return _text(draws, edge).encode()
    if kind == "tuple":
        return tuple(_make(draws, part, None, depth + 1) for part in shape.parts)
    return _container(draws, shape, edge, depth)


def _container(draws: Draws, shape: Shape, edge: int | None, depth: int) -> Any:
    small = edge is not None and edge < 6 and depth == 0
    length = (
        (0, 1, 2, 1, 2, 3)[edge]
        if small and edge is not None
        else draws.between(0 if depth else 2, 7 - 2 * min(depth, 2))
    )
    if depth >= _MAX_DEPTH:
        length = 0
    part = shape.parts[0]
    if shape.kind == "dict":
        keys = [_make(draws, part if part.kind != "any" else STR, None, depth + 1) for _ in range(length)]
        value = shape.parts[1]
        return {
            key: _make(draws, value if value.kind != "any" else INT, None, depth + 1) for key in keys if _hashable(key)
        }
    part = _member(draws, part)
    if part.kind == "list" and draws.chance(0.7):
        width = length if draws.chance(0.4) else draws.between(1, 4)
        inner = _member(draws, part.parts[0])
        rows = [[_make(draws, inner, None, depth + 2) for _ in range(width)] for _ in range(length)]
        return rows if shape.kind == "list" else set()
    items = [_make(draws, part, None, depth + 1) for _ in range(length)]
    if shape.kind == "set":
        return {item for item in items if _hashable(item)}
    return _arranged(draws, items)


def _member(draws: Draws, part: Shape) -> Shape:
    """Returns one shape for all members of a list whose members could be anything."""
    return draws.choice((INT, INT, STR)) if part == ANY else part


def _arranged(draws: Draws, items: list[Any]) -> list[Any]:
    """Returns a list as it is, sorted, or with repeats: what many functions look for."""
    how = draws.below(6)
    if how == 0 and {type(item) for item in items} in ({int}, {float}, {str}):
        return sorted(items)
    if how == 1 and len(items) > 1:
        items[draws.below(len(items))] = copy.deepcopy(items[draws.below(len(items))])
    if how == 2 and len(items) > 2:
        half = items[: len(items) // 2]
        return half + copy.deepcopy(half[::-1])
    return items


def _int(draws: Draws, edge: int | None) -> int:
    if edge is not None and edge < len(_EDGE_INTS):
        return _EDGE_INTS[edge]
    how = draws.below(10)
    return draws.between(0, 9) if how < 4 else draws.between(-20, 60) if how < 8 else draws.between(0, 400)


def _text(draws: Draws, edge: int | None) -> str:
    if edge is not None and edge < len(_EDGE_TEXTS):
        return _EDGE_TEXTS[edge]
    how = draws.below(10)
    if how < 4:
        return draws.choice(_WORDS)
    if how < 6:
        return " ".join(draws.choice(_WORDS) for _ in range(draws.between(2, 4)))
    alphabet = draws.choice(_ALPHABETS)
    text = "".join(draws.choice(alphabet) for _ in range(draws.between(1, 9)))
    return text + text[::-1] if draws.chance(0.15) else text


def _key(arguments: Sequence[Any]) -> str:
    """Returns a text that only equal arguments share; unlike repr it does not hang on this process's hash seed."""
    return canonical_of(tuple(arguments))


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


class _Pools:
    """What the examples' values are made of: their numbers, texts and letters."""

    def __init__(self, examples: Sequence[Arguments]) -> None:
        self.ints: list[int] = []
        self.texts: list[str] = []
        self.least: float = 0.0  # of all numbers, if that is below 0
        for example in examples:
            for value in example:
                self._gather(value)
        self.alphabet = "".join(sorted(set("".join(self.texts))))
        self.low, self.high = (min(self.ints), max(self.ints)) if self.ints else (0, 9)

    def _gather(self, value: Any) -> None:
        if isinstance(value, bool):
            return
        if isinstance(value, (int, float)):
            self.least = min(self.least, value)
        if isinstance(value, int):
            self.ints.append(value)
        elif isinstance(value, str):
            self.texts.append(value)
        elif isinstance(value, dict):
            for key, item in value.items():
                self._gather(key)
                self._gather(item)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._gather(item)
        elif isinstance(value, (set, frozenset)):
            for item in sorted(value, key=repr):
                self._gather(item)


def _vary(draws: Draws, value: Any, pools: _Pools, depth: int) -> Any:
    """Returns a value of the same kind, a little or altogether different."""
    if isinstance(value, bool):
        return not value if draws.chance(0.5) else value
    if isinstance(value, int):
        return _vary_int(draws, value, pools)
    if isinstance(value, float):
        other = value + draws.between(-30, 30) / draws.choice((1, 2, 4, 10)) if draws.chance(0.8) else -value
        return abs(other) if pools.least >= 0 else other
    if isinstance(value, str):
        return _vary_text(draws, value, pools)
    if isinstance(value, (list, tuple)):
        return type(value)(_vary_items(draws, list(value), pools, depth, isinstance(value, tuple)))
    if isinstance(value, (set, frozenset)):
        items = sorted(value, key=repr)
        return type(value)(item for item in _vary_items(draws, items, pools, depth, False) if _hashable(item))
    if isinstance(value, dict):
        pairs = _vary_items(draws, [list(pair) for pair in value.items()], pools, depth, False, pairs=True)
        return {key: item for key, item in pairs if _hashable(key)}
    return value


def _vary_int(draws: Draws, value: int, pools: _Pools) -> int:
    how = draws.below(10)
    if how < 4:
        return max(value + draws.choice((-2, -1, 1, 2, 3)), min(pools.low, 0))
    if how < 6 and pools.ints:
        return draws.choice(pools.ints)
    spread = min(pools.high - pools.low, 10**6)
    return pools.low + draws.below(spread + 3) if how < 9 else value


def _vary_text(draws: Draws, value: str, pools: _Pools) -> str:
    how, place = draws.below(9), draws.below(len(value) + 1)
    if how < 2 and pools.alphabet:
        return value[:place] + draws.choice(pools.alphabet) + value[place:]
    if how < 4 and value:
        return value[:place] + value[place + 1 :]
    if how == 4 and pools.alphabet:
        return value[:place] + draws.choice(pools.alphabet) + value[place + 1 :]
    if how == 5 and pools.texts:
        return draws.choice(pools.texts)
    if how == 6:
        parts = value.split(" ") if " " in value else list(value)
        return (" " if " " in value else "").join(draws.sample(parts, len(parts)))
    if how == 7 and pools.texts:
        other = draws.choice(pools.texts)
        return value[:place] + other[len(other) // 2 :]
    return value[::-1] if how == 8 else value


def _vary_items(
    draws: Draws, items: list[Any], pools: _Pools, depth: int, fixed: bool, pairs: bool = False
) -> list[Any]:
    how = draws.below(8)
    if not items or depth > _MAX_DEPTH:
        return items
    if fixed and len({str(shape_of(item)) for item in items}) > 1:
        how = 0  # places of a mixed tuple mean something: they keep their number and order
    if how < 3:
        place = draws.below(len(items))
        if pairs:
            items[place][1] = _vary(draws, items[place][1], pools, depth + 1)
        else:
            items[place] = _vary(draws, items[place], pools, depth + 1)
        return items
    if how == 3:
        return draws.sample(items, len(items))
    if how == 4 and len(items) > 1:
        del items[draws.below(len(items))]
        return items
    if how == 5:
        added = copy.deepcopy(draws.choice(items))
        added = (
            [_vary(draws, one, pools, depth + 1) for one in added] if pairs else _vary(draws, added, pools, depth + 1)
        )
        items.insert(draws.below(len(items) + 1), added)
        return items
    if how == 6:
        return [_vary(draws, item, pools, depth + 1) for item in items] if not pairs else items
    return items[::-1]
