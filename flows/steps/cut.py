"""Cut: what documents that are no duplicates have in common, by the line, the paragraph, or the run of words.

Texts change here, after everything was judged; so a document of which too little is left is dropped here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.fingerprint import digest
from data.ledger import CUTS
from data.parts import Part, alive, read_part, scatter, write_part
from data.recipe import Deduplicate
from data.texts import read_texts
from flows.run import Run

#: The steps, in order; both stand in the ledger under the stage `deduplicate`.
CUTTING = ("repeats", "substrings")

BEFORE = ("ingest", "extract", "judge", "deduplicate")

IntArray = npt.NDArray[np.int64]


def cut(run: Run, settings: Deduplicate) -> None:
    """Adds the steps `repeats` and `substrings` to run.parts, as the settings want them."""
    if settings.lines is None and settings.paragraphs is None and settings.substrings is None:
        return
    wanting = (settings.lines, settings.paragraphs, settings.substrings)
    if any(entry is not None and entry.copies == "keep_one" for entry in wanting):
        _rank(run, settings)
    if settings.lines is not None or settings.paragraphs is not None:
        from flows.steps.repeats import cut_repeats

        cut_repeats(run, settings)
    if settings.substrings is not None:
        from flows.steps.substrings import cut_substrings

        cut_substrings(run, settings)


def _rank(run: Run, settings: Deduplicate) -> None:
    """Adds the step `rank`: which living document is the best, from 0; null for the others."""
    from filters.duplicates.clusters import rank, tie_places
    from flows.steps.deduplicate import LivingRows, ranks_of

    living = LivingRows(run.parts, BEFORE)
    table = ranks_of(run, settings, living)
    keys = [np.asarray(table[key].cast(pa.float64()).fill_null(float("nan"))) for key in settings.survivor]
    exact = living.column("exact").combine_chunks() if settings.exact else None
    order = rank(tie_places(living.column("id").combine_chunks(), table["name"].combine_chunks(), exact), keys)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    start, ranked = 0, []
    folder = run.folder("rank", digest([settings.survivor, [part.keys["deduplicate"] for part in run.parts]]))
    for part, mask in zip(run.parts, living.masks, strict=True):
        own = ranks[start : start + (pc.sum(mask).as_py() or 0)]
        start += len(own)
        key = digest([part.name, digest_of(own)])
        target = folder / f"{part.name.replace('/', '-')}-{key}.parquet"
        if not target.exists():
            ids = read_part(part.files["ingest"], ["id"])
            write_part(target, ids.append_column("rank", scatter(pa.table({"rank": own}), mask)["rank"]))
        ranked.append(part.having("rank", key, target))
    run.parts = ranked


def digest_of(numbers: npt.NDArray[Any]) -> str:
    """Returns a digest of numbers."""
    return digest(np.ascontiguousarray(numbers).tobytes().hex() + f"/{numbers.dtype}")


def ranks_in(part: Part, mask: pa.Array) -> IntArray:
    """Returns the rank of each living document of a part; all are equal where nobody asks for one."""
    if "rank" not in part.files:
        return np.zeros(pc.sum(mask).as_py() or 0, dtype=np.int64)
    return np.asarray(read_part(part.files["rank"], ["rank"])["rank"].filter(mask)).astype(np.int64)


def living_documents(part: Part, before: str) -> Iterator[tuple[pa.Table, pa.Array, IntArray]]:
    """Yields a part's documents with the texts that a step finds, which of them are alive, and the ranks of these."""
    mask = alive(part, [*BEFORE, *CUTTING[: CUTTING.index(before)]])
    ranks, start, ranked = ranks_in(part, alive(part, BEFORE)), 0, 0
    before_cut = alive(part, BEFORE)
    for batch in read_texts(part, ["id", "kind", "source", "url"], before=before):
        here = mask.slice(start, batch.num_rows)
        alive_before = before_cut.slice(start, batch.num_rows)
        start += batch.num_rows
        own = ranks[ranked : ranked + (pc.sum(alive_before).as_py() or 0)]
        ranked += len(own)
        yield batch, here, own[np.asarray(here.filter(alive_before))]


def cut_rows(
    texts: pa.Array,
    ranges: Any,
    what: Sequence[str],
    counts: dict[str, Any],
    settings: Deduplicate,
    ids: pa.ChunkedArray,
    mask: pa.Array,
) -> pa.Table:
    """Returns a step's rows: the texts without some ranges, or the fate of those of which too little is left.

    Args:
        texts: of the living documents.
        ranges: what is cut out of them.
        what: what each range is.
        counts: further columns about the living documents.
        settings: say how little is too little.
        ids: of all documents.
        mask: which of them are alive.
    """
    from filters.cuts.pieces import char_lengths, in_characters, without

    after = without(texts, ranges)
    touched = np.zeros(len(texts), dtype=np.bool_)
    touched[ranges.rows] = True
    left = char_lengths(after)
    dropped = touched & (left < settings.min_chars_left)
    removed = np.asarray(pc.utf8_length(texts)) - np.asarray(pc.utf8_length(after))
    changed = pa.array(touched & ~dropped)
    starts, ends = in_characters(texts, ranges)
    spans = pa.StructArray.from_arrays(
        [pa.array(what, pa.string()), pa.array(starts), pa.array(ends)], fields=list(CUTS.type.value_type)
    )
    offsets = np.searchsorted(ranges.rows, np.arange(len(texts) + 1)).astype(np.int32)
    some = pa.table(
        {
            "status": pa.array(np.where(dropped, "dropped", ""), pa.string()),
            "reason": pa.array(np.where(dropped, "too_little_left", ""), pa.string()),
            "measured": pa.array(left.astype(np.float64), mask=~dropped),
            "threshold": pa.array(np.full(len(texts), float(settings.min_chars_left)), mask=~dropped),
            "text_bytes": pc.if_else(
                changed, pc.binary_length(after.cast(pa.large_binary())), pa.scalar(None, pa.int64())
            ),
            # A dropped document keeps its text, so that one can see what was dropped.
            "text": pc.if_else(changed, after, pa.scalar(None, pa.large_string())),
            **{name: pa.array(column.astype(np.float64)) for name, column in counts.items()},
            "removed_chars": pa.array(removed.astype(np.float64)),
            "cuts": pa.ListArray.from_arrays(pa.array(offsets), spans, type=CUTS.type),
        }
    )
    whole = scatter(some, mask)
    for name in ("status", "reason"):
        place = whole.schema.get_field_index(name)
        whole = whole.set_column(place, pa.field(name, pa.string(), False), pc.fill_null(whole[name], ""))
    return whole.add_column(0, pa.field("id", pa.string(), False), ids.cast(pa.string()))
