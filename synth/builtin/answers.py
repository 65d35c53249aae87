"""What the built-in teacher says to a chat completion request."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from synth.builtin.faults import DEFAULT_RATES, FaultRates, fault_of
from synth.builtin.kinds import WRITERS, lessons, rephrasing
from synth.builtin.operations import OPERATIONS
from synth.builtin.solving import solve
from synth.specs import KIND, ExerciseSpec
from synth.topic_trees import shipped_leaf

MODEL = "builtin-procedural-1"

_REFUSAL = "I'm sorry, but I can't help with that."
_UNKNOWN = (
    "I am a procedural program, not a language model: I compose what I say from a fixed grammar and can "
    "answer nothing but phimill's own prompts, about concepts and topics that the grammar has."
)
_TOO_SHORT = "I am a procedural program: there are too few sentences in this document for me to tell it again."


@functools.cache
def grammar_digest() -> str:
    """Returns the digest of the sources that shape this teacher's replies: its true version."""
    here = Path(__file__).parent
    synth = here.parent
    files = [path for path in here.rglob("*") if path.suffix in (".py", ".yaml")]
    files += [synth / name for name in ("draws.py", "specs.py", "topic_trees.py", "skeletons.py")]
    files += (synth / "topics").glob("*.yaml")
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.relative_to(synth).as_posix()):
        digest.update(path.relative_to(synth).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@functools.lru_cache(64)
def identity(rates: FaultRates = DEFAULT_RATES) -> str:
    """Returns what stands for this teacher in journals and fingerprints, never its port."""
    rated = hashlib.sha256(json.dumps(rates.to_json(), sort_keys=True).encode()).hexdigest()[:8]
    return f"{grammar_digest()}-{rated}"


@functools.cache
def concepts() -> list[str]:
    """Returns the concepts that the grammar can practise, in order."""
    return sorted({operation.concept for operation in OPERATIONS.values()})


def count_tokens(text: str) -> int:
    """Returns the number of words and signs, which stands for tokens in this teacher's usage."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def answer(messages: list[dict[str, Any]], max_tokens: int, rates: FaultRates = DEFAULT_RATES) -> dict[str, Any]:
    """Returns a chat completion; the same one for the same messages, in every process and on every machine."""
    prompt = "\n".join(str(message.get("content", "")) for message in messages)
    spec = ExerciseSpec.from_prompt(prompt)
    second = solve(prompt) if spec is None else None
    message, finish = ({"content": json.dumps({"solution": second})}, "stop") if second else reply(spec, rates)
    content = message.get("content")
    if isinstance(content, str) and count_tokens(content) > max_tokens:
        message, finish = {**message, "content": _cut(content, max_tokens)}, "length"
    said = str(message.get("content") or message.get("refusal") or "")
    usage = {"prompt_tokens": count_tokens(prompt), "completion_tokens": count_tokens(said)}
    return {
        "id": "chatcmpl-" + hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()[:24],
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "system_fingerprint": identity(rates),
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}],
        "usage": {**usage, "total_tokens": sum(usage.values())},
    }


def reply(spec: ExerciseSpec | None, rates: FaultRates = DEFAULT_RATES) -> tuple[dict[str, Any], str]:
    """Returns the assistant's message (content, refusal) and the finish reason."""
    refusal = _refused(spec)
    if spec is None or refusal:
        return {"content": None, "refusal": refusal}, "stop"
    fault = fault_of(spec, rates)
    if fault == "refusal":
        return {"content": _REFUSAL}, "stop"
    text = json.dumps(write_exercise(_known_part(spec), fault, spec), ensure_ascii=False)
    if fault == "truncated":
        return {"content": text[: len(text) * 3 // 5]}, "length"
    if fault == "fenced":
        text = f"Here is the exercise:\n\n```json\n{text}\n```\nI hope it is useful."
    if fault == "think":
        text = f"<think>\nThe function is a chain of steps; f({{}}) must work as well.\n</think>\n\n{text}"
    return {"content": text}, "stop"


def _refused(spec: ExerciseSpec | None) -> str:
    """Returns why nothing can be said to a specification; "" if something can."""
    if spec is None or spec.kind not in WRITERS:
        return _UNKNOWN
    if spec.kind.startswith("rephrase-"):
        return "" if rephrasing.can_rephrase(spec.document) else _TOO_SHORT
    if spec.kind == "lesson":
        return "" if lessons.knows(spec) else _UNKNOWN
    if spec.topic and not spec.concepts and shipped_leaf(spec.topic) is None:
        return _UNKNOWN  # it would be about something else
    if spec.kind == "word-problem":
        return ""
    return _UNKNOWN if spec.concepts and not set(concepts()) & set(spec.concepts) else ""


def _known_part(spec: ExerciseSpec) -> ExerciseSpec:
    """Returns a specification without the concepts that the grammar lacks."""
    return dataclasses.replace(spec, concepts=tuple(concept for concept in spec.concepts if concept in concepts()))


def write_exercise(spec: ExerciseSpec, fault: str = "", fault_key: ExerciseSpec | None = None) -> dict[str, Any]:
    """Returns what a specification asks for as its JSON object, with a fault if one is named."""
    return WRITERS.get(spec.kind, WRITERS[KIND])(spec, fault, fault_key or spec)


def _cut(text: str, max_tokens: int) -> str:
    ends = [found.end() for found in re.finditer(r"\w+|[^\w\s]", text)]
    return text[: ends[max_tokens - 1]] if max_tokens >= 1 else ""
