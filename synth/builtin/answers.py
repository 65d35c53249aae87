"""What the built-in teacher says to a chat completion request."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from synth.builtin.faults import DEFAULT_RATES, FaultRates, break_chain, core_of, fault_of, hostile_prelude
from synth.builtin.operations import OPERATIONS
from synth.builtin.writing import draft_exercise
from synth.specs import ExerciseSpec

MODEL = "builtin-procedural-1"

_REFUSAL = "I'm sorry, but I can't help with that."
_UNKNOWN = (
    "I am a procedural program, not a language model: I compose exercises from a fixed grammar and can "
    "answer nothing but phimill's own exercise prompts, about concepts that the grammar has."
)


@functools.cache
def grammar_digest() -> str:
    """Returns the digest of the sources that shape this teacher's replies: its true version."""
    here = Path(__file__).parent
    files = [*here.rglob("*.py"), here.parent / "draws.py", here.parent / "specs.py"]
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.relative_to(here.parent).as_posix()):
        digest.update(path.relative_to(here.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def identity(rates: FaultRates = DEFAULT_RATES) -> str:
    """Returns what stands for this teacher in journals and fingerprints, never its port."""
    rated = hashlib.sha256(json.dumps(rates.to_json(), sort_keys=True).encode()).hexdigest()[:8]
    return f"{grammar_digest()}-{rated}"


def concepts() -> list[str]:
    """Returns the concepts that the grammar can practise, in order."""
    return sorted({operation.concept for operation in OPERATIONS.values()})


def count_tokens(text: str) -> int:
    """Returns the number of words and signs, which stands for tokens in this teacher's usage."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def answer(messages: list[dict[str, Any]], max_tokens: int, rates: FaultRates = DEFAULT_RATES) -> dict[str, Any]:
    """Returns a chat completion; the same one for the same messages, in every process and on every machine."""
    prompt = "\n".join(str(message.get("content", "")) for message in messages)
    message, finish = reply(ExerciseSpec.from_prompt(prompt), rates)
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
    known = set(concepts())
    if spec is None or (spec.concepts and not known & set(spec.concepts)):
        return {"content": None, "refusal": _UNKNOWN}, "stop"
    spec_known = ExerciseSpec(**{**spec.to_json(), "concepts": tuple(c for c in spec.concepts if c in known)})
    fault = fault_of(spec, rates)
    if fault == "refusal":
        return {"content": _REFUSAL}, "stop"
    text = json.dumps(write_exercise(spec_known, fault, spec), ensure_ascii=False)
    if fault == "truncated":
        return {"content": text[: len(text) * 3 // 5]}, "length"
    if fault == "fenced":
        text = f"Here is the exercise:\n\n```json\n{text}\n```\nI hope it is useful."
    if fault == "think":
        text = f"<think>\nThe function is a chain of steps; f({{}}) must work as well.\n</think>\n\n{text}"
    return {"content": text}, "stop"


def write_exercise(spec: ExerciseSpec, fault: str = "", fault_key: ExerciseSpec | None = None) -> dict[str, Any]:
    """Returns an exercise as its JSON object, with a fault if one is named."""
    key = fault_key or spec
    draft = draft_exercise(spec, core_of(key) if fault == "near_duplicate" else None)
    chain = break_chain(draft, key) if fault == "wrong_solution" else None
    solution = draft.solution(spec.style, chain)
    if fault == "wrong_solution" and chain is None:  # nothing else gave another answer
        head, _, result = solution.rpartition("return ")
        solution = f"{head}return None and {result}"
    tests = draft.assertions()
    if fault == "no_tests":
        tests = []
    if fault == "self_asserted":
        tests = [f"assert {case.call(draft.layout.name)} == {case.call(draft.layout.name)}" for case in draft.cases]
    return {
        "title": draft.layout.name.replace("_", " ").capitalize(),
        "exercise": draft.docstring(spec.style),
        "solution": (hostile_prelude(key) if fault == "hostile" else "") + solution,
        "tests": tests,
    }


def _cut(text: str, max_tokens: int) -> str:
    ends = [found.end() for found in re.finditer(r"\w+|[^\w\s]", text)]
    return text[: ends[max_tokens - 1]] if max_tokens >= 1 else ""
