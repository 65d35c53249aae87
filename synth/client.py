"""Asks a teacher for many answers: as many at a time as it bears, each reserved before it leaves.

Every call, repeated or not, is reserved in the journal before its bytes leave and settled when
its answer is there. What the endpoint accepts is found out by the first request itself (the
canary), one call at a time, and remembered.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import Any, Callable, Iterator, Sequence

from data.errors import PhimillError, UsageError, did_you_mean
from data.recipe import Teacher
from synth.abilities import Abilities
from synth.budget import Price, caps_of, price_of
from synth.congestion import START, Congestion
from synth.failures import RESUME, Failed, Retry, Stop, Unfit, WrongModel
from synth.journal import REPLY, Caps, Journal
from synth.parsing import read_reply
from synth.requests import Answer, Request
from synth.teacher import GRACE_S, Endpoint, Received, read_key, run_anywhere
from synth.usage import told, worst_tokens

MAX_CHARGED_ATTEMPTS = 3  # timeouts, dropped connections and 5xx may each have been paid for
MAX_OVERLOADS = 12  # rounds of complaints without an answer between them
MAX_UNREACHED = 9  # refused connections of one request
BACKOFF_S = 0.25
FAILURES_IN_A_ROW = 5
UNFIT_IN_A_ROW = 3  # an endpoint that has changed under its name


class TeacherClient:
    """Asks one endpoint for many answers, through one journal.

    Args:
        settings: the recipe's section; its `base_url` may be `builtin`.
        url: where the endpoint really is.
        identity: what stands for the endpoint in the journal.
        journal: open.
        free: whether the endpoint costs nothing and repeats itself (the built-in one).
        deadline: the monotonic time after which nothing leaves any more.
        start: how many calls may be open at first.
    """

    def __init__(
        self,
        settings: Teacher,
        url: str,
        identity: str,
        journal: Journal,
        *,
        free: bool,
        deadline: float | None = None,
        start: int = START,
    ) -> None:
        self.settings, self.url, self.identity, self.journal, self.free = settings, url, identity, journal, free
        self.endpoint = Endpoint(settings, url, read_key(settings if not free else Teacher(api_key_env="")))
        self.caps = Caps() if free else caps_of(settings)
        self.price = price_of(settings) or Price(0.0, 0.0, "unknown")
        noted = Abilities.from_text(journal.ability(identity, settings.model))
        self.abilities = noted or Abilities()
        self.deadline, self.start = deadline, start
        self.rate_limits: dict[str, str] = {}
        self._known = noted is not None
        self._stop: PhimillError | None = None
        self._streak: list[str] = []
        self._unfit = self._open = self._strange = 0

    def ask(self, requests: Sequence[Request], on_answer: Callable[[], None] = lambda: None) -> dict[str, Answer]:
        """Returns an answer for each request, by key, asking only for those that the journal has not settled.

        Raises:
            UsageError: the endpoint's URL, key or model cannot be right.
            PhimillError: the endpoint is down, overloaded or out of quota. What was answered
                until then is in the journal; the same call goes on from there.
        """
        return run_anywhere(self._ask_all(requests, on_answer))

    async def _ask_all(self, requests: Sequence[Request], on_answer: Callable[[], None]) -> dict[str, Answer]:
        self._canary, self._settled = asyncio.Lock(), asyncio.Condition()
        self.congestion = Congestion(self.settings.concurrency, BACKOFF_S, self.start)
        self._open = 0
        answers: dict[str, Answer] = {}
        waiting = iter(requests)
        async with self.endpoint:
            count = min(self.settings.concurrency, len(requests))
            await asyncio.gather(*[self._work(waiting, answers, on_answer) for _ in range(count)])
        if self._stop is not None:
            raise self._stop
        return answers

    async def _work(
        self, waiting: Iterator[Request], answers: dict[str, Answer], on_answer: Callable[[], None]
    ) -> None:
        for request in waiting:
            if self._stop is not None:
                return
            try:
                answers[request.key] = await self._answer(request)
            except Stop as stop:
                self._stop = self._stop or stop.error
                return
            on_answer()

    async def _answer(self, request: Request) -> Answer:
        """Asks until there is an answer, or no further try makes sense."""
        charged = free = 0
        while True:
            epoch = await self.congestion.enter()
            try:
                if self._stop is not None:
                    raise Stop(self._stop)
                return await self._discovering(request)
            except Retry as failure:
                retry = failure
            finally:
                await self.congestion.leave()
            if retry.overload:
                self._complain(epoch, retry)
            charged, free = charged + retry.charged, free + (not retry.charged and not retry.overload)
            if charged >= MAX_CHARGED_ATTEMPTS:
                return self._give_up(request, retry.note)
            if free >= MAX_UNREACHED:
                raise Stop(PhimillError(f"{self.url}: {retry.note}, {free} times in a row. {RESUME}"))
            if not retry.overload:
                backoff = min(8.0, BACKOFF_S * 2.0**charged) if retry.wait_s is None else retry.wait_s
                await asyncio.sleep(backoff)

    def _complain(self, epoch: int, retry: Retry) -> None:
        """Slows everything down; stops it if the endpoint goes on complaining."""
        rounds = self.congestion.complained(epoch, retry.wait_s)
        if rounds >= MAX_OVERLOADS:
            message = (
                f"{self.url}: overloaded, or a rate limit: {retry.note}, {rounds} rounds in a row, down to one call "
                f"at a time. A lower `concurrency`, or later. {RESUME}"
            )
            raise Stop(PhimillError(message))

    def _give_up(self, request: Request, note: str) -> Answer:
        """Settles a request that failed too often; stops everything if its predecessors did, too."""
        self._streak.append(request.key)
        if len(self._streak) >= FAILURES_IN_A_ROW:
            self.journal.reopen(self._streak)
            message = f"{self.url}: {len(self._streak)} requests failed in a row; the last: {note}. {RESUME}"
            raise Stop(PhimillError(message)) from None
        return Answer(f"failed: {note}")

    async def _discovering(self, request: Request) -> Answer:
        """Makes one attempt; as long as the endpoint's abilities are not known, one at a time."""
        if self._known:
            return await self._attempt(request, self.abilities)
        async with self._canary:
            while not self._known:
                if self._stop is not None:
                    raise Stop(self._stop)
                try:
                    answer = await self._attempt(request, self.abilities)
                except Unfit as unfit:
                    weaker = self.abilities.without(str(unfit))
                    if weaker is None:
                        message = f"{self.url}: refuses the request: {unfit}. Check `model` and the endpoint's log."
                        raise Stop(UsageError(message)) from None
                    self.abilities = weaker
                    continue
                if answer.outcome == REPLY:
                    self._known, self._unfit = True, 0
                    self.journal.note_ability(self.identity, self.settings.model, self.abilities.to_text())
                return answer
        return await self._attempt(request, self.abilities)

    async def _attempt(self, request: Request, abilities: Abilities) -> Answer:
        body = abilities.body(request, self.settings)
        size = worst_tokens(body)
        number = await self._reserve(request, size)
        if number is None:
            return Answer("not_sent")
        begin = time.monotonic()
        try:
            received = await self._send(body)
            self.congestion.went_well()
            self._note_limits(received)
            answer = self._settle(number, received, size, request, abilities)
        except (Failed, Unfit, Retry, Stop, WrongModel) as failure:
            ended = await self._settle_failure(number, failure, time.monotonic() - begin)
            if ended is None:
                raise
            return ended
        finally:
            async with self._settled:
                self._open -= 1
                self._settled.notify_all()
        self._count_strange(request, answer)
        return answer

    def _note_limits(self, received: Received) -> None:
        found = {name: value for name, value in received.headers.items() if "ratelimit" in name.lower()}
        self.rate_limits = {name: value[:100] for name, value in sorted(found.items())} or self.rate_limits

    def _settle(self, number: int, received: Received, size: int, request: Request, abilities: Abilities) -> Answer:
        reply = read_reply(received.body)
        found = told(reply, size, request.max_output_tokens)
        usage = found.usage
        charged = None if usage is None else self.price.nano_usd(*usage)
        self.journal.settle(
            number,
            charged=charged,
            usage=usage,
            note=found.note,
            outcome=REPLY,
            body=received.body,
            mode=abilities.form,
            request_id=received.request_id,
            seconds=received.seconds,
            share=not self.free and not reply.problem,
        )
        self._unfit = 0
        if found.overrun > self.abilities.overrun:  # what is sent from now on reserves as much
            self.abilities = dataclasses.replace(self.abilities, overrun=found.overrun)
            self.journal.note_ability(self.identity, self.settings.model, self.abilities.to_text())
        return Answer(REPLY, received.body, abilities.form, usage, received.request_id)

    def _count_strange(self, request: Request, answer: Answer) -> None:
        """Stops everything if one answer after the other comes from what is no teacher: a gateway, a wrong URL."""
        reply = read_reply(answer.body or "")
        if not reply.problem or reply.usage:
            self._streak.clear()
            self._strange = 0
            return
        self._streak.append(request.key)
        self._strange += 1
        if self._strange >= FAILURES_IN_A_ROW:
            self.journal.reopen(self._streak, replies=True)
            message = (
                f"{self.url}: HTTP 200, but {self._strange} answers in a row are no chat completion: {reply.problem}. "
                f"Is `base_url` right, does it end in /v1, is a gateway or a login page in between? {RESUME}"
            )
            raise Stop(PhimillError(message))

    async def _settle_failure(self, number: int, failure: Exception, seconds: float) -> Answer | None:
        """Notes how a call failed; returns the answer if that ends its request, else None."""
        if isinstance(failure, Failed):
            charged = None if failure.charged else 0
            note = f"failed: {failure.note}"
            self.journal.settle(number, charged=charged, note=failure.note, outcome=note, seconds=seconds)
            return Answer(note)
        if isinstance(failure, Unfit):
            was_known = self._known
            self._unfit += was_known
            odd = was_known and self._unfit < UNFIT_IN_A_ROW  # one odd request, then; not the endpoint
            note = f"failed: {failure}" if odd else ""
            self.journal.settle(number, charged=0, note=str(failure), outcome=note, seconds=seconds)
            if was_known and not odd:
                self._known = False
                raise Retry(str(failure), charged=False, wait_s=0.0)
            return Answer(note) if odd else None
        if isinstance(failure, WrongModel):
            self.journal.settle(number, charged=0, note=str(failure), seconds=seconds)
            raise Stop(await self._wrong_model(str(failure)))
        charged, sent = None if getattr(failure, "charged", True) else 0, getattr(failure, "sent", True)
        self.journal.settle(number, charged=charged, note=str(failure), seconds=seconds, sent=sent)
        return None

    async def _wrong_model(self, note: str) -> UsageError:
        known = await self.endpoint.models()
        model = self.settings.model
        there = f" It has: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}." if known else ""
        hint = "" if model in known else f"{did_you_mean(model, known)}{there}"
        return UsageError(
            f"{self.url}: {note.split(':')[0]}; is the model {model!r} known there, and does the URL end in /v1?{hint} "
            f"It says: {note.partition(': ')[2]}"
        )

    async def _reserve(self, request: Request, size: int) -> int | None:
        """Returns the call's number, or None if a cap is reached even after open calls gave back what they can."""
        async with self._settled:
            while True:
                if self.deadline is not None and time.monotonic() >= self.deadline:
                    self.journal.cap_reached = "max_seconds"
                    return None
                worst = self.abilities.worst(size, request.max_output_tokens)
                number = self.journal.reserve(request.key, self.price.nano_usd(*worst), self.caps, sum(worst))
                if number is not None:
                    self._open += 1
                    return number
                if not self._open or self._stop is not None:
                    return None
                await self._settled.wait()

    async def _send(self, body: dict[str, Any]) -> Received:
        left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic()) + GRACE_S
        return await self.endpoint.chat(body, within_s=left)
