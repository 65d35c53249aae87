"""What `phimill dedup` leaves: kept documents as they came, a row about each, and the sum of it.

`summary.json` is removed first and written last: where it stands, everything else is whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_path, atomic_write
from data.errors import AccountingError, QuarantineError
from data.ledger import CUTS
from data.parts import Part, PartWriter, alive, read_part
from data.recipe import Source
from data.sources import InputFile, list_units
from data.sources.selection import copy_records
from data.texts import read_texts
from flows.run import Run
from flows.steps.accounts import removed_from, removed_names
from flows.steps.cut import CUTTING

Int64Array = npt.NDArray[np.int64]

#: One row for each record of the inputs, in their order.
DUPLICATES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("kept", pa.bool_(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("cluster", pa.string()),
        pa.field("cluster_size", pa.int64(), nullable=False),
        pa.field("survivor", pa.string()),
        pa.field("matched", pa.string()),
        pa.field("jaccard", pa.float64()),
    ]
)

#: Clusters that the summary names.
LARGEST = 10


def write_results(run: Run, out: Path, max_quarantined: float) -> dict[str, Any]:
    """Writes the kept documents, the table and the summary; returns the summary.

    Raises:
        QuarantineError: more than the allowed share of the records could not be read.
        AccountingError: documents in ≠ kept + dropped.
    """
    (out / "summary.json").unlink(missing_ok=True)
    names = _Names(run.parts, len(run.recipe.sources) > 1)
    summary = _write_table(run, out / "duplicates.parquet", names, max_quarantined)
    _write_kept(run, out / "kept")
    _copy_removed(run, out / "removed.parquet")
    atomic_write(out / "summary.json", json.dumps(summary, indent=1, sort_keys=True) + "\n")
    return summary


def _copy_removed(run: Run, target: Path) -> None:
    """Copies the table of the lines and paragraphs that were cut, where such were looked for."""
    target.unlink(missing_ok=True)
    if "cut_pieces" in run.facts:
        with atomic_path(target) as temporary:
            shutil.copyfile(run.facts["cut_pieces"], temporary)


class _Names:
    """What people know documents by: their own ids where all have one and none twice, else their places.

    Attributes:
        are_own: whether it is their own ids.
        fates: `cluster`, `survivor` and `matched` of all records by these names (an index's documents by
            their ids there), and `cluster_size`.
    """

    def __init__(self, parts: Iterable[Part], with_source: bool) -> None:
        self._with_source = with_source
        born = _whole(parts, "ingest", ["id", "source", "origin_id", "locator", "status"])
        living = born.filter(pc.equal(born["status"], ""))
        own = living["origin_id"]
        self.are_own = own.null_count == 0 and pc.count_distinct(own).as_py() == len(own)
        ids, names = living["id"].combine_chunks(), self.of(living).combine_chunks()
        fates = _whole(parts, "deduplicate", ["cluster", "survivor", "matched", "cluster_size"])
        for place, column in enumerate(fates.column_names[:3]):
            given = fates[column].combine_chunks()
            named = pc.coalesce(names.take(pc.index_in(given, ids)), given)
            fates = fates.set_column(place, column, named)
        self.fates = fates

    def of(self, table: pa.Table) -> pa.ChunkedArray:
        """Returns the names of documents that can be read, given by their columns of ingest."""
        return table["origin_id"] if self.are_own else self.places(table)

    def places(self, table: pa.Table) -> pa.ChunkedArray:
        """Returns where documents stand: the locator, after the input's name where there are several."""
        places = table["locator"]
        return pc.binary_join_element_wise(table["source"], places, ":") if self._with_source else places


def _whole(parts: Iterable[Part], step: str, columns: list[str]) -> pa.Table:
    tables = [read_part(part.files[step], columns) for part in parts]
    return pa.concat_tables(tables) if tables else pa.table({name: pa.array([], pa.string()) for name in columns})


def _write_table(run: Run, target: Path, names: _Names, max_quarantined: float) -> dict[str, Any]:
    counts = {"records": 0, "documents": 0, "kept": 0, "exact": 0, "near": 0, "too_little_left": 0, "bytes": 0}
    quarantined: dict[str, int] = {}
    names_cut = removed_names(run.parts)
    schema = pa.schema(
        [*DUPLICATES, *(pa.field(name, pa.int64()) for name in names_cut), *([CUTS] if names_cut else [])]
    )
    cut = dict.fromkeys(names_cut, 0)
    with PartWriter(target, schema) as writer:
        for part in run.parts:
            born = read_part(part.files["ingest"], ["id", "source", "origin_id", "locator", "status", "reason"])
            table = _rows(part, born, names, counts["records"])
            unread = pc.not_equal(born["status"], "")
            _count(counts, table, unread)
            for entry in pc.value_counts(table["reason"].filter(unread).combine_chunks()).to_pylist():
                quarantined[entry["values"]] = quarantined.get(entry["values"], 0) + entry["counts"]
            counts["bytes"] += pc.sum(read_part(part.files["sign"], ["length"])["length"]).as_py() or 0
            for name, column in removed_from(part).items() if names_cut else ():
                field = schema.field(name)
                table = table.append_column(field, column.cast(field.type))
            for name in names_cut:
                cut[name] += int(pc.sum(table[name].filter(table["kept"])).as_py() or 0)
            writer.write(table)
    if counts["documents"] != sum(counts[key] for key in ("kept", "exact", "near", "too_little_left")):
        raise AccountingError(f"dedup: {counts['documents']} documents in, but {counts}")
    unreadable = counts["records"] - counts["documents"]
    if unreadable > max_quarantined * counts["records"]:
        raise QuarantineError(
            f"{unreadable:,} of {counts['records']:,} records could not be used ({_listed(quarantined)}); "
            f"see {target.name}; name the columns with --text and --id, or allow more with --max-quarantined"
        )
    clusters, largest = _clusters(names)
    return {
        **counts,
        **({"cut": cut} if names_cut else {}),
        "clusters": clusters,
        "largest": largest,
        "quarantined": dict(sorted(quarantined.items())),
        "ids": "their own" if names.are_own else "locators: not every document has an id of its own",
        "settings": run.recipe.deduplicate.model_dump(mode="json") if run.recipe.deduplicate else None,
        "inputs": run.inputs,
    }


def _listed(reasons: dict[str, int]) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))


def _count(counts: dict[str, int], table: pa.Table, unread: pa.ChunkedArray) -> None:
    counts["records"] += table.num_rows
    counts["documents"] += table.num_rows - (pc.sum(unread).as_py() or 0)
    counts["kept"] += pc.sum(table["kept"]).as_py() or 0
    for key in ("exact", "near"):
        counts[key] += pc.sum(pc.equal(table["reason"], f"{key}_duplicate")).as_py() or 0
    counts["too_little_left"] += pc.sum(pc.equal(table["reason"], "too_little_left")).as_py() or 0


def _clusters(names: _Names) -> tuple[int, list[dict[str, Any]]]:
    """Returns how many clusters there are, and the largest."""
    known = names.fates.filter(pc.is_valid(names.fates["cluster"]))
    ordered = known.sort_by([("cluster_size", "descending"), ("cluster", "ascending")])
    first = ordered.group_by("cluster", use_threads=False).aggregate([("cluster_size", "first"), ("survivor", "first")])
    largest = first.slice(0, LARGEST)
    pairs = zip(largest["survivor_first"].to_pylist(), largest["cluster_size_first"].to_pylist(), strict=True)
    return first.num_rows, [{"survivor": survivor, "size": size} for survivor, size in pairs]


def _rows(part: Part, born: pa.Table, names: _Names, start: int) -> pa.Table:
    """Returns a part's rows of the table; `start` counts the records before it."""
    fate = fates_of(part)
    if not fate["id"].equals(born["id"]):
        raise AccountingError(f"dedup: {part.name}: the decisions are not those of its records")
    readable = pc.equal(born["status"], "")
    named = names.fates.slice(start, born.num_rows)
    columns = {
        "id": pc.if_else(readable, names.of(born), names.places(born)),
        "locator": names.places(born),
        "kept": pc.and_(readable, pc.equal(fate["status"], "")),
        "reason": pc.if_else(readable, fate["reason"], born["reason"]),
        "cluster": named["cluster"],
        "cluster_size": pc.coalesce(named["cluster_size"], 1),
        "survivor": named["survivor"],
        "matched": named["matched"],
        "jaccard": fate["jaccard"],
    }
    return pa.table(columns).select(DUPLICATES.names).cast(DUPLICATES)


def fates_of(part: Part) -> pa.Table:
    """Returns status, reason and similarity of a part's records: as a duplicate, else by what was left of it."""
    fate = read_part(part.files["deduplicate"], ["id", "status", "reason", "jaccard"])
    for step in CUTTING:
        if step in part.files:
            later = read_part(part.files[step], ["status", "reason"])
            ends = pc.and_(pc.equal(fate["status"], ""), pc.not_equal(later["status"], ""))
            for name in ("status", "reason"):
                place = fate.schema.get_field_index(name)
                fate = fate.set_column(place, name, pc.if_else(ends, later[name], fate[name]))
    return fate


def _write_kept(run: Run, folder: Path) -> None:
    """Writes each input file's kept records to a file of the same name; stale files go."""
    todo = list(_copies(run, folder))
    targets = {arguments[3] for arguments in todo}
    for stale in sorted(folder.rglob("*")) if folder.exists() else []:
        if stale.is_file() and stale not in targets:
            stale.unlink()
    with run.timed("write", parts=len(todo), todo=len(todo)) as done:
        run.pool.run(copy_records, todo, done)
    for empty in sorted(folder.rglob("*"), reverse=True):
        if empty.is_dir() and not any(empty.iterdir()):
            shutil.rmtree(empty)


def _copies(run: Run, folder: Path) -> Iterator[tuple[InputFile, Source, Int64Array, Path, Path | None]]:
    changes = run.work.root / "changes"
    shutil.rmtree(changes, ignore_errors=True)
    for source in run.recipe.sources:
        base = folder / source.name if len(run.recipe.sources) > 1 else folder
        for unit in list_units(source, run.root, run.work.sha256, out=run.work.out):
            (file,) = unit.files
            own = [part for part in run.parts if part.name.rpartition("-")[0] == f"{unit.source}/{unit.name}"]
            numbers = np.concatenate([np.empty(0, dtype=np.int64), *map(_kept_numbers, own)])
            changed = _write_changes(own, changes / f"{source.name}-{unit.name}.parquet")
            yield file, source, numbers, base / file.relative, changed


def _kept_numbers(part: Part) -> Int64Array:
    """Returns the numbers that the locators of a part's kept records end in, ascending."""
    born = read_part(part.files["ingest"], ["locator"])
    places = born["locator"].filter(alive(part, ("ingest", "deduplicate", *CUTTING))).to_pylist()
    return np.array([int(place.rpartition(":")[2]) for place in places], dtype=np.int64)


def _write_changes(parts: Iterable[Part], target: Path) -> Path | None:
    """Writes the numbers and new texts of the kept records of which something was cut; None where nothing was."""
    schema = pa.schema([pa.field("number", pa.int64()), pa.field("text", pa.large_string())])
    cutting = [part for part in parts if any(step in part.files for step in CUTTING)]
    if not cutting:
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    with PartWriter(target, schema) as writer:
        for part in cutting:
            numbers, start, first = _kept_numbers(part), 0, 0
            kept = alive(part, ("ingest", "deduplicate", *CUTTING))
            changed = pc.greater(removed_from(part)["removed_chars"], 0).combine_chunks()
            for batch in read_texts(part):
                here, new = (mask.slice(start, batch.num_rows) for mask in (kept, changed))
                start += batch.num_rows
                own = numbers[first : first + (pc.sum(here).as_py() or 0)]
                first += len(own)
                some = pa.table({"number": own, "text": batch["text"].filter(here).cast(pa.large_string())})
                writer.write(some.filter(new.filter(here)))
    return target
