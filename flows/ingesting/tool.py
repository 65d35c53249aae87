"""`phimill ingest SOURCE --out DIR`: the road's own steps ingest and extract, then the documents as files.

A killed run goes on where it stopped; a later one reads only the files that are new or have changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from data.errors import RecipeError, UsageError
from data.recipe_file import RecipeFile, recipe_of
from data.sources.settings import is_address, local_path
from flows.ingesting.guessing import guess_kind
from flows.ingesting.results import TABLES, check_signals, write_results
from flows.progress import Progress
from flows.road import Request, named_failures, open_work
from flows.steps.extract import extract
from flows.steps.ingest import ingest

FORMS = ("parquet", "jsonl")

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
    with named_failures(out):
        file = recipe_for(source, kind or guess_kind(source), settings or {})
    progress = progress or Progress()
    begin = time.monotonic()
    with (
        named_failures(out),
        open_work(file, Request("ingest", str(out), workers=workers, sample=sample), progress) as run,
    ):
        progress.say(f"  reading {source} as {file.recipe.sources[0].kind}")
        ingest(run)
        check_signals(run)
        extract(run)
        summary = write_results(run, out, form, max_quarantined)
    progress.say(_rate(summary, time.monotonic() - begin))
    return summary


def recipe_for(source: str, kind: str, settings: Mapping[str, Any]) -> RecipeFile:
    """Returns a recipe of which only the one source and `extract` matter.

    Raises:
        UsageError: a setting is wrong.
    """
    given = dict(settings)
    extraction = given.pop("extract", {})
    local = kind == "huggingface" or is_address(source)
    path = source if local and not Path(source).exists() else os.path.abspath(source)
    one = {"name": given.pop("name", None) or "input", "kind": kind, "path": path, **given}
    if isinstance(one.get("archives"), str) and not is_address(one["archives"]):
        one["archives"] = os.path.abspath(one["archives"])
    values = {"name": "ingest", "language": None, "sources": [one], "extract": extraction, "deduplicate": None}
    try:
        return recipe_of(values, (), Path("ingest"))
    except RecipeError as error:
        key = error.key.removeprefix("sources[0]").removeprefix(".")
        raise UsageError(f"{key + ': ' if key else ''}{error.message}") from None


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
        target[last] = value
    return settings


def _check_out(source: str, out: Path) -> None:
    """Makes sure that what is written would not be read the next time."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; choose another out folder")
    if not is_address(source) and Path(source).is_dir() and out.resolve().is_relative_to(Path(source).resolve()):
        raise UsageError(f"{out}: stands in {source} and would be read with it; choose another out folder")


def _rate(summary: Mapping[str, Any], seconds: float) -> str:
    size = sum(entry["bytes"] for entry in summary["inputs"]) / 1e6
    span = max(seconds, 1e-3)
    return (
        f"  {_counted(len(summary['inputs']), 'file')}, {size:,.1f} MB as they lie; "
        f"{_counted(summary['documents'], 'document')}, "
        f"{summary['bytes'] / 1e6:,.1f} MB of text in {seconds:,.1f} s: "
        f"{summary['documents'] / span:,.0f} documents/s, {summary['bytes'] / 1e6 / span:,.1f} MB/s"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def closing_words(summary: Mapping[str, Any], out: Path) -> str:
    """Returns a summary as plain text."""
    lines = [
        "",
        f"Read    {_counted(summary['records'], 'record')}: {_counted(summary['documents'], 'document')}, "
        f"{summary['dropped']:,} dropped, {summary['quarantined']:,} quarantined",
    ]
    reasons = sorted(summary["reasons"].items(), key=lambda pair: (-pair[1], pair[0]))
    lines += [f"        {number:>9,}  {reason}" for reason, number in reasons[:TOP_REASONS]]
    lines += [
        "",
        f"Look    {out}/documents",
        f"        {out}/{TABLES['quarantined']}",
        f"        {out}/{TABLES['dropped']}",
    ]
    return "\n".join([*lines, f"        {out}/summary.json"])
