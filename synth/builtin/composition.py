"""Chains of one to four operations, and what they answer."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Mapping

from synth.builtin.grammar import Operation
from synth.builtin.operations import OPERATIONS
from synth.draws import Draws

#: Which operations can be applied to every member of a container:
#: (container, what the operation takes, what it gives) → what the whole gives.
OVER_MEMBERS = {
    ("matrix", "ints", "int"): "ints",
    ("matrix", "ints", "natural"): "ints",
    ("series", "ints", "int"): "counts",
    ("series", "ints", "natural"): "counts",
    ("series", "ints", "ints"): "series",
    ("groups", "words", "natural"): "counts",
    ("groups", "words", "words"): "groups",
    ("words", "text", "text"): "words",
    ("words", "text", "natural"): "ints",
    ("dates", "date", "natural"): "ints",
    ("dates", "date", "date"): "dates",
    ("dates", "date", "text"): "words",
}

#: How many operations an exercise of each difficulty may have.
LENGTHS = {"easy": (1, 2), "medium": (2, 3), "hard": (3, 4)}


@dataclasses.dataclass(frozen=True)
class Step:
    """An operation with chosen parameters, perhaps applied to every member of a container.

    Attributes:
        operation: what is done.
        values: its parameters.
        over: "" or the container type whose members it is applied to.
    """

    operation: Operation
    values: Mapping[str, Any]
    over: str = ""

    @property
    def takes(self) -> str:
        """The type that goes in."""
        return self.over or self.operation.takes

    @property
    def gives(self) -> str:
        """The type that comes out."""
        operation = self.operation
        return OVER_MEMBERS[self.over, operation.takes, operation.gives] if self.over else operation.gives

    def apply(self, value: Any) -> Any:
        """Returns what the step's meaning makes of a value."""
        if not self.over:
            return self.operation.reference(value, **self.values)
        if isinstance(value, dict):
            return {key: self.operation.reference(member, **self.values) for key, member in value.items()}
        return [self.operation.reference(member, **self.values) for member in value]


Chain = tuple[Step, ...]


def evaluate(chain: Chain, value: Any) -> Any:
    """Returns a chain's answer for an argument."""
    for step in chain:
        value = step.apply(value)
    return value


def fits(found: str, wanted: str) -> bool:
    """Whether a value of one type can go where another is wanted; every natural is an int."""
    return found == wanted or (found, wanted) == ("natural", "int")


def draw_chain(draws: Draws, concepts: tuple[str, ...], difficulty: str) -> Chain:
    """Returns a chain in which the first of the concepts occurs, and others where they fit."""
    low, high = LENGTHS.get(difficulty, (1, 3))
    length = draws.between(low, high)
    anchors = [op for op in OPERATIONS.values() if not concepts or op.concept == concepts[0]]
    chain: Chain = (_step(draws, draws.choice(anchors)),)
    for _ in range(4 * length):
        if len(chain) == length:
            break
        before = draws.chance(0.4)
        options = _before_type(chain[0].takes) if before else _after_type(chain[-1].gives)
        options = [step for step in options if step[0].name not in {part.operation.name for part in chain}]
        wanted = [step for step in options if step[0].concept in concepts]
        if wanted and draws.chance(0.5):
            options = wanted
        if options:
            operation, over = draws.choice(options)
            added = _step(draws, operation, over)
            chain = (added, *chain) if before else (*chain, added)
    return chain


def _step(draws: Draws, operation: Operation, over: str = "") -> Step:
    return Step(operation, {name: draws.choice(values) for name, values in operation.parameters.items()}, over)


@functools.cache
def _after_type(kind: str) -> list[tuple[Operation, str]]:
    plain = [(op, "") for op in OPERATIONS.values() if fits(kind, op.takes)]
    return plain + [option for option in _mapped() if option[1] == kind]


@functools.cache
def _before_type(kind: str) -> list[tuple[Operation, str]]:
    plain = [(op, "") for op in OPERATIONS.values() if fits(op.gives, kind)]
    return plain + [(op, over) for op, over in _mapped() if fits(OVER_MEMBERS[over, op.takes, op.gives], kind)]


@functools.cache
def _mapped() -> list[tuple[Operation, str]]:
    return [
        (op, container)
        for container, takes, gives in OVER_MEMBERS
        for op in OPERATIONS.values()
        if op.takes == takes and op.gives == gives
    ]
