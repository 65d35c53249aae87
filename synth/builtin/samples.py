"""Arguments to test a composed function with."""

from __future__ import annotations

from typing import Any, Callable

from synth.builtin.composition import Chain
from synth.builtin.vocabulary import VOCABULARIES, Vocabulary
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
    "date": "2000-01-01",
    "dates": [],
    "times": [],
    "records": [],
}

_NODES = ("a", "b", "c", "d", "e", "f")


def draw_argument(draws: Draws, chain: Chain, vocabulary: Vocabulary) -> Any:
    """Returns a random argument for a chain, shaped so that its operations have something to do."""
    names = {step.operation.name for step in chain}
    graph = any(step.operation.concept == "graphs" or step.operation.name == "followed" for step in chain)
    return _drawn(draws, chain[0].takes, names, graph, vocabulary)


def draw_argument_of(draws: Draws, kind: str, setting: str) -> Any:
    """Returns a random argument of a type."""
    return _drawn(draws, kind, set(), False, VOCABULARIES.get(setting, VOCABULARIES["harbour"]))


def _drawn(draws: Draws, kind: str, names: set[str], graph: bool, vocabulary: Vocabulary) -> Any:
    if kind == "ints":
        return _ints(draws, draws.between(3, 9))
    if kind == "words" and names & _NUMBER_WORDS:
        return [
            str(draws.between(0, 40)) if draws.chance(0.5) else _word(draws, vocabulary)
            for _ in range(draws.between(2, 6))
        ]
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
    if kind == "date":
        return _date(draws)
    if kind == "dates":
        return [_date(draws) for _ in range(draws.between(2, 6))]
    if kind == "times":
        return [f"{draws.between(6, 22):02d}:{draws.between(0, 59):02d}" for _ in range(draws.between(2, 6))]
    if kind == "records":
        pool = draws.sample(vocabulary.words, 4)
        return [
            {"name": draws.choice(pool), "count": draws.between(0, 15), "price": draws.between(1, 9)}
            for _ in range(draws.between(1, 4))
        ]
    return draws.between(1, 12) if draws.chance(0.4) else draws.between(13, 180)


#: Operations that find nothing to do in words of the vocabulary.
_NUMBER_WORDS = frozenset({"read_numbers", "doubled_or_marked", "first_number"})


def _signs(draws: Draws, signs: str, low: int, high: int) -> str:
    return "".join(draws.choice(signs) for _ in range(draws.between(low, high)))


def _entries(draws: Draws, vocabulary: Vocabulary) -> str:
    keys = [_word(draws, vocabulary) for _ in range(draws.between(1, 4))]
    return ";".join(key if draws.chance(0.15) else f"{key}={draws.between(0, 30)}" for key in keys)


def _quoted(draws: Draws, vocabulary: Vocabulary) -> str:
    words = [_word(draws, vocabulary) for _ in range(draws.between(2, 4))]
    return " ".join(f'"{word}"' if draws.chance(0.4) else word for word in words)


def _sum(draws: Draws, vocabulary: Vocabulary) -> str:
    return "".join(draws.choice(("+", "-")) + str(draws.between(1, 30)) for _ in range(draws.between(1, 4)))


def _packed(draws: Draws, vocabulary: Vocabulary) -> str:
    return "".join(draws.choice("abnt") + draws.choice(("", "2", "3", "4", "0")) for _ in range(draws.between(1, 5)))


def _bracketed(draws: Draws, vocabulary: Vocabulary) -> str:
    words = [_word(draws, vocabulary) for _ in range(draws.between(2, 4))]
    return " ".join(draws.choice((f"({word})", f"({word} (x) y)", word, word)) for word in words)


#: How a text looks that an operation has something to do with.
_SHAPES: dict[str, Callable[[Draws, Vocabulary], str]] = {
    "unquoted": _quoted,
    "outside_brackets": _bracketed,
    "tokens": lambda draws, _: _signs(draws, "ab12+-* ", 4, 10),
    "key_values": _entries,
    "balanced": lambda draws, _: draws.choice(("()", "[()]", "([])", "")) + _signs(draws, "()[]a", 0, 4),
    "signed_sum": _sum,
    "turnstile": lambda draws, _: _signs(draws, "cpx", 3, 10),
    "roman": lambda draws, _: _signs(draws, "IVXXIC", 1, 5),
    "unpacked_runs": _packed,
}


def _date(draws: Draws) -> str:
    year, month = draws.choice((2019, 2020, 2023, 2024)), draws.between(1, 12)
    return f"{year}-{month:02d}-{draws.between(1, 28):02d}"


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
    for name, shape in _SHAPES.items():
        if name in names and draws.chance(0.8):
            return shape(draws, vocabulary)
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
