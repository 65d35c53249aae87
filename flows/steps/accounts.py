"""The account of a run: what came in, and what became of it, as its ledger says."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.ledger import COPIES, CUTS, ledger_rows, ledger_schema, write_ledger
from data.parts import Part, alive, column_names, count_rows, read_part
from data.shards import ShardPlan
from data.texts import read_facts
from flows.run import Run
from flows.steps.cut import CUTTING
from flows.steps.judge import NO_SIGNALS
from flows.steps.mix import copies_of
from flows.steps.tokenise import LIVING

BORN = ("id", "origin_id", "source", "kind", "locator", "url", "language", "licence", "status", "reason")

#: Steps whose decisions stand in the ledger under another name.
STAGE_OF = dict.fromkeys(CUTTING, "deduplicate")


def count_records(parts: list[Part]) -> dict[str, tuple[int, int, list[tuple[str, int]]]]:
    """Returns source → (records, unreadable ones, their reasons with counts, most frequent first)."""
    totals: collections.Counter[str] = collections.Counter()
    reasons: dict[str, collections.Counter[str]] = {}
    for part in parts:
        totals[part.source] += count_rows(part.files[part.origin])
        for step in ("ingest", "extract"):
            table = read_part(part.files[step], ["status", "reason"])
            bad = table.filter(pc.equal(table["status"], "quarantined"))["reason"]
            for pair in pc.value_counts(bad).to_pylist():
                reasons.setdefault(part.source, collections.Counter())[pair["values"]] += pair["counts"]
    return {
        source: (total, sum(reasons.get(source, {}).values()), reasons.get(source, collections.Counter()).most_common())
        for source, total in sorted(totals.items())
    }


def ledger_tables(run: Run, parts: list[Part], shards: ShardPlan, build: Path) -> None:
    """Writes the ledger of all parts into build/ledger."""
    full = run.recipe.ledger == "full"
    removed = removed_names(parts)
    repeats = any(copies_of(part) is not None for part in parts)
    more = [*([CUTS] if removed else []), *([COPIES] if repeats else [])]
    schema = ledger_schema([*(signal_names(parts) if full else ()), *removed], more)
    write_ledger(build, _tables(parts, shards, schema, full), schema)


def signal_names(parts: list[Part]) -> list[str]:
    """Returns the names of all signals that the parts carry."""
    names: set[str] = set()
    for part in parts:
        for step in ("measure", "score"):
            if step in part.files:
                names.update(_signal_names(part.files[step]))
    return sorted(names)


def removed_names(parts: list[Part]) -> list[str]:
    """Returns the names of what was counted where texts were cut after they were judged."""
    files = {step: part.files[step] for part in parts for step in CUTTING if step in part.files}
    return sorted({name for path in files.values() for name in column_names(path) if name.startswith("removed_")})


def removed_from(part: Part) -> dict[str, pa.ChunkedArray]:
    """Returns what was cut out of a part's texts: the columns `removed_…`, added up over the steps, and `cuts`."""
    found: dict[str, pa.ChunkedArray] = {}
    for step in CUTTING:
        if step not in part.files:
            continue
        names = [name for name in column_names(part.files[step]) if name.startswith("removed_")]
        table = read_part(part.files[step], [*names, "cuts"])
        for name in names:
            before = found.get(name)
            found[name] = table[name] if before is None else pc.add(before, pc.coalesce(table[name], 0.0))
        cuts = table["cuts"]
        if "cuts" in found:
            pairs = zip(found["cuts"].to_pylist(), cuts.to_pylist(), strict=True)
            cuts = pa.chunked_array([[[*(one or ()), *(two or ())] for one, two in pairs]], cuts.type)
        found["cuts"] = cuts
    return found


def _signal_names(path: str) -> list[str]:
    from filters.judging.plan import SAID

    named = [name for name in column_names(path) if name not in (*NO_SIGNALS, "language")]
    return [name for name in named if not name.endswith(SAID)]


def _tables(parts: list[Part], shards: ShardPlan, schema: pa.Schema, full: bool) -> Iterator[pa.Table]:
    start = 0
    for part in parts:
        kept = alive(part, (*LIVING, "mix"))
        paths, rows = shards.places(kept, start)
        start += int(pc.sum(kept).as_py() or 0)
        sizes = read_part(part.files["tokenise"], ["bytes", "tokens"])
        facts = read_facts(part, ["language", "licence"])
        extras: dict[str, Any] = {"shard": paths, "row": rows, "bytes": sizes["bytes"], "tokens": sizes["tokens"]}
        extras |= {name: facts[name] for name in facts.column_names}
        if "measure" in part.files:
            found = read_part(part.files["measure"], ["language"])["language"]
            extras["language"] = pc.coalesce(found, extras["language"])
        extras |= removed_from(part)
        extras["copies"] = copies_of(part)
        fates = [
            (STAGE_OF.get(step, step), read_part(part.files[step], _fate_columns(part.files[step])))
            for step in _deciding(part)
        ]
        yield ledger_rows(
            read_part(part.files[part.origin], BORN),
            fates,
            extras,
            _signals(part) if full else None,
            schema=schema,
            entered_at=part.origin,
        )


def _deciding(part: Part) -> list[str]:
    steps = ("extract", "judge", "deduplicate", *CUTTING, "decontaminate", "mix")
    return [step for step in steps if step in part.files]


def _fate_columns(path: str) -> list[str]:
    unwanted = {"text", "text_bytes", "metadata", "language", "licence", "cuts", "copies"}
    return [name for name in column_names(path) if name not in unwanted]


def _signals(part: Part) -> pa.Table | None:
    table: pa.Table | None = None
    for step in ("measure", "score"):
        if step in part.files:
            names = _signal_names(part.files[step])
            more = read_part(part.files[step], ["id", *names])
            if table is None:
                table = more
            else:
                for name in names:
                    table = table.append_column(name, more[name])
    return table
