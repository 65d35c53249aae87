"""Refactor: a program that works but is clumsy, the better one, and why; both pass the same tests."""

from __future__ import annotations

import dataclasses

from synth.kinds.protocol import Chat, Check, Fields, Kind, Unreadable
from synth.parsing import Exercise, with_strong_tests
from synth.skeletons import exact_form
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class Refactoring:
    """Two programs that do the same."""

    title: str
    task: str
    before: str
    after: str
    reasons: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def _asked(self) -> str:
        wish = "Rewrite it so that it is easier to read and does the same."
        return f"{self.task}\n\n```python\n{self.before}\n```\n\n{wish}"

    @property
    def _answered(self) -> str:
        reasons = "\n".join(f"- {reason}" for reason in self.reasons)
        tests = "\n".join(self.tests)
        return f"```python\n{self.after}\n```\n\n{reasons}\n\nBoth pass these:\n\n```python\n{tests}\n```"

    @property
    def text(self) -> str:
        """Both programs, the reasons and the tests, in Markdown."""
        return f"# {self.title}\n\n{self._asked}\n\n{self._answered}\n"

    @property
    def chat(self) -> Chat:
        """The clumsy program, and the better one."""
        return [{"role": "user", "content": self._asked}, {"role": "assistant", "content": self._answered}]

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
    tests = with_strong_tests(Exercise(title, task, after, fields.tests())).tests
    return Refactoring(title, task, before, after, fields.texts("reasons"), tests)


KIND = Kind(
    name="refactor",
    shows="a clumsy program and a better one that does the same",
    document_kind="exercise",
    read=read,
    wanted="before",
    styles=("loops into comprehensions", "one function into several", "better names", "built-in functions"),
    language=None,
)
