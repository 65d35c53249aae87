"""Fix the bug: a program with a fault on purpose, what is wrong with it, the mended program, tests."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Check, Fields, Kind, Unreadable
from synth.kinds.records import Exchange, Solved, fenced, fenced_lines
from synth.parsing import strong_tests
from synth.skeletons import exact_form
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class BugFix(Solved, Exchange):
    """A program with a bug and the same without."""

    title: str
    task: str
    buggy: str
    explanation: str
    solution: str
    tests: tuple[str, ...]

    @property
    def asked(self) -> str:
        """The task, and the program with the bug."""
        return f"{self.task}\n\nThis program has a bug:\n\n{fenced(self.buggy)}\n\nFind it and mend it."

    @property
    def answered(self) -> str:
        """The explanation, the mended program and its tests."""
        return f"{self.explanation}\n\n{fenced(self.solution)}\n\nThese hold now:\n\n{fenced_lines(self.tests)}"

    @property
    def checks(self) -> tuple[Check, ...]:
        """The mended program passes the tests, the other one fails one."""
        return (
            Check("solution", self.solution, self.tests, strong=True),
            Check("buggy", self.buggy, self.tests, must="fail"),
        )


def read(fields: Fields, spec: ExerciseSpec) -> BugFix:
    """Returns the bug and its mending in a reply."""
    buggy, solution = fields.program("buggy"), fields.program("solution")
    if exact_form(buggy) == exact_form(solution):
        raise Unreadable("bad_response", "buggy and solution are the same program")
    task, title = fields.text("task"), fields.text("title")
    return BugFix(title, task, buggy, fields.text("explanation"), solution, strong_tests(fields.tests()))


KIND = Kind(
    name="fix-the-bug",
    shows="a program with a bug, what is wrong, and the mended program",
    read=read,
    wanted="buggy",
    styles=("off by one", "wrong condition", "wrong order of steps", "forgotten edge case", "wrong variable"),
)
