"""What an assistant's message says, in the forms that servers give it, and what stands there instead of words."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from synth.cleaning import strip_controls

_TEXT_PARTS = ("text", "output_text")
_THOUGHTS = ("reasoning_content", "reasoning")


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a chat completion's body says, as far as it can be read.

    Attributes:
        content: the assistant's text, or None.
        finish: the finish reason; "" if unknown.
        refusal: whether the server says that the model refused.
        declined: the words of the refusal, where the server tells them apart.
        instead: what the message holds where it holds no text, in words.
        usage: prompt and completion tokens, or None if missing or absurd.
        model, fingerprint: what the server says that it is.
        problem: why the body is no chat completion; "" if it is one.
    """

    content: str | None = None
    finish: str = ""
    refusal: bool = False
    declined: str = ""
    instead: str = ""
    usage: tuple[int, int] | None = None
    model: str | None = None
    fingerprint: str | None = None
    problem: str = ""


def read_reply(body: str) -> Reply:
    """Returns what a chat completion's body says; never raises."""
    try:
        message = json.loads(body.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return Reply(problem=f"the body is not JSON, it begins: {strip_controls(body[:80])!r}")
    if not isinstance(message, dict):
        return Reply(problem="the body is not a JSON object")
    said = Reply(
        usage=_usage(message.get("usage")),
        model=_text(message.get("model")),
        fingerprint=_text(message.get("system_fingerprint")),
    )
    choices = message.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        said_so = strip_controls(json.dumps(message.get("error"), ensure_ascii=False)[:160])
        problem = f"the body has an error instead of choices: {said_so}" if message.get("error") else "no choices"
        return dataclasses.replace(said, problem=problem)
    choice, answer = choices[0], choices[0].get("message")
    if not isinstance(answer, dict):
        return dataclasses.replace(said, problem="the first choice has no message")
    return dataclasses.replace(
        said,
        content=content_of(answer),
        finish=_text(choice.get("finish_reason")) or "",
        refusal=bool(answer.get("refusal")),
        declined=_text(answer.get("refusal")) or "",
        instead=instead_of_content(answer),
    )


def content_of(message: dict[str, Any]) -> str | None:
    """Returns the assistant's text: a string, or a list of parts; None if there is none."""
    said = message.get("content")
    if isinstance(said, list):
        parts = [part["text"] for part in said if isinstance(part, dict) and part.get("type") in _TEXT_PARTS
                 and isinstance(part.get("text"), str)]  # fmt: skip
        return "".join(parts) if parts else None
    return said if isinstance(said, str) else None


def instead_of_content(message: dict[str, Any]) -> str:
    """Returns what stands in a message without text, in words for people; "" if nothing does."""
    thoughts = next((message[name] for name in _THOUGHTS if isinstance(message.get(name), str) and message[name]), "")
    if thoughts:
        return f"{len(thoughts):,} characters of reasoning, but no answer after it"
    return "the call of a tool" if message.get("tool_calls") else ""


def _usage(usage: Any) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    if any(not isinstance(count, int) or isinstance(count, bool) or count < 0 for count in counts):
        return None
    return int(counts[0] or 0), int(counts[1] or 0)


def _text(value: Any) -> str | None:
    return strip_controls(value)[:200] if isinstance(value, str) else None
