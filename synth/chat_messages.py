"""What an assistant's message says, in the forms that servers give it, and what stands there instead of words."""

from __future__ import annotations

from typing import Any

_TEXT_PARTS = ("text", "output_text")
_THOUGHTS = ("reasoning_content", "reasoning")


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
