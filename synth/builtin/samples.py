"""Arguments to test a composed function with."""

from __future__ import annotations

from typing import Any

from synth.builtin.composition import Chain
from synth.builtin.vocabulary import Vocabulary
from synth.draws import Draws

#: The argument that holds nothing, per type.
EMPTY: dict[str, Any] = {
    "ints": [],
    "words": [],
    "pairs": [],
    "counts": {},
    "series": {},
    "groups": {},
    "matrix": [],
    "tree": [],
    "text": "",
    "natural": 0,
    "int": 0,
}

_NODES = ("a", "b", "c", "d", "e", "f")


def draw_argument(draws: Draws, chain: Chain, vocabulary: Vocabulary) -> Any:
    """Returns a random argument for a chain, shaped so that its operations have something to do."""
    kind = chain[0].takes
    names = {step.operation.name for step in chain}
    graph = any(step.operation.concept == "graphs" for step in chain)
    if kind == "ints":
        return _ints(draws, draws.between(3, 9))
    if kind == "words":
        return [_word(draws, vocabulary) for _ in range(draws.between(2, 6))]
    if kind == "text":
        return _text(draws, vocabulary, names)
    if kind == "pairs":
        pool = draws.sample(vocabulary.words, 3)
        return [(draws.choice(pool), draws.between(0, 20)) for _ in range(draws.between(2, 6))]
    if kind == "counts":
        return {word: draws.between(0, 18) for word in draws.sample(vocabulary.words, draws.between(2, 5))}
    if kind == "series":
        words = draws.sample(vocabulary.words, draws.between(2, 3))
        return {word: _ints(draws, draws.between(1, 5)) for word in words}
    if kind == "groups":
        return _groups(draws, _NODES if graph else vocabulary.words[:7])
    if kind == "matrix":
        return _matrix(draws)
    if kind == "tree":
        return _tree(draws, 3)
    return draws.between(1, 12) if draws.chance(0.4) else draws.between(13, 180)


def _ints(draws: Draws, length: int) -> list[int]:
    top = draws.choice((6, 20, 40))
    values = [draws.between(0, top) for _ in range(length)]
    return sorted(values) if draws.chance(0.25) else values


def _word(draws: Draws, vocabulary: Vocabulary) -> str:
    return draws.choice(vocabulary.words)


def _text(draws: Draws, vocabulary: Vocabulary, names: set[str]) -> str:
    if "nesting" in names and draws.chance(0.8):
        return "".join(draws.choice("(()ab)") for _ in range(draws.between(4, 12)))
    if names & {"run_lengths", "single_letters"} and draws.chance(0.7):
        return "".join(draws.choice("abn") * draws.between(1, 4) for _ in range(draws.between(2, 5)))
    text = " ".join(_word(draws, vocabulary) for _ in range(draws.between(1, 4)))
    if "squeeze_spaces" in names:
        text = text.replace(" ", " " * draws.between(2, 4)) + " " * draws.between(0, 2)
    if "same_both_ways" in names and draws.chance(0.5):
        text += text[::-1]
    return text


def _groups(draws: Draws, pool: tuple[str, ...]) -> dict[str, list[str]]:
    keys = draws.sample(pool, draws.between(2, 4))
    return {key: draws.sample([item for item in pool if item != key], draws.between(0, 2)) for key in keys}


def _matrix(draws: Draws) -> list[list[int]]:
    rows, columns = draws.between(2, 3), draws.between(2, 4)
    if draws.chance(0.3):
        size = draws.between(2, 3)
        cells = {(i, j): draws.between(0, 9) for i in range(size) for j in range(i + 1)}
        return [[cells[max(i, j), min(i, j)] for j in range(size)] for i in range(size)]
    return [[draws.between(0, 15) for _ in range(columns)] for _ in range(rows)]


def _tree(draws: Draws, depth: int) -> list[Any]:
    return [
        _tree(draws, depth - 1) if depth > 1 and draws.chance(0.4) else draws.between(0, 12)
        for _ in range(draws.between(1, 4))
    ]
