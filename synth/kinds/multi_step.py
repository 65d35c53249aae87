"""Multi-step: a larger task in steps, each a function with tests that may use those before it."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Chat, Check, Fields, Kind, Unreadable
from synth.kinds.records import exchange, fenced, fenced_lines
from synth.parsing import strong_tests
from synth.specs import ExerciseSpec

MIN_STEPS, MAX_STEPS = 2, 8


@dataclasses.dataclass(frozen=True)
class TaskStep:
    """One step: what to do, its code, tests."""

    task: str
    solution: str
    tests: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class MultiStep:
    """A task in steps; the program of a step is the code of all steps up to it."""

    title: str
    introduction: str
    steps: tuple[TaskStep, ...]

    @property
    def text(self) -> str:
        """The introduction, then each step with its code and tests, in Markdown."""
        parts = [
            f"## Step {number}\n\n{step.task}\n\n{_answer(step)}" for number, step in enumerate(self.steps, start=1)
        ]
        return f"# {self.title}\n\n{self.introduction}\n\n" + "\n\n".join(parts) + "\n"

    @property
    def chat(self) -> Chat:
        """One turn for each step; the first one holds the introduction."""
        found: Chat = []
        for number, step in enumerate(self.steps):
            found += exchange(step.task if number else f"{self.introduction}\n\n{step.task}", _answer(step))
        return found

    @property
    def checks(self) -> tuple[Check, ...]:
        """Each step passes its tests together with the steps before it."""
        return tuple(
            Check(f"step {number + 1}", self._program(number + 1), step.tests, strong=number == len(self.steps) - 1)
            for number, step in enumerate(self.steps)
        )

    @property
    def code(self) -> str:
        """The code of all steps."""
        return self._program(len(self.steps))

    def _program(self, count: int) -> str:
        return "\n\n\n".join(step.solution for step in self.steps[:count])


def _answer(step: TaskStep) -> str:
    return f"{fenced(step.solution)}\n\n{fenced_lines(step.tests)}"


def read(fields: Fields, spec: ExerciseSpec) -> MultiStep:
    """Returns the steps in a reply."""
    steps = []
    for entry in fields.objects("steps"):
        task, solution = entry.text("task"), entry.program("solution")
        steps.append(TaskStep(task, solution, strong_tests(entry.tests())))
    if not MIN_STEPS <= len(steps) <= MAX_STEPS:
        raise Unreadable("bad_response", f"found {len(steps)} steps, expected {MIN_STEPS} to {MAX_STEPS}")
    return MultiStep(fields.text("title"), fields.text("introduction"), tuple(steps))


KIND = Kind(
    name="multi-step",
    shows="a larger task in steps, each with code and tests",
    read=read,
    wanted="steps",
    styles=("tutorial", "ticket by ticket"),
)
