"""What is asked of a teacher and what comes back, before anything is sent."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import urllib.parse
from typing import Any

from data.recipe import Teacher
from synth.parsing import REDACTED


@dataclasses.dataclass(frozen=True)
class Request:
    """One chat completion to be asked for; `key` is the digest of everything that shapes its answer."""

    key: str
    payload: str
    messages: list[dict[str, str]]
    seed: int


@dataclasses.dataclass(frozen=True)
class Answer:
    """How a request ended.

    Attributes:
        outcome: `reply`, `failed: why`, `not_sent` (a cap is reached) or `in_doubt`.
        body: the HTTP body of a reply.
        mode: how structured output was asked for: json_schema, json_object or plain.
        usage: prompt and completion tokens, if the server said so plausibly.
    """

    outcome: str
    body: str | None = None
    mode: str = ""
    usage: tuple[int, int] | None = None


class Secret:
    """A key that shows itself to nobody who merely prints it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "***"

    def reveal(self) -> str:
        """Returns the key."""
        return self._value

    def removed_from(self, text: str) -> str:
        """Returns a text in which the key, also in escaped forms, is replaced."""
        if len(self._value) < 8:
            return text
        for form in {self._value, json.dumps(self._value)[1:-1], urllib.parse.quote(self._value, safe="")}:
            text = text.replace(form, REDACTED)
        return text


def build_request(
    settings: Teacher, identity: str, messages: list[dict[str, str]], seed: int, schema: dict[str, Any], sample: int = 0
) -> Request:
    """Returns a request with its content-addressed key.

    Args:
        settings: the teacher's; what cannot change an answer (time-outs, caps, prices) is left out.
        identity: the endpoint: its URL, or the built-in teacher's grammar digest.
        messages: the chat so far.
        seed: for teachers that take one.
        schema: of the answer.
        sample: number of the sample, where the same is asked for more than once.
    """
    payload = {
        "endpoint": identity,
        "model": settings.model,
        "messages": messages,
        "parameters": {
            "temperature": settings.temperature,
            "max_output_tokens": settings.max_output_tokens,
            "seed": seed,
            "schema": schema,
        },
        "sample": sample,
    }
    canonical = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    key = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Request(key, canonical, messages, seed)
