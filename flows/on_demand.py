"""Exercises on demand: the command line's and the deployment's way to a teacher."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from data.errors import UsageError
from data.recipe import Synthesise, Teacher
from flows.progress import Progress
from flows.work import Work


def write_on_demand(
    out: Path,
    *,
    number: int = 100,
    topics: str | None = None,
    base_url: str = "builtin",
    model: str | None = None,
    seed: int = 1,
    max_usd: float | None = None,
    max_requests: int | None = None,
    usd_per_million_input: float | None = None,
    usd_per_million_output: float | None = None,
) -> dict[str, Any]:
    """Asks a teacher for exercises, verifies them, writes them to a folder; returns the facts.

    Replies are kept in the folder's request ledger: what was paid for once is never asked again.
    """
    from pydantic import ValidationError

    from synth.exercise_files import write_exercises
    from synth.exercises import generate

    if base_url != "builtin" and not model:
        raise UsageError(f"--base-url {base_url}: name the model there with --model")
    try:
        teacher = Teacher(
            base_url=base_url,
            model=model or Teacher().model,
            max_usd=max_usd,
            max_requests=max_requests,
            usd_per_million_input=usd_per_million_input,
            usd_per_million_output=usd_per_million_output,
        )
        listed = [topic.strip() for topic in topics.split(",") if topic.strip()] if topics else []
        settings = Synthesise(teacher=teacher, exercises=number, topics=listed)
    except ValidationError as failure:
        raise UsageError(failure.errors()[0]["msg"].removeprefix("Value error, ")) from None
    if base_url != "builtin" and not os.environ.get(teacher.api_key_env):
        raise UsageError(f"the environment variable {teacher.api_key_env} is not set; put the endpoint's key there")
    progress = Progress()
    with Work(out.absolute()) as work:
        with progress.step("exercises", number, number) as done:
            rows, facts = generate(settings, seed, work.root / "teacher.sqlite", on_progress=done)
        write_exercises(out, rows, facts)
    progress.say(f"\n{facts['kept']} of {facts['requests']} exercises kept in {out}/exercises.jsonl")
    for reason, count in sorted(facts["rejected"].items(), key=lambda pair: (-pair[1], pair[0])):
        progress.say(f"  {count:>6}  {reason}")
    sys.stderr.flush()
    return dict(facts)
