"""How strong are tests? Those of a good exercise tell every faulty version of its solution from the solution.

1. The solution is tried with many inputs, under two hash seeds; what it gives for them is known then.
2. The mutants run the tests, all in one process, each up to the first test that it fails. Those that pass are tried
   with the inputs. Of a mutant only that is reported in which it differs from the solution.
3. A mutant that gives another result for some input is killable; if no test killed it, the tests are weak. Then
   inputs are chosen greedily, each the one that kills most, until every killable mutant is killed by some test.

Mutants that no input tells apart are equivalent, as far as one can see, and count for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

from synth.examples import Subject
from synth.mutants import mutants_of
from synth.sandbox.program import Outcome, Program, Step, calls
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.values import canonical, claim_of, literal
from synth.trials import Trial
from synth.trying import LEAST_SECONDS, RESULTS, Trials, canonical_or_nothing, limits_for

#: More tests than this make a text of tests out of an exercise.
MAX_ADDED_TESTS = 12

_TEST_CHARS = 300

#: Processor time of one step of a mutant. A sound one takes microseconds, an endless one all that it is given.
SHORT_SECONDS = 0.005

#: A program as text, or as marshalled code.
Source = str | bytes

#: What a program reported, by step.
Reports = dict[int, list[list[Any]]]


@dataclass(frozen=True)
class Strength:
    """What the tests tell apart.

    Attributes:
        probes: inputs for which the solution gave a value, the same under both hash seeds.
        mutants: faulty versions that were tried.
        killable: those that some test or input tells from the solution.
        killed: those that the tests as they were told from it.
        added: asserts that, with the tests, kill more.
        survivors: killable ones that neither kill.
        details: where the first of those that the tests did not kill has its fault.
        measured: False where the solution disturbs the programs that run after it.
    """

    probes: int = 0
    mutants: int = 0
    killable: int = 0
    killed: int = 0
    added: tuple[str, ...] = ()
    survivors: int = 0
    details: str = ""
    measured: bool = True

    @property
    def score(self) -> float | None:
        """The killed share of what is killable, by the tests as they were; None if nothing is."""
        return self.killed / self.killable if self.killable else None

    @property
    def final_score(self) -> float | None:
        """The same with the tests that were added."""
        return (self.killable - self.survivors) / self.killable if self.killable else None


def measure_strength(program: str, trial: Trial, subject: Subject | None, trials: Trials, sandbox: Sandbox) -> Strength:
    """Returns how strong a solution's tests are; the solution must have passed them.

    Args:
        program: the solution.
        trial: its tests.
        subject: the function that they are about.
        trials: what `try_subject` found.
        sandbox: where to run the mutants.
    """
    mutants, useful = mutants_of(program), trials.useful
    codes = [mutant.code for mutant in mutants]
    killed, seconds = _killed_by_tests(program, codes, trial, sandbox)
    if killed is None:
        return Strength(len(useful), len(mutants), details="the tests cannot be run many times over", measured=False)
    rest = [number for number, is_killed in enumerate(killed) if not is_killed]
    told: list[set[int]] = [set() for _ in rest]
    if useful and rest and subject:
        told = _told_apart([program, *[codes[number] for number in rest]], subject.name, trials, sandbox, seconds)
    weak = [(number, kills) for number, kills in zip(rest, told, strict=True) if kills]
    added, left = _choose(subject, trials, [kills for _, kills in weak]) if weak and subject else ((), 0)
    first = f"line {mutants[weak[0][0]].line}: {mutants[weak[0][0]].operator}" if weak else ""
    total = len(mutants) - len(rest)
    return Strength(len(useful), len(mutants), total + len(weak), total, added, left, first)


def _killed_by_tests(
    program: str, codes: Sequence[bytes], trial: Trial, sandbox: Sandbox
) -> tuple[list[bool] | None, float]:
    """Returns for each program whether the tests tell that it is wrong, and the time that a call may take.

    The solution itself runs first and last. Where it does not get through in the time, all get more; None if it never
    does: its programs may disturb each other.
    """
    for seconds in (SHORT_SECONDS, LEAST_SECONDS, 20 * LEAST_SECONDS):
        right, *wrong, again = _judged([program, *codes, program], trial, sandbox, seconds)
        if right and again:
            return [not passed for passed in wrong], seconds
    return None, seconds


def _judged(programs: Sequence[Source], trial: Trial, sandbox: Sandbox, seconds: float) -> list[bool]:
    """Returns for each program whether it passes the tests; the first is the solution."""
    compared = trial.expected is not None
    tests: list[Step] = [("try" if step == "value" and compared else step, text) for step, text in trial.steps[1:]]
    expected = [canonical(one.claim) for one in trial.expected] if trial.expected is not None else None
    places = [number for number, (step, _) in enumerate(tests, 2) if step in ("try", "value")]
    first, *others = run_each(programs, tests, sandbox, seconds)
    known = _values(first or {}, places)

    def passes(reports: Reports | None) -> bool:
        if reports is None or not _is_through(reports):
            return False
        values = known | _values(reports, places)
        return len(values) == len(places) and expected in (None, [values[place] for place in places])

    return [passes(first), *map(passes, others)]


def _values(reports: Reports, places: Sequence[int]) -> dict[int, str]:
    """Returns the canonical text of each value that was reported, by its step."""
    found = [(place, reports[place][0]) for place in places if reports.get(place)]
    return {place: canonical_or_nothing(one[2]) for place, one in found if one[0] == "value" and len(one) == 3}


def _is_through(reports: Reports) -> bool:
    """Whether a program came to its end without an exception on the way."""
    return "through" in _words(reports) and not {"raised", "slow", "large"} & _words(reports)


def _words(reports: Reports) -> set[Any]:
    """Returns the first words of all reports: what there was to report."""
    return {report[0] for found in reports.values() for report in found}


def _told_apart(
    programs: Sequence[Source], name: str, trials: Trials, sandbox: Sandbox, seconds: float
) -> list[set[int]]:
    """Returns for each program but the first, the solution, the inputs for which it gives something else."""
    useful = trials.useful
    step = calls(name, [trials.inputs[number] for number in useful], seconds, patience=1, whole=True)
    first, *others = run_each(programs, [step], sandbox, seconds)
    if seconds < LEAST_SECONDS and (first is None or "slow" in _words(first)):
        return _told_apart(programs, name, trials, sandbox, LEAST_SECONDS)  # some input takes the solution longer
    return [_told(reports, trials, useful) for reports in others]


def _told(reports: Reports | None, trials: Trials, useful: list[int]) -> set[int]:
    """Returns the inputs for which a program gave something else than the solution."""
    if reports is None:
        return set(useful[:1])  # it ended the process or ran on; any input shows that
    told: set[int] = set()
    for report in reports.get(2, []):
        place = report[2] if len(report) > 2 and isinstance(report[2], int) else -1
        if 0 <= place < len(useful) and (
            report[0] not in RESULTS or _report_text(report) != trials.outputs[useful[place]]
        ):
            told.add(useful[place])
    return told


def run_each(
    programs: Sequence[Source], steps: Sequence[Step], sandbox: Sandbox, seconds: float
) -> list[Reports | None]:
    """Runs the same steps with each of several programs, in one process as long as none spoils it.

    Those that take too long have a second try: a machine may have been busy.

    Returns:
        for each program its reports by step (the program itself is step 1), of all but the first only those that
        differ from the first one's; None if it ended the process.
    """
    found = _run_each(programs, steps, sandbox, seconds)
    slow = [number for number, reports in enumerate(found) if number and reports and "slow" in _words(reports)]
    if slow:
        again = _run_each([programs[0], *[programs[number] for number in slow]], steps, sandbox, seconds)
        for number, reports in zip(slow, again[1:], strict=True):
            found[number] = reports
    return found


def _run_each(
    programs: Sequence[Source], steps: Sequence[Step], sandbox: Sandbox, seconds: float
) -> list[Reports | None]:
    size, done = len(steps) + 2, list[Reports | None]()
    while len(done) < len(programs):
        # The first one runs in every process, since the others are compared with it.
        todo = [programs[0], *programs[max(1, len(done)) :]]
        many: list[Step] = []
        for number, source in enumerate(todo):
            many += [("again" if number else "fresh", seconds), ("solution", source), *steps]
        limits = limits_for(1 + seconds * (8 + len(todo)))
        outcome = sandbox.run(Program(tuple(many), 1, seeds_random="random" in str(programs[0])), limits)
        first, *others = _sorted(outcome, size, len(todo))
        done = done or [first]
        if outcome.ended == "exited" and outcome.reports and outcome.reports[-1] == ["done"]:
            return [*done, *others]
        if not _is_over(first):
            return [*done, *[None] * len(others)] if len(done) > 1 else [None] * len(programs)
        spoiler = next((number for number, reports in enumerate(others) if not _is_over(reports)), len(others) - 1)
        done += [*others[:spoiler], None]
    return done[: len(programs)]


def _is_over(reports: Reports) -> bool:
    """Whether a program has said that it came through, or that it did not."""
    return bool({"through", "left"} & _words(reports))


def _sorted(outcome: Outcome, size: int, programs: int) -> list[Reports]:
    """Returns reports by program, then by step."""
    found: list[Reports] = [{} for _ in range(programs)]
    for report in outcome.reports:
        if len(report) > 1 and type(report[1]) is int and 0 <= report[1] < size * programs:
            found[report[1] // size].setdefault(report[1] % size, []).append(report)
    return found


def _choose(subject: Subject, trials: Trials, weak: list[set[int]]) -> tuple[tuple[str, ...], int]:
    """Returns asserts that kill what the tests did not, fewest first, and how many survive them."""
    tests = {number: _assert_of(subject, trials, number) for kills in weak for number in kills}
    left, chosen = list(weak), list[int]()
    while left and len(chosen) < MAX_ADDED_TESTS:
        gains = {number: sum(number in kills for kills in left) for kills in left for number in kills if tests[number]}
        if not gains:
            break
        best = min(gains, key=lambda number: (-gains[number], len(tests[number]), number))
        chosen.append(best)
        left = [kills for kills in left if best not in kills]
    return tuple(tests[number] for number in sorted(chosen)), len(left)


def _assert_of(subject: Subject, trials: Trials, number: int) -> str:
    """Returns the test that an input and its known result make; "" if it would be too long, or hang on rounding."""
    if trials.how[number] != "called":
        return ""
    result = literal(trials.claims[number], _TEST_CHARS)
    arguments = [literal(claim_of(argument), _TEST_CHARS) for argument in trials.inputs[number]]
    if result is None or any(argument is None for argument in arguments):
        return ""
    compared = "is" if trials.claims[number][0] in ("n", "b") else "=="
    text = f"assert {subject.name}({', '.join(map(str, arguments))}) {compared} {result}"
    return text if len(text) <= 2 * _TEST_CHARS else ""


def _report_text(report: list[Any]) -> str:
    return f"{report[0]}:{canonical_or_nothing(report[3])}" if len(report) == 4 else ""
