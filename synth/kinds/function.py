"""A function from its docstring: a task in words, its solution, its tests (phi-1's CodeExercises)."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Chat, Check, Fields, Kind
from synth.parsing import Exercise, with_strong_tests
from synth.specs import ExerciseSpec
from synth.texts import split_text, write_text

_INSTRUCTION = "Complete this Python function. Answer with the whole program.\n\n```python\n{}\n```"


@dataclasses.dataclass(frozen=True)
class FunctionExercise(Exercise):
    """The function of an exercise, under its docstring, with its tests."""

    @property
    def text(self) -> str:
        """A program: the function, then its tests."""
        return write_text(self)

    @property
    def chat(self) -> Chat:
        """The function's head and docstring, then the whole program."""
        prompt, solution, _ = split_text(self.text)
        return [
            {"role": "user", "content": _INSTRUCTION.format(prompt)},
            {"role": "assistant", "content": f"```python\n{solution}\n```"},
        ]

    @property
    def checks(self) -> tuple[Check, ...]:
        """The solution passes its tests, and these are strong."""
        return (Check("solution", self.solution, self.tests, strong=True),)

    @property
    def code(self) -> str:
        """The solution."""
        return self.solution


def read(fields: Fields, spec: ExerciseSpec) -> FunctionExercise:
    """Returns the exercise in a reply."""
    task, solution = fields.text("exercise"), fields.program("solution")
    found = FunctionExercise(fields.text("title", ""), task, solution, fields.tests())
    return dataclasses.replace(found, tests=with_strong_tests(found).tests)


KIND = Kind(
    name="function",
    shows="a function under its docstring, with tests",
    document_kind="exercise",
    read=read,
    wanted="solution",
    styles=("plain", "steps", "google", "numpy", "examples", "story"),
)
