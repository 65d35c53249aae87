"""Ingest: input files to document parts; every record becomes a row, broken ones too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.atomic import atomic_write
from data.fingerprint import digest, step_fingerprint
from data.keyed import keyed_unit
from data.parts import PART_BYTES, Part, PartWriter
from data.recipe import Source
from data.schema import DOCUMENT_SCHEMA
from flows.run import Run

LIBRARIES = ("orjson", "pyarrow", "resiliparse", "datasets", "zstandard")


def ingest(run: Run) -> dict[str, Any]:
    """Fills run.parts and run.inputs."""
    from data.sources import list_units

    settings = {"sample": run.sample, "seed": run.recipe.seed} if run.sample is not None else {}
    fingerprint = step_fingerprint(
        "ingest", version=1, settings=settings, modules=["data.sources", "flows.steps.ingest"], libraries=LIBRARIES
    )
    folder = run.folder("ingest", fingerprint)
    indexes: list[tuple[Path, str]] = []
    todo: list[tuple[Any, ...]] = []
    for source in run.recipe.sources:
        reading = source.model_dump(mode="json", exclude={"priority"})
        for unit in list_units(source, run.root, run.work.sha256):
            key = digest([fingerprint, unit.key, reading])
            index = folder / f"{source.name}-{key}.json"
            indexes.append((index, source.name))
            run.inputs.extend(
                {"source": source.name, "path": file.relative, "bytes": file.bytes, "sha256": file.sha256}
                for file in unit.files
            )
            if not _is_whole(index):
                todo.append((unit, source, str(index), settings))
    run.work.keep_digests()
    with run.timed("ingest", parts=len(indexes), todo=len(todo)) as done:
        if todo:
            run.pool.run(ingest_unit, todo, done)
    rows = 0
    for index, source_name in indexes:
        for entry in json.loads(index.read_text()):
            rows += entry["rows"]
            run.parts.append(
                Part(entry["name"], source_name, {"ingest": entry["key"]}, {"ingest": str(folder / entry["file"])})
            )
    return {"parts": len(run.parts), "records": rows}


def ingest_unit(unit: Any, source: Source, index: str, settings: dict[str, Any]) -> None:
    """Reads one unit into part files of at most PART_BYTES; the index, written last, says that all are there."""
    from data.sources import read_unit

    target = Path(index)
    entries: list[dict[str, Any]] = []
    writer: PartWriter | None = None
    size = 0
    for table in read_unit(unit, source):
        table = _sampled(table, settings)
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
    atomic_write(target, json.dumps(entries))


def _is_whole(index: Path) -> bool:
    """Returns whether a unit's index can be read and all the parts that it names are there."""
    try:
        entries = json.loads(index.read_text())
    except (OSError, ValueError):
        return False
    return all((index.parent / entry["file"]).is_file() for entry in entries)


def _sampled(table: pa.Table, settings: dict[str, Any]) -> pa.Table:
    if not settings:
        return table
    chosen = keyed_unit(settings["seed"], "sample", table["id"].to_pylist()) < settings["sample"]
    return table.filter(pa.array(chosen))
