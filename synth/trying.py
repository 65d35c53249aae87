"""What a function gives for many inputs, under two hash seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Sequence

from synth.examples import Arguments, Subject
from synth.probes import similar_probes, typical_probes
from synth.sandbox.program import Limits, Outcome, Program, Step, calls
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.values import Claim, canonical

#: Processor time of one call. A call of an exercise's function takes microseconds, or for ever.
LEAST_SECONDS = 0.05

#: Reports of a call that gave something: a value, items one by one, or changed arguments.
RESULTS = ("called", "items", "changed")


@dataclass
class Trials:
    """What a solution gives for inputs.

    Attributes:
        outputs: for each input a canonical text, or None where it gave no value, or two.
        claims: for each input the value.
        how: whether it was `called`, gave `items` one by one, or `changed` its arguments.
        similar: so many of the inputs, the first, are like those of the tests.
    """

    inputs: list[Arguments] = field(default_factory=list)
    outputs: list[str | None] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    how: list[str] = field(default_factory=list)
    similar: int = 0
    cpu_s: float = 0.0

    @property
    def useful(self) -> list[int]:
        """The places of the inputs that gave a value."""
        return [number for number, output in enumerate(self.outputs) if output is not None]


def probes_for(subject: Subject | None) -> tuple[list[Arguments], int]:
    """Returns the inputs to try a function with, those like its own tests' first, and how many those are."""
    if subject is None:
        return [], 0
    similar = similar_probes(subject.examples) if subject.examples else ()
    typical = typical_probes(subject.shapes) if subject.shapes else ()
    return [*similar, *typical], len(similar)


def try_subject(program: str, subject: Subject | None, sandbox: Sandbox) -> Trials:
    """Returns what an exercise's function gives for the inputs that can be made for it; nothing if it cannot be run."""
    inputs, similar = probes_for(subject)
    trials = try_inputs(program, subject.name, inputs, sandbox) if subject and inputs else None
    if trials is None:
        return Trials()
    trials.similar = similar
    return trials


def try_inputs(
    program: str, name: str, inputs: Sequence[Arguments], sandbox: Sandbox, seconds: float = LEAST_SECONDS
) -> Trials | None:
    """Returns what a function gives for inputs under two hash seeds; None if it cannot be run through."""
    trials = Trials()
    asked = [*range(len(inputs))]
    seen: list[list[Result | None]] = []
    for hash_seed in (1, 2):
        step = calls(name, [inputs[number] for number in asked], seconds, whole=True)
        steps: tuple[Step, ...] = (("solution", program), step)
        cpu = 2 + seconds * len(inputs) / 4
        outcome = sandbox.run(Program(steps, hash_seed, seeds_random="random" in program), limits_for(cpu))
        if outcome.ended != "exited" or not outcome.reports or outcome.reports[-1][0] != "done":
            return None
        trials.cpu_s = max(trials.cpu_s, outcome.cpu_s)
        results = dict(zip(asked, results_of(outcome, 1, len(asked)), strict=True))
        seen.append([results.get(number) for number in range(len(inputs))])
        asked = _in_time(outcome, asked)  # what has taken too long once would do so again
    for arguments, first, second in zip(inputs, *seen, strict=True):
        trials.inputs.append(arguments)
        trials.outputs.append(first.text if first and second and first.text == second.text else None)
        trials.how.append(first.how if first else "")
        trials.claims.append(first.claim if first else ["n"])
    return trials


def _in_time(outcome: Outcome, asked: list[int]) -> list[int]:
    """Returns which of the inputs asked for did not take too long; none of those after the last that was tried."""
    slow = {report[2] for report in outcome.reports if report[0] == "slow" and len(report) == 3}
    tried = max([report[2] for report in outcome.reports if len(report) > 2 and type(report[2]) is int], default=-1)
    return [number for place, number in enumerate(asked) if place <= tried and place not in slow]


@dataclass(frozen=True)
class Result:
    """What a call gave, and how; equal results share a text."""

    how: str
    claim: Claim
    text: str


def results_of(outcome: Outcome, step: int, count: int) -> list[Result | None]:
    """Returns what each of so many calls in a step gave; None where it gave nothing."""
    found: list[Result | None] = [None] * count
    for report in outcome.reports:
        is_result = report[0] in RESULTS and len(report) == 4 and report[1] == step and type(report[2]) is int
        if is_result and 0 <= report[2] < count and (text := canonical_or_nothing(report[3])):
            found[report[2]] = Result(report[0], report[3], f"{report[0]}:{text}")
    return found


def canonical_or_nothing(claim: object) -> str:
    """Returns a claim's canonical text; "" if it is malformed."""
    try:
        return canonical(claim)
    except (ValueError, IndexError, RecursionError):
        return ""


def limits_for(cpu_s: float) -> Limits:
    """Returns limits for many calls; the clock's are generous, since a busy machine is nobody's fault."""
    whole = math.ceil(cpu_s)
    return Limits(cpu_s=whole, wall_s=20.0 + 10 * whole, result_bytes=32 << 20)
