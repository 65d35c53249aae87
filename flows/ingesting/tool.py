"""`phimill ingest SOURCE --out DIR`: the road's own steps ingest and extract, then the documents as files.

A killed run goes on where it stopped; a later one reads only the files that are new or have changed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from data.errors import RecipeError, UsageError
from data.recipe_file import RecipeFile, recipe_of
from data.sources.passed_over import Tally
from data.sources.settings import FOR_KINDS, is_address, local_path
from flows.ingesting.allotting import Guess
from flows.ingesting.guessing import guess_sources
from flows.ingesting.results import TABLES, check_signals, write_results
from flows.progress import Progress
from flows.road import Request, named_failures, open_work
from flows.steps.extract import extract
from flows.steps.ingest import ingest

FORMS = ("parquet", "jsonl")

#: How a recipe lists a host; on the command line an option does.
_OWN_HOSTS = re.compile(r"`hosts: \[([^]]*)\]`")
#: Reasons shown at the end.
TOP_REASONS = 10


def run_ingest(
    source: str,
    out: Path,
    kind: str | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    form: str = "parquet",
    max_quarantined: float = 0.01,
    sample: float | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Reads a source into documents; returns the summary.

    Args:
        source: a file, folder, glob pattern or address.
        out: gets `documents/`, `quarantine.parquet`, `dropped.parquet` and, last of all, `summary.json`.
        kind: how it is read; None: as it looks.
        settings: further keys of the recipe's source, such as `columns`; `extract` may be among them.
        form: parquet or jsonl.
        max_quarantined: share of records that may be unreadable.
        sample: share of documents that enter, or None for all.
        workers: processes; None: one for each processor.
        progress: default: lines on stderr.

    Raises:
        UsageError: the source or a setting cannot be used.
        QuarantineError: too many records are unreadable.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: at least 1")
    source = local_path(source)
    if not source:
        raise UsageError("SOURCE: is empty; expected a file, folder, glob pattern or address")
    _check_out(source, out)
    left = Tally()
    with named_failures(out):
        settings = settings or {}
        chosen = {name: patterns for name in ("include", "exclude") if isinstance(patterns := settings.get(name), list)}
        guesses = [Guess(kind)] if kind else guess_sources(source, left, **chosen)
        file = recipe_for(source, guesses, settings)
    progress = progress or Progress()
    begin = time.monotonic()
    with (
        named_failures(out),
        open_work(file, Request("ingest", str(out), workers=workers, sample=sample), progress) as run,
    ):
        progress.say(_reading(source, guesses))
        ingest(run, left)
        check_signals(run)
        extract(run)
        summary = write_results(run, out, form, max_quarantined)
    progress.say(_rate(summary, time.monotonic() - begin, run.parts_made, run.parts_reused))
    return summary


def recipe_for(source: str, guesses: Sequence[Guess], settings: Mapping[str, Any]) -> RecipeFile:
    """Returns a recipe of which only the sources and `extract` matter.

    Args:
        source: a file, folder, glob pattern or address.
        guesses: what is read of it; one source each.
        settings: further keys of the sources, each for those that have a use for it.

    Raises:
        UsageError: a setting is wrong.
    """
    given = dict(settings)
    extraction = given.pop("extract", {})
    local = guesses[0].kind == "huggingface" or is_address(source)
    path = source if local and not Path(source).exists() else os.path.abspath(source)
    if isinstance(given.get("archives"), str) and not is_address(given["archives"]):
        given["archives"] = os.path.abspath(given["archives"])
    kinds = [guess.kind for guess in guesses]
    sources = [_source(guess, path, given, kinds) for guess in guesses]
    values = {"name": "ingest", "language": None, "sources": sources, "extract": extraction, "deduplicate": None}
    try:
        return recipe_of(values, (), Path("ingest"))
    except RecipeError as error:
        key = re.sub(r"^sources\[\d+\]\.?", "", error.key)
        message = _OWN_HOSTS.sub(r"--host \1", error.message).replace("`hosts` does", "--host does")
        raise UsageError(f"{key + ': ' if key else ''}{message}") from None


def _source(guess: Guess, path: str, given: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """Returns a source as a recipe has it; one of several bears its kind's name, and no setting for others of them."""
    name = given.get("name") or "input"
    one = {"kind": guess.kind, "path": path, **given, "name": name}
    if guess.include and not given.get("include"):
        one["include"] = [*guess.include]
        one["exclude"] = [*guess.exclude, *(given.get("exclude") or ())]
    if len(kinds) == 1:
        return one
    if given.get("include"):
        raise UsageError(f"include: {path} holds {', '.join(kinds)}; say with --kind what is to be read")
    own = {key: one[key] for key in one if guess.kind in FOR_KINDS.get(key, kinds) or not _is_for_some(key, kinds)}
    return {**own, "name": f"{name}-{guess.kind}" if given.get("name") else guess.kind}


def _is_for_some(key: str, kinds: Sequence[str]) -> bool:
    return any(kind in FOR_KINDS.get(key, kinds) for kind in kinds)


def _reading(source: str, guesses: Sequence[Guess]) -> str:
    """Returns what is said before the work: what is read as what."""
    if len(guesses) == 1:
        return f"  reading {source} as {guesses[0].kind}"
    listed = ", ".join(f"{guess.kind} ({_counted(guess.files, 'file')})" for guess in guesses)
    return f"  reading {source} as {len(guesses)} sources, one for each kind of file: {listed}"


def parse_settings(changes: Iterable[str]) -> dict[str, Any]:
    """Returns the settings in words such as `columns=the-stack` or `select.domains=[example.org]`.

    Raises:
        UsageError: a word has no `=`.
    """
    settings: dict[str, Any] = {}
    for change in changes:
        key, separator, raw = change.partition("=")
        if not separator or not key.strip():
            raise UsageError(f"--set {change}: expected KEY=VALUE, such as text_column=body")
        try:
            value = yaml.safe_load(raw)
        except yaml.YAMLError:
            value = raw
        target = settings
        *above, last = key.strip().split(".")
        for step in above:
            target = target.setdefault(step, {})
            if not isinstance(target, dict):
                raise UsageError(f"--set {change}: `{step}` has a value; give it that, or keys of its own")
        target[last] = value
    return settings


def _check_out(source: str, out: Path) -> None:
    """Makes sure that what is written would not be read the next time."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; choose another out folder")
    if not is_address(source) and Path(source).is_dir() and out.resolve().is_relative_to(Path(source).resolve()):
        raise UsageError(f"{out}: stands in {source} and would be read with it; choose another out folder")


def _rate(summary: Mapping[str, Any], seconds: float, made: int, reused: int) -> str:
    """Returns what was read, and how fast; where parts were found from before, what of the work was left instead."""
    size = sum(entry["bytes"] for entry in summary["inputs"]) / 1e6
    span = max(seconds, 1e-3)
    if not made:
        speed = "nothing has changed"
    elif reused:
        speed = f"{reused:,} of {made + reused:,} steps of parts reused"
    else:
        speed = f"{summary['documents'] / span:,.0f} documents/s, {summary['bytes'] / 1e6 / span:,.1f} MB/s"
    return (
        f"  {_counted(len(summary['inputs']), 'file')}, {size:,.1f} MB as they lie; "
        f"{_counted(summary['documents'], 'document')}, "
        f"{summary['bytes'] / 1e6:,.1f} MB of text in {seconds:,.1f} s: {speed}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def closing_words(summary: Mapping[str, Any], out: Path) -> str:
    """Returns a summary as plain text."""
    lines = [
        "",
        f"Read    {_counted(summary['records'], 'record')}: {_counted(summary['documents'], 'document')}, "
        f"{summary['dropped']:,} dropped, {summary['quarantined']:,} quarantined"
        + (f", {summary['not_sampled']:,} not sampled" if summary["not_sampled"] else ""),
    ]
    if len(summary["sources"]) > 1:
        lines += [
            f"        {name:<14} {_counted(sums['records'], 'record')}, {_counted(sums['documents'], 'document')}"
            for name, sums in sorted(summary["sources"].items())
        ]
    if passed_over := sum(entry["files"] for entry in summary["passed_over"]):
        lines.append(f"        {_counted(passed_over, 'file')} passed over: summary.json says which and why")
    if left_out := sum(entry["files"] for entry in summary["columns_left_out"]):
        lines.append(f"        {_counted(left_out, 'column')} not kept as metadata: summary.json says which and why")
    reasons = sorted(summary["reasons"].items(), key=lambda pair: (-pair[1], pair[0]))
    lines += [f"        {number:>9,}  {reason}" for reason, number in reasons[:TOP_REASONS]]
    lines += [
        "",
        f"Look    {out}/documents",
        f"        {out}/{TABLES['quarantined']}",
        f"        {out}/{TABLES['dropped']}",
    ]
    return "\n".join([*lines, f"        {out}/summary.json"])
