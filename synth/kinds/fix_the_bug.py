"""Fix the bug: a program with a fault on purpose, what is wrong with it, the mended program, tests."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Chat, Check, Fields, Kind, Unreadable
from synth.parsing import Exercise, with_strong_tests
from synth.skeletons import exact_form
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class BugFix:
    """A program with a bug and the same without."""

    title: str
    task: str
    buggy: str
    explanation: str
    solution: str
    tests: tuple[str, ...]

    @property
    def _asked(self) -> str:
        return f"{self.task}\n\nThis program has a bug:\n\n```python\n{self.buggy}\n```\n\nFind it and mend it."

    @property
    def _answered(self) -> str:
        tests = "\n".join(self.tests)
        return f"{self.explanation}\n\n```python\n{self.solution}\n```\n\nThese hold now:\n\n```python\n{tests}\n```"

    @property
    def text(self) -> str:
        """The task, the program with the bug, the explanation, the mended program and its tests, in Markdown."""
        return f"# {self.title}\n\n{self._asked}\n\n{self._answered}\n"

    @property
    def chat(self) -> Chat:
        """The program with the bug, and how to mend it."""
        return [{"role": "user", "content": self._asked}, {"role": "assistant", "content": self._answered}]

    @property
    def checks(self) -> tuple[Check, ...]:
        """The mended program passes the tests, the other one fails one."""
        return (
            Check("solution", self.solution, self.tests, strong=True),
            Check("buggy", self.buggy, self.tests, must="fail"),
        )

    @property
    def code(self) -> str:
        """The mended program."""
        return self.solution


def read(fields: Fields, spec: ExerciseSpec) -> BugFix:
    """Returns the bug and its mending in a reply."""
    buggy, solution = fields.program("buggy"), fields.program("solution")
    if exact_form(buggy) == exact_form(solution):
        raise Unreadable("bad_response", "buggy and solution are the same program")
    task, title = fields.text("task"), fields.text("title")
    tests = with_strong_tests(Exercise(title, task, solution, fields.tests())).tests
    return BugFix(title, task, buggy, fields.text("explanation"), solution, tests)


KIND = Kind(
    name="fix-the-bug",
    shows="a program with a bug, what is wrong, and the mended program",
    document_kind="exercise",
    read=read,
    wanted="buggy",
    styles=("off by one", "wrong condition", "wrong order of steps", "forgotten edge case", "wrong variable"),
    language=None,
)
