"""Predict the output: a short program, how its variables change line by line, what it prints."""

from __future__ import annotations

import dataclasses

from synth.kinds.capturing import level, printing, tracing
from synth.kinds.protocol import Check, Fields, Kind, Unreadable
from synth.kinds.records import Exchange, fenced
from synth.specs import ExerciseSpec

MAX_LINES = 60


@dataclasses.dataclass(frozen=True)
class Prediction(Exchange):
    """A program, its trace (line, variable, value as Python source) and its output."""

    title: str
    program: str
    trace: tuple[tuple[int, str, str], ...]
    output: str
    explanation: str

    @property
    def asked(self) -> str:
        """The question, and the program with line numbers."""
        lines = self.program.split("\n")
        numbered = "\n".join(f"{number:>2}  {line}".rstrip() for number, line in enumerate(lines, start=1))
        question = "What does this program print? Follow its variables line by line."
        return f"{question}\n\n{fenced(numbered, 'text')}"

    @property
    def answered(self) -> str:
        """The trace and the output."""
        rows = "\n".join(f"line {line}: {name} = {value}" for line, name, value in self.trace)
        printed = fenced(self.output, "text")
        return f"{self.explanation}\n\n{fenced(rows, 'text')}\n\nSo it prints:\n\n{printed}"

    @property
    def checks(self) -> tuple[Check, ...]:
        """The program prints what is claimed, and its variables change as claimed."""
        program, printed = printing([self.program], [self.output])
        noting, traced = tracing(self.program, self.trace)
        return (Check("printed", program, (printed,)), Check("trace", noting, (traced,)))

    @property
    def code(self) -> str:
        """The program."""
        return self.program


def read(fields: Fields, spec: ExerciseSpec) -> Prediction:
    """Returns the program and the prediction in a reply."""
    program = fields.code("program")
    if program.count("\n") >= MAX_LINES:
        raise Unreadable("bad_response", f"program is longer than {MAX_LINES} lines")
    trace = tuple(
        (step.integer("line"), step.text("variable"), step.text("value", keep_ends=True).strip())
        for step in fields.objects("trace")
    )
    if not trace:
        raise Unreadable("bad_response", "trace is empty")
    output = level(fields.text("output", keep_ends=True))
    return Prediction(fields.text("title"), program, trace, output, fields.text("explanation"))


KIND = Kind(
    name="predict-output",
    shows="a short program, its trace, and what it prints",
    read=read,
    wanted="program",
    styles=("straight line", "one loop", "nested data", "conditions in a loop"),
)
