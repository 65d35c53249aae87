"""Mix: shares and a token budget decide which of the good documents go into the shards."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.fingerprint import digest, step_fingerprint
from data.mixture import Plan, fates, plan
from data.parts import Part, alive, column_names, read_part, write_part
from data.recipe import Mixture
from flows.run import Run
from flows.steps.judge import align
from flows.steps.tokenise import LIVING


def mix(run: Run) -> dict[str, Any]:
    """Adds the step `mix` to run.parts and run.taught."""
    parts = [*run.parts, *run.taught]
    settings = run.recipe.mixture
    fingerprint = step_fingerprint(
        "mix",
        version=1,
        settings=settings.model_dump(mode="json"),
        modules=["data.mixture", "flows.steps.judge", "flows.steps.mix"],
        reads=[run.recipe.seed, [part.keys["tokenise"] for part in parts]],
    )
    folder = run.folder("mix", fingerprint)
    targets = [folder / f"{part.name.replace('/', '-')}.parquet" for part in parts]
    with run.timed("mix"):
        tables = [_living(part, settings) for part in parts]
        made = plan(pa.concat_tables(tables), settings, run.recipe.seed)
        start = 0
        for part, table, target in zip(parts, tables, targets, strict=True):
            if not target.exists():
                ids = read_part(part.files[part.origin], ["id"])["id"]
                write_part(target, align(fates(table, made, start), alive(part, LIVING), ids))
            start += table.num_rows
    both = [
        part.having("mix", digest([fingerprint, part.name]), target)
        for part, target in zip(parts, targets, strict=True)
    ]
    run.parts, run.taught = both[: len(run.parts)], both[len(run.parts) :]
    run.facts["mixture"] = _facts(made, settings.by)
    return {"tokens": sum(group["tokens"] for group in made.realised.values())}


def _living(part: Part, settings: Mixture) -> pa.Table:
    by = settings.by
    born = read_part(part.files[part.origin], ["id", by])
    tokens = read_part(part.files["tokenise"], ["tokens"])["tokens"]
    table = pa.table({"id": born["id"], "group": born[by], "tokens": pc.fill_null(tokens, 0)})
    if settings.repeat:
        sizes: pa.Array | pa.ChunkedArray = pa.nulls(len(table), pa.int64())
        if "deduplicate" in part.files:
            sizes = read_part(part.files["deduplicate"], ["cluster_size"])["cluster_size"]
        table = table.append_column("cluster_size", pc.fill_null(sizes, 1))
    return table.filter(alive(part, LIVING))


def copies_of(part: Part) -> pa.ChunkedArray | None:
    """Returns how often each document of a part is in the shards, null for those that are not; None: all once."""
    if "copies" not in column_names(part.files["mix"]):
        return None
    return read_part(part.files["mix"], ["copies"])["copies"]


def _facts(made: Plan, by: str) -> dict[str, Any]:
    return {"by": by, "planned": made.planned, "realised": made.realised}
