"""Near-duplicates confirmed: the pairs that MinHash proposes, held against the texts themselves."""

from __future__ import annotations

from collections import OrderedDict
from typing import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.recipe import Deduplicate
from filters import minhash
from filters.clusters import Components
from filters.shingles import Int64Array, UInt64Array, jaccard, shingle_set

Fetch = Callable[[list[str]], dict[str, str]]

#: Text fetched at a time to confirm pairs, and shingle sets kept for the next pairs.
FETCH_CHARS = 32 * 2**20
KEPT_BYTES = 256 * 2**20


def join_near_duplicates(
    ranked: pa.Table,
    leaders: Int64Array,
    lengths: npt.NDArray[np.float64],
    fetch: Fetch,
    settings: Deduplicate,
    components: Components,
) -> None:
    """Joins the confirmed near-duplicates among the best of each group of equal texts.

    Args:
        ranked: `id` and `signature` by rank, best first.
        leaders: for each row the best row with an equal text.
        lengths: characters of each row's text; only what is fetched at a time depends on them.
    """
    column = ranked["signature"].combine_chunks()
    rows = np.flatnonzero((leaders == np.arange(len(leaders))) & np.asarray(column.is_valid()))
    if len(rows) < 2:
        return
    width = settings.bands * settings.rows
    packed = column.take(pa.array(rows)).buffers()[1]
    signatures = np.frombuffer(packed, dtype=np.uint32, count=len(rows) * width).reshape(len(rows), width)
    pairs = minhash.candidate_pairs(minhash.band_keys(signatures, settings.bands))
    likely = minhash.agreement(signatures, pairs) >= settings.threshold - minhash.reject_margin(width)
    confirmer = _Confirmer(ranked["id"], lengths, fetch, settings)
    proposed = rows[pairs[likely]]
    confirmer.confirm(_by_candidate_cluster(proposed, len(leaders)), components, skip_connected=True)
    survivors = components.survivors()
    dropped = np.flatnonzero(survivors != np.arange(len(survivors)))
    direct = np.stack((survivors[dropped], dropped), axis=1)
    missing = [pair for pair in map(tuple, direct.tolist()) if pair not in components.links]
    confirmer.confirm(np.array(missing, dtype=np.int64).reshape(-1, 2), components, skip_connected=False)


def _by_candidate_cluster(pairs: Int64Array, count: int) -> Int64Array:
    """Returns the pairs so sorted that what may form one cluster stands together, each text fetched once."""
    candidates = Components(count)
    for left, right in pairs.tolist():
        if not candidates.connected(left, right):
            candidates.join(left, right, 1.0)
    cluster = candidates.survivors()[pairs[:, 0]]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0], cluster))]


class _Confirmer:
    """Computes true Jaccard similarities, fetching texts in bulk and keeping recent shingle sets."""

    def __init__(
        self, ids: pa.ChunkedArray, lengths: npt.NDArray[np.float64], fetch: Fetch, settings: Deduplicate
    ) -> None:
        self._ids, self._lengths, self._fetch, self._settings = ids, lengths, fetch, settings
        self._sets: OrderedDict[int, UInt64Array] = OrderedDict()
        self._bytes = 0

    def confirm(self, pairs: Int64Array, components: Components, *, skip_connected: bool) -> None:
        """Joins those pairs whose similarity reaches the threshold."""
        chunk: list[tuple[int, int]] = []
        wanted: set[int] = set()
        chars = 0.0
        for left, right in pairs.tolist():
            chunk.append((left, right))
            new = {left, right} - wanted
            wanted |= new
            chars += sum(self._lengths[document] for document in new)
            if chars > FETCH_CHARS:
                self._confirm_chunk(chunk, components, skip_connected)
                chunk, wanted, chars = [], set(), 0.0
        self._confirm_chunk(chunk, components, skip_connected)

    def _confirm_chunk(self, chunk: list[tuple[int, int]], components: Components, skip_connected: bool) -> None:
        if skip_connected:
            chunk = [pair for pair in chunk if not components.connected(*pair)]
        self._load(sorted({document for pair in chunk for document in pair}))
        for left, right in chunk:
            if not (skip_connected and components.connected(left, right)):
                similarity = jaccard(self._sets[left], self._sets[right])
                if similarity >= self._settings.threshold:
                    components.join(left, right, similarity)
        self._forget()

    def _load(self, documents: Sequence[int]) -> None:
        missing = [document for document in documents if document not in self._sets]
        for document in documents:
            if document in self._sets:
                self._sets.move_to_end(document)
        names = [self._ids[document].as_py() for document in missing]
        texts = self._fetch(names) if names else {}
        for document, name in zip(missing, names, strict=True):
            self._sets[document] = shingle_set(texts[name], self._settings.ngram)
            self._bytes += self._sets[document].nbytes

    def _forget(self) -> None:
        while self._bytes > KEPT_BYTES:
            _, oldest = self._sets.popitem(last=False)
            self._bytes -= oldest.nbytes
