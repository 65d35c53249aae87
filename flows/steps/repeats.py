"""Repeats: lines and paragraphs that many documents of a domain have in common, counted over all parts, then cut."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.fingerprint import digest, step_fingerprint
from data.parts import Part, alive, count_rows, read_between, read_part, write_part, write_tables
from data.recipe import Deduplicate
from flows.run import Run
from flows.steps.cut import BEFORE, cut_rows, living_documents

#: Rows of pieces that are added up at a time: about 1 GB.
ADDED_ROWS = 8_000_000

_MODULES = ["filters.cuts.counts", "filters.cuts.repeated", "flows.steps.cut", "flows.steps.repeats"]
_LIBRARIES = ("numpy", "numba", "tldextract")

#: What was cut: each repeated piece once, how often it stands in the kept documents, and how often it was cut.
REMOVED = pa.schema(
    [
        pa.field("high", pa.int64(), nullable=False),
        pa.field("low", pa.int64(), nullable=False),
        pa.field("what", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("copies", pa.int64(), nullable=False),
        pa.field("cut", pa.int64(), nullable=False),
    ]
)


def cut_repeats(run: Run, settings: Deduplicate) -> None:
    """Adds the step `repeats` to run.parts, and to run.facts where the pieces stand that it cut."""
    from flows.steps.deduplicate import digest_of_mask

    chosen = settings.model_dump(mode="json", include={"lines", "paragraphs", "min_chars_left"})
    counted = {key: _counted(chosen[key]) for key in ("lines", "paragraphs")}
    fingerprint = step_fingerprint("count", version=1, settings=counted, modules=_MODULES, libraries=_LIBRARIES)
    reads = ["measure", "rank"]
    parts = run.map_parts(
        "count",
        fingerprint,
        count_part,
        {"settings": chosen},
        reads=reads,
        extra=lambda part: {"alive": digest_of_mask(alive(part, BEFORE))},
        label="count repeats",
    )
    table = _add_up(run, parts, settings, chosen)
    fingerprint = step_fingerprint(
        "repeats", version=1, settings=chosen, modules=_MODULES, libraries=_LIBRARIES, reads=[table.parent.name]
    )
    run.parts = run.map_parts(
        "repeats",
        fingerprint,
        cut_part,
        {"settings": chosen, "table": str(table)},
        reads=[*reads, "deduplicate"],
        label="cut repeats",
    )
    folder = run.folder("repeats", fingerprint)
    run.facts["cut_pieces"] = _gather_shown(run.parts, folder / f"removed-{digest(_keys(run.parts))}.parquet")


def _counted(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    return entry and {key: value for key, value in entry.items() if key != "min_documents"}


def _keys(parts: list[Part]) -> list[str]:
    return [part.keys["repeats"] for part in parts]


def count_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes how often each line and paragraph stands in one part's living documents."""
    from filters.cuts.counts import count_pieces
    from filters.cuts.reading import RepeatReader

    chosen, part = Deduplicate(**settings["settings"]), Part(**part_json)
    reader = RepeatReader(chosen)
    columns: list[list[npt.NDArray[Any]]] = [[], [], [], [], []]
    start = 0
    for batch, here, own in living_documents(part, "repeats"):
        seen = reader.read(batch.filter(here)).candidates
        found: list[npt.NDArray[Any]] = [seen.high, seen.low, seen.what, seen.rows + start, own]
        for column, values in zip(columns, found, strict=True):
            column.append(values)
        start += len(own)
    kinds = (np.int64, np.int64, np.int8, np.int64, np.int64)
    high, low, what, documents, ranks = (
        np.concatenate([np.zeros(0, kind), *column]) for kind, column in zip(kinds, columns, strict=True)
    )
    write_part(Path(target), count_pieces((high, low), what, documents, ranks))


def _add_up(run: Run, parts: list[Part], settings: Deduplicate, chosen: dict[str, Any]) -> Path:
    """Returns the table of all pieces that stand in enough documents, added up a range of keys at a time."""
    from filters.cuts.counts import add_up

    files = [part.files["count"] for part in parts]
    folder = run.folder("add", digest([chosen, [part.keys["count"] for part in parts]]))
    target = folder / "repeated.parquet"
    if not target.exists():
        ranges = max(1, sum(map(count_rows, files)) // ADDED_ROWS)
        bounds = [(2**64 * number) // ranges - 2**63 for number in range(ranges + 1)]
        with run.timed("add up", todo=ranges) as done:
            tables = []
            for number in range(ranges):
                pieces = [read_between(file, "high", bounds[number], bounds[number + 1] - 1) for file in files]
                tables.append(add_up(pieces, settings))
                done(number + 1)
            write_part(target, pa.concat_tables(tables or [add_up([], settings)]))
    return target


def cut_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes one part's texts without what is repeated; and beside them, first, which pieces these were."""
    from filters.cuts.reading import RepeatReader
    from filters.cuts.repeated import show_cut

    chosen, part, shown = Deduplicate(**settings["settings"]), Part(**part_json), []
    reader, repeated = RepeatReader(chosen), _repeated(settings["table"])

    def tables() -> Iterator[pa.Table]:
        for batch, here, ranks in living_documents(part, "repeats"):
            living = batch.filter(here)
            read = reader.read(living)
            made = repeated.cut(read, ranks, chosen)
            shown.append(show_cut(read, made, repeated))
            counts = {"removed_lines": made.lines, "removed_paragraphs": made.paragraphs}
            what = ["paragraph" if whole else "line" for whole in made.whole.tolist()]
            yield cut_rows(read.texts, made.ranges, what, counts, chosen, batch["id"], here)
        write_part(beside(target), _sum_shown(shown))

    write_tables(Path(target), tables())


def beside(target: str | Path) -> Path:
    """Returns where the pieces stand that were cut out of a part."""
    return Path(target).with_suffix(".removed.parquet")


@lru_cache(maxsize=1)
def _repeated(table: str) -> Any:
    """Returns the table of repeated pieces; its folder's name says what it holds."""
    from filters.cuts.repeated import Repeated

    return Repeated(read_part(table))


def _sum_shown(tables: list[pa.Table]) -> pa.Table:
    """Returns what was cut, each piece once."""
    if not tables:
        return REMOVED.empty_table()
    whole = pa.concat_tables(tables)
    facts = ["what", "group", "text", "documents", "copies"]
    wanted: list[tuple[str, str]] = [*((name, "min") for name in facts), ("cut", "sum")]
    summed = whole.group_by(["high", "low"], use_threads=False).aggregate(wanted)
    columns = {"high": summed["high"], "low": summed["low"], **{name: summed[f"{name}_min"] for name in facts}}
    return pa.table({**columns, "cut": summed["cut_sum"]}).cast(REMOVED)


def _gather_shown(parts: list[Part], target: Path) -> str:
    """Writes what was cut out of all parts, the most frequent first; returns where it stands."""
    if not target.exists():
        whole = _sum_shown([read_part(beside(part.files["repeats"])) for part in parts])
        keys = [("cut", "descending"), ("what", "ascending"), ("group", "ascending"), ("text", "ascending")]
        ordered = whole.sort_by([*keys, ("high", "ascending")])
        write_part(target, ordered.drop_columns(["high", "low"]))
    return str(target)
