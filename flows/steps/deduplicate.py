"""Deduplicate: sign the survivors part by part, find clusters over all of them, keep one of each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.deduplication import CUT_BY, SIGNED_BY
from data.duplicate_index import DuplicateIndex, open_index
from data.errors import AccountingError
from data.fingerprint import digest, step_fingerprint
from data.parts import Part, alive, read_part, scatter, write_part, write_tables
from data.recipe import Deduplicate
from data.schema import CLUSTER_FIELDS, FATE_FIELDS
from data.texts import read_facts, read_texts, texts_of_rows
from flows.run import Run
from flows.steps.cut import cut
from flows.steps.judge import align

BEFORE = ("ingest", "extract", "judge")

FATES = pa.schema([*FATE_FIELDS, *CLUSTER_FIELDS])


_MODULES = [
    *("filters.duplicates.search", "filters.duplicates.known_documents", "filters.duplicates.ranking"),
    *("flows.steps.deduplicate", "flows.steps.judge"),
]
_LIBRARIES = ("numpy", "numba", "xxhash")


def deduplicate(run: Run) -> dict[str, Any]:
    """Adds the steps `sign` and `deduplicate` to run.parts."""
    settings = run.recipe.deduplicate
    if settings is None:
        return {}
    with contextlib.ExitStack() as stack:
        index = stack.enter_context(open_index(run.root / settings.against)) if settings.against else None
        _find(run, settings, index)
    cut(run, settings)
    return {"parts": len(run.parts)}


def _find(run: Run, settings: Deduplicate, index: DuplicateIndex | None) -> None:
    if index is not None:
        index.check(run.work.sha256)
    _sign(run, settings)
    reads = [[part.keys.get(step) for step in ("sign", "score")] for part in run.parts]
    priorities = _priorities(run)
    fingerprint = step_fingerprint(
        "deduplicate",
        version=3,
        settings=settings.model_dump(mode="json", exclude={"against", *CUT_BY}),
        modules=_MODULES,
        libraries=_LIBRARIES,
        reads=[reads, priorities, index.digest if index else None],
    )
    folder = run.folder("deduplicate", fingerprint)
    targets = [folder / f"{part.name.replace('/', '-')}.parquet" for part in run.parts]
    missing = sum(not target.exists() for target in targets)
    with run.timed("deduplicate", todo=1 if missing else 0):
        if missing:
            _link(run, settings, targets, index)
    run.parts = [
        part.having("deduplicate", digest([fingerprint, part.name]), target)
        for part, target in zip(run.parts, targets, strict=True)
    ]


def _priorities(run: Run) -> dict[str, int]:
    return {source.name: source.priority for source in run.recipe.sources}


def _sign(run: Run, settings: Deduplicate) -> None:
    chosen = settings.model_dump(mode="json", include=set(SIGNED_BY))
    fingerprint = step_fingerprint("sign", version=2, settings=chosen, modules=_MODULES, libraries=_LIBRARIES)
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
    from filters.duplicates.signing import Signer

    signer, mask, start = Signer(settings), alive(part, BEFORE), 0
    for batch in read_texts(part, ["id", "kind"]):
        here = mask.slice(start, batch.num_rows)
        start += batch.num_rows
        living = batch.filter(here)
        signed = signer.sign(living).append_column("length", pc.binary_length(living["text"]).cast(pa.int64()))
        yield scatter(signed, here).set_column(0, "id", batch["id"])


def _link(run: Run, settings: Deduplicate, targets: list[Path], index: DuplicateIndex | None) -> None:
    from filters.duplicates.known_documents import find_new
    from filters.duplicates.search import find_duplicates

    living = LivingRows(run.parts)
    ranks = ranks_of(run, settings, living)
    if index is None:
        found = find_duplicates(living.column, ranks, living.fetch, settings)
    else:
        found = find_new(living.column, ranks, living.fetch, settings, index)
    if not found["id"].equals(living.column("id")):
        raise AccountingError("deduplicate: the decisions are not those of the documents that went in")
    start = 0
    for part, mask, target in zip(run.parts, living.masks, targets, strict=True):
        rows = pc.sum(mask).as_py() or 0
        own = found.slice(start, rows)
        start += rows
        ids = read_part(part.files["ingest"], ["id"])["id"]
        write_part(target, align(_fates(own, settings), mask, ids).cast(FATES))


class LivingRows:
    """The living documents of some parts, numbered through, as the search for duplicates reads them."""

    def __init__(self, parts: list[Part], before: Sequence[str] = BEFORE) -> None:
        self.parts = parts
        self.masks = [alive(part, before) for part in parts]
        self.mask = pa.chunked_array(self.masks, pa.bool_())
        self._rows = [np.flatnonzero(np.asarray(mask)) for mask in self.masks]
        self._starts = np.cumsum([0, *map(len, self._rows)])

    def column(self, name: str) -> pa.ChunkedArray:
        """Returns one column of the step `sign`."""
        read = [
            read_part(part.files["sign"], [name])[name].filter(mask)
            for part, mask in zip(self.parts, self.masks, strict=True)
        ]
        return pa.chunked_array([chunk for column in read for chunk in column.chunks], read[0].type)

    def fetch(self, numbers: npt.NDArray[np.int64]) -> pa.Table:
        """Returns `text` and `kind` of some documents, given by ascending number."""
        pieces = []
        for part, rows, start in zip(self.parts, self._rows, self._starts, strict=False):
            first, last = np.searchsorted(numbers, [start, start + len(rows)])
            if first < last:
                pieces.append(texts_of_rows(part, rows[numbers[first:last] - start], ["kind"]))
        return pa.concat_tables(pieces)


def ranks_of(run: Run, settings: Deduplicate, living: LivingRows) -> pa.Table:
    """Returns what the living documents are ranked by: `id`, `name`, `source`, and the keys of the survivor policy."""
    ranks = pa.concat_tables([_ranks(part, settings, _priorities(run)) for part in run.parts]).filter(living.mask)
    return ranks.append_column("length", living.column("length"))


def _ranks(part: Part, settings: Deduplicate, priorities: dict[str, int]) -> pa.Table:
    """Returns what all rows of a part are ranked by, but for their lengths."""
    from filters.duplicates.ranking import rank_dates, rank_licences

    table = read_part(part.files["ingest"], ["id", "source", "origin_id"])
    columns = {"id": table["id"], "source": table["source"], "name": table["origin_id"]}
    if "quality" in settings.survivor:
        scored = read_part(part.files["score"], ["quality"])["quality"] if "score" in part.files else None
        columns["quality"] = pa.nulls(len(table), pa.float64()) if scored is None else scored
    if "priority" in settings.survivor:
        columns["priority"] = pa.array(np.full(len(table), priorities[part.source], dtype=np.int64))
    if "licence" in settings.survivor:
        columns["licence"] = rank_licences(read_facts(part, ["licence"])["licence"])
    if "recency" in settings.survivor:
        columns["recency"] = rank_dates(read_facts(part, ["metadata"])["metadata"])
    return pa.table(columns)


def _fates(found: pa.Table, settings: Deduplicate) -> pa.Table:
    dropped = pc.invert(found["kept"])
    near = pc.equal(found["reason"], "near_duplicate")
    none = pa.scalar(None, pa.float64())
    least = pa.scalar(settings.threshold if settings.confirm else None, pa.float64())
    return pa.table(
        {
            "id": found["id"],
            "status": pc.if_else(dropped, "dropped", ""),
            "reason": found["reason"],
            "measured": pc.if_else(dropped, found["jaccard"], none),
            "threshold": pc.if_else(dropped, pc.if_else(near, least, 1.0), none),
            **{name: found[name] for name in ("cluster", "cluster_size", "survivor", "matched", "jaccard")},
        }
    )
