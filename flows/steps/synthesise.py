"""Synthesise: a teacher's exercises, run in a sandbox; every reply is a row, kept or not."""

from __future__ import annotations

import errno
import json
import sqlite3
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.fingerprint import digest, file_sha256, resource_digest, step_fingerprint
from data.parts import Part, write_part
from data.recipe import Synthesise
from flows.run import Run
from flows.teaching.plans import plan_of


def synthesise(run: Run) -> dict[str, Any]:
    """Fills run.taught with the part that the teacher wrote."""
    settings = settings_in(run)
    if settings is None or settings.exercises == 0:
        return {}
    folder, fingerprint = place_of(run, settings)
    target, facts = folder / "exercises.parquet", folder / "facts.json"
    exists = is_made(folder)
    with run.timed("synthesise", parts=settings.exercises, todo=0 if exists else settings.exercises) as done:
        if not exists:
            from synth.exercises import generate
            from synth.shared_answers import SharedAnswers, default_path

            journal = run.work.root / "teacher.sqlite"
            try:
                rows, found = generate(
                    settings,
                    run.recipe.seed,
                    journal,
                    on_progress=done,
                    plan=plan_of(settings, run.recipe.seed),
                    shared=SharedAnswers(default_path()),
                )
            except sqlite3.OperationalError as failure:  # a full disk, or one that cannot be written
                raise OSError(errno.EIO, str(failure), str(journal)) from failure
            write_part(target, rows)
            atomic_write(facts, json.dumps(found, sort_keys=True))
    run.facts["teacher"] = json.loads(facts.read_text())
    key = digest([fingerprint, file_sha256(target)])
    run.taught = [Part("synth/exercises", "synth", {"synthesise": key}, {"synthesise": str(target)})]
    return {"kept": run.facts["teacher"].get("kept"), "requests": run.facts["teacher"].get("requests")}


def settings_in(run: Run) -> Synthesise | None:
    """Returns the recipe's section, its paths as they are on this machine."""
    settings = run.recipe.synthesise
    if settings is None:
        return None
    root = run.file.root
    paths = {name: str(root / path) for name in ("prompts", "shipped") if (path := getattr(settings, name))}
    if settings.spec and (root / settings.spec).is_file():  # else it is the name of a shipped one
        paths["spec"] = str(root / settings.spec)
    return settings.model_copy(update=paths)


def place_of(run: Run, settings: Synthesise) -> tuple[Path, str]:
    """Returns the folder of the step's results, and the fingerprint that names it."""
    from synth.sandbox.tiers import choose_tier
    from synth.variety.files import find_variety

    spec = str(find_variety(settings.spec)) if settings.spec else None
    read = [settings.prompts, spec, settings.shipped]
    fingerprint = step_fingerprint(
        "synthesise",
        version=2,
        settings=settings.model_dump(mode="json", exclude={"prompts", "spec", "shipped", "approve"}),
        modules=["synth.exercises", "flows.steps.synthesise"],
        libraries=("jinja2", "openai"),
        reads=[run.recipe.seed, resource_digest("synth"), choose_tier(), *(_digest_of(path) for path in read if path)],
    )
    return run.folder("synthesise", fingerprint), fingerprint


def is_made(folder: Path) -> bool:
    """Whether the step's results are there."""
    return (folder / "exercises.parquet").exists() and (folder / "facts.json").exists()


def _digest_of(path: str) -> list[str]:
    """Returns the digests of a file, or of all files in a folder, in order."""
    place = Path(path)
    files = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
    return [file_sha256(file) for file in files]
