"""A word problem: a story with quantities, the reasoning, a function that computes the answer, and the answer."""

from __future__ import annotations

import ast
import dataclasses

from data.syntax import literal_of, parse_program
from synth.kinds.protocol import Check, Fields, Kind, Unreadable
from synth.kinds.records import Exchange, Solved, fenced
from synth.specs import ExerciseSpec


@dataclasses.dataclass(frozen=True)
class WordProblem(Solved, Exchange):
    """A problem; `call` computes its `answer` (both are Python source), `tests` try other quantities."""

    title: str
    problem: str
    reasoning: tuple[str, ...]
    solution: str
    call: str
    answer: str
    tests: tuple[str, ...]

    @property
    def asked(self) -> str:
        """The problem."""
        return self.problem

    @property
    def answered(self) -> str:
        """The reasoning, the program and the answer."""
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(self.reasoning, start=1))
        program = fenced(f"{self.solution}\n\nprint({self.call})")
        return f"{steps}\n\n{program}\n\nAnswer: {literal_of(self.answer)}"

    @property
    def checks(self) -> tuple[Check, ...]:
        """The function gives the answer, and those of the tests."""
        return (Check("solution", self.solution, (f"assert {self.call} == {self.answer}", *self.tests), strong=True),)


def read(fields: Fields, spec: ExerciseSpec) -> WordProblem:
    """Returns the word problem in a reply."""
    call = fields.code("call")
    tree = parse_program(call).body
    if len(tree) != 1 or not isinstance(tree[0], ast.Expr) or not isinstance(tree[0].value, ast.Call):
        raise Unreadable("bad_response", "call is no call")
    return WordProblem(
        title=fields.text("title"),
        problem=fields.text("problem"),
        reasoning=fields.texts("reasoning"),
        solution=fields.program("solution"),
        call=call.strip(),
        answer=fields.literal("answer"),
        tests=fields.tests(),
    )


KIND = Kind(
    name="word-problem",
    shows="a story with quantities, the reasoning, a program and the answer",
    read=read,
    wanted="problem",
    styles=("everyday story", "short and dry", "dialogue", "puzzle"),
)
