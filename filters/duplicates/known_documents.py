"""New documents held against those that were shipped before: the old ones stay, whatever the new ones are.

The index's documents rank above all new ones, so that a new copy of an old document is always the
one that goes. Among the new ones everything is as without an index.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.deduplication import SIGNED_BY, Deduplicate
from data.duplicate_index import DuplicateIndex, check_settings
from filters.buffers import IntArray
from filters.duplicates.clusters import rank, tie_places
from filters.duplicates.search import Columns, find_duplicates
from filters.duplicates.signing import SIGNATURE_VERSION, Signer

#: What stands before the ids of an index's documents, in `matched`, `survivor` and `cluster`: a new
#: document may have the id of an old one.
PREFIX = "index:"


def made_with(settings: Deduplicate) -> dict[str, Any]:
    """Returns what the documents of an index and those held against it must have in common."""
    return {**settings.model_dump(mode="json", include=set(SIGNED_BY)), "signature": SIGNATURE_VERSION}


def sign_for_index(table: pa.Table, signer: Signer) -> pa.Table:
    """Returns documents as an index keeps them.

    Args:
        table: `id`, `text` and `kind`.
        signer: made with the index's settings.
    """
    signed = signer.sign(table)
    for name in ("kind", "text"):
        signed = signed.append_column(name, table[name])
    lengths = pc.binary_length(table["text"]).fill_null(0).cast(pa.int64())
    return signed.append_column("length", lengths)


def find_new(
    signed: Columns,
    ranks: pa.Table,
    fetch: Callable[[IntArray], pa.Table],
    settings: Deduplicate,
    index: DuplicateIndex,
) -> pa.Table:
    """Returns the fate of each new document, as `find_duplicates` does; the index's documents come first in rank.

    Args:
        signed, ranks, fetch, settings: as `find_duplicates` takes them, of the new documents.
        index: documents that stay; their ids have PREFIX in front in the result.

    Raises:
        UsageError: the index was made with other settings.
    """
    check_settings(index, made_with(settings))
    if not index.documents:
        return find_duplicates(signed, ranks, fetch, settings)
    old = index.documents

    def column(name: str) -> pa.ChunkedArray:
        before, new = index.column(name), signed(name)
        before = pc.binary_join_element_wise(PREFIX, before, "") if name == "id" else before
        chunks = [*before.chunks, *(new.chunks if isinstance(new, pa.ChunkedArray) else [new])]
        return pa.chunked_array([chunk.cast(before.type) for chunk in chunks], before.type)

    def text_of(numbers: IntArray) -> pa.Table:
        cut = int(np.searchsorted(numbers, old))
        pieces = [index.fetch(numbers[:cut])] if cut else []
        pieces += [fetch(numbers[cut:] - old)] if cut < len(numbers) else []
        tables = [
            pa.table({"kind": piece["kind"].cast(pa.string()), "text": piece["text"].cast(pa.large_string())})
            for piece in pieces
        ]
        return pa.concat_tables(tables)

    exact = signed("exact") if settings.exact else None
    ranked = _ranks(column("id").slice(0, old), index.column("length"), ranks, settings, exact)
    found = find_duplicates(column, ranked, text_of, settings.model_copy(update={"survivor": ["priority"]}))
    return found.slice(old)


def _ranks(
    old_ids: pa.ChunkedArray,
    old_lengths: pa.ChunkedArray,
    ranks: pa.Table,
    settings: Deduplicate,
    exact: pa.Array | pa.ChunkedArray | None,
) -> pa.Table:
    """Returns the ranks of old and new documents: the new ones' order as one key, all old ones above it."""
    old, new = len(old_ids), ranks.num_rows
    keys = [np.asarray(ranks[key].cast(pa.float64()).fill_null(float("nan"))) for key in settings.survivor]
    own = ranks["id"].cast(pa.string()).combine_chunks()
    priority = np.full(old + new, np.inf)
    names = ranks["name"].cast(pa.string()).combine_chunks() if "name" in ranks.schema.names else None
    digests = exact.combine_chunks() if isinstance(exact, pa.ChunkedArray) else exact
    priority[old + rank(tie_places(own, names, digests), keys)] = -np.arange(new, dtype=np.float64)
    lengths = np.concatenate((np.asarray(old_lengths), np.asarray(ranks["length"].cast(pa.float64()).fill_null(0))))
    columns = {
        "id": pa.chunked_array([*old_ids.chunks, own]),
        "priority": pa.array(priority),
        "length": pa.array(lengths.astype(np.float64)),
    }
    if names is not None:
        columns["name"] = pa.chunked_array([*old_ids.chunks, names])
    if settings.protect:
        columns["source"] = pa.chunked_array(
            [pa.array([PREFIX] * old, pa.string()), *ranks["source"].cast(pa.string()).chunks]
        )
    return pa.table(columns)
