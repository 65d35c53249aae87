"""What becomes of each document, once it is known which belong together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.deduplication import Deduplicate
from filters.buffers import FloatArray, IntArray
from filters.duplicates.clusters import Components, pairs_of, trace_links

DUPLICATES_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("cluster", pa.string()),
        pa.field("cluster_size", pa.int64(), nullable=False),
        pa.field("kept", pa.bool_(), nullable=False),
        pa.field("survivor", pa.string()),
        pa.field("matched", pa.string()),
        pa.field("jaccard", pa.float64()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)


#: Why a document goes, by number; the first is for those that stay.
REASONS = ("", "exact_duplicate", "near_duplicate")


def decide(
    ids: pa.Array,
    places: IntArray,
    order: IntArray,
    leaders: IntArray,
    survivors: IntArray,
    components: Components,
    settings: Deduplicate,
) -> pa.Table:
    """Returns the fate of each document, in the order of `ids`; see `DUPLICATES_SCHEMA`.

    Args:
        ids: by row.
        places: by row; each document's place in the order of ids.
        order: the row of each document; documents are numbered by rank, best first.
        leaders: by document; the best one with an equal text.
        survivors: by document; from `choose_survivors`.
        components: how the leaders are connected.
    """
    count = len(ids)
    roots = components.roots()[leaders]
    matched, similarity = _trace(roots, survivors, leaders, components)
    copies = leaders != np.arange(count)
    plain = copies & (survivors == roots)
    matched[plain], similarity[plain] = leaders[plain], 1.0
    kept = survivors == np.arange(count)
    sizes = np.bincount(roots, minlength=count)[roots]
    alone = sizes == 1
    if settings.copies == "drop_all":
        _drop_survivors(kept & ~alone, matched, similarity)
        kept = alone
    equal = leaders[matched] == leaders
    reason = np.where(equal, np.int8(1), np.int8(2))
    reason[kept] = 0
    return _table(ids, places, order, roots, sizes, kept, survivors, matched, similarity, reason, settings)


def _trace(
    roots: IntArray, survivors: IntArray, leaders: IntArray, components: Components
) -> tuple[IntArray, npt.NDArray[np.float64]]:
    pairs, similarities = components.links
    if (roots != survivors).any():  # the way to a further survivor may lead through equal texts
        copies = np.flatnonzero(leaders != np.arange(len(leaders)))
        pairs = np.concatenate((pairs, pairs_of(leaders[copies], copies)))
        similarities = np.concatenate((similarities, np.ones(len(copies))))
    return trace_links(survivors, pairs, similarities)


def choose_survivors(roots: IntArray, ranks: pa.Table, order: IntArray, settings: Deduplicate) -> IntArray:
    """Returns each document's survivor: its cluster's best document, or one that may drop it.

    Args:
        roots: by document; the best of its cluster.
        ranks: by row; `source` is needed where some are protected from others.
        order: the row of each document.
    """
    from filters.kernels import clusters

    if not settings.protect:
        return roots
    sources = ranks["source"]
    encoded = sources.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    never = np.array([[other in settings.protect.get(own, ()) for other in names] for own in names], dtype=np.bool_)
    numbers = np.asarray(encoded.indices).astype(np.int64)[order]
    survivors: IntArray = clusters.choose_survivors(roots, numbers, never.reshape(len(names), len(names)))
    return survivors


def _drop_survivors(fallen: npt.NDArray[np.bool_], matched: IntArray, similarity: FloatArray) -> None:
    """Matches each survivor with the best document that was matched with it."""
    followers = np.flatnonzero(matched >= 0)[::-1]
    first = np.full(len(matched), -1, dtype=np.int64)
    first[matched[followers]] = followers
    chosen = np.flatnonzero(fallen)
    similarity[chosen] = similarity[first[chosen]]
    matched[chosen] = first[chosen]


def _table(
    ids: pa.Array,
    places: IntArray,
    order: IntArray,
    roots: IntArray,
    sizes: IntArray,
    kept: npt.NDArray[np.bool_],
    survivors: IntArray,
    matched: IntArray,
    similarity: FloatArray,
    reason: npt.NDArray[np.int8],
    settings: Deduplicate,
) -> pa.Table:
    """Returns the result by row; the arguments from `roots` on are by document."""
    count = len(ids)
    by_name = np.empty(count, dtype=np.int64)
    by_name[places] = np.arange(count)
    smallest = np.full(count, count, dtype=np.int64)
    np.minimum.at(smallest, roots, places[order])
    alone = sizes == 1
    nobody = alone | (settings.copies == "drop_all")
    back = np.empty(count, dtype=np.int64)
    back[order] = np.arange(count)

    def named(rows: IntArray, none: npt.NDArray[np.bool_]) -> pa.Array:
        return ids.take(pa.array(rows[back], mask=none[back]))

    columns = {
        "id": ids,
        "cluster": named(by_name[smallest[roots] % max(count, 1)], alone),
        "cluster_size": pa.array(sizes[back]),
        "kept": pa.array(kept[back]),
        "survivor": named(order[survivors], nobody),
        "matched": named(order[matched], kept),
        "jaccard": pa.array(similarity[back], mask=kept[back] | np.isnan(similarity[back])),
        "reason": pa.array(REASONS, pa.string()).take(pa.array(reason[back])),
    }
    return pa.table(columns, schema=DUPLICATES_SCHEMA)
