"""Asks a teacher: any OpenAI-compatible endpoint. The only file that imports openai.

The client's own retries are off: every call, repeated or not, is reserved in the journal
before its bytes leave and settled when its answer is there.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import os
from typing import Any, Callable, Coroutine, Iterator, Sequence, TypeVar

import httpx2
import openai

from data.errors import PhimillError, UsageError
from data.recipe import Teacher
from synth.abilities import Abilities
from synth.journal import REPLY, Caps, Journal
from synth.parsing import read_reply, strip_controls
from synth.requests import Answer, Request, Secret
from synth.transport import CappedTransport, TooMuch, check_url, retry_after

T = TypeVar("T")

MAX_CHARGED_ATTEMPTS = 3  # timeouts, dropped connections and 5xx may each have been paid for
MAX_FREE_ATTEMPTS = 9  # 429s and refused connections
MAX_RETRY_AFTER_S = 120.0
BACKOFF_S = 0.25
GRACE_S = 5.0  # beyond timeout_s, which counts between bytes, for an answer that drips
FAILURES_IN_A_ROW = 5
_RESUME = "What was answered so far is kept; run the same command again to go on."
_OVERHEAD_TOKENS = 200  # what a chat template may add to the prompt's bytes


class _Retry(Exception):
    """A call failed in a way that may pass: after how long to repeat it, and whether it may have been paid for."""

    def __init__(self, note: str, charged: bool, wait_s: float | None = None) -> None:
        super().__init__(note)
        self.note, self.charged, self.wait_s = note, charged, wait_s


class _Failed(Exception):
    """A call failed for good; `charged` says whether it may have been paid for."""

    def __init__(self, note: str, charged: bool) -> None:
        super().__init__(note)
        self.note, self.charged = note, charged


class _Unfit(Exception):
    """The endpoint does not accept what was asked of it (400)."""


class _Stop(Exception):
    """No further call makes sense; carries the error for the person."""

    def __init__(self, error: PhimillError, charged: bool = False) -> None:
        super().__init__(str(error))
        self.error, self.charged = error, charged


class TeacherClient:
    """Asks one endpoint for many answers, through one journal.

    Args:
        settings: the recipe's section; its `base_url` may be `builtin`.
        url: where the endpoint really is.
        identity: what stands for the endpoint in the journal.
        journal: open.
        free: whether the endpoint costs nothing and repeats itself (the built-in one).
        schema: the JSON Schema of an answer.
    """

    def __init__(
        self, settings: Teacher, url: str, identity: str, journal: Journal, *, free: bool, schema: dict[str, Any]
    ) -> None:
        check_url(url)
        self.settings, self.url, self.identity, self.journal, self.free = settings, url, identity, journal, free
        self.schema = schema
        self.secret = Secret("EMPTY" if free else os.environ.get(settings.api_key_env) or "EMPTY")
        nano_usd = None if settings.max_usd is None else math.floor(settings.max_usd * 1e9)
        self.caps = Caps() if free else Caps(nano_usd, settings.max_requests)
        noted = journal.ability(identity, settings.model)
        self.abilities = Abilities(**json.loads(noted)) if noted else Abilities()
        self._known = noted is not None
        self._stop: PhimillError | None = None
        self._streak: list[str] = []
        self._open = 0

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
        self._open = 0
        answers: dict[str, Answer] = {}
        waiting = iter(requests)
        transport = CappedTransport(trust_env=False, limits=httpx2.Limits(max_connections=self.settings.concurrency))
        timeout = httpx2.Timeout(self.settings.timeout_s, connect=min(5.0, self.settings.timeout_s))
        http_client = httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=timeout)
        async with openai.AsyncOpenAI(
            api_key=self.secret.reveal(), base_url=self.url, max_retries=0, timeout=timeout, http_client=http_client
        ) as client:
            self._client = client
            count = min(self.settings.concurrency, len(requests))
            workers = [self._work(waiting, answers, on_answer) for _ in range(count)]
            await asyncio.gather(*workers)
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
            except _Stop as stop:
                self._stop = self._stop or stop.error
                return
            on_answer()

    async def _answer(self, request: Request) -> Answer:
        charged = free = 0
        while True:
            try:
                return await self._discovering(request)
            except _Retry as retry:
                charged, free = charged + retry.charged, free + (not retry.charged)
                if charged >= MAX_CHARGED_ATTEMPTS:
                    return self._give_up(request, retry.note)
                if free >= MAX_FREE_ATTEMPTS:
                    message = f"{self.url}: {retry.note}, {free} times in a row. {_RESUME}"
                    raise _Stop(PhimillError(message)) from None
                wait = min(8.0, BACKOFF_S * 2.0 ** (charged + free)) if retry.wait_s is None else retry.wait_s
                await asyncio.sleep(wait)
                if self._stop is not None:
                    raise _Stop(self._stop) from None

    def _give_up(self, request: Request, note: str) -> Answer:
        """Settles a request that failed too often; stops everything if its predecessors did, too."""
        self._streak.append(request.key)
        if len(self._streak) >= FAILURES_IN_A_ROW:
            self.journal.reopen(self._streak)
            message = f"{self.url}: {len(self._streak)} requests failed in a row; the last: {note}. {_RESUME}"
            raise _Stop(PhimillError(message)) from None
        return Answer(f"failed: {note}")

    async def _discovering(self, request: Request) -> Answer:
        """Makes one attempt; as long as the endpoint's abilities are not known, one at a time."""
        if self._known:
            return await self._attempt(request, self.abilities)
        async with self._canary:
            while not self._known:
                try:
                    answer = await self._attempt(request, self.abilities)
                except _Unfit as unfit:
                    weaker = self.abilities.without(str(unfit))
                    if weaker is None:
                        message = f"{self.url}: refuses the request: {unfit}. Check `model` and the endpoint's log."
                        raise _Stop(UsageError(message)) from None
                    self.abilities = weaker
                    continue
                if answer.outcome == REPLY:
                    self._known = True
                    found = json.dumps(dataclasses.asdict(self.abilities), sort_keys=True)
                    self.journal.note_ability(self.identity, self.settings.model, found)
                return answer
        return await self._attempt(request, self.abilities)

    async def _attempt(self, request: Request, abilities: Abilities) -> Answer:
        body = self._body(request, abilities)
        size = len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")) + _OVERHEAD_TOKENS
        number = await self._reserve(request.key, self._price(size, self.settings.max_output_tokens))
        if number is None:
            return Answer("not_sent")
        try:
            text = await self._send(body)
            usage = self._plausible(read_reply(text).usage, size)
            charged = None if usage is None else self._price(*usage)
            self.journal.settle(number, charged=charged, usage=usage, outcome=REPLY, body=text, mode=abilities.form)
            self._streak.clear()
            return Answer(REPLY, text, abilities.form, usage)
        except _Failed as failure:
            charged = None if failure.charged else 0
            self.journal.settle(number, charged=charged, note=failure.note, outcome=f"failed: {failure.note}")
            return Answer(f"failed: {failure.note}")
        except _Unfit as unfit:
            known = self._known  # one odd request, then; not the endpoint
            self.journal.settle(number, charged=0, note=str(unfit), outcome=f"failed: {unfit}" if known else "")
            if known:
                return Answer(f"failed: {unfit}")
            raise
        except (_Retry, _Stop) as trouble:
            charged = None if trouble.charged else 0
            self.journal.settle(number, charged=charged, note=str(trouble))
            raise
        finally:
            async with self._settled:
                self._open -= 1
                self._settled.notify_all()

    async def _reserve(self, key: str, worst: int) -> int | None:
        """Returns the call's number, or None if a cap is reached even after open calls gave back what they can."""
        async with self._settled:
            while True:
                number = self.journal.reserve(key, worst, self.caps)
                if number is not None:
                    self._open += 1
                    return number
                if not self._open or self._stop is not None:
                    return None
                await self._settled.wait()

    async def _send(self, body: dict[str, Any]) -> str:
        """Returns the answer's body; everything else becomes one of this file's exceptions."""
        try:
            async with asyncio.timeout(self.settings.timeout_s + GRACE_S):
                raw = await self._client.chat.completions.with_raw_response.create(
                    **body, extra_headers={"Accept-Encoding": "identity"}
                )
            return self.secret.removed_from(raw.http_response.content.decode("utf-8", "replace"))
        except openai.APIStatusError as error:
            raise self._status(error) from None
        except (openai.APITimeoutError, TimeoutError) as error:
            never_sent = isinstance(error.__cause__, (httpx2.ConnectTimeout, httpx2.PoolTimeout))
            raise _Retry("no answer in time", charged=not never_sent) from None
        except openai.APIConnectionError as error:
            raise self._connection(error) from None

    def _connection(self, error: openai.APIConnectionError) -> Exception:
        cause = error.__cause__
        if isinstance(cause, TooMuch):
            return _Failed(str(cause), charged=True)
        if isinstance(cause, httpx2.ConnectError):
            return _Retry(
                "cannot connect (is the server running, and is `base_url` right?)", charged=False, wait_s=BACKOFF_S
            )
        return _Retry(f"the connection broke ({type(cause).__name__})", charged=True)

    def _status(self, error: openai.APIStatusError) -> Exception:
        status, said, headers = error.status_code, self._said(error.response), error.response.headers
        if status == 429 and "quota" not in said.lower():
            wait = retry_after(headers)
            if wait is not None and wait > MAX_RETRY_AFTER_S:
                return _Stop(PhimillError(f"{self.url}: asks to wait {wait:.0f} s. {_RESUME}"))
            return _Retry("HTTP 429, too many requests", charged=False, wait_s=wait)
        if status >= 500 or status in (408, 409):
            wait = retry_after(headers)
            bounded = None if wait is None else min(wait, MAX_RETRY_AFTER_S)
            return _Retry(f"HTTP {status}: {said}", charged=True, wait_s=bounded)
        hopeless = self._hopeless(status, said, headers)
        return _Unfit(f"HTTP {status}: {said}") if hopeless is None else _Stop(hopeless)

    def _hopeless(self, status: int, said: str, headers: httpx2.Headers) -> PhimillError | None:
        """Returns the error for a status after which no other request can succeed either."""
        if 300 <= status < 400:
            place = self.secret.removed_from(headers.get("location", ""))
            return UsageError(f"{self.url}: redirects to {place!r}; redirects are not followed, so name the final URL")
        if status in (401, 403):
            name = self.settings.api_key_env
            state = "holds a key that the endpoint refuses" if os.environ.get(name) else "is not set"
            return UsageError(f"{self.url}: HTTP {status}; the environment variable {name} {state}. It says: {said}")
        if status == 404:
            model = self.settings.model
            message = f"{self.url}: HTTP 404; is the model {model!r} known there, and does the URL end in /v1?"
            return UsageError(f"{message} It says: {said}")
        if status in (402, 429):
            return PhimillError(f"{self.url}: no credit or quota left. It says: {said}. {_RESUME}")
        return None

    def _said(self, response: httpx2.Response) -> str:
        return strip_controls(self.secret.removed_from(response.text)).replace("\n", " ")[:300]

    def _body(self, request: Request, abilities: Abilities) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.settings.model, "messages": request.messages}
        body[abilities.token_field] = self.settings.max_output_tokens
        if abilities.temperature:
            body["temperature"] = self.settings.temperature
        if abilities.seed:
            body["seed"] = request.seed % 2**31
        if abilities.form == "json_schema":
            wanted = {"name": "exercise", "schema": self.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif abilities.form == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def _price(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Returns what tokens cost in nano-USD, rounded up; 0 without prices."""
        prices = (self.settings.usd_per_million_input or 0.0, self.settings.usd_per_million_output or 0.0)
        return math.ceil((prompt_tokens * prices[0] + completion_tokens * prices[1]) * 1000 - 1e-6)

    def _plausible(self, usage: tuple[int, int] | None, size: int) -> tuple[int, int] | None:
        """Returns a usage that the request could have caused, else None: tokens are never fewer than a byte each."""
        if usage is None or usage[0] > size or usage[1] > self.settings.max_output_tokens:
            return None
        return usage


def run_anywhere(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end, also where an event loop is running already (notebooks, async flows)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
