"""Ingest: input files to document parts; every record becomes a row, broken ones too."""

from __future__ import annotations

import collections
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.atomic import atomic_write
from data.errors import PhimillError
from data.fingerprint import digest, step_fingerprint
from data.input_manifest import entry_of, freeze, settle
from data.keyed import keyed_unit
from data.parts import PART_BYTES, Part, PartWriter
from data.recipe import Source
from data.schema import DOCUMENT_SCHEMA
from data.sources.folders import OWN_OUTPUT
from data.sources.passed_over import Tally, in_words
from flows.metering import Meter, Note, listing_shown
from flows.run import Run

LIBRARIES = ("orjson", "pyarrow", "resiliparse", "datasets", "zstandard", "lxml", "isal", "brotli", "xxhash")


def ingest(run: Run, passed_over: Tally | None = None) -> dict[str, Any]:
    """Fills run.parts and run.inputs.

    Args:
        run: the run.
        passed_over: what was passed over before the sources were made.
    """
    from data.sources import Unit, list_units

    settings = {"sample": run.sample, "seed": run.recipe.seed} if run.sample is not None else {}
    fingerprint = step_fingerprint(
        "ingest", version=2, settings=settings, modules=["data.sources", "flows.steps.ingest"], libraries=LIBRARIES
    )
    folder = run.folder("ingest", fingerprint)
    listed: list[tuple[Unit, Source, Path]] = []
    passed_over = passed_over or Tally()
    with listing_shown(run.progress) as count:

        def sha256(path: Path) -> str:
            count()
            return run.work.sha256(path)

        for source in run.recipe.sources:
            note = lambda relative, why, name=source.name: passed_over(f"{name}/{relative}", why)  # noqa: E731
            for unit in list_units(source, run.root, sha256, note, run.work.out):
                index = folder / f"{source.name}-{digest([fingerprint, unit.name, unit.key])}.json"
                listed.append((unit, source, index))
                run.inputs.extend(entry_of(source.name, file) for file in unit.files)
    run.work.keep_digests()
    _say_passed_over(run, passed_over.entries())
    _say_changes(run)
    todo = [(unit, source, index) for unit, source, index in listed if not _is_whole(index)]
    sizes = {index.stem: sum(file.bytes for file in unit.files) for unit, _, index in todo}
    meter = Meter(run.work.root / "scratch" / "meter", sizes)
    calls = [(unit, source, str(index), settings, meter.note_path(index.stem)) for unit, source, index in todo]
    with run.timed("ingest", parts=len(listed), todo=len(todo)):
        if calls:
            with meter.shown(run.progress, "ingest"):
                run.pool.run(ingest_unit, calls)
    settle(run.work.root)
    rows = 0
    not_sampled: collections.Counter[str] = collections.Counter()
    columns = Tally()
    for unit, source, index in listed:
        facts = json.loads(index.read_text())
        not_sampled[source.name] += facts["not_sampled"]
        for name, why in facts["left_out"].items():
            columns(f"{source.name}/{unit.files[0].relative if unit.files else unit.name}: {name}", why)
        for entry in facts["parts"]:
            rows += entry["rows"]
            run.parts.append(
                Part(entry["name"], source.name, {"ingest": entry["key"]}, {"ingest": str(folder / entry["file"])})
            )
    run.facts |= {"not_sampled": dict(not_sampled), "columns_left_out": columns.entries()}
    if words := in_words(columns.entries()):
        run.progress.say(f"  {'columns left':<13} {_on_one_line(words)}")
    return {"parts": len(run.parts), "records": rows, "read": meter.rows, "text": meter.text, "bytes": meter.read}


def _say_changes(run: Run) -> None:
    """Freezes the list of inputs and says how it differs from the last one that was read."""
    changes = freeze(run.work.root, run.inputs)
    if changes:
        run.work.note("inputs", added=changes.added, changed=changes.changed, removed=changes.removed)
        run.progress.say(f"  {'inputs':<13} {_on_one_line(changes.in_words())}")


def _say_passed_over(run: Run, found: list[dict[str, Any]]) -> None:
    """Says what lies in the folders and is not read: it is no file of theirs, or of a name that nobody asked for."""
    # What was made must not depend on where it was made.
    run.facts["passed_over"] = [entry for entry in found if entry["why"] != OWN_OUTPUT]
    if found:
        run.work.note("passed_over", found=found)
        run.progress.say(f"  {'passed over':<13} {_on_one_line(in_words(found))}")


def _on_one_line(names: str) -> str:
    """Returns names of files as one line, whatever they hold."""
    return names.replace("\n", "\\n")


def ingest_unit(unit: Any, source: Source, index: str, settings: dict[str, Any], note: str | None = None) -> None:
    """Reads one unit into part files of at most PART_BYTES; the index, written last, says that all are there."""
    from data.sources import left_columns, read_unit

    left_columns.taken()  # what was noted of others
    target = Path(index)
    entries: list[dict[str, Any]] = []
    writer: PartWriter | None = None
    size = not_sampled = 0
    noted = Note(note)
    for table in read_unit(unit, source, target.parent.parent / "scratch"):
        noted.add(table.num_rows, table.nbytes)
        not_sampled += table.num_rows
        table = _sampled(table, settings)
        not_sampled -= table.num_rows
        if not table.num_rows:
            continue
        if writer is not None and size + table.nbytes > PART_BYTES:
            writer.__exit__(None, None, None)
            entries[-1]["rows"], writer = writer.rows, None
        if writer is None:
            number, size = len(entries), 0
            name = f"{target.stem}-{number:04d}"
            entries.append({"file": f"{name}.parquet", "name": f"{source.name}/{unit.name}-{number:04d}", "key": name})
            writer = PartWriter(target.with_name(f"{name}.parquet"), DOCUMENT_SCHEMA).__enter__()
        writer.write(table)
        size += table.nbytes
    if writer is not None:
        writer.__exit__(None, None, None)
        entries[-1]["rows"] = writer.rows
    check_unchanged(unit)
    atomic_write(target, json.dumps({"parts": entries, "not_sampled": not_sampled, "left_out": left_columns.taken()}))
    noted.finish()


def check_unchanged(unit: Any) -> None:
    """Makes sure that what was read is what had been listed.

    Raises:
        PhimillError: a file has changed in between.
    """
    for file in unit.files:
        if file.changed_ns is None:
            continue
        state = os.stat(file.path)
        if (state.st_size, state.st_mtime_ns) != (file.bytes, file.changed_ns):
            raise PhimillError(f"{file.path}: has changed since the run began; run again, and it is read anew")


def _is_whole(index: Path) -> bool:
    """Returns whether a unit's index can be read and all the parts that it names are there."""
    try:
        entries = json.loads(index.read_text())["parts"]
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return all((index.parent / entry["file"]).is_file() for entry in entries)


def _sampled(table: pa.Table, settings: dict[str, Any]) -> pa.Table:
    if not settings:
        return table
    chosen = keyed_unit(settings["seed"], "sample", table["id"].to_pylist()) < settings["sample"]
    return table.filter(pa.array(chosen))
