"""Judges replies that another program got: what they hold, whether it runs, whether it passes its own tests."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import json
import os
from pathlib import Path
from typing import Any, Iterator, Sequence

from data.atomic import atomic_write
from data.errors import UsageError, did_you_mean
from data.keyed import keyed_hash
from data.objects import read_objects
from flows.on_demand import JOURNAL, split
from flows.progress import Progress
from flows.work import Work
from synth.foreign import LEVELS, ForeignReply, read_foreign
from synth.journal import REPLY, Journal, Settled
from synth.requests import canonical_json, digest_of
from synth.verification import verify

REPLIES = ("reply", "output", "response", "completion", "solution")
_RUNS = "assert len('ran') == 3"


@dataclasses.dataclass
class Foreign:
    """One foreign reply on its way to a level."""

    id: str
    prompt: str
    reply: str
    found: ForeignReply = dataclasses.field(default_factory=lambda: ForeignReply("no_code"))
    level: str = ""
    detail: str = ""


def import_replies(
    files: Sequence[Path],
    *,
    out: Path,
    prompt_columns: str = "prompt,instruction,input",
    reply_column: str | None = None,
    model: str = "unknown",
    number: int | None = None,
    seed: int = 1,
) -> dict[str, Any]:
    """Writes what every reply comes to, and a journal that can be asked as a recorded teacher; returns the counts."""
    replies = list(_read(files, split(prompt_columns, "--prompt") or [], reply_column))
    if not replies:
        raise UsageError(f"{files[0]}: no line has a reply; expected a column {', '.join(REPLIES)}, or --reply NAME")
    if number is not None:
        replies = sorted(replies, key=lambda row: keyed_hash(seed, "import", row.id))[:number]
    progress = Progress()
    with Work(out.absolute()) as work:
        with Journal(work.root / JOURNAL) as journal:
            _take_in(journal, replies, model)
        with progress.step("running", len(replies), len(replies)) as done:
            _judge(replies, done)
        facts = _write(out, replies, model)
    for level in LEVELS:
        progress.say(f"  {facts['levels'].get(level, 0):>6}  {level}")
    progress.say(f"{facts['kept']} of {facts['replies']} pass tests of their own, {facts['run']} run: {out}")
    return facts


def _read(files: Sequence[Path], columns: list[str], reply_column: str | None) -> Iterator[Foreign]:
    for path in files:
        for number, row in read_objects(path):
            parts = [row] + [part for part in (row.get("instances") or [])[:1] if isinstance(part, dict)]
            words = [str(part[column]) for part in parts for column in columns if part.get(column)]
            names = [reply_column] if reply_column else REPLIES
            replies = [part[name] for part in reversed(parts) for name in names if isinstance(part.get(name), str)]
            if reply_column and not replies and number == 1:
                raise UsageError(f"{path}: has no column {reply_column!r}.{did_you_mean(reply_column, row)}")
            if replies:
                yield Foreign(str(row.get("id") or f"{path.name}/{number}"), "\n\n".join(words), replies[0])


def _take_in(journal: Journal, replies: list[Foreign], model: str) -> None:
    settled: dict[str, tuple[str, Settled]] = {}
    for row in replies:
        messages = [{"role": "user", "content": row.prompt}]
        payload = canonical_json({"endpoint": "imported", "model": model, "messages": messages, "sample": 0})
        message = {"role": "assistant", "content": row.reply}
        body = json.dumps({"model": model, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})
        settled[digest_of(payload)] = (payload, Settled(REPLY, body, "", None, row.id, "imported"))
    with journal.bulk():
        payloads = {key: payload for key, (payload, _) in settled.items()}
        journal.plan(payloads, endpoint="imported", model=model, free=True)
        for key, (_, answer) in settled.items():
            journal.take_in(key, answer)


def _judge(replies: list[Foreign], done: Any) -> None:
    with concurrent.futures.ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)))) as pool:
        for number, _ in enumerate(pool.map(judge, replies), start=1):
            done(number)


def judge(row: Foreign) -> None:
    """Sets a reply's level: how far it comes on the way from words to a program that passes its own tests."""
    row.found = read_foreign(row.prompt, row.reply)
    row.level, exercise = row.found.level, row.found.exercise
    if exercise is None:
        return
    runs = verify(exercise.solution, _RUNS)
    if not runs.passed:
        row.level = "unsafe" if runs.reason == "unsafe_code" else "fails"
        row.detail = f"{runs.reason}: {runs.details}"
        return
    row.level = "runs"
    if exercise.tests:
        verdict = verify(exercise.solution, "\n".join(exercise.tests))
        row.level = "passes_its_tests" if verdict.passed else "fails_its_tests"
        row.detail = "" if verdict.passed else f"{verdict.reason}: {verdict.details}"


def _write(out: Path, replies: list[Foreign], model: str) -> dict[str, Any]:
    levels = collections.Counter(row.level for row in replies)
    lines = []
    for row in replies:
        found = {"id": row.id, "level": row.level, "detail": row.detail or None, "path": row.found.path or None}
        tests = list(row.found.exercise.tests) if row.found.exercise else []
        lines.append({**found, "tests": tests, "prompt": row.prompt, "reply": row.reply})
    atomic_write(out / "replies.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    run = sum(levels[level] for level in ("runs", "fails_its_tests", "passes_its_tests"))
    facts = {
        "model": model,
        "replies": len(replies),
        "levels": {level: levels[level] for level in LEVELS if levels[level]},
        "programs": sum(row.found.exercise is not None for row in replies),
        "run": run,
        "kept": levels["passes_its_tests"],
    }
    atomic_write(out / "facts.json", json.dumps(facts, indent=1, sort_keys=True) + "\n")
    return facts
