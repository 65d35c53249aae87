"""Duplicates: texts that are equal after levelling, then near-duplicates by MinHash-LSH.

A signature is made for each document on its own; finding is one sorted pass over all
signatures. MinHash only proposes pairs: each is confirmed by the true Jaccard similarity of
the two texts' shingle sets, so no document is dropped for a copy that it does not have.

- Equal: NFC, case-folded, white space collapsed and stripped. Blank texts equal nothing.
- Near: at least `ngram` words (see `filters/shingles.py`). A shorter text has no shingle and
  is compared for equality only: `return x + y` and `return x - y` are the same words.
- A cluster is what confirmed pairs connect. Its survivor is the best by `survivor`, then the
  smallest id; every other document is dropped with the pair that was confirmed (`matched`,
  `jaccard`). In a chain A–B–C the survivor A may be unlike C: then C's `matched` is B.
- The result does not depend on the order of the documents.
"""

from __future__ import annotations

import hashlib
from typing import Any, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from data.errors import AccountingError, UsageError, did_you_mean
from data.recipe import Deduplicate
from filters import minhash
from filters.clusters import Components, rank, trace_links
from filters.confirmation import Fetch, join_near_duplicates
from filters.shingles import Int64Array, level, shingle

DUPLICATES_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("cluster", pa.string()),
        pa.field("kept", pa.bool_(), nullable=False),
        pa.field("survivor", pa.string()),
        pa.field("matched", pa.string()),
        pa.field("jaccard", pa.float64()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)


def sign(table: pa.Table, settings: Deduplicate) -> pa.Table:
    """Returns what duplicates are found by, for each row's text on its own.

    Args:
        table: columns `id` and `text` (null: no text).
        settings: `exact`, `near`, `bands`, `rows`, `ngram` and `seed` matter.

    Returns:
        `id`; `exact`, 16 bytes that only equal texts share (null for blank text); `signature`,
        bands × rows 32-bit minima (null for text too short for a shingle).
    """
    texts = [text or "" for text in table["text"].to_pylist()]
    permutations = settings.bands * settings.rows
    exact = [_equality(text) if settings.exact else None for text in texts]
    hashes, offsets = shingle(texts if settings.near else [""] * len(texts), settings.ngram)
    seeds = minhash.permutations(permutations, settings.seed)
    minima = minhash.sign_shingles(hashes, offsets, seeds)
    rows = [row.tobytes() if size else None for row, size in zip(minima, np.diff(offsets), strict=True)]
    return pa.table(
        {
            "id": table["id"].cast(pa.string()),
            "exact": pa.array(exact, pa.binary(16)),
            "signature": pa.array(rows, pa.binary(4 * permutations)),
        }
    )


def find_duplicates(signatures: pa.Table, ranks: pa.Table, fetch: Fetch, settings: Deduplicate) -> pa.Table:
    """Returns the fate of each document, in the order of `signatures`.

    Args:
        signatures: rows that `sign` made with the same settings, of the documents in question.
        ranks: `id`, `quality` (float; null or NaN ranks lowest), `priority`, `length`.
        fetch: returns the texts of some ids; called with the ids of documents to be confirmed.

    Returns:
        `id`; `kept`; `cluster`, the smallest id of the cluster, and `survivor`, its surviving
        document's (both null for a document without duplicates); `matched` and `jaccard`, the
        confirmed pair for which it was dropped (null if kept; 1.0 if equal); `reason`:
        `exact_duplicate`, `near_duplicate` or "".
    """
    ids = signatures["id"].combine_chunks()
    if pc.count_distinct(ids).as_py() != len(ids):
        raise AccountingError("duplicates: two documents have the same id")
    order = rank(ids, _rank_keys(ids, ranks, settings))
    ranked = signatures.take(pa.array(order))
    leaders = _equal_leaders(ranked["exact"].combine_chunks()) if settings.exact else np.arange(len(ids))
    components = Components(len(ids))
    if settings.near:
        lengths = _aligned(ids, ranks, "length")[order]
        join_near_duplicates(ranked, leaders, lengths, fetch, settings, components)
    survivors = components.survivors()[leaders]
    matched, similarity = trace_links(survivors, components.links)
    copies = leaders != np.arange(len(leaders))
    matched[copies], similarity[copies] = leaders[copies], 1.0
    return _fates(ids, order, survivors, matched, similarity, copies)


def deduplicate(texts: Iterable[str | None], ids: Iterable[Any] | None = None, **settings: Any) -> pa.Table:
    """Finds the duplicates among some texts.

    Args:
        texts: null and blank texts have no duplicates.
        ids: unique; default "0", "1", …, of which the smaller number is the smaller id.
            Ids given are compared as strings.
        settings: fields of the recipe's `deduplicate` (`threshold=0.8`, `near=False`, …).
            Quality and priority are not known here: the longest copy survives, then the
            smallest id.

    Returns:
        One row for each text, in order: `id`; `cluster`, the smallest id of its cluster, null
        if it has no duplicate; `kept`; `survivor`, the id kept of its cluster (its own if it is
        the one); `matched` and `jaccard`, the document it was dropped for and their similarity.

    Raises:
        UsageError: a setting is unknown or out of range, or ids repeat or are too few.
    """
    chosen = _settings(settings)
    given = _texts(texts)
    width = len(str(max(len(given) - 1, 0)))
    names = [f"{number:0{width}}" for number in range(len(given))] if ids is None else [str(i) for i in _plain(ids)]
    if len(names) != len(given) or len(set(names)) != len(names):
        raise UsageError(f"deduplicate: {len(names)} ids ({len(set(names))} distinct) for {len(given)} texts")
    id_column = pa.array(names, pa.string())
    table = pa.table({"id": id_column, "text": pa.array(given, pa.large_string())})
    ranks = pa.table(
        {
            "id": id_column,
            "quality": pa.nulls(len(given), pa.float64()),
            "priority": pa.array(np.zeros(len(given), dtype=np.int64)),
            "length": pa.array([len(text or "") for text in given], pa.int64()),
        }
    )
    by_id = dict(zip(names, given, strict=True))
    found = find_duplicates(sign(table, chosen), ranks, lambda wanted: {i: by_id[i] or "" for i in wanted}, chosen)
    if ids is None:
        for column in ("id", "cluster", "survivor", "matched"):
            plain = pc.cast(pc.cast(found[column], pa.int64()), pa.string())
            found = found.set_column(found.schema.get_field_index(column), found.schema.field(column), plain)
    return found.drop_columns(["reason"])


def _settings(values: dict[str, Any]) -> Deduplicate:
    known = list(Deduplicate.model_fields)
    for name in values:
        if name not in known:
            raise UsageError(f"deduplicate: unknown setting {name!r}.{did_you_mean(name, known)} Known: {known}")
    try:
        return Deduplicate(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"deduplicate: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _plain(values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str):
        raise UsageError("deduplicate: expected a list of texts, found one string")
    return list(values.to_pylist() if isinstance(values, (pa.Array, pa.ChunkedArray)) else values)


def _texts(values: Iterable[str | None]) -> list[str | None]:
    """Returns the texts as Arrow can hold them: half a surrogate pair becomes U+FFFD."""
    texts: list[str | None] = _plain(values)
    for number, text in enumerate(texts):
        if text is not None and not isinstance(text, str):
            raise UsageError(f"deduplicate: texts[{number}]: expected a text, not {type(text).__name__}")
        if text and not text.isascii():
            texts[number] = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return texts


def _equality(text: str) -> bytes | None:
    # A keyless cryptographic hash: equal digests need no confirmation, not even against an adversary.
    levelled = level(" ".join(text.split()))
    return hashlib.blake2b(levelled.encode("utf-8", "surrogatepass"), digest_size=16).digest() if levelled else None


def _aligned(ids: pa.Array, ranks: pa.Table, column: str) -> npt.NDArray[np.float64]:
    places = pc.index_in(ids, ranks["id"].combine_chunks().cast(ids.type))
    if places.null_count:
        raise AccountingError("duplicates: a document has a signature and no rank")
    values = ranks[column].combine_chunks().cast(pa.float64()).take(places)
    return np.asarray(values.fill_null(float("nan")))


def _rank_keys(ids: pa.Array, ranks: pa.Table, settings: Deduplicate) -> list[npt.NDArray[np.float64]]:
    return [_aligned(ids, ranks, key) for key in settings.survivor]


def _equal_leaders(exact: pa.Array) -> Int64Array:
    """Returns for each row, best first, the best row with an equal text; itself if there is none."""
    encoded = exact.dictionary_encode().indices
    codes = np.asarray(encoded.fill_null(-1))
    leaders = np.arange(len(codes), dtype=np.int64)
    present = np.flatnonzero(codes >= 0)
    _, first, inverse = np.unique(codes[present], return_index=True, return_inverse=True)
    leaders[present] = present[first][inverse]
    return leaders


def _fates(
    ids: pa.Array,
    order: Int64Array,
    survivors: Int64Array,
    matched: Int64Array,
    similarity: npt.NDArray[np.float64],
    copies: npt.NDArray[np.bool_],
) -> pa.Table:
    """Returns the result in the order of `ids`; the other arguments are by rank."""
    count = len(ids)
    ranked = ids.take(pa.array(order))
    alphabetic = np.empty(count, dtype=np.int64)
    alphabetic[np.asarray(pc.sort_indices(ranked))] = np.arange(count)
    smallest = np.full(count, count, dtype=np.int64)
    np.minimum.at(smallest, survivors, alphabetic)
    by_name = np.asarray(pc.sort_indices(ranked))
    sizes = np.bincount(survivors, minlength=count)
    alone = sizes[survivors] == 1
    kept = survivors == np.arange(count)
    reason = np.where(kept, "", np.where(copies, "exact_duplicate", "near_duplicate"))
    columns = {
        "id": ranked,
        "cluster": ranked.take(pa.array(by_name[smallest[survivors]], mask=alone)),
        "kept": pa.array(kept),
        "survivor": ranked.take(pa.array(survivors, mask=alone)),
        "matched": ranked.take(pa.array(matched, mask=kept)),
        "jaccard": pa.array(similarity, mask=kept),
        "reason": pa.array(reason.tolist(), pa.string()),
    }
    back = np.empty(count, dtype=np.int64)
    back[order] = np.arange(count)
    return pa.table(columns, schema=DUPLICATES_SCHEMA).take(pa.array(back))
