"""Asks a teacher through the Batch API: slower, often at half the price, and safe to be killed at any step.

Each step is committed before the next begins: reserved, uploaded, submitted, collected. After a
kill the same command goes on: a batch that may have been submitted is looked for by its name,
and only what came back from no batch is submitted again. Expired batches bill and return the
rows that were done; those are collected like any others.
"""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import Any, Callable, Sequence

from data.errors import PhimillError, UsageError
from data.recipe import Teacher
from synth.abilities import Abilities
from synth.batch_lines import Line, counted, read_lines
from synth.batch_rows import Batch, abandon, advance, leave_in_doubt, open_batches, open_calls, prepare_batch
from synth.budget import Price, caps_of, price_of
from synth.client import BACKOFF_S, MAX_CHARGED_ATTEMPTS
from synth.failures import RESUME, Failed, Retry, Stop, Unfit, WrongModel
from synth.journal import REPLY, Caps, Journal
from synth.parsing import read_reply
from synth.requests import Answer, Request, request_of
from synth.teacher import Endpoint, read_key, run_anywhere
from synth.usage import told, worst_tokens

MAX_ROWS = 50_000  # OpenAI's limits for one batch
MAX_BYTES = 100_000_000
POLL_S = 5.0
MAX_POLL_S = 60.0
MAX_UNKNOWN = 3  # polls; a batch that was just made may not be known everywhere yet
_ENDED = ("completed", "failed", "expired", "cancelled")


class _Lost(Exception):
    """Nobody can say whether a batch was submitted, or what came of it."""


class BatchClient:
    """Asks one endpoint for many answers in batches, through one journal.

    Args:
        settings: the recipe's section.
        url: where the endpoint really is.
        identity: what stands for the endpoint in the journal.
        journal: open.
        free: whether the endpoint costs nothing (the built-in one).
        deadline: the monotonic time after which no batch is waited for any more.
        on_wait: called with how many of a batch's requests are done, and how many there are.
    """

    def __init__(
        self,
        settings: Teacher,
        url: str,
        identity: str,
        journal: Journal,
        *,
        free: bool = False,
        deadline: float | None = None,
        on_wait: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.settings, self.url, self.identity, self.journal, self.free = settings, url, identity, journal, free
        self.endpoint = Endpoint(settings, url, read_key(settings if not free else Teacher(api_key_env="")))
        self.caps = Caps() if free else caps_of(settings)
        self.price = price_of(settings) or Price(0.0, 0.0, "unknown")
        self.abilities = Abilities.from_text(journal.ability(identity, settings.model)) or Abilities()
        self.deadline = deadline
        self.on_wait = on_wait
        self._tries: dict[str, int] = {}

    def finish_open(self) -> None:
        """Goes on with every batch that an earlier run left open, to its end."""
        run_anywhere(self._within(self._finish_open()))

    def ask(self, requests: Sequence[Request], on_answer: Callable[[], None] = lambda: None) -> dict[str, Answer]:
        """Returns an answer for each request, by key; those that a cap forbids are `not_sent`.

        Raises:
            UsageError: the endpoint has no Batch API, or key or model cannot be right.
            PhimillError: the endpoint is down or refuses the batch, or time is up. Nothing is
                lost; the same call goes on from there.
        """
        return run_anywhere(self._within(self._ask_all(requests, on_answer)))

    async def _within(self, work: Any) -> Any:
        try:
            async with self.endpoint:
                return await work
        except Stop as stop:
            raise stop.error from None
        except (Unfit, WrongModel) as failure:
            message = f"{self.url}: has no Batch API that can be used ({failure}); leave out `batch`"
            raise UsageError(message) from None
        except Failed as failure:
            raise PhimillError(f"{self.url}: {failure.note}. {RESUME}") from None

    async def _ask_all(self, requests: Sequence[Request], on_answer: Callable[[], None]) -> dict[str, Answer]:
        await self._finish_open()
        waiting = [request for request in requests if self.journal.settled(request.key) is None]
        while waiting:
            begun = self._prepare(waiting)
            if not begun:
                break
            await self._finish_open()
            waiting = [r for r in waiting if r.key not in begun or self._try_again(r.key)]
        answers = {}
        for request in requests:
            answers[request.key] = self._answer(request.key)
            on_answer()
        return answers

    def _try_again(self, key: str) -> bool:
        """Whether a request that was in a batch came back without an answer, and not too often."""
        if self.journal.settled(key) is not None or self.journal.in_doubt(key):
            return False
        self._tries[key] = self._tries.get(key, 0) + 1
        return self._tries[key] < MAX_CHARGED_ATTEMPTS

    def _answer(self, key: str) -> Answer:
        settled = self.journal.settled(key)
        if settled is not None:
            return Answer(settled.outcome, settled.body, settled.mode, settled.usage, settled.request_id)
        if self.journal.in_doubt(key):
            return Answer("in_doubt")
        return Answer("failed: in no batch's answers" if key in self._tries else "not_sent")

    def _prepare(self, waiting: Sequence[Request]) -> set[str]:
        items: list[tuple[str, int, int]] = []
        size = 0
        for request in waiting[:MAX_ROWS]:
            body = self.abilities.body(request, self.settings)
            tokens = worst_tokens(body)
            size += tokens + 200
            if size > MAX_BYTES and items:
                break
            worst = self.abilities.worst(tokens, request.max_output_tokens)
            items.append((request.key, self.price.nano_usd(*worst, in_batch=True), sum(worst)))
        mode = self.abilities.form
        return set(prepare_batch(self.journal, self.identity, self.settings.model, mode, items, self.caps))

    async def _finish_open(self) -> None:
        for batch in open_batches(self.journal, self.identity, self.settings.model):
            await self._finish(batch)

    async def _finish(self, batch: Batch) -> None:
        """Takes a batch from where it stands to its end."""
        started: dict[str, Any] | None = None
        try:
            if batch.state == "prepared":
                upload = partial(self.endpoint.upload, f"{batch.name}.jsonl", self._lines(batch))
                batch = advance(self.journal, batch, "uploaded", file=await self._patiently(upload))
            elif batch.state == "uploaded":  # a run died here: was it submitted?
                started = await self._found(batch)
            if batch.state == "uploaded":
                started = started or await self._start(batch)
                batch = advance(self.journal, batch, "submitted", remote=str(started["id"]))
            await self._collect(batch, await self._wait(batch))
        except (Unfit, WrongModel, Stop) as failure:
            if batch.state != "submitted" and not getattr(failure, "charged", False):
                abandon(self.journal, batch)  # it was refused, so nothing of it is on its way
            raise
        except _Lost:
            leave_in_doubt(self.journal, batch)

    async def _found(self, batch: Batch) -> dict[str, Any] | None:
        """Returns the batch that a run may have submitted before it died; None if the endpoint has none such."""
        try:
            found: dict[str, Any] | None = await self.endpoint.find_batch(batch.name, batch.file)
        except (Unfit, WrongModel, Failed):
            raise _Lost from None
        except (Retry, Stop) as failure:
            raise Stop(PhimillError(f"{self.url}: looking for a batch: {failure}. {RESUME}"), charged=True) from None
        return found

    async def _start(self, batch: Batch) -> dict[str, Any]:
        try:
            return await self.endpoint.start_batch(batch.file, batch.name)
        except (Retry, Failed) as failure:  # it may have arrived; the next run looks for it
            message = f"{self.url}: submitting a batch: {failure.note}. {RESUME}"
            raise Stop(PhimillError(message), charged=True) from None

    def _lines(self, batch: Batch) -> bytes:
        lines = []
        for key, (_, payload) in open_calls(self.journal, batch).items():
            body = self.abilities.body(request_of(key, payload), self.settings)
            line = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        return "".join(lines).encode("utf-8", "replace")

    async def _patiently(self, call: Callable[[], Any]) -> Any:
        """Returns what a call that costs nothing gives; repeats it while it fails in a way that may pass."""
        for number in range(1, 9):
            try:
                return await call()
            except Retry as failure:
                if number == 8:
                    raise Stop(PhimillError(f"{self.url}: {failure.note}, {number} times in a row. {RESUME}")) from None
                await asyncio.sleep(min(30.0, BACKOFF_S * 2.0**number) if failure.wait_s is None else failure.wait_s)
        raise AssertionError

    async def _wait(self, batch: Batch) -> dict[str, Any]:
        pause, unknown = POLL_S, 0
        while True:
            try:
                found: dict[str, Any] = await self._patiently(lambda: self.endpoint.batch(batch.remote))
            except (Unfit, WrongModel):
                unknown += 1
                if unknown == MAX_UNKNOWN:
                    raise _Lost from None  # the endpoint has forgotten it; what it has cost stays charged
                found = {"status": "unknown"}
            self.on_wait(*counted(found))
            if found.get("status") in _ENDED:
                return found
            if self.deadline is not None and time.monotonic() + pause > self.deadline:
                message = f"{self.url}: max_seconds is over, batch {batch.remote} is still {found.get('status')}. "
                raise Stop(PhimillError(message + RESUME))
            await asyncio.sleep(pause)
            pause = min(MAX_POLL_S, pause * 1.5)

    async def _collect(self, batch: Batch, ended: dict[str, Any]) -> None:
        """Settles every call of a batch by its answer; what has none was not billed and may be asked again."""
        names = [str(ended[name]) for name in ("output_file_id", "error_file_id") if ended.get(name)]
        try:
            texts = [await self._patiently(partial(self.endpoint.content, name)) for name in names]
        except (Unfit, WrongModel):
            raise _Lost from None  # they are gone, and were paid for
        lines = read_lines(*texts)
        calls = open_calls(self.journal, batch)
        with self.journal.bulk():
            for key, (attempt, payload) in calls.items():
                self._settle(attempt, request_of(key, payload), lines.get(key), batch.mode)
            advance(self.journal, batch, "collected")
        if not lines and ended.get("status") == "failed":
            said = json.dumps(ended.get("errors") or {}, ensure_ascii=False)[:300]
            raise Stop(PhimillError(f"{self.url}: batch {batch.remote} was refused: {said}. {RESUME}"))

    def _settle(self, attempt: int, request: Request, line: Line | None, mode: str) -> None:
        if line is None:
            self.journal.settle(attempt, charged=0, note="not in the batch's answers")
            return
        if line.is_answer:
            text = json.dumps(line.body, ensure_ascii=False)
            reply = read_reply(text)
            size = worst_tokens(self.abilities.body(request, self.settings))
            found = told(reply, size, request.max_output_tokens)
            usage = found.usage
            charged = None if usage is None else self.price.nano_usd(*usage, in_batch=True)
            self.journal.settle(
                attempt,
                charged=charged,
                usage=usage,
                note=found.note,
                outcome=REPLY,
                body=text,
                mode=mode,
                request_id=line.request_id,
                share=not self.free and not reply.problem,
            )
            return
        note = f"HTTP {line.status} in a batch: {line.said}"
        passing = line.status is None or line.status == 429 or line.status >= 500
        charged = None if line.status == 200 else 0  # an answer that cannot be read may have been paid for
        self.journal.settle(attempt, charged=charged, note=note, outcome="" if passing else f"failed: {note}")
