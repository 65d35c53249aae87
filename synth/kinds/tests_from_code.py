"""Tests from code: a function, the cases that matter, and tests that tell it from its near relatives."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Chat, Check, Fields, Kind
from synth.parsing import Exercise, with_strong_tests
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class TestWriting:
    """A function, cases in words, tests."""

    __test__ = False  # pytest: this is no test class

    title: str
    solution: str
    cases: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def _asked(self) -> str:
        wish = "Write tests for this function that a wrong version of it would not pass."
        return f"{wish}\n\n```python\n{self.solution}\n```"

    @property
    def _answered(self) -> str:
        cases = "\n".join(f"- {case}" for case in self.cases)
        tests = "\n".join(self.tests)
        return f"What should be tried:\n\n{cases}\n\n```python\n{tests}\n```"

    @property
    def text(self) -> str:
        """The function, the cases and the tests, in Markdown."""
        return f"# {self.title}\n\n{self._asked}\n\n{self._answered}\n"

    @property
    def chat(self) -> Chat:
        """The function, and its tests."""
        return [{"role": "user", "content": self._asked}, {"role": "assistant", "content": self._answered}]

    @property
    def checks(self) -> tuple[Check, ...]:
        """The function passes the tests, and these are strong."""
        return (Check("solution", self.solution, self.tests, strong=True),)

    @property
    def code(self) -> str:
        """The function."""
        return self.solution


def read(fields: Fields, spec: ExerciseSpec) -> TestWriting:
    """Returns the function and its tests in a reply."""
    title, solution = fields.text("title"), fields.program("solution")
    tests = with_strong_tests(Exercise(title, "", solution, fields.tests())).tests
    return TestWriting(title, solution, fields.texts("cases"), tests)


KIND = Kind(
    name="tests-from-code",
    shows="a function and tests that tell it from wrong versions",
    document_kind="exercise",
    read=read,
    wanted="cases",
    styles=("edge cases first", "typical cases first"),
    language=None,
)
