"""How far can an exercise be believed? What was run, and what came of it, as fields of its row.

Levels, each with all that stands before it:

    none     it could not be read
    parses   its programs are Python
    runs     they can be loaded in the sandbox
    passes   all its checks came out as they must, each time, under different hash seeds
    strong   its tests, ours added, tell every faulty version from the solution, and nothing is left to chance
    agreed   an independent second solution gives the same results
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Sequence

from synth.agreement import Agreement, compare
from synth.behaviour import behaviour_of
from synth.examples import Subject, find_subject
from synth.parsing import parse_code
from synth.sandbox.sandbox import Sandbox
from synth.skeletons import exact_form, skeleton
from synth.strength import Strength, measure_strength
from synth.trials import Trial
from synth.trying import Trials, try_subject
from synth.verification import Verdict, judge, readable

Level = Literal["none", "parses", "runs", "passes", "strong", "agreed"]
LEVELS: tuple[Level, ...] = ("none", "parses", "runs", "passes", "strong", "agreed")

#: Killed share of all mutants that is asked for where no inputs can be made, so that none is known to be equivalent.
BLIND_SHARE = 0.8

_SHOWN_FAULTS = ("failed_tests", "raises", "wrong_type")
_RUNS = ("failed_tests", "wrong_type", "nondeterministic", "no_tests", "output_too_large")
_UNREADABLE = ("syntax_error", "too_large", "too_deep")


class Check(Protocol):
    """What is to be run of a record; see `synth.kinds.protocol`."""

    @property
    def part(self) -> str:
        """What of the record it is."""

    @property
    def program(self) -> str:
        """Python source."""

    @property
    def tests(self) -> tuple[str, ...]:
        """Assert statements."""

    @property
    def must(self) -> Literal["pass", "fail"]:
        """Whether the tests must hold, or at least one must fail."""

    @property
    def strong(self) -> bool:
        """Whether mutants of the program must be killed."""


@dataclass(frozen=True)
class SolutionCheck:
    """A solution whose tests must pass and be strong."""

    program: str
    tests: tuple[str, ...]
    part: str = "solution"
    must: Literal["pass", "fail"] = "pass"
    strong: bool = True


@dataclass(frozen=True)
class Evidence:
    """All that running a record has shown; the same on every machine that has a sandbox.

    Attributes:
        verdict: of the first check that did not come out as it must, else of the first.
        reason: why it is not at level `strong`: the verdict's, `weak_tests`, `left_to_chance`, or "".
        level: see the module; "" where there is nothing to run.
        strength: of the checks that claim to be strong, added up.
        second: of an independent second solution, where one was given.
        skeleton, form: of the record's code; see `synth.skeletons`.
        behaviour: of its function; "" if that says nothing. See `synth.behaviour`.
        shapes: of its arguments.
        chance: what its programs leave to chance: luck, the clock, the machine. See `synth.chance`.
    """

    verdict: Verdict
    reason: str
    level: Level | Literal[""]
    strength: Strength = field(default_factory=Strength)
    second: Agreement = field(default_factory=Agreement)
    skeleton: str = ""
    form: str = ""
    behaviour: str = ""
    shapes: str = ""
    chance: tuple[str, ...] = ()

    @property
    def level_number(self) -> int:
        """The level's place among LEVELS; what has nothing to run counts as `none`."""
        return LEVELS.index(self.level or "none")

    @property
    def added_tests(self) -> tuple[str, ...]:
        """Asserts of ours that make the tests strong."""
        return self.strength.added

    def metadata(self) -> dict[str, Any]:
        """Returns everything as columns for a row."""
        strength, second = self.strength, self.second
        return {
            "evidence": self.verdict.evidence,
            "evidence_level": self.level or None,
            "sandbox": self.verdict.sandbox,
            "probes": strength.probes,
            "mutants": strength.mutants,
            "killable": strength.killable,
            "killed": strength.killed,
            "mutation_score": _rounded(strength.score),
            "final_mutation_score": _rounded(strength.final_score),
            "added_tests": list(strength.added) or None,
            "second_agrees": second.agrees,
            "second_compared": second.compared or None,
            "skeleton": self.skeleton or None,
            "behaviour": self.behaviour or None,
            "shapes": self.shapes or None,
            "left_to_chance": list(self.chance) or None,
        }


def reaches(level: str, wanted: str) -> bool:
    """Whether a level is at least the wanted one."""
    return LEVELS.index(level or "none") >= LEVELS.index(wanted)


def examine(
    checks: Sequence[Check],
    code: str = "",
    *,
    sandbox: Sandbox,
    second: str | None = None,
    original: str | None = None,
    timeout_s: float = 5.0,
) -> Evidence:
    """Returns what running a record shows.

    Args:
        checks: what to run; none for prose.
        code: what stands for the record where programs are compared; default: the first strong check's program.
        sandbox: where to run it.
        second: an independent second solution of the same task.
        original: a program that the first strong check's must do the same as, with another skeleton (a refactoring).
        timeout_s: processor time of one check's tests.
    """
    strong = [check for check in checks if check.strong and check.must == "pass"]
    code = code or (strong[0].program if strong else "")
    trials = [readable(check.program, "\n".join(check.tests)) for check in checks]
    chance = {source for trial in trials if isinstance(trial, Trial) for source in trial.chance}
    forms: dict[str, Any] = {"skeleton": skeleton(code), "form": exact_form(code)} if code else {}
    forms["chance"] = tuple(sorted(chance))
    verdict = Verdict(True, "", "none", "none")
    for number, (check, trial) in enumerate(zip(checks, trials, strict=True)):
        found = _expected(check, judge(trial, timeout_s, sandbox) if isinstance(trial, Trial) else trial)
        verdict = found if number == 0 or not found.passed else verdict
        if not found.passed:
            return Evidence(found, found.reason, _level_of(found, checks), **forms)
    if not checks:
        return Evidence(verdict, "", "", **forms)
    if not strong:  # nothing claims more than it has shown
        return Evidence(verdict, "left_to_chance" if chance else "", "passes" if chance else "strong", **forms)
    claimed = [(check, trial) for check, trial in zip(checks, trials, strict=True) if check in strong]
    return _weigh(verdict, claimed, second, original, sandbox, forms)


def _weigh(
    verdict: Verdict,
    strong: Sequence[tuple[Check, Trial | Verdict]],
    second: str | None,
    original: str | None,
    sandbox: Sandbox,
    forms: dict[str, Any],
) -> Evidence:
    """Returns the evidence of a record that has passed its checks: how strong they are, and who agrees."""
    (main, trial), *others = strong
    subject = find_subject(main.program, main.tests)
    trials = try_subject(main.program, subject, sandbox)
    strength = _strength(main, trial, subject, trials, sandbox)
    for check, trial in others:
        own = find_subject(check.program, check.tests)
        strength = _sum(strength, _strength(check, trial, own, try_subject(check.program, own, sandbox), sandbox))
    facts: dict[str, Any] = dict(forms)
    facts["behaviour"] = behaviour_of(subject.shapes, trials) if subject else ""
    facts["shapes"] = ",".join(map(str, subject.shapes)) if subject and subject.shapes else ""
    if original is not None:
        kept = compare(trials, subject, original, main.tests, sandbox)
        same = skeleton(original) == skeleton(main.program)
        if same or kept.agrees is False:
            details = "the skeleton is the same" if same else "it does something else"
            failed = Verdict(False, "failed_tests", verdict.evidence, verdict.sandbox, verdict.tests, details)
            return Evidence(failed, "failed_tests", "runs", strength, kept, **facts)
    agreement = compare(trials, subject, second, main.tests, sandbox) if second is not None else Agreement()
    if not _is_strong(strength) or verdict.evidence == "self_asserted":
        return Evidence(verdict, "weak_tests", "passes", strength, agreement, **facts)
    if facts["chance"]:
        return Evidence(verdict, "left_to_chance", "passes", strength, agreement, **facts)
    level: Level = "agreed" if agreement.agrees else "strong"
    return Evidence(verdict, "", level, strength, agreement, **facts)


def _expected(check: Check, verdict: Verdict) -> Verdict:
    """Returns a check's verdict, passed if it came out as it must."""
    if check.must == "pass":
        return verdict
    if verdict.passed:
        details = f"{check.part}: the tests should show its bug, and pass"
        return Verdict(False, "failed_tests", verdict.evidence, verdict.sandbox, verdict.tests, details)
    if verdict.reason in _SHOWN_FAULTS:
        return Verdict(True, "", verdict.evidence, verdict.sandbox, verdict.tests)
    return verdict


def _level_of(verdict: Verdict, checks: Sequence[Check]) -> Level:
    """Returns how far a record came whose check failed."""
    if verdict.reason in _UNREADABLE or any(parse_code(check.program) is None for check in checks):
        return "none"
    if verdict.reason in _RUNS or (verdict.reason == "raises" and not verdict.details.startswith("solution:")):
        return "runs"
    return "parses"


def _strength(
    check: Check, trial: Trial | Verdict, subject: Subject | None, trials: Trials, sandbox: Sandbox
) -> Strength:
    if isinstance(trial, Verdict):
        return Strength()
    return measure_strength(check.program, trial, subject, trials, sandbox)


def _sum(one: Strength, other: Strength) -> Strength:
    return Strength(
        min(one.probes, other.probes),
        one.mutants + other.mutants,
        one.killable + other.killable,
        one.killed + other.killed,
        (*one.added, *other.added),
        one.survivors + other.survivors,
        one.details or other.details,
        one.measured and other.measured,
    )


def _is_strong(strength: Strength) -> bool:
    """Whether nothing that could be killed survives; where no input can tell what could be, few mutants at all.

    Tests that kill nothing by themselves say nothing about the solution: ours, made of its own results, cannot either.
    """
    if strength.survivors or not strength.measured or (strength.killable and not strength.killed):
        return False
    return strength.probes > 0 or strength.killed >= BLIND_SHARE * strength.mutants


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
