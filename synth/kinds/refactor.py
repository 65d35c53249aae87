"""Refactor: a program that works but is clumsy, the better one, and why; both pass the same tests."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Check, Fields, Kind, Unreadable
from synth.kinds.records import Exchange, fenced, fenced_lines, listed
from synth.parsing import strong_tests
from synth.skeletons import exact_form
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class Refactoring(Exchange):
    """Two programs that do the same."""

    title: str
    task: str
    before: str
    after: str
    reasons: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def asked(self) -> str:
        """The task, and the clumsy program."""
        wish = "Rewrite it so that it is easier to read and does the same."
        return f"{self.task}\n\n{fenced(self.before)}\n\n{wish}"

    @property
    def answered(self) -> str:
        """The better program, the reasons and the tests."""
        tests = fenced_lines(self.tests)
        return f"{fenced(self.after)}\n\n{listed(self.reasons)}\n\nBoth pass these:\n\n{tests}"

    @property
    def checks(self) -> tuple[Check, ...]:
        """Both programs pass the tests."""
        return (Check("after", self.after, self.tests, strong=True), Check("before", self.before, self.tests))

    @property
    def code(self) -> str:
        """The better program."""
        return self.after


def read(fields: Fields, spec: ExerciseSpec) -> Refactoring:
    """Returns the two programs in a reply."""
    before, after = fields.program("before"), fields.program("after")
    if exact_form(before) == exact_form(after):
        raise Unreadable("bad_response", "before and after are the same program")
    task, title = fields.text("task"), fields.text("title")
    return Refactoring(title, task, before, after, fields.texts("reasons"), strong_tests(fields.tests()))


KIND = Kind(
    name="refactor",
    shows="a clumsy program and a better one that does the same",
    read=read,
    wanted="before",
    styles=("loops into comprehensions", "one function into several", "better names", "built-in functions"),
)
