"""A function from its docstring: a task in words, its solution, its tests (phi-1's CodeExercises)."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Chat, Check, Fields, Kind
from synth.kinds.records import Solved, exchange, fenced
from synth.parsing import Exercise, strong_tests
from synth.specs import ExerciseSpec
from synth.texts import split_text, write_text

_INSTRUCTION = "Complete this Python function. Answer with the whole program."


@dataclasses.dataclass(frozen=True)
class FunctionExercise(Solved, Exercise):
    """The function of an exercise, under its docstring, with its tests."""

    @property
    def text(self) -> str:
        """A program: the function, then its tests."""
        return write_text(self)

    @property
    def chat(self) -> Chat:
        """The function's head and docstring, then the whole program."""
        prompt, solution, _ = split_text(self.text)
        return exchange(f"{_INSTRUCTION}\n\n{fenced(prompt)}", fenced(solution))

    @property
    def checks(self) -> tuple[Check, ...]:
        """The solution passes its tests, and these are strong."""
        return (Check("solution", self.solution, self.tests, strong=True),)


def read(fields: Fields, spec: ExerciseSpec) -> FunctionExercise:
    """Returns the exercise in a reply."""
    task, solution = fields.text("exercise"), fields.program("solution")
    return FunctionExercise(fields.text("title", ""), task, solution, strong_tests(fields.tests()))


KIND = Kind(
    name="function",
    shows="a function under its docstring, with tests",
    read=read,
    wanted="solution",
    styles=("plain", "steps", "google", "numpy", "examples", "story"),
    language="python",
)
