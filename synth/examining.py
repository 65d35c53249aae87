"""What running a record shows, and whether that is enough to keep it."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from data.recipe import Synthesise
from synth.evidence import Evidence, examine, reaches
from synth.kinds.protocol import Record
from synth.sandbox.sandbox import Sandbox
from synth.specs import ExerciseSpec
from synth.verification import Verdict

#: Verdict → reason of the closed list; what is not here has the same name.
_REASONS = {
    "raises": "failed_tests",
    "wrong_type": "failed_tests",
    "nondeterministic": "failed_tests",
    "output_too_large": "failed_tests",
    "syntax_error": "bad_response",
    "too_large": "bad_response",
    "too_deep": "bad_response",
}

#: Reasons whose details are the same in every run.
_STABLE_DETAILS = ("failed_tests", "raises", "wrong_type", "unsafe_code", "syntax_error")


@dataclasses.dataclass(frozen=True)
class Examined:
    """What running a record showed.

    Attributes:
        verdict: of the first check that did not go as it must, else of the first; None for prose.
        reason, detail: why it cannot be kept, in words that are the same in every run; "" if it can.
        level: how far it can be believed (`synth.evidence.LEVELS`); "" for prose.
        form, skeleton, behaviour: what it has in common with others; "" for prose.
        added: asserts of ours that make its tests strong.
        columns: of its row.
    """

    verdict: Verdict | None = None
    reason: str = ""
    detail: str = ""
    level: str = ""
    form: str = ""
    skeleton: str = ""
    behaviour: str = ""
    added: tuple[str, ...] = ()
    columns: dict[str, Any] = dataclasses.field(default_factory=dict)


def examine_record(
    record: Record, spec: ExerciseSpec, settings: Synthesise, sandbox: Sandbox, second: str | None = None
) -> Examined:
    """Runs a record and weighs what that shows.

    Args:
        record: of any kind.
        spec: what was asked for.
        settings: what level is enough, and how long a run may take.
        sandbox: where to run it.
        second: an independent second solution of the same task.
    """
    original = str(getattr(record, "before", "")) or None if spec.kind == "refactor" else None
    evidence = examine(
        record.checks, record.code, sandbox=sandbox, second=second, original=original, timeout_s=settings.timeout_s
    )
    reason, detail = _judged(evidence, settings, bool(record.checks))
    return Examined(
        evidence.verdict if record.checks else None,
        reason,
        detail,
        evidence.level,
        evidence.form,
        evidence.skeleton,
        evidence.behaviour,
        evidence.added_tests,
        evidence.metadata(),
    )


def _judged(evidence: Evidence, settings: Synthesise, has_checks: bool) -> tuple[str, str]:
    """Returns why a record is not kept, with a detail; two empty strings if it is."""
    verdict, wanted = evidence.verdict, settings.min_level
    if not has_checks:
        return "", ""
    if not verdict.passed:
        if reaches(evidence.level, wanted):  # the recipe takes what merely parses, or runs
            return "", ""
        return _REASONS.get(verdict.reason, verdict.reason), stable(verdict)
    if verdict.evidence == "self_asserted":
        if settings.keep_self_asserted or not reaches(wanted, "strong"):
            return "", ""
        return "self_asserted", "no test compares a call with a literal"
    if reaches(evidence.level, wanted):
        return "", ""
    if wanted == "agreed" and not evidence.reason:
        return ("second_disagrees", "") if evidence.second.agrees is False else ("no_second", "")
    if evidence.reason == "left_to_chance":
        return evidence.reason, f"hangs on {', '.join(evidence.chance)}: runs that agree do not show that others would"
    return evidence.reason or "weak_tests", evidence.strength.details


def with_tests(record: Record, added: tuple[str, ...]) -> Record:
    """Returns a record whose tests are joined by ours, where its kind shows tests."""
    named: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(record) if dataclasses.is_dataclass(record) else ()
    fields = [str(field.name) for field in named]
    if not added or "tests" not in fields:
        return record
    tests = getattr(record, "tests", None)
    if not isinstance(tests, tuple):
        return record
    more = tuple(test for test in added if test not in tests)
    return dataclasses.replace(record, tests=(*tests, *more))  # type: ignore[type-var]


def stable(verdict: Verdict) -> str:
    """Returns a verdict's fault in words that are the same in every run."""
    if verdict.reason not in _STABLE_DETAILS or not verdict.details:
        return verdict.reason
    return f"{verdict.reason}: " + re.sub(r"0x[0-9a-fA-F]+", "0x", verdict.details)
