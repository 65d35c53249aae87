"""Looking at a published dataset with the help of its working parts: texts, a fresh report, a clean folder."""

from __future__ import annotations

import bisect
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.errors import UsageError
from data.parts import Part, count_rows, row_at
from data.texts import text_at
from flows.work import Work

#: Where the work folder keeps, for each published snapshot, what it rests on.
BASES = "snapshots"

#: Texts that are looked up one by one; for more, the parts are read through.
FEW = 50


def write_base(work: Work, snapshot: str, parts: Iterable[Part], folders: Iterable[str]) -> None:
    """Writes down which parts and step folders a snapshot rests on."""
    files = [
        {**part.to_json(), "files": {step: str(Path(file).relative_to(work.root)) for step, file in part.files.items()}}
        for part in parts
    ]
    base = {"parts": files, "folders": sorted(folders)}
    atomic_write(work.root / BASES / f"{snapshot}.json", json.dumps(base, sort_keys=True))


def read_base(out: Path) -> dict[str, Any] | None:
    """Returns what the published snapshot rests on; None if the work folder is gone."""
    from data.manifest import read_manifest

    path = out / ".work" / BASES / f"{read_manifest(out)['snapshot']}.json"
    return dict(json.loads(path.read_text())) if path.is_file() else None


def parts_of(out: Path) -> list[Part]:
    """Returns the parts that the published snapshot rests on; empty if the work folder is gone."""
    base = read_base(out)
    root = out / ".work"
    if base is None:
        return []
    return [
        Part(entry["name"], entry["source"], entry["keys"], {k: str(root / v) for k, v in entry["files"].items()})
        for entry in base["parts"]
    ]


def texts_of(out: Path) -> Callable[[Iterable[str]], dict[str, str]]:
    """Returns a function that looks up documents' texts by id, dropped ones included."""
    from data.texts import fetch_texts

    parts = parts_of(out)
    return lambda ids: fetch_texts(parts, ids)


def texts_of_rows(out: Path) -> Callable[[Sequence[Mapping[str, Any]]], dict[str, str]]:
    """Returns a function that looks up the texts of rows of the ledger, by id; each row has its `ledger_row`."""

    def fetch(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        found = texts_by_row(out, {row["ledger_row"]: row for row in rows})
        return {row["id"]: found[row["ledger_row"]] for row in rows if row["ledger_row"] in found}

    return fetch


def texts_by_row(out: Path, rows: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """Returns documents' texts by their row in the ledger; of the work folder, or else of the shards.

    Of a few, only the row groups that hold them are read, however large the dataset.

    Args:
        out: the run's out folder.
        rows: row number → the ledger's id, shard and row. Rows whose text is not at hand are left out.
    """
    starts, parts = [0], parts_of(out)
    for part in parts:
        starts.append(starts[-1] + count_rows(part.files[part.origin]))
    if parts and len(rows) > FEW:
        found = texts_of(out)([row["id"] for row in rows.values()])
        return {number: found[row["id"]] for number, row in rows.items() if row["id"] in found}
    texts: dict[int, str] = {}
    for number, row in rows.items():
        place = bisect.bisect_right(starts, number) - 1
        text = None
        if place < len(parts):
            text = text_at(parts[place], number - starts[place], row["id"])
        elif row["shard"]:
            text = row_at(out / row["shard"], row["row"], ["text"])["text"]
        if text is not None:
            texts[number] = text
    return texts


def redraw(out: Path, earlier: Path | None = None) -> str:
    """Draws the report again from the ledger and the manifest, beside an earlier run's; returns where it stands."""
    from flows.report import write_report

    target = out / ".work" / "report.html"
    write_report(out, target, texts_of(out), timings(Work(out)), earlier)
    return str(target)


def timings(work: Work) -> list[dict[str, Any]]:
    """Returns the journal's latest word on each step: seconds, parts, reused."""
    latest: dict[str, dict[str, Any]] = {}
    for event in work.events("step"):
        known = latest.get(event["step"])
        if known is None or event["reused"] < event["parts"]:
            latest[event["step"]] = event
    return [{key: event[key] for key in ("step", "seconds", "reused", "parts")} for event in latest.values()]


def clean(out: Path) -> tuple[int, int]:
    """Removes step folders and snapshots that the published dataset does not need.

    Returns:
        The number of folders removed and the bytes freed.
    """
    from data.manifest import read_manifest, snapshot_folder

    if not (out / ".work").is_dir():
        raise UsageError(f"{out}: no work folder here; expected the --out folder of a run")
    with Work(out) as work:
        base = read_base(out)
        snapshot = read_manifest(out)["snapshot"]
        needed = set(base["folders"]) if base else set()
        doomed = [
            path for path in work.root.iterdir() if path.is_dir() and "-" in path.name and path.name not in needed
        ]
        current = snapshot_folder(out)
        doomed += [path for path in current.parent.iterdir() if path.name != current.name]
        freed = sum(file.stat().st_size for path in doomed for file in path.rglob("*") if file.is_file())
        for path in doomed:
            shutil.rmtree(path)
        for file in (work.root / BASES).glob("*.json"):
            if file.stem != snapshot:
                file.unlink()
    return len(doomed), freed
