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
    schema: dict[str, Any] = dataclasses.field(default_factory=dict)
    max_output_tokens: int = 1500


#: Outcomes of a request to which there is no answer, not even a bad one.
UNANSWERED = ("not_sent", "in_doubt")


@dataclasses.dataclass(frozen=True)
class Answer:
    """How a request ended.

    Attributes:
        outcome: `reply`, `failed: why`, `not_sent` (a cap is reached) or `in_doubt`.
        body: the HTTP body of a reply.
        mode: how structured output was asked for: json_schema, json_object or plain.
        usage: prompt and completion tokens, if the server said so plausibly.
        request_id: the server's name for the call.
        origin: "" if asked for by this journal, else `shared`, `recorded` or `imported`.
    """

    outcome: str
    body: str | None = None
    mode: str = ""
    usage: tuple[int, int] | None = None
    request_id: str = ""
    origin: str = ""


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
    settings: Teacher,
    identity: str,
    messages: list[dict[str, str]],
    seed: int,
    schema: dict[str, Any],
    sample: int = 0,
    max_output_tokens: int | None = None,
) -> Request:
    """Returns a request with its content-addressed key.

    Args:
        settings: the teacher's; what cannot change an answer (time-outs, caps, prices) is left out.
        identity: the endpoint: its URL, or the built-in teacher's grammar digest.
        messages: the chat so far.
        seed: for teachers that take one.
        schema: of the answer.
        sample: number of the sample, where the same is asked for more than once.
        max_output_tokens: the longest reply; default: as the settings say.
    """
    longest = max_output_tokens or settings.max_output_tokens
    payload = {
        "endpoint": identity,
        "model": settings.model,
        "messages": messages,
        "parameters": {
            "temperature": settings.temperature,
            "max_output_tokens": longest,
            "seed": seed,
            "schema": schema,
        },
        "sample": sample,
    }
    canonical = canonical_json(payload)
    return Request(digest_of(canonical), canonical, messages, seed, schema, longest)


def canonical_json(payload: dict[str, Any]) -> str:
    """Returns the one way in which a payload is written."""
    return json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(canonical: str) -> str:
    """Returns the key of a canonical payload: 128 bits of its SHA-256."""
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def asked_digest(payload: str) -> str:
    """Returns the digest of what was asked, whoever was asked: how a recorded teacher finds its answer."""
    loaded = json.loads(payload)
    return digest_of(canonical_json({"messages": loaded.get("messages"), "sample": loaded.get("sample", 0)}))


def request_of(key: str, payload: str) -> Request:
    """Returns a request as it was built, from its canonical payload."""
    loaded = json.loads(payload)
    parameters = loaded["parameters"]
    return Request(
        key, payload, loaded["messages"], parameters["seed"], parameters["schema"], parameters["max_output_tokens"]
    )
