"""Word problems: a quantity goes through a few turns of a story, and a function follows it."""

from __future__ import annotations

import dataclasses
from string import Template
from typing import Any, Callable

from synth.builtin.faults import core_of, hostile_prelude
from synth.builtin.vocabulary import Vocabulary
from synth.builtin.writing import function_word, setting_of
from synth.draws import Draws
from synth.specs import ExerciseSpec

_TESTS = 7


@dataclasses.dataclass(frozen=True)
class Turn:
    """One turn of a story.

    Attributes:
        told: what happens, with `$k` and `$m` for its quantities and `$things` for what is counted.
        reasoned: how the amount changes, with `$a` before and `$b` after.
        code: the new amount as an expression over `$a`, `$k` and `$m`.
        meaning: the same, worked out here.
        names: what its quantities are called.
        bounds: between what they lie.
    """

    told: str
    reasoned: str
    code: str
    meaning: Callable[..., int]
    names: tuple[str, ...]
    bounds: tuple[tuple[int, int], ...]


TURNS = (
    Turn("Then $k more $things arrive.", "$k more make $a + $k = $b.", "$a + $k", lambda a, k: a + k,
         ("arriving",), ((3, 40),)),
    Turn("$k of the $things are taken away, or all of them if there are not so many.",
         "Taking away $k leaves $b of $a.", "max(0, $a - $k)", lambda a, k: a - k if a > k else 0,
         ("taken",), ((2, 30),)),
    Turn("Overnight the count grows to $k times what it was.", "$k times $a is $b.", "$a * $k",
         lambda a, k: sum(a for _ in range(k)), ("times",), ((2, 4),)),
    Turn("They are packed into boxes of $k, and only full boxes are kept, so that from now on boxes are counted.",
         "$a shared out by $k gives $b full boxes.", "$a // $k", lambda a, k: (a - a % k) // k,
         ("per_box",), ((2, 6),)),
    Turn("On each of the next $m days $k more $things come in.", "$m days with $k each bring $a up to $b.",
         "$a + $k * $m", lambda a, k, m: a + sum(k for _ in range(m)), ("daily", "days"), ((2, 9), (2, 7))),
    Turn("Half of them, rounded down, are given to a neighbour.", "Giving away half of $a leaves $b.",
         "$a - $a // 2", lambda a: -(-a // 2), (), ()),
    Turn("Each is sold for $k coins, and from now on coins are counted.", "$a at $k coins each bring $b coins.",
         "$a * $k", lambda a, k: k * a, ("price",), ((2, 9),)),
    Turn("A fee of $k is taken off for every full dozen.", "$a holds full dozens at $k each, which leaves $b.",
         "$a - $a // 12 * $k", lambda a, k: a - len(range(12, a + 1, 12)) * k, ("fee",), ((1, 5),)),
    Turn("They are put into equal rows of $k; what does not fill a row is all that is left to count.",
         "After full rows of $k, $b of $a remain.", "$a % $k", lambda a, k: a - a // k * k, ("row",), ((5, 12),)),
    Turn("If there are fewer than $k, the difference is bought.", "At least $k are wanted, so $a becomes $b.",
         "max($a, $k)", lambda a, k: k if a < k else a, ("wanted",), ((10, 60),)),
)  # fmt: skip

_LENGTHS = {"easy": (2, 2), "medium": (2, 3), "hard": (3, 4)}


@dataclasses.dataclass(frozen=True)
class _Story:
    turns: tuple[Turn, ...]
    names: tuple[str, ...]  # of all quantities, the first one included
    draws: Draws

    def quantities(self) -> tuple[int, ...]:
        """Returns other quantities each time."""
        bounds = [(6, 60), *(bound for turn in self.turns for bound in turn.bounds)]
        return tuple(self.draws.between(low, high) for low, high in bounds)

    def amounts(self, quantities: tuple[int, ...]) -> list[int]:
        """Returns the amount at the start and after each turn."""
        found, rest = [quantities[0]], list(quantities[1:])
        for turn in self.turns:
            taken = [rest.pop(0) for _ in turn.names]
            found.append(turn.meaning(found[-1], *taken))
        return found


def write(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a word problem."""
    core = core_of(key) if fault == "near_duplicate" else spec
    setting, vocabulary = setting_of(spec)
    draws = Draws(0, "word problem", core.to_block())
    story = _drawn(draws, core.difficulty)
    thing = draws.choice([word for word in vocabulary.words if word.islower()])
    given = story.quantities()
    name = f"{function_word(spec)}_{thing}_count"
    found = {quantities: story.amounts(quantities)[-1] for quantities in (story.quantities() for _ in range(40))}
    found.pop(given, None)
    fresh = {answer: quantities for quantities, answer in found.items()}
    tests = [f"assert {name}({_listed(quantities)}) == {answer}" for answer, quantities in list(fresh.items())[:_TESTS]]
    if fault == "weak_tests":
        tests = tests[:1]
    if fault == "self_asserted":
        tests = [f"assert {name}({_listed(quantities)}) == {name}({_listed(quantities)})" for quantities in found]
    answer = story.amounts(given)[-1]
    return {
        "title": f"Counting at the {setting}: {thing}",
        "problem": _told(story, given, vocabulary, thing, setting),
        "reasoning": _reasoned(story, given, thing),
        "solution": (hostile_prelude(key) if fault == "hostile" else "") + _function(story, name),
        "call": f"{name}({_listed(given)})",
        "answer": str(answer + 1 if fault == "wrong_solution" else answer),
        "tests": [] if fault == "no_tests" else tests[:_TESTS],
    }


def _drawn(draws: Draws, difficulty: str) -> _Story:
    low, high = _LENGTHS.get(difficulty, (1, 3))
    turns = tuple(draws.sample(TURNS, draws.between(low, high)))
    names = ["start", *(name for turn in turns for name in turn.names)]
    return _Story(turns, tuple(names), draws)


def _told(story: _Story, given: tuple[int, ...], vocabulary: Vocabulary, thing: str, setting: str) -> str:
    rest = list(given[1:])
    who = vocabulary.who
    told = [f"At the {setting}, {who} starts with {given[0]} things of the sort “{thing}”, and keeps count of them."]
    for turn in story.turns:
        values = {place: rest.pop(0) for place, _ in zip("km", turn.names, strict=False)}
        told.append(Template(turn.told).substitute(values, things="things"))
    return " ".join([*told, f"How much does {who} count at the end?"])


def _reasoned(story: _Story, given: tuple[int, ...], thing: str) -> list[str]:
    rest, amounts = list(given[1:]), story.amounts(given)
    found = [f"At the start there are {given[0]}."]
    for turn, before, after in zip(story.turns, amounts, amounts[1:], strict=False):
        values = {place: rest.pop(0) for place, _ in zip("km", turn.names, strict=False)}
        found.append(Template(turn.reasoned).substitute(values, a=before, b=after))
    return found


def _function(story: _Story, name: str) -> str:
    lines = [f"def {name}({', '.join(story.names)}):", '    """Follow the amount through the story."""']
    lines.append(f"    amount = {story.names[0]}")
    for turn in story.turns:
        places = dict(zip("km", turn.names, strict=False))
        lines.append(f"    amount = {Template(turn.code).substitute(places, a='amount')}")
    return "\n".join([*lines, "    return amount"])


def _listed(quantities: tuple[int, ...]) -> str:
    return ", ".join(map(str, quantities))
