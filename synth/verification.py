"""Does a solution pass its tests? Runs both in the sandbox and judges outside it."""

from __future__ import annotations

import math
import signal
from dataclasses import dataclass
from typing import TypeGuard

from data.errors import UsageError
from synth.assertions import Expectation
from synth.sandbox.program import Limits, Outcome, Program, Step
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.values import Claim, canonical, claim_of, foreign_type, show
from synth.trials import MAX_BYTES, Fault, Trial, read_trial

__all__ = ["MAX_BYTES", "Verdict", "verify"]

#: Under so many hash seeds an exercise is run, and under so many where chance or a set's order may have a say.
HASH_SEEDS, MORE_HASH_SEEDS = (1, 2), (1, 2, 3, 4, 5, 6)

_REPEATABLE = ("failed_tests", "wrong_type", "raises", "no_tests")  # after others a second run could say no more


@dataclass(frozen=True, slots=True)
class Verdict:
    """What running an exercise showed.

    Attributes:
        passed: every test held, each time, under different hash seeds.
        reason: "" if passed, else the fault: `syntax_error`, `too_large`, `too_deep`, `no_tests`,
            `unsafe_code`, `raises`, `failed_tests`, `wrong_type` (equal, but of another type),
            `timeout`, `output_too_large`, `nondeterministic`, `unverified` (no sandbox here).
        evidence: `io_compared` (the parent compared values with literals that the child never
            saw), `self_asserted` (the child's word), `none` (nothing was run).
        sandbox: the tier that it ran under, `bubblewrap` or `landlock`; `none` if it was not run.
        tests: asserts that were judged.
        details: where and what, in ASCII without control characters, at most 300 characters.
        chance: what solution and tests leave to chance (`synth.chance`); runs that agree do not show that others would.
    """

    passed: bool
    reason: str
    evidence: str
    sandbox: str
    tests: int = 0
    details: str = ""
    chance: tuple[str, ...] = ()


def verify(solution: str, tests: str, timeout_s: float = 5.0, sandbox: Sandbox | None = None) -> Verdict:
    """Returns whether a solution passes its tests, run in a sandbox on this machine.

    Values are compared type-strictly: True is not 1, 1.0 is not 1, a tuple is not a list, and
    a dict's subclass is not a dict. Tests of another form than `assert CALL == LITERAL` give
    the evidence `self_asserted` (see `assertions.py`).

    Args:
        solution: a program that defines what the tests call; only the standard library is there.
        tests: a script of assert statements.
        timeout_s: processor time of one run, in whole seconds rounded up; twice as much and
            two seconds may pass on the clock. A run that the clock stopped while it was
            computing is repeated alone before it counts as a timeout.
        sandbox: where to run it; default: one of its own. Sharing one saves 0.1 s each time.

    Raises:
        UsageError: `timeout_s` is not above 0, or PHIMILL_SANDBOX names no tier.
    """
    if not 0 < timeout_s < math.inf:
        raise UsageError(f"timeout_s: found {timeout_s}, expected a number of seconds above 0.")
    exercise = readable(solution, tests)
    if isinstance(exercise, Verdict):
        return exercise
    if sandbox is None:
        with Sandbox() as own:
            return judge(exercise, timeout_s, own)
    return judge(exercise, timeout_s, sandbox)


def readable(solution: str, tests: str) -> Trial | Verdict:
    """Returns what there is to run of a solution and its tests, or the verdict that it cannot be."""
    try:
        return read_trial(solution, tests)
    except Fault as fault:
        return Verdict(False, fault.reason, "none", "none", 0, fault.details)


def judge(exercise: Trial, timeout_s: float, sandbox: Sandbox) -> Verdict:
    """Returns whether a solution passes its tests, once both are read; see `verify`."""
    if sandbox.tier is None:
        return Verdict(False, "unverified", "none", "none", 0, "no sandbox here passes its canaries")
    limits = Limits(cpu_s=math.ceil(timeout_s), wall_s=2 * timeout_s + 2)
    try:
        _judge_repeatedly(exercise, sandbox, limits)
    except Fault as fault:
        evidence = "none" if fault.reason == "unverified" else exercise.evidence
        return Verdict(False, fault.reason, evidence, sandbox.name, exercise.tests, fault.details, exercise.chance)
    return Verdict(True, "", exercise.evidence, sandbox.name, exercise.tests, chance=exercise.chance)


def _judge_repeatedly(exercise: Trial, sandbox: Sandbox, limits: Limits) -> None:
    """Runs an exercise under several hash seeds; returns if it passed each time, alike.

    Raises:
        Fault: it did not.
    """
    seeds_random = any("random" in text for _, text in exercise.steps)
    first: tuple[list[str], Fault | None] | None = None
    for hash_seed in MORE_HASH_SEEDS if exercise.chance or exercise.orders_sets else HASH_SEEDS:
        outcome = sandbox.run(Program(exercise.steps, hash_seed, seeds_random), limits)
        fault, claims = None, []
        try:
            claims = _claims(outcome, exercise)
            _judge(outcome, claims, exercise)
        except Fault as found:
            if found.reason not in _REPEATABLE:
                raise
            fault = found
        seen = [canonical(claim) for claim in claims]
        first = first or (seen, fault)
        if first[0] != seen or (first[1] and first[1].reason) != (fault and fault.reason):
            raise Fault("nondeterministic", "two runs gave different results")
    if first and first[1]:
        raise first[1]


def _claims(outcome: Outcome, exercise: Trial) -> list[Claim]:
    """Returns the values that the child claims, in the order of the `value` steps.

    Raises:
        Fault: the walls did not stand, or the program reached for the machine or the reports.
    """
    if outcome.ended == "unconfined":
        raise Fault("unverified", outcome.output.decode("utf-8", "replace"))
    places = iter([index for index, (kind, _) in enumerate(exercise.steps) if kind == "value"])
    claims: list[Claim] = []
    for report in outcome.reports:
        if report[0] == "unsafe":
            raise Fault("unsafe_code", _from_hex(report[1:2]))
        if report[0] == "value":
            try:
                canonical(report[2])
            except (ValueError, IndexError, RecursionError) as error:
                raise Fault("unsafe_code", "a forged report") from error
            if report[1] != next(places, None):
                raise Fault("unsafe_code", "a forged report")
            claims.append(report[2])
    return claims


def _judge(outcome: Outcome, claims: list[Claim], exercise: Trial) -> None:
    """Returns if every test held.

    Raises:
        Fault: the first thing that went wrong, in the order in which the tests ran.
    """
    for claim, expectation in zip(claims, exercise.expected or (), strict=False):
        _compare(claim, expectation)
    if outcome.ended == "too_many_threads":
        raise Fault("unsafe_code", "too many threads")
    if outcome.ended in ("timeout", "output_too_large"):
        raise Fault(outcome.ended)
    last = outcome.reports[-1] if outcome.reports else [""]
    if last[0] == "large":
        raise Fault("output_too_large")
    if last[0] == "raised":
        raise _raised(last, exercise)
    if last[0] != "done" or len(claims) < sum(kind == "value" for kind, _ in exercise.steps):
        raise Fault("raises", f"ended the process{_by_signal(outcome.status)} before the last test")
    if exercise.expected is None:
        _check_count(claims[0], exercise)


def _compare(claim: Claim, expectation: Expectation) -> None:
    if canonical(claim) == canonical(expectation.claim):
        return
    foreign = foreign_type(claim)
    alike = not foreign and canonical(claim, loose=True) == canonical(expectation.claim, loose=True)
    details = f"{expectation.expression[:120]}: expected {show(expectation.claim)}, got {show(claim)}"
    raise Fault("wrong_type" if foreign or alike else "failed_tests", details)


def _raised(report: list[object], exercise: Trial) -> Fault:
    """Returns the fault that a step's exception stands for."""
    kind, message = _from_hex(report[2:3]), _from_hex(report[3:4])
    place = exercise.steps[report[1]][0] if _is_index(report[1], exercise.steps) else ""
    details = f"{place}: {kind}: {message}"
    if kind == "SyntaxError" and place == "solution":
        return Fault("syntax_error", details)  # what only the compiler refuses, such as a return outside a function
    if kind == "AssertionError" and exercise.expected is None and place == "test":
        return Fault("failed_tests", details)
    return Fault("raises", details)


def _is_index(number: object, items: tuple[Step, ...]) -> TypeGuard[int]:
    return isinstance(number, int) and 0 <= number < len(items)


def _check_count(claim: Claim, exercise: Trial) -> None:
    """Returns if the child says that the script ran to its end and that at least one assert held."""
    if canonical(claim) == canonical(claim_of((exercise.nonce, 0))):
        raise Fault("no_tests", "no assert was reached")
    if claim[0] != "tuple" or not isinstance(claim[1], list) or claim[1][:1] != [claim_of(exercise.nonce)]:
        raise Fault("unsafe_code", "a forged report")


def _by_signal(status: int) -> str:
    number = -status if status < 0 else status - 128 if status > 128 else 0
    return f" by {signal.Signals(number).name}" if number in set(signal.Signals) else ""


def _from_hex(fields: list[object]) -> str:
    """Returns a text that the child sent as hexadecimal digits; "" if it is malformed."""
    try:
        return bytes.fromhex(str(fields[0])).decode("utf-8", "replace")
    except (ValueError, IndexError):
        return ""
