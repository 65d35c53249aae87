"""Judge: every rule on every document, from the signals alone. A changed threshold starts here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.fingerprint import step_fingerprint
from data.parts import Part, alive, column_names, lay_side_by_side, read_part, scatter, write_part
from flows.run import Run

#: Columns of a measured part that are no signals.
NO_SIGNALS = ("id", "text", "text_bytes")


def judge(run: Run) -> dict[str, Any]:
    """Adds the step `judge` to run.parts."""
    import filters.judging.verdicts as judging

    _check_given(run)
    pool = judging.pool_bounds(run.plan, lambda columns: _read_pool(run.parts, columns))
    settings = {"plan": run.plan.to_json(), "pool": pool}
    fingerprint = step_fingerprint(
        "judge",
        version=1,
        settings=settings,
        modules=["filters.judging.verdicts", "flows.steps.judge"],
        libraries=("numpy", "pyarrow"),
    )
    run.facts["pool"] = pool
    run.parts = run.map_parts("judge", fingerprint, judge_part, settings, reads=["measure", "score"])
    return {"rules": len(run.plan.rules)}


def _check_given(run: Run) -> None:
    """Says how many records lack a signal that their source should carry.

    Raises:
        RecipeError: all of a source's do.
    """
    for number, source in enumerate(run.recipe.sources):
        for name, column in source.signals.items():
            own = [read_part(part.files["measure"], [name])[name] for part in run.parts if part.source == source.name]
            records, without = sum(map(len, own)), sum(values.null_count for values in own)
            if 0 < without < records:
                words = f'{source.name}: {without:,} of {records:,} records have no number in "{column}"'
                run.progress.say(f"  {name:<13} {words}; no rule on it judges them")
            if records and without == records:
                message = (
                    f'no record of {source.name} has a number in "{column}"; rules on {name} would pass everything'
                )
                raise run.file.error(("sources", number, "signals", name), message)


def _read_pool(parts: list[Part], columns: list[str]) -> pa.Table:
    """Returns kind, source, language and the given signals of all documents that reached the judge."""
    return pa.concat_tables([read_signals(part, columns) for part in parts], promote_options="default")


def read_signals(part: Part, columns: list[str] | None = None) -> pa.Table:
    """Returns id, kind, source, language and signals of a part's living documents.

    Args:
        part: measured, and scored where there is a quality model.
        columns: only these signals; default all.
    """
    base = read_part(part.files["ingest"], ["id", "kind", "source", "language"])
    files = [part.files[step] for step in ("measure", "score") if step in part.files]
    table = base
    for path in files:
        wanted = None if columns is None else {*columns, "language"}
        names = [name for name in column_names(path) if name not in NO_SIGNALS and (wanted is None or name in wanted)]
        more = read_part(path, ["id", *names])
        if "language" in names:
            table = table.drop_columns(["language"])
        table = lay_side_by_side(table, more, part.name)
    return table.filter(alive(part, ["ingest", "extract"]))


def judge_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes one part's verdicts."""
    import filters.judging.verdicts as judging
    from filters.judging.plan import Plan

    part = Part(**part_json)
    verdicts = judging.judge_rows(read_signals(part), Plan.from_json(settings["plan"]), settings["pool"])
    mask = alive(part, ["ingest", "extract"])
    ids = read_part(part.files["ingest"], ["id"])["id"]
    write_part(Path(target), align(verdicts, mask, ids))


def align(some: pa.Table, mask: pa.Array, ids: pa.ChunkedArray) -> pa.Table:
    """Returns fates of some rows as fates of all: the others' status and reason are empty."""
    table = scatter(some, mask)
    for name in ("status", "reason"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, pa.field(name, pa.string(), False), pc.fill_null(table[name], ""))
    return table.set_column(table.schema.get_field_index("id"), pa.field("id", pa.string(), False), ids)
