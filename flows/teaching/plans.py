"""From settings to the plan that says what is asked for."""

from __future__ import annotations

import math

from data.recipe import Synthesise
from synth.plans import PlainPlan, Plan


def plan_of(settings: Synthesise, seed: int) -> Plan:
    """Returns the plan of a specification file, or the plain one of topics and kinds.

    Raises:
        UsageError: the specification, or the documents that it names, cannot be used.
    """
    if settings.spec is None:
        return PlainPlan(seed, settings.topics, settings.kinds)
    from synth.variety.documents import read_documents
    from synth.variety.files import read_variety
    from synth.variety.steering import Steering

    file = read_variety(settings.spec)
    wanted = file.variety.documents
    return Steering(file, seed, read_documents(wanted, file.root, seed) if wanted else ())


def most_requests(spec: str) -> int:
    """Returns how many requests a specification can come to: what it wishes for, times its tries."""
    from synth.variety.files import read_variety

    budget = read_variety(spec).variety.budget
    return math.ceil(budget.kept * budget.most_tries)
