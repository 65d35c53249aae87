"""Calls functions of a text that nobody has read, and returns a number for each result."""

from __future__ import annotations

from typing import Any, Sequence

from synth.behaviour import digest_of
from synth.fragments import Fragment
from synth.sandbox.program import Limits, Outcome, Program, Step, calls
from synth.sandbox.sandbox import Sandbox
from synth.trying import RESULTS

#: Processor time of one call. What a benchmark asks for takes microseconds.
CALL_SECONDS = 0.02

#: Reported bytes of one result; none of a benchmark's is longer.
RESULT_BYTES = 4000


def call_functions(
    fragments: Sequence[Fragment], inputs: Sequence[Sequence[Sequence[Any]]], sandbox: Sandbox
) -> list[list[int]]:
    """Returns for each function a number for the result of each input, 0 where there was none.

    All are called in one process. If one of them ends it, those after it are called in another.

    Args:
        fragments: the functions.
        inputs: for each of them, arguments to call it with.
        sandbox: where to run them.
    """
    found: list[list[int]] = []
    while len(found) < len(fragments):
        todo = range(len(found), len(fragments))
        steps: list[Step] = []
        for number in todo:
            step = calls(fragments[number].name, inputs[number], CALL_SECONDS, RESULT_BYTES)
            steps += [("fresh", 10 * CALL_SECONDS), ("solution", fragments[number].program), step]
        cpu = 2 + round(len(todo) * 6 * CALL_SECONDS)
        limits = Limits(cpu_s=cpu, wall_s=20.0 + 10 * cpu, result_bytes=64 << 20)
        outcome = sandbox.run(Program(tuple(steps), 1, seeds_random=True), limits)
        digests = _digests(outcome, [len(inputs[number]) for number in todo])
        if outcome.ended == "exited" and outcome.reports and outcome.reports[-1] == ["done"]:
            return [*found, *digests]
        found += digests[: max(1, _begun(outcome))]  # the last that has begun is the one that spoiled it
    return found


def _begun(outcome: Outcome) -> int:
    """Returns how many functions have reported anything."""
    places = [report[1] for report in outcome.reports if len(report) > 1 and type(report[1]) is int]
    return max(places, default=0) // 3 + 1


def _digests(outcome: Outcome, counts: Sequence[int]) -> list[list[int]]:
    found = [[0] * count for count in counts]
    for report in outcome.reports:
        if report[0] not in RESULTS or len(report) != 4 or type(report[1]) is not int or type(report[2]) is not int:
            continue
        function, step = divmod(report[1], 3)
        if step == 2 and 0 <= function < len(counts) and 0 <= report[2] < counts[function]:
            try:
                found[function][report[2]] = digest_of(report[3])
            except (ValueError, IndexError, RecursionError):
                continue
    return found
