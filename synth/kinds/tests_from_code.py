"""Tests from code: a function, the cases that matter, and tests that tell it from its near relatives."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Check, Fields, Kind
from synth.kinds.records import Exchange, Solved, fenced, fenced_lines, listed
from synth.parsing import strong_tests
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class TestWriting(Solved, Exchange):
    """A function, cases in words, tests."""

    __test__ = False  # pytest: this is no test class

    title: str
    solution: str
    cases: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def asked(self) -> str:
        """The function."""
        wish = "Write tests for this function that a wrong version of it would not pass."
        return f"{wish}\n\n{fenced(self.solution)}"

    @property
    def answered(self) -> str:
        """The cases and the tests."""
        return f"What should be tried:\n\n{listed(self.cases)}\n\n{fenced_lines(self.tests)}"

    @property
    def checks(self) -> tuple[Check, ...]:
        """The function passes the tests, and these are strong."""
        return (Check("solution", self.solution, self.tests, strong=True),)


def read(fields: Fields, spec: ExerciseSpec) -> TestWriting:
    """Returns the function and its tests in a reply."""
    title, solution = fields.text("title"), fields.program("solution")
    return TestWriting(title, solution, fields.texts("cases"), strong_tests(fields.tests()))


KIND = Kind(
    name="tests-from-code",
    shows="a function and tests that tell it from wrong versions",
    read=read,
    wanted="cases",
    styles=("edge cases first", "typical cases first"),
)
