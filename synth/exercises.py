"""Exercises from a teacher: asked for, read, run in the sandbox, and kept if they pass.

Every request is a row, whatever became of it. Rows depend on the settings, the seed and the
replies alone: no times, no ports, no order of arrival.
"""

from __future__ import annotations

import concurrent.futures
import os
import re
from pathlib import Path
from typing import Any, Callable

import pyarrow as pa

from data.errors import UsageError, did_you_mean
from data.recipe import Synthesise
from data.schema import to_table
from synth.builtin.answers import MODEL
from synth.builtin.faults import DEFAULT_RATES, FaultRates
from synth.exercise_files import write_exercises
from synth.journal import REPLY, Journal
from synth.parsing import parse_exercise, read_reply
from synth.prompts import draw_spec, exercise_messages, exercise_schema, known_topics
from synth.requests import Answer, Request, build_request
from synth.rows import Item, endpoint_identity, facts_of, row_of, teacher_name
from synth.skeletons import exact_form
from synth.verification import Verdict, verify

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

Progress = Callable[[int], None]

__all__ = ["check_settings", "generate", "teacher_name", "write_exercises"]


def generate(
    settings: Synthesise,
    seed: int,
    journal: Path,
    on_progress: Progress | None = None,
    fault_rates: FaultRates = DEFAULT_RATES,
) -> tuple[pa.Table, dict[str, Any]]:
    """Returns one row (DOCUMENT_SCHEMA) for each request, in the requests' order, and the facts about them.

    Args:
        settings: the recipe's section.
        seed: the recipe's seed; another one asks for other exercises.
        journal: the request ledger. What it has settled is not asked again.
        on_progress: called with how many of `settings.exercises` are done, as they are.
        fault_rates: how often the built-in teacher is wrong on purpose.

    Raises:
        UsageError: the topics or the model are unknown to the built-in teacher, or the
            endpoint refuses key, model or URL.
        PhimillError: the endpoint is down or out of quota; run again to go on.
    """
    check_settings(settings)
    report = _Reporter(settings.exercises, on_progress)
    items = [_item(settings, seed, number, fault_rates) for number in range(settings.exercises)]
    with Journal(journal) as opened:
        _ask(settings, items, opened, fault_rates, report)
        spent = opened.charged_for([item.request.key for item in items])
    for item in items:
        _read(item)
    _verify(settings, items, report)
    _judge(settings, items)
    return to_table([row_of(settings, item) for item in items]), facts_of(settings, items, spent, fault_rates)


def check_settings(settings: Synthesise) -> None:
    """Raises UsageError if the built-in teacher is asked for what it does not know."""
    if settings.teacher.base_url != "builtin":
        return
    if settings.teacher.model != MODEL:
        found = settings.teacher.model
        raise UsageError(f"teacher.model: the built-in teacher's only model is {MODEL!r}, found {found!r}")
    for topic in settings.topics:
        if topic not in known_topics():
            known = ", ".join(known_topics())
            raise UsageError(
                f"topics: the built-in teacher is a fixed grammar and knows nothing about {topic!r}."
                f"{did_you_mean(topic, known_topics())} It knows: {known}. "
                "Other topics need a language model (`base_url`)."
            )


def _item(settings: Synthesise, seed: int, number: int, rates: FaultRates) -> Item:
    spec = draw_spec(seed, number, settings.topics)
    request = build_request(
        settings.teacher, endpoint_identity(settings, rates), exercise_messages(spec), spec.seed, exercise_schema()
    )
    return Item(spec, request)


def _ask(settings: Synthesise, items: list[Item], journal: Journal, rates: FaultRates, report: _Reporter) -> None:
    """Fills in the answers: from the journal where it has them, else from the teacher."""
    teacher, free = settings.teacher, settings.teacher.base_url == "builtin"
    asked = items[: teacher.max_requests] if free and teacher.max_requests is not None else items
    payloads = {item.request.key: item.request.payload for item in asked}
    journal.plan(payloads, endpoint=endpoint_identity(settings, rates), model=teacher.model, free=free)
    missing: list[Request] = []
    for item in asked:
        settled = journal.settled(item.request.key)
        if settled is not None:
            item.answer = Answer(settled.outcome, settled.body, settled.mode, settled.usage)
        elif not free and journal.in_doubt(item.request.key):
            item.answer = Answer("in_doubt")
        else:
            missing.append(item.request)
            continue
        report.answered()
    if missing:
        answers = _ask_teacher(settings, missing, journal, rates, report)
        for item in asked:
            item.answer = answers.get(item.request.key, item.answer)


def _ask_teacher(
    settings: Synthesise, missing: list[Request], journal: Journal, rates: FaultRates, report: _Reporter
) -> dict[str, Answer]:
    from synth.builtin.server import serve
    from synth.teacher import TeacherClient

    def client(url: str, free: bool) -> TeacherClient:
        return TeacherClient(
            settings.teacher, url, endpoint_identity(settings, rates), journal, free=free, schema=exercise_schema()
        )

    if settings.teacher.base_url == "builtin":
        with serve(rates) as url:
            return client(url, True).ask(missing, report.answered)
    return client(settings.teacher.base_url, False).ask(missing, report.answered)


def _read(item: Item) -> None:
    """Reads an answer; sets the reason if there is no exercise in it."""
    outcome = item.answer.outcome
    if outcome == REPLY:
        item.reply = read_reply(item.answer.body or "")
        item.parsed = parse_exercise(item.reply, spec=item.spec)
        item.reason, item.detail = item.parsed.reason, item.parsed.detail
    elif outcome == "not_sent":
        item.reason = "budget_exhausted"
    elif outcome == "in_doubt":
        item.reason, item.detail = "in_doubt", "a run died while the call was on its way; it stays charged"
    else:
        item.reason, item.detail = "bad_response", outcome


def _verify(settings: Synthesise, items: list[Item], report: _Reporter) -> None:
    """Runs all exercises that could be read, as many at a time as there are processors."""
    todo = [item for item in items if item.parsed.exercise is not None and not item.reason]
    report.nothing_to_verify(len(items) - len(todo))

    def run(item: Item) -> Verdict:
        exercise = item.parsed.exercise
        assert exercise is not None
        return verify(exercise.solution, "\n".join(exercise.tests), timeout_s=settings.timeout_s)

    with concurrent.futures.ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)))) as pool:
        for item, verdict in zip(todo, pool.map(run, todo), strict=True):
            item.verdict = verdict
            report.verified()


def _judge(settings: Synthesise, items: list[Item]) -> None:
    """Decides about each exercise; of equal ones the first that passes is kept."""
    seen: set[str] = set()
    for item in items:
        exercise, verdict = item.parsed.exercise, item.verdict
        if exercise is None or verdict is None:
            continue
        item.form = exact_form(exercise.solution)
        if not verdict.passed:
            item.reason = _REASONS.get(verdict.reason, verdict.reason)
            item.detail = _stable(verdict)
        elif verdict.evidence == "self_asserted" and not settings.keep_self_asserted:
            item.reason, item.detail = "self_asserted", "no test compares a call with a literal"
        elif item.form in seen:
            item.reason, item.detail = "duplicate_exercise", "same program up to names, hints and comments"
        else:
            seen.add(item.form)


def _stable(verdict: Verdict) -> str:
    """Returns a verdict's fault in words that are the same in every run."""
    if verdict.reason not in _STABLE_DETAILS or not verdict.details:
        return verdict.reason
    return f"{verdict.reason}: " + re.sub(r"0x[0-9a-fA-F]+", "0x", verdict.details)


class _Reporter:
    """Turns answers and verdicts, each half of the work, into one number."""

    def __init__(self, total: int, on_progress: Progress | None) -> None:
        self.total, self.on_progress, self.halves = total, on_progress, 0

    def answered(self) -> None:
        """One more answer is there."""
        self._add(1)

    def nothing_to_verify(self, number: int) -> None:
        """So many answers hold nothing to be run."""
        self._add(number)

    def verified(self) -> None:
        """One more exercise has been run."""
        self._add(1)

    def _add(self, number: int) -> None:
        self.halves += number
        if self.on_progress and number and self.halves > 1:
            self.on_progress(min(self.total, self.halves // 2))
