"""Near-duplicates confirmed: the pairs that MinHash proposes, held against the texts themselves.

Texts are fetched in portions of FETCH_BYTES, in the order in which they are stored; what may form one
cluster stands together, so that a text is fetched once, or once for each portion of a large cluster.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
import pyarrow as pa

from filters.buffers import FloatArray, IntArray
from filters.duplicates.clusters import Components, UInt64Array, left_of, pairs_of, right_of
from filters.duplicates.signing import Signer

#: Given ascending row numbers, returns `text` and, if the settings go by kind, `kind` of those rows.
Fetch = Callable[[IntArray], pa.Table]

#: Text fetched at a time. Its shingle sets take about as much again for each byte of a word's mean length.
FETCH_BYTES = 64 * 2**20


class Confirmer:
    """Computes true Jaccard similarities of documents whose texts are fetched in bulk.

    Args:
        signer: cuts texts into shingle sets.
        rows: the row number of each document.
        lengths: about the bytes of each document's text; only what is fetched at a time depends on them.
        fetch: returns texts by row number.
    """

    def __init__(self, signer: Signer, rows: IntArray, lengths: FloatArray, fetch: Fetch) -> None:
        self._signer, self._rows, self._lengths, self._fetch = signer, rows, lengths, fetch

    def join_proposed(self, proposed: UInt64Array, components: Components) -> None:
        """Joins the proposed pairs that reach the threshold; what is connected by others already is not looked at."""
        self._confirm(_by_candidate_cluster(proposed, len(self._rows)), components, skip_connected=True)

    def join_direct(self, documents: IntArray, survivors: IntArray, components: Components) -> None:
        """Joins each of some documents with its survivor, if that pair reaches the threshold too."""
        dropped = documents != survivors
        direct = pairs_of(survivors[dropped], documents[dropped])
        known = np.isin(direct, components.links[0])
        self._confirm(np.sort(direct[~known]), components, skip_connected=False)

    def _confirm(self, pairs: UInt64Array, components: Components, *, skip_connected: bool) -> None:
        from filters.kernels.clusters import chunk_end

        chunk_of = np.zeros(len(self._rows) if len(pairs) else 0, dtype=np.int32)
        begin = chunk = 0
        while begin < len(pairs):
            chunk += 1
            end = chunk_end(pairs, begin, self._lengths, chunk_of, np.int32(chunk), float(FETCH_BYTES))
            self._confirm_chunk(pairs[begin:end], components, skip_connected)
            begin = end

    def _confirm_chunk(self, pairs: UInt64Array, components: Components, skip_connected: bool) -> None:
        from filters.kernels.clusters import confirm_pairs

        documents = np.unique(np.concatenate((left_of(pairs), right_of(pairs))))
        stored = np.argsort(self._rows[documents])
        sets = self._signer.shingle_sets(self._fetch(self._rows[documents][stored]))
        places = np.empty(len(documents), dtype=np.int64)
        places[stored] = np.arange(len(documents))
        threshold = self._signer.settings.threshold
        similarities = confirm_pairs(pairs, documents, (*sets, places), threshold, components.parents, skip_connected)
        found = ~np.isnan(similarities)
        components.join(pairs[found], similarities[found])


def _by_candidate_cluster(pairs: UInt64Array, count: int) -> UInt64Array:
    """Returns the pairs so sorted that what may form one cluster stands together."""
    candidates = Components(count)
    candidates.join(pairs, np.empty(0))
    return pairs[np.argsort(candidates.roots()[left_of(pairs)], kind="stable")]
