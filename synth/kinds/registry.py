"""Every kind, by name."""

from __future__ import annotations

from data.errors import UsageError, did_you_mean
from synth.kinds import (
    fix_the_bug,
    function,
    lesson,
    multi_step,
    predict_output,
    refactor,
    rephrase,
    section,
    tests_from_code,
    word_problem,
)
from synth.kinds.protocol import Kind

_KINDS = (
    function.KIND,
    section.KIND,
    word_problem.KIND,
    fix_the_bug.KIND,
    predict_output.KIND,
    refactor.KIND,
    tests_from_code.KIND,
    multi_step.KIND,
    lesson.KIND,
    *rephrase.KINDS,
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}


def find_kind(name: str) -> Kind:
    """Returns the kind of a name.

    Raises:
        UsageError: there is none; names the nearest.
    """
    if name not in KINDS:
        raise UsageError(f"no kind is named {name!r}.{did_you_mean(name, KINDS)} There are: {', '.join(KINDS)}.")
    return KINDS[name]
