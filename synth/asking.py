"""Where answers come from: the journal, other runs, a recording, the built-in teacher, or an endpoint.

The order is the order of cost. What a run that was killed may have paid for is not asked again
unless the settings say so, and a replay asks nobody.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path
from typing import Any, Callable, Sequence

from data.errors import PhimillError
from data.recipe import Teacher
from synth.abilities import Abilities
from synth.batch_rows import open_batches
from synth.builtin.answers import MODEL, identity
from synth.builtin.faults import FaultRates
from synth.journal import Journal, Settled
from synth.recorded import PREFIX, Recording
from synth.requests import Answer, Request
from synth.usage import worst_tokens

BUILTIN = "builtin"


def kind_of(teacher: Teacher) -> str:
    """Returns what a teacher is: `procedural`, `recorded` or `llm`."""
    if teacher.base_url == BUILTIN:
        return "procedural"
    return "recorded" if teacher.base_url.startswith(PREFIX) else "llm"


class Asker:
    """Answers requests of one teacher through one journal; a context manager.

    Args:
        teacher: its settings.
        journal: open.
        rates: how often the built-in teacher is wrong on purpose.

    Attributes:
        teacher: the settings, the model's name resolved.
        identity: what stands for the endpoint in requests' keys.
        asked: calls for which no answer was there yet.
    """

    def __init__(self, teacher: Teacher, journal: Journal, rates: FaultRates) -> None:
        self.journal, self.rates = journal, rates
        self.kind = kind_of(teacher)
        self.recording: Recording | None = None
        if self.kind == "recorded":
            self.recording = Recording(Path(teacher.base_url.removeprefix(PREFIX)))
            teacher = teacher.model_copy(update={"model": self.recording.model(teacher.model, MODEL)})
        self.teacher = teacher
        self.identity = endpoint_identity(teacher, rates, self.recording)
        self.free = self.kind != "llm"
        self.asked = 0
        self.deadline = None if teacher.max_seconds is None else time.monotonic() + teacher.max_seconds
        self._url = ""
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, requests: Sequence[Request], on_answer: Callable[[], None] = lambda: None) -> dict[str, Answer]:
        """Returns an answer for each request, by key; `on_answer` is called once for each.

        Raises:
            UsageError: key, model or URL cannot be right.
            PhimillError: the endpoint is down or out of quota, or something is missing in a replay.
        """
        payloads = {request.key: request.payload for request in requests}
        self.journal.plan(payloads, endpoint=self.identity, model=self.teacher.model, free=self.free)
        answers: dict[str, Answer] = {}
        missing: list[Request] = []
        for request in requests:
            answer = self._known(request)
            if answer is None:
                missing.append(request)
            else:
                answers[request.key] = answer
                on_answer()
        if missing and (self.teacher.replay or self.recording is not None):
            raise self._missed(missing, len(requests))
        if missing:
            self.asked += len(missing)
            answers.update(self._asked(missing, on_answer))
        return answers

    def _known(self, request: Request) -> Answer | None:
        settled = self.journal.settled(request.key)
        if settled is None and self.recording is not None:
            settled = self.recording.get(self.teacher.model, request)
            if settled is not None:
                self.journal.take_in(request.key, settled)
        if settled is not None:
            return answer_of(settled)
        if not self.free and not self.teacher.resend_in_doubt and self.journal.in_doubt(request.key):
            return Answer("in_doubt")
        return None

    def _missed(self, missing: list[Request], wanted: int) -> PhimillError:
        place = self.recording.path if self.recording else self.journal.path
        asked = " ".join(missing[0].messages[-1]["content"].split())[:120]
        what = "a recorded teacher answers only what was recorded" if self.recording else "a replay asks nobody"
        return PhimillError(
            f"{place}: holds no answer to {len(missing)} of {wanted} requests, and {what}. The first: {asked!r} … "
            "Settings, prompts, seed and number must be those of the recorded run."
        )

    def _asked(self, missing: list[Request], on_answer: Callable[[], None]) -> dict[str, Answer]:
        from synth.batches import BatchClient
        from synth.client import TeacherClient

        url = self.url()
        common: dict[str, Any] = {"free": self.free, "deadline": self.deadline}
        pending = open_batches(self.journal, self.identity, self.teacher.model)
        answers: dict[str, Answer] = {}
        if pending or self.teacher.batch:
            batches = BatchClient(self.teacher, url, self.identity, self.journal, **common)
            batches.finish_open()
            done = [request for request in missing if self.journal.settled(request.key) is not None]
            answers = {request.key: self._known(request) or Answer("not_sent") for request in done}
            for _ in done:
                on_answer()
            missing = [request for request in missing if request.key not in answers]
            missing = [request for request in missing if not self._doubtful(request, answers, on_answer)]
        if missing and self.teacher.batch:
            missing = self._canary(missing, answers, on_answer, common)
            batches = BatchClient(self.teacher, url, self.identity, self.journal, **common)
            return {**answers, **batches.ask(missing, on_answer)}
        if missing:
            client = TeacherClient(self.teacher, url, self.identity, self.journal, **common)
            answers.update(client.ask(missing, on_answer))
        return answers

    def _doubtful(self, request: Request, answers: dict[str, Answer], on_answer: Callable[[], None]) -> bool:
        known = self._known(request)
        if known is not None:
            answers[request.key] = known
            on_answer()
        return known is not None

    def _canary(
        self,
        missing: list[Request],
        answers: dict[str, Answer],
        on_answer: Callable[[], None],
        common: dict[str, Any],
    ) -> list[Request]:
        """Asks the first request by itself if it is not known yet what the endpoint accepts; returns the others."""
        from synth.client import TeacherClient

        if Abilities.from_text(self.journal.ability(self.identity, self.teacher.model)) is not None:
            return missing
        client = TeacherClient(self.teacher, self.url(), self.identity, self.journal, **common)
        answers.update(client.ask(missing[:1], on_answer))
        return missing[1:]

    def worst(self, request: Request) -> tuple[int, int]:
        """Returns how many tokens a call can take and give at most, as far as the endpoint is known."""
        abilities = Abilities.from_text(self.journal.ability(self.identity, self.teacher.model)) or Abilities()
        return abilities.worst(worst_tokens(abilities.body(request, self.teacher)), request.max_output_tokens)

    def url(self) -> str:
        """Returns where the endpoint really is; starts the built-in teacher's server if that is meant."""
        if self.kind != "procedural":
            return self.teacher.base_url
        if not self._url:
            from synth.builtin.server import serve

            self._url = self._stack.enter_context(serve(self.rates))
        return self._url


def endpoint_identity(teacher: Teacher, rates: FaultRates, recording: Recording | None = None) -> str:
    """Returns what stands for the endpoint in the journal: its URL, or the digest of what is not elsewhere."""
    if teacher.base_url == BUILTIN:
        return f"builtin:{identity(rates)}"
    if recording is not None:
        return f"{PREFIX}{recording.digest}"
    return teacher.base_url.rstrip("/")


def answer_of(settled: Settled) -> Answer:
    """Returns what the journal has settled as an answer."""
    return Answer(**dataclasses.asdict(settled))
