"""What `phimill ingest` leaves: the documents, what is none of them with its reason, and the sum of it.

`summary.json` is removed first and written last: where it stands, everything else is whole.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.atomic import atomic_path
from data.errors import AccountingError, QuarantineError, UsageError
from data.fingerprint import digest, step_fingerprint
from data.json_text import atomic_json
from data.parts import Part, PartWriter, lay_side_by_side, read_part
from data.recipe import Source
from data.texts import read_facts, read_texts
from flows.ingesting.written import Sums, note_written, sums_of_written
from flows.run import Run

#: What is said about a document, beside its text.
DOCUMENTS = ("id", "source", "origin_id", "locator", "url", "kind", "language", "licence", "metadata")

#: One row for each record that is no document.
LEFT = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("origin_id", pa.string()),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("metadata", pa.string(), nullable=False),
    ]
)
TABLES = {"quarantined": "quarantine.parquet", "dropped": "dropped.parquet"}
#: What is counted of each source: records and what became of them, and bytes of documents' text.
SUMS = ("records", "documents", *TABLES, "not_sampled", "bytes")


def write_results(run: Run, out: Path, form: str, max_quarantined: float) -> dict[str, Any]:
    """Writes documents, tables and summary; returns the summary.

    Raises:
        QuarantineError: more than the allowed share of the records could not be read; what was read is there.
        AccountingError: records in ≠ documents + dropped + quarantined + not sampled.
    """
    (out / "summary.json").unlink(missing_ok=True)
    targets = [out / "documents" / f"part-{number:05d}.{form}" for number in range(len(run.parts))]
    folder = out / "documents"
    for stale in sorted(folder.glob("*")) if folder.exists() else []:
        if stale not in targets:
            stale.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    sources = _write_left(run, out, _write_all(run, targets))
    total = {key: sum(found[key] for found in sources.values()) for key in SUMS}
    summary = {
        **total,
        "reasons": _added(found["reasons"] for found in sources.values()),
        "sources": sources,
        "inputs": run.inputs,
        "passed_over": run.facts["passed_over"],
        "columns_left_out": run.facts["columns_left_out"],
    }
    atomic_json(out / "summary.json", summary, indent=1, sort_keys=True)
    if total["quarantined"] > max_quarantined * max(1, total["records"] - total["not_sampled"]):
        raise QuarantineError(_too_many(summary, out, max_quarantined))
    return summary


def _write_all(run: Run, targets: Sequence[Path]) -> list[Sums]:
    """Writes the parts' documents, where they are not there from before; returns what is counted of each part."""
    fingerprint = step_fingerprint(
        "write", version=1, settings={}, modules=["flows.ingesting.results"], libraries=("orjson", "pyarrow")
    )
    notes = run.folder("write", fingerprint)
    places = [
        (notes / f"{target.name}.json", target, digest(part.keys))
        for part, target in zip(run.parts, targets, strict=True)
    ]
    known = [sums_of_written(*place) for place in places]
    todo = [
        (part.to_json(), *place) for part, place, sums in zip(run.parts, places, known, strict=True) if sums is None
    ]
    with run.timed("write", parts=len(places), todo=len(todo)) as done:
        written = iter(run.pool.run(write_documents, todo, done))
    return [next(written) if sums is None else sums for sums in known]


def check_signals(run: Run) -> None:
    """Makes sure that a signal that the source should carry is a number in one of its records.

    Raises:
        UsageError: it is in none; a name was mistaken.
    """
    for source in run.recipe.sources:
        if source.signals:
            _check_signals_of(source, [part for part in run.parts if part.source == source.name])


def _check_signals_of(source: Source, parts: Sequence[Part]) -> None:
    missing = dict(source.signals)
    records = 0
    for part in parts:
        if not missing:
            return
        metadata = read_part(part.files["ingest"], ["metadata", "status"])
        living = metadata.filter(pc.equal(metadata["status"], ""))["metadata"]
        records += len(living)
        for name in list(missing):
            if pc.any(pc.match_substring_regex(living, f'"signals":\\{{[^}}]*"{re.escape(name)}":')).as_py():
                del missing[name]
    for name, column in missing.items() if records else ():
        raise UsageError(f'signals.{name}: no record has a number in "{column}"; correct the column\'s name')


def write_documents(part: dict[str, Any], note: Path, path: Path, key: str) -> Sums:
    """Writes a part's documents, as Parquet or JSONL by the file's name, and notes it; returns what it counted."""
    one = Part(**part)
    fates = _fates(one)
    living = pc.equal(fates["status"], "").combine_chunks()
    rows, size, start = 0, 0, 0
    schema = pa.schema([*(pa.field(name, pa.string()) for name in DOCUMENTS), pa.field("text", pa.large_string())])
    with _JsonLines(path) if path.suffix == ".jsonl" else PartWriter(path, schema) as writer:
        for table in read_texts(one, DOCUMENTS):
            here = table.filter(living.slice(start, table.num_rows))
            start += table.num_rows
            if here.num_rows:
                writer.write(here.select(schema.names).cast(schema))
                rows += here.num_rows
                size += pc.sum(pc.binary_length(here["text"].cast(pa.large_binary()))).as_py() or 0
    sums = fates.num_rows, rows, size
    note_written(note, path, key, sums)
    return sums


class _JsonLines:
    """Writes tables as JSON lines, atomically; metadata as objects."""

    def __init__(self, path: Path) -> None:
        self._target = atomic_path(path)

    def __enter__(self) -> _JsonLines:
        self._file = self._target.__enter__().open("wb")
        return self

    def write(self, table: pa.Table) -> None:
        """Appends a line for each row."""
        for row in table.to_pylist():
            row["metadata"] = orjson.loads(row["metadata"])
            self._file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def __exit__(self, *failure: Any) -> None:
        self._file.close()
        self._target.__exit__(*failure)


def _fates(part: Part) -> pa.Table:
    """Returns status, stage and reason of each row after ingest and extraction."""
    born = read_part(part.files["ingest"], ["id", "status", "reason"])
    after = read_part(part.files["extract"], ["id", "status", "reason"])
    lay_side_by_side(born.select(["id"]), after.select(["id"]), f"extract of {part.name}")
    ended = pc.not_equal(born["status"], "")
    stage = pc.if_else(ended, "ingest", pc.if_else(pc.not_equal(after["status"], ""), "extract", ""))
    columns = {name: pc.if_else(ended, born[name], after[name]) for name in ("status", "reason")}
    return pa.table({"id": born["id"], "stage": stage, **columns})


def _write_left(run: Run, out: Path, kept: list[Sums]) -> dict[str, dict[str, Any]]:
    """Writes the tables of what is no document; returns the sums of each source."""
    sources: dict[str, dict[str, Any]] = {}
    for name, number in run.facts["not_sampled"].items():
        sources[name] = {**dict.fromkeys(SUMS, 0), "records": number, "not_sampled": number, "reasons": {}}
    with PartWriter(out / TABLES["quarantined"], LEFT) as bad, PartWriter(out / TABLES["dropped"], LEFT) as dropped:
        for part, (records, documents, size) in zip(run.parts, kept, strict=True):
            sums = sources[part.source]
            sums["records"] += records
            sums["documents"] += documents
            sums["bytes"] += size
            if records == documents:
                continue
            fates = _fates(part)
            names = ["id", "source", "origin_id", "locator", "url", "metadata"]
            born = read_part(part.files["ingest"], names)
            # What extraction found says why, too: which opt-out a page made.
            born = born.set_column(len(names) - 1, "metadata", read_facts(part, ["metadata"])["metadata"])
            table = lay_side_by_side(born, fates, f"the parts of {part.name}")
            for status, writer in (("quarantined", bad), ("dropped", dropped)):
                some = table.filter(pc.equal(table["status"], status))
                sums[status] += some.num_rows
                sums["reasons"] = _added([sums["reasons"], collections.Counter(some["reason"].to_pylist())])
                if some.num_rows:
                    writer.write(some.select(LEFT.names).cast(LEFT))
    for name, sums in sources.items():
        if sums["records"] != sum(sums[fate] for fate in ("documents", *TABLES, "not_sampled")):
            raise AccountingError(f"{name}: {sums['records']} records in, but {sums}; this is a bug, report it")
    return sources


def _added(counts: Any) -> dict[str, int]:
    total: collections.Counter[str] = collections.Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def _too_many(summary: dict[str, Any], out: Path, limit: float) -> str:
    records = summary["records"] - summary["not_sampled"]
    share = summary["quarantined"] / records
    left = pq.read_table(out / TABLES["quarantined"], columns=["reason", "metadata"])
    why = ", ".join(reason for reason, _ in collections.Counter(left["reason"].to_pylist()).most_common(3))
    mismatch = pc.index(left["reason"], "schema_mismatch").as_py()
    if mismatch >= 0:
        facts = orjson.loads(left["metadata"][mismatch].as_py())
        missing = f"no column {facts.get('expected')!r} among {str(facts.get('columns'))[:300]}"
        why += f": {facts.get('error', missing)}"
        why += f"; what helps: {facts['advice']}" if "advice" in facts else ""
    return (
        f"{summary['quarantined']:,} of {records:,} records ({share:.2%}) could not be read ({why}); "
        f"--max-quarantined allows {limit:.2%}. What was read is in {out}; "
        f"see {out / TABLES['quarantined']} for the rest, or allow more"
    )
