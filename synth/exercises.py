"""Exercises from a teacher in one call: what a recipe's step and the Python API use."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pyarrow as pa

from data.errors import UsageError, did_you_mean
from data.recipe import Synthesise
from synth.builtin.answers import MODEL
from synth.builtin.faults import FaultRates, rates_of
from synth.generation import Generation
from synth.plans import Plan
from synth.prompts import known_topics
from synth.rows import teacher_name
from synth.shared_answers import SharedAnswers
from synth.tally import Tally

Progress = Callable[[int], None]

__all__ = ["check_settings", "generate", "teacher_name"]


def generate(
    settings: Synthesise,
    seed: int,
    journal: Path,
    on_progress: Progress | None = None,
    fault_rates: FaultRates | None = None,
    plan: Plan | None = None,
    shared: SharedAnswers | None = None,
) -> tuple[pa.Table, dict[str, Any]]:
    """Returns one row (DOCUMENT_SCHEMA) for each request, in the requests' order, and the facts about them.

    Args:
        settings: the recipe's section.
        seed: the recipe's seed; another one asks for other exercises.
        journal: the request ledger. What it has settled is not asked again.
        on_progress: called with how many of `settings.exercises` are done, as they are.
        fault_rates: how often the built-in teacher is wrong on purpose; default: as the settings say.
        plan: what to ask for; default: the settings' topics and kinds in turn.
        shared: answers of other runs on this machine, if they may be used.

    Raises:
        UsageError: the topics or the model are unknown to the built-in teacher, or the
            endpoint refuses key, model or URL.
        PhimillError: the endpoint is down or out of quota; run again to go on.
    """
    check_settings(settings)

    def changed(tally: Tally) -> None:
        if on_progress and tally.steps:
            on_progress(tally.steps)

    with Generation(
        settings, seed, journal, rates=fault_rates, plan=plan, shared=shared, on_change=changed
    ) as generation:
        generation.run()
        return generation.table(), generation.facts()


def check_settings(settings: Synthesise) -> None:
    """Raises UsageError if the built-in teacher is asked for what it does not know."""
    rates_of(settings.teacher)
    if settings.teacher.base_url != "builtin":
        return
    if settings.teacher.model != MODEL:
        found = settings.teacher.model
        raise UsageError(
            f"teacher.model: the built-in teacher's only model is {MODEL!r}, found {found!r}; leave the model out, or "
            "name an endpoint (`base_url`)"
        )
    for topic in settings.topics:
        if topic not in known_topics():
            known = ", ".join(known_topics())
            raise UsageError(
                f"topics: the built-in teacher is a fixed grammar and knows nothing about {topic!r}."
                f"{did_you_mean(topic, known_topics())} It knows: {known}. "
                "Other topics need a language model (`base_url`)."
            )
