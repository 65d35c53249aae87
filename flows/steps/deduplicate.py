"""Deduplicate: sign the survivors part by part, find clusters over all of them, keep one of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import AccountingError
from data.fingerprint import digest, step_fingerprint
from data.parts import Part, alive, read_part, scatter, write_part, write_tables
from data.recipe import Deduplicate
from data.schema import FATE_FIELDS
from data.texts import fetch_texts, read_texts
from flows.run import Run
from flows.steps.judge import align

BEFORE = ("ingest", "extract", "judge")

FATES = pa.schema(
    [
        *FATE_FIELDS,
        pa.field("cluster", pa.string()),
        pa.field("survivor", pa.string()),
        pa.field("matched", pa.string()),
        pa.field("jaccard", pa.float64()),
    ]
)


def deduplicate(run: Run) -> dict[str, Any]:
    """Adds the steps `sign` and `deduplicate` to run.parts."""
    settings = run.recipe.deduplicate
    if settings is None:
        return {}
    _sign(run, settings)
    reads = [[part.keys.get(step) for step in ("sign", "score")] for part in run.parts]
    priorities = {source.name: source.priority for source in run.recipe.sources}
    fingerprint = step_fingerprint(
        "deduplicate",
        version=1,
        settings=settings.model_dump(mode="json"),
        modules=["filters.duplicates", "flows.steps.deduplicate", "flows.steps.judge"],
        libraries=("numpy", "xxhash"),
        reads=[reads, priorities],
    )
    folder = run.folder("deduplicate", fingerprint)
    targets = [folder / f"{part.name.replace('/', '-')}.parquet" for part in run.parts]
    missing = sum(not target.exists() for target in targets)
    with run.timed("deduplicate", todo=1 if missing else 0):
        if missing:
            _link(run, settings, priorities, targets)
    run.parts = [
        part.having("deduplicate", digest([fingerprint, part.name]), target)
        for part, target in zip(run.parts, targets, strict=True)
    ]
    return {"parts": len(run.parts)}


def _sign(run: Run, settings: Deduplicate) -> None:
    chosen = {key: value for key, value in settings.model_dump(mode="json").items() if key not in ("survivor",)}
    fingerprint = step_fingerprint(
        "sign",
        version=1,
        settings=chosen,
        modules=["filters.duplicates", "flows.steps.deduplicate", "flows.steps.judge"],
        libraries=("numpy", "xxhash"),
    )
    run.parts = run.map_parts(
        "sign",
        fingerprint,
        sign_part,
        chosen,
        reads=["measure"],
        extra=lambda part: {"alive": digest_of_mask(alive(part, BEFORE))},
    )


def digest_of_mask(mask: pa.Array) -> str:
    """Returns a digest of which rows are alive, so that a step is redone only where that changed."""
    return digest(np.packbits(mask.to_numpy(zero_copy_only=False)).tobytes().hex() + f"/{len(mask)}")


def sign_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes the signatures of one part's living documents."""
    chosen = Deduplicate(**{key: value for key, value in settings.items() if key != "alive"})
    write_tables(Path(target), _signed(Part(**part_json), chosen))


def _signed(part: Part, settings: Deduplicate) -> Iterator[pa.Table]:
    from filters.duplicates import sign

    mask, start = alive(part, BEFORE), 0
    for batch in read_texts(part):
        here = mask.slice(start, batch.num_rows)
        start += batch.num_rows
        living = batch.filter(here)
        signed = sign(living, settings).append_column("length", pc.binary_length(living["text"]).cast(pa.int64()))
        yield scatter(signed, here).set_column(0, "id", batch["id"])


def _link(run: Run, settings: Deduplicate, priorities: dict[str, int], targets: list[Path]) -> None:
    from filters.duplicates import find_duplicates

    masks = [alive(part, BEFORE) for part in run.parts]
    signatures = pa.concat_tables(
        [read_part(part.files["sign"]).filter(mask) for part, mask in zip(run.parts, masks, strict=True)]
    )
    ranks = pa.concat_tables(
        [_ranks(part, mask, priorities) for part, mask in zip(run.parts, masks, strict=True)]
    ).append_column("length", signatures["length"])
    found = find_duplicates(
        signatures.drop_columns(["length"]), ranks, lambda ids: fetch_texts(run.parts, ids), settings
    )
    if found["id"].to_pylist() != signatures["id"].to_pylist():
        raise AccountingError("deduplicate: the decisions are not those of the documents that went in")
    start = 0
    for part, mask, target in zip(run.parts, masks, targets, strict=True):
        rows = pc.sum(mask).as_py() or 0
        own = found.slice(start, rows)
        start += rows
        ids = read_part(part.files["ingest"], ["id"])["id"]
        write_part(target, align(_fates(own, settings), mask, ids).cast(FATES))


def _ranks(part: Part, mask: pa.Array, priorities: dict[str, int]) -> pa.Table:
    ids = read_part(part.files["ingest"], ["id"])["id"].filter(mask)
    quality = (
        read_part(part.files["score"], ["quality"])["quality"].filter(mask)
        if "score" in part.files
        else pa.nulls(len(ids), pa.float64())
    )
    priority = pa.array(np.full(len(ids), priorities[part.source], dtype=np.int64))
    return pa.table({"id": ids, "quality": quality, "priority": priority})


def _fates(found: pa.Table, settings: Deduplicate) -> pa.Table:
    dropped = pc.invert(found["kept"])
    near = pc.equal(found["reason"], "near_duplicate")
    return pa.table(
        {
            "id": found["id"],
            "status": pc.if_else(dropped, "dropped", ""),
            "reason": found["reason"],
            "measured": pc.if_else(dropped, found["jaccard"], pa.scalar(None, pa.float64())),
            "threshold": pc.if_else(dropped, pc.if_else(near, settings.threshold, 1.0), pa.scalar(None, pa.float64())),
            "cluster": found["cluster"],
            "survivor": found["survivor"],
            "matched": found["matched"],
            "jaccard": found["jaccard"],
        }
    )
