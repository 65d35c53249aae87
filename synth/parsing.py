"""From the bytes of a teacher's reply to an exercise, or to the reason why it is none."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import warnings
from typing import Any

from data.syntax import parse_program
from synth.assertions import take_apart
from synth.chat_messages import Reply as Reply
from synth.chat_messages import read_reply as read_reply
from synth.cleaning import CONTROLS
from synth.cleaning import strip_controls as strip_controls
from synth.prompts import exercise_messages
from synth.screening import find_unsafe
from synth.specs import BEGIN, END, ExerciseSpec

#: Every reason under which a reply can be rejected.
REASONS = (
    "bad_response",
    "truncated_response",
    "refused",
    "leak",
    "unsafe_code",
    "failed_tests",
    "timeout",
    "no_tests",
    "self_asserted",
    "unverified",
    "unfaithful",
    "duplicate_exercise",
    "budget_exhausted",
    "in_doubt",
)

#: What stands for the API key where a server sent it back.
REDACTED = "[REDACTED-KEY]"

MAX_CONTENT_CHARS = 200_000
_MAX_TESTS = 64
COPIED_SHARE = 0.8
_COPIED_WORDS = 8
_ECHOED_WORDS = 12

_FENCE = re.compile(r"```[A-Za-z]*[ \t]*\n(.*?)\n?```", re.DOTALL)
_SECRET = re.compile(
    r"sk-[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bmy system prompt (?:is|says|reads)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am)? (?:sorry|unable)|i (?:can(?:no|')t|won't|must decline)|as an ai\b|cannot (?:help|assist))",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise as a teacher gave it; nothing of it has been run yet."""

    title: str
    task: str
    solution: str
    tests: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Parsed:
    """An exercise, or a reason with a detail; `path` names the rungs of the ladder that were needed."""

    exercise: Exercise | None
    reason: str = ""
    detail: str = ""
    path: str = ""


def parse_exercise(reply: Reply, seed_text: str = "", spec: ExerciseSpec | None = None) -> Parsed:
    """Returns the exercise that a reply holds, after all checks that need not run it.

    Args:
        reply: a server's answer.
        seed_text: the text that the teacher was given as inspiration; a reply must not copy it.
        spec: the request's specification; a reply must not echo the prompt made from it.
    """
    reason, detail = unusable(reply)
    if reason:
        return Parsed(None, reason, detail)
    content = reply.content or ""
    found, path = find_object(content)
    if found is None:
        return Parsed(None, *no_object(content), path)
    return _checked(found, path, seed_text, spec)


def unusable(reply: Reply) -> tuple[str, str]:
    """Returns why there is nothing to read in a reply, as a reason and a detail; two empty strings if there is."""
    if reply.problem:
        return "bad_response", reply.problem
    if reply.refusal or reply.finish == "content_filter":
        return "refused", f"the teacher declined: {first_words(reply.declined or reply.content or '')}".removesuffix(
            ": "
        )
    if reply.finish == "length":
        return "truncated_response", "cut off at max_output_tokens (finish_reason is length)"
    if not reply.content:
        return "bad_response", f"no content, but {reply.instead}" if reply.instead else "no content"
    if len(reply.content) > MAX_CONTENT_CHARS:
        return "bad_response", f"longer than {MAX_CONTENT_CHARS:,} characters"
    if _SECRET.search(reply.content) or REDACTED in reply.content:
        return "leak", "holds what looks like a key, or the prompt"
    return "", ""


def no_object(content: str) -> tuple[str, str]:
    """Returns the reason and the detail for a text in which there is no JSON object."""
    if refuses(content):
        return "refused", f"the teacher declined: {first_words(content)}"
    return "bad_response", "no JSON object in it"


def first_words(text: str) -> str:
    """Returns the beginning of a text, in one line."""
    line = " ".join(strip_controls(text).split())
    return line if len(line) <= 120 else f"{line[:119]}…"


def refuses(content: str) -> bool:
    """Whether a text without what was asked for declines to give it."""
    return len(content) < 600 and _REFUSAL.search(content) is not None


def find_object(content: str, wanted: str = "solution") -> tuple[dict[str, Any] | None, str]:
    """Returns the first JSON object in a text and the rungs that led to it, such as `controls+fence`.

    Args:
        content: the assistant's text.
        wanted: a key that an object amid other text must have.
    """
    rungs: list[str] = []
    text = CONTROLS.sub("", content)
    if text != content:
        rungs.append("controls")
    if "</think>" in text:
        text = text.rsplit("</think>", 1)[1]
        rungs.append("think")
    whole = _load(text)
    if isinstance(whole, dict):
        return whole, "+".join(rungs) or "direct"
    for fenced in _FENCE.findall(text):
        inner = _load(fenced)
        if isinstance(inner, dict):
            return inner, "+".join([*rungs, "fence"])
    decoder = json.JSONDecoder(strict=False)
    for start in [place.start() for place in re.finditer(r"\{", text)][:50]:
        try:
            inner, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(inner, dict) and wanted in inner:
            return inner, "+".join([*rungs, "first_object"])
    return None, "+".join(rungs)


def copied_share(text: str, seed_text: str) -> float:
    """Returns the share of a text's word 8-grams that the seed text has too; 0 for shorter texts."""
    words, seed_words = _words(text), _words(seed_text)
    grams = [tuple(words[i : i + _COPIED_WORDS]) for i in range(len(words) - _COPIED_WORDS + 1)]
    known = {tuple(seed_words[i : i + _COPIED_WORDS]) for i in range(len(seed_words) - _COPIED_WORDS + 1)}
    return sum(gram in known for gram in grams) / len(grams) if grams else 0.0


def _checked(found: dict[str, Any], path: str, seed_text: str, spec: ExerciseSpec | None) -> Parsed:
    task, solution, tests = found.get("exercise"), found.get("solution"), found.get("tests")
    tests = tests.splitlines() if isinstance(tests, str) else tests
    title = found.get("title", "")
    if not (isinstance(task, str) and isinstance(solution, str) and isinstance(title, str)):
        return Parsed(None, "bad_response", "exercise or solution is no string", path)
    if not isinstance(tests, list) or not all(isinstance(test, str) for test in tests):
        return Parsed(None, "bad_response", "tests is no list of strings", path)
    if len(tests) > _MAX_TESTS:
        return Parsed(None, "bad_response", f"more than {_MAX_TESTS} tests", path)
    lines = tuple(strip_controls(test).strip() for test in tests if test.strip())
    code = strip_controls(solution).strip("\n")
    exercise = Exercise(strip_controls(title).strip(), strip_controls(task).strip(), code, lines)
    said = "\n".join((exercise.title, exercise.task, exercise.solution, *exercise.tests))
    if leaks(said, exercise_messages(spec)[0]["content"] if spec else ""):
        return Parsed(None, "leak", "holds what looks like a key, or the prompt", path)
    if seed_text and copied_share(exercise.task, seed_text) >= COPIED_SHARE:
        return Parsed(exercise, "bad_response", "copy_of_seed", path)
    return _readable(exercise, path)


def leaks(said: str, prompt: str) -> bool:
    """Whether a text holds what looks like a key, a specification, or twelve words in a row of the system prompt."""
    if _SECRET.search(said) or REDACTED in said or BEGIN in said or END in said:
        return True
    system, words = " ".join(_words(prompt)), _words(said)
    return any(" ".join(words[i : i + _ECHOED_WORDS]) in system for i in range(len(words) - _ECHOED_WORDS + 1))


def _readable(exercise: Exercise, path: str) -> Parsed:
    """Returns the exercise with the tests that can be judged from outside, if it has any such."""
    tree = parse_code(exercise.solution)
    if tree is None:
        return Parsed(exercise, "bad_response", "the solution is not Python", path)
    unsafe = find_unsafe(tree)
    if unsafe:
        return Parsed(exercise, "unsafe_code", unsafe, path)
    if not any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for node in tree.body):
        return Parsed(exercise, "bad_response", "the solution defines nothing", path)
    if not exercise.tests:
        return Parsed(exercise, "no_tests", "no tests at all", path)
    if parse_code("\n".join(exercise.tests)) is None:
        return Parsed(exercise, "bad_response", "the tests are not Python", path)
    return Parsed(dataclasses.replace(exercise, tests=strong_tests(exercise.tests)), "", "", path)


def strong_tests(tests: tuple[str, ...]) -> tuple[str, ...]:
    """Returns tests without those that only the child could judge, if there are others, each on its own line."""
    trees = [parse_code(test) for test in tests]
    if any(tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assert) for tree in trees):
        return tests
    parts = [(test, take_apart(tree)) for test, tree in zip(tests, trees, strict=True) if tree is not None]
    return tuple(test for test, found in parts if found is not None and found.expected) or tests


def parse_code(source: str) -> ast.Module | None:
    """Returns a source's syntax tree, or None if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_program(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _load(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
