"""The wire to a teacher: any OpenAI-compatible endpoint. The only file that imports openai.

The client's own retries are off: whether a call is repeated is decided where it is paid for
(`client.py`, `batches.py`). Everything that goes wrong becomes one of the exceptions of
`failures.py`; no proxy of the environment is used, no redirect followed, nothing unpacked.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any, AsyncIterator, Coroutine, Mapping, TypeVar

import httpx2
import openai

from data.errors import UsageError
from data.recipe import Teacher
from synth.failures import Failed, Retry, Stop, Unfit, WrongModel, failure_of
from synth.parsing import strip_controls
from synth.requests import Secret
from synth.transport import CappedTransport, TooMuch, check_url

T = TypeVar("T")

CONNECT_S = 5.0
GRACE_S = 5.0  # beyond timeout_s, which counts between bytes, for an answer that drips
NO_KEY = "EMPTY"  # what servers are sent that want none
_IDENTITY = {"Accept-Encoding": "identity"}


@dataclasses.dataclass(frozen=True)
class Received:
    """An answer: its body without the key, its headers, the server's name for the call, and how long it took."""

    body: str
    headers: Mapping[str, str]
    request_id: str
    seconds: float


def read_key(settings: Teacher) -> Secret:
    """Returns the key from the file or the environment variable that the settings name.

    Raises:
        UsageError: the file cannot be read, or what is there is no key.
    """
    if settings.api_key_file is None:
        key = os.environ.get(settings.api_key_env, "").strip() or NO_KEY
        if not _is_key(key):
            raise UsageError(f"{settings.api_key_env}: holds no key; expected one word of ASCII characters")
        return Secret(key)
    try:
        key = Path(settings.api_key_file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"api_key_file: {settings.api_key_file} cannot be read: {error}") from None
    if not _is_key(key):
        raise UsageError(f"api_key_file: {settings.api_key_file} holds no key; expected one line of ASCII characters")
    return Secret(key)


def _is_key(text: str) -> bool:
    """Whether a text can travel in a header as a key."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


class Endpoint:
    """One endpoint while its connections are open; an async context manager.

    Args:
        settings: the teacher's section.
        url: where the endpoint really is.
        secret: its key.
    """

    def __init__(self, settings: Teacher, url: str, secret: Secret) -> None:
        check_url(url)
        self.settings, self.url, self.secret = settings, url, secret

    async def __aenter__(self) -> Endpoint:
        settings = self.settings
        transport = CappedTransport(trust_env=False, limits=httpx2.Limits(max_connections=settings.concurrency + 1))
        timeout = httpx2.Timeout(settings.timeout_s, connect=min(CONNECT_S, settings.timeout_s))
        http_client = httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=timeout)
        self._client = openai.AsyncOpenAI(
            api_key=self.secret.reveal(), base_url=self.url, max_retries=0, timeout=timeout, http_client=http_client
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def chat(self, body: dict[str, Any], within_s: float | None = None) -> Received:
        """Returns the answer to a chat completion request, whatever it says.

        Args:
            body: the request.
            within_s: give up after so many seconds, if that is sooner than the settings say.
        """
        begin = time.monotonic()
        async with self._failing(within_s):
            raw = await self._client.chat.completions.with_raw_response.create(**body, extra_headers=_IDENTITY)
        response = raw.http_response
        text = self.secret.removed_from(response.content.decode("utf-8", "replace"))
        named = self._clean(response.headers.get("x-request-id") or _id_in(text))
        return Received(text, response.headers, named, time.monotonic() - begin)

    async def models(self) -> list[str]:
        """Returns the names of the models there; an empty list if the endpoint does not say."""
        return sorted({self._clean(str(row["id"])) for row in (await self.model_rows())[0] if "id" in row})

    async def model_rows(self) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
        """Returns what the endpoint says about its models, and the headers; nothing if it says nothing."""
        try:
            async with self._failing():
                raw = await self._client.models.with_raw_response.list(extra_headers=_IDENTITY)
            listed = json.loads(self.secret.removed_from(raw.http_response.text))["data"]
            return [row for row in listed if isinstance(row, dict)], raw.http_response.headers
        except (Retry, Failed, Unfit, Stop, WrongModel, ValueError, KeyError, TypeError):
            return [], {}  # a courtesy; it must not hide what made it necessary

    async def upload(self, name: str, content: bytes) -> str:
        """Uploads a batch's requests; returns the file's name there."""
        async with self._failing():
            raw = await self._client.files.with_raw_response.create(
                file=(name, content, "application/jsonl"), purpose="batch", extra_headers=_IDENTITY
            )
        return str(self._named(raw.http_response.content)["id"])

    async def start_batch(self, file: str, name: str) -> dict[str, Any]:
        """Submits an uploaded file as a batch; returns the batch."""
        async with self._failing():
            raw = await self._client.batches.with_raw_response.create(
                input_file_id=file,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={"phimill": name},
                extra_headers=_IDENTITY,
            )
        return self._named(raw.http_response.content)

    async def batch(self, remote: str) -> dict[str, Any]:
        """Returns how a batch stands."""
        async with self._failing():
            raw = await self._client.batches.with_raw_response.retrieve(remote, extra_headers=_IDENTITY)
        return self._object(raw.http_response.content)

    async def find_batch(self, name: str, file: str) -> dict[str, Any] | None:
        """Returns the batch that a run submitted under a name before it died, if there is one."""
        async with self._failing():
            raw = await self._client.batches.with_raw_response.list(limit=100, extra_headers=_IDENTITY)
        listed = self._object(raw.http_response.content).get("data")
        for row in listed if isinstance(listed, list) else []:
            if isinstance(row, dict) and _is_batch(row, name, file):
                return self._named(json.dumps(row).encode())
        return None

    async def content(self, file: str) -> str:
        """Returns a file's text without the key."""
        async with self._failing():
            answer = await self._client.files.content(file, extra_headers=_IDENTITY)
        return self.secret.removed_from(answer.content.decode("utf-8", "replace"))

    @contextlib.asynccontextmanager
    async def _failing(self, within_s: float | None = None) -> AsyncIterator[None]:
        """Turns everything that can go wrong on the way into this project's exceptions."""
        longest = self.settings.timeout_s + GRACE_S
        try:
            async with asyncio.timeout(longest if within_s is None else min(longest, within_s)):
                yield
        except openai.APIStatusError as error:
            said = strip_controls(self.secret.removed_from(error.response.text)).replace("\n", " ")[:300]
            headers = {name: self._clean(value) for name, value in error.response.headers.items()}
            has_key = self.secret.reveal() != NO_KEY
            raise failure_of(error.status_code, said, headers, self.settings, has_key) from None
        except (openai.APITimeoutError, TimeoutError) as error:
            never_sent = isinstance(error.__cause__, (httpx2.ConnectTimeout, httpx2.PoolTimeout))
            raise Retry(
                f"no answer in time (`timeout_s` is {self.settings.timeout_s:g})",
                charged=not never_sent,
                sent=not never_sent,
            ) from None
        except openai.APIConnectionError as error:
            raise _connection(error) from None

    def _object(self, content: bytes) -> dict[str, Any]:
        try:
            found = json.loads(self.secret.removed_from(content.decode("utf-8", "replace")))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Failed("the endpoint answered with something that is no JSON object", charged=False)
        return found

    def _named(self, content: bytes) -> dict[str, Any]:
        found = self._object(content)
        if not found.get("id") or not isinstance(found["id"], str):
            raise Failed("the endpoint answered without the `id` of what it made", charged=False)
        return found

    def _clean(self, text: str) -> str:
        return strip_controls(self.secret.removed_from(text)).replace("\n", " ")[:200]


def _is_batch(row: dict[str, Any], name: str, file: str) -> bool:
    """Whether a listed batch is the one that was submitted under a name, or with a file."""
    metadata = row.get("metadata")
    return (isinstance(metadata, dict) and metadata.get("phimill") == name) or row.get("input_file_id") == file


def _connection(error: openai.APIConnectionError) -> Exception:
    cause = error.__cause__
    if isinstance(cause, TooMuch):
        return Failed(str(cause), charged=True)
    if isinstance(cause, httpx2.ConnectError):
        return Retry("cannot connect (is the server running, and is `base_url` right?)", charged=False, sent=False)
    return Retry(f"the connection broke ({type(cause).__name__})", charged=True)


def _id_in(body: str) -> str:
    """Returns the id that a chat completion's body bears."""
    try:
        found = json.loads(body).get("id")
    except (ValueError, RecursionError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def run_anywhere(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end, also where an event loop is running already (notebooks, async flows)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
