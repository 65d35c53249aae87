"""Substrings: runs of words that stand in the kept documents twice; a suffix array over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.deduplication import Substrings
from data.errors import UsageError
from data.fingerprint import digest, step_fingerprint
from data.parts import Part, alive, write_tables
from data.recipe import Deduplicate
from flows.run import Run
from flows.steps.cut import BEFORE, cut_rows, living_documents

if TYPE_CHECKING:
    from filters.buffers import IntArray


def cut_substrings(run: Run, settings: Deduplicate) -> None:
    """Adds the step `substrings` to run.parts.

    Raises:
        UsageError: the suffix array would take more memory than the recipe allows.
    """
    from flows.steps.deduplicate import digest_of_mask

    chosen = settings.model_dump(mode="json", include={"substrings", "min_chars_left"})
    reads = [
        [
            part.name,
            digest_of_mask(alive(part, [*BEFORE, "repeats"])),
            *map(part.keys.get, ("measure", "rank", "repeats")),
        ]
        for part in run.parts
    ]
    fingerprint = step_fingerprint(
        "substrings",
        version=1,
        settings={**chosen, "substrings": {**chosen["substrings"], "max_memory_gb": None}},
        modules=["filters.cuts.substrings", "flows.steps.cut", "flows.steps.substrings"],
        libraries=("numpy", "pydivsufsort"),
        reads=[reads],
    )
    folder = run.folder("substrings", fingerprint)
    targets = [folder / f"{part.name.replace('/', '-')}.parquet" for part in run.parts]
    missing = sum(not target.exists() for target in targets)
    with run.timed("substrings", todo=1 if missing else 0):
        if missing:
            _find(run, settings, targets)
    run.parts = [
        part.having("substrings", digest([fingerprint, part.name]), target)
        for part, target in zip(run.parts, targets, strict=True)
    ]


def _find(run: Run, settings: Deduplicate, targets: list[Path]) -> None:
    from filters.buffers import joined
    from filters.cuts.substrings import Tokens, count_tokens, memory_bytes

    wanted = settings.substrings or Substrings()
    total = 0
    for part in run.parts:
        for batch, here, _ in living_documents(part, "substrings"):
            total += count_tokens(joined(batch.filter(_looked_at(batch, here, wanted))["text"]), wanted)
    needed = memory_bytes(total, wanted)
    run.progress.say(f"  substrings    {total:,} {wanted.tokens} take up to {needed / 1e9:.2f} GB of memory")
    _check_memory(needed, settings)
    tokens, ranks = Tokens(wanted), [np.zeros(0, dtype=np.int64)]
    for part in run.parts:
        for batch, here, own in living_documents(part, "substrings"):
            chosen = _looked_at(batch, here, wanted)
            tokens.add(joined(batch.filter(chosen)["text"]))
            ranks.append(own[np.asarray(chosen.filter(here))])
    found = iter(tokens.find(np.concatenate(ranks)))
    for part, target in zip(run.parts, targets, strict=True):
        write_tables(target, _rows(part, found, settings, wanted))


def _check_memory(needed: int, settings: Deduplicate) -> None:
    """Raises UsageError if substrings would take more memory than the recipe allows."""
    wanted = settings.substrings
    if wanted is not None and needed > wanted.max_memory_gb * 1e9:
        raise UsageError(
            f"deduplicate.substrings: the suffix array would take {needed / 1e9:.2f} GB, max_memory_gb is "
            f"{wanted.max_memory_gb:g}. Raise it, name fewer `kinds`, or run over fewer documents; "
            "what was done so far is kept"
        )


def _looked_at(batch: pa.Table, here: pa.Array, wanted: Substrings) -> pa.Array:
    """Returns which rows are alive and of a kind that is looked at."""
    kinds = pc.is_in(batch["kind"].cast(pa.string()), value_set=pa.array(wanted.kinds, pa.string()))
    return pc.and_(here, kinds.combine_chunks())


def _rows(part: Part, found: Iterator[IntArray], settings: Deduplicate, wanted: Substrings) -> Iterator[pa.Table]:
    from filters.buffers import joined
    from filters.cuts.substrings import byte_ranges

    nothing = np.zeros((0, 2), dtype=np.int64)
    for batch, here, _ in living_documents(part, "substrings"):
        texts = joined(batch.filter(here)["text"]).fill_null("")
        looked_at: npt.NDArray[np.bool_] = np.asarray(_looked_at(batch, here, wanted).filter(here))
        cuts = [next(found) if looked else nothing for looked in looked_at.tolist()]
        ranges = byte_ranges(texts, cuts, wanted)
        counts = {"removed_substrings": np.bincount(ranges.rows, minlength=len(texts))}
        yield cut_rows(texts, ranges, ["substring"] * len(ranges.rows), counts, settings, batch["id"], here)
