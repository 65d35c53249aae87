"""Synthesise: a teacher's exercises, run in a sandbox; every reply is a row, kept or not."""

from __future__ import annotations

import errno
import json
import sqlite3
from typing import Any

from data.atomic import atomic_write
from data.fingerprint import digest, file_sha256, resource_digest, step_fingerprint
from data.parts import Part, write_part
from flows.run import Run


def synthesise(run: Run) -> dict[str, Any]:
    """Fills run.taught with the part that the teacher wrote."""
    settings = run.recipe.synthesise
    if settings is None or settings.exercises == 0:
        return {}
    from synth.sandbox.tiers import choose_tier

    fingerprint = step_fingerprint(
        "synthesise",
        version=1,
        settings=settings.model_dump(mode="json"),
        modules=["synth.exercises", "flows.steps.synthesise"],
        libraries=("jinja2", "openai"),
        reads=[run.recipe.seed, resource_digest("synth"), choose_tier()],
    )
    folder = run.folder("synthesise", fingerprint)
    target, facts = folder / "exercises.parquet", folder / "facts.json"
    exists = target.exists() and facts.exists()
    with run.timed("synthesise", parts=settings.exercises, todo=0 if exists else settings.exercises) as done:
        if not exists:
            from synth.exercises import generate

            journal = run.work.root / "teacher.sqlite"
            try:
                rows, found = generate(settings, run.recipe.seed, journal, on_progress=done)
            except sqlite3.OperationalError as failure:  # a full disk, or one that cannot be written
                raise OSError(errno.EIO, str(failure), str(journal)) from failure
            write_part(target, rows)
            atomic_write(facts, json.dumps(found, sort_keys=True))
    run.facts["teacher"] = json.loads(facts.read_text())
    key = digest([fingerprint, file_sha256(target)])
    run.taught = [Part("synth/exercises", "synth", {"synthesise": key}, {"synthesise": str(target)})]
    return {"kept": run.facts["teacher"].get("kept"), "requests": run.facts["teacher"].get("requests")}
