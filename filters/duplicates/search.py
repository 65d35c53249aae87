"""Duplicates: texts that are equal after levelling, then near-duplicates by MinHash-LSH.

Three steps, each of which can be called alone:

1. `sign(table, settings)`: what is found by, for each document on its own; any part, in any order.
2. `find_duplicates(signed, ranks, fetch, settings)`: the fate of every document. `signed` is a table, or a
   function that returns one column at a time, so that signatures may stay on disk: for 10 million documents
   one band's keys are 80 MB. `fetch` returns the texts of some rows, for pairs to be confirmed.
3. `deduplicate(texts, ids, **settings)`: both, on texts in memory.

- Equal: NFC, case-folded, white space collapsed and stripped. A text of white space alone
  equals the very same one, an empty one equals nothing.
- Near: MinHash proposes pairs; each is confirmed by the true Jaccard similarity of the two texts' shingle
  sets, so no document is dropped for a copy that it does not have. With `confirm: false` what agrees in a
  band is a duplicate (classic MinHash), and no similarity is known.
- A text without a shingle is compared for equality only, by its short form (see `filters/duplicates/signing.py`).
- A cluster is what pairs connect. Its survivor is the best by `survivor`, then the smallest id; every other
  document is dropped with the pair that was confirmed (`matched`, `jaccard`). In a chain A–B–C the survivor A
  may be unlike C: then C's `matched` is B.
- `protect: {A: [B]}` keeps the best document of A if all the survivors so far are of B.
- The result does not depend on the order of the documents, nor on how they were divided.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from data.deduplication import Deduplicate
from data.errors import AccountingError, UsageError, did_you_mean
from filters.buffers import IntArray
from filters.duplicates.candidates import candidate_pairs, linked_pairs, repeated
from filters.duplicates.clusters import Components, rank, tie_places
from filters.duplicates.confirmation import Confirmer, Fetch
from filters.duplicates.fates import DUPLICATES_SCHEMA as DUPLICATES_SCHEMA
from filters.duplicates.fates import choose_survivors, decide
from filters.duplicates.signing import Signer, band_names

#: Returns one column of what `sign` made, of all documents in question.
Columns = Callable[[str], "pa.Array | pa.ChunkedArray"]


def sign(table: pa.Table, settings: Deduplicate, *, signatures: bool = False) -> pa.Table:
    """Returns what duplicates are found by, for each row's text on its own; see `Signer.sign`."""
    return Signer(settings).sign(table, signatures=signatures)


def find_duplicates(signed: pa.Table | Columns, ranks: pa.Table, fetch: Fetch, settings: Deduplicate) -> pa.Table:
    """Returns the fate of each document, in the order of `signed`.

    Args:
        signed: rows that `sign` made with the same settings, of the documents in question.
        ranks: `id`, `length` (about the text's bytes), the other keys of `settings.survivor` (numbers; the higher
            the better, null or NaN ranks lowest), `source` if some are protected, and `name`, the documents' own
            ids, if `id` is made of where they stood; see `tie_places`.
        fetch: given ascending row numbers of `signed`, returns `text` and, if the settings go by kind, `kind`.

    Returns:
        `id`; `kept`; `cluster`, the smallest id of the cluster, and `survivor`, the document kept for this
        one (both null for a document without duplicates); `cluster_size`; `matched` and `jaccard`, the
        pair for which it was dropped (null if kept; 1.0 if equal; no `jaccard` if not confirmed);
        `reason`: `exact_duplicate`, `near_duplicate` or "".
    """
    columns: Columns = signed.column if isinstance(signed, pa.Table) else signed
    ids = _whole(columns("id"))
    aligned = _align(ids, ranks)
    names = aligned["name"].combine_chunks() if "name" in aligned.schema.names else None
    digests = _whole(columns("exact")) if names is not None and names.null_count and settings.exact else None
    places = tie_places(ids, names, digests)
    order = rank(places, [_numbers(aligned, key) for key in settings.survivor])
    leaders = _equal_leaders(_whole(columns("exact")), order) if settings.exact else np.arange(len(ids))
    components = Components(len(ids))
    confirmer = None
    if settings.near and settings.confirm:
        confirmer = Confirmer(Signer(settings), order, _numbers(aligned, "length")[order], fetch)
    if settings.near:
        _join_near(columns, order, leaders, confirmer, settings, components)
    survivors = choose_survivors(components.roots()[leaders], aligned, order, settings)
    if confirmer is not None:
        alone = np.unique(leaders)
        confirmer.join_direct(alone, leaders[survivors[alone]], components)
    return decide(ids, places, order, leaders, survivors, components, settings)


def _join_near(
    columns: Columns,
    order: IntArray,
    leaders: IntArray,
    confirmer: Confirmer | None,
    settings: Deduplicate,
    components: Components,
) -> None:
    """Joins the near-duplicates among the best of each group of equal texts, confirmed ones if somebody confirms."""
    names = band_names(settings.bands)
    signed = ~_nulls(columns(names[0]))[order]
    documents = np.flatnonzero(signed & (leaders == np.arange(len(leaders))))
    rows = order[documents]

    def band(number: int) -> npt.NDArray[np.uint64]:
        return _keys(columns(names[number]))[rows]

    if confirmer is not None:
        proposed = _renumbered(candidate_pairs(band, settings.bands), documents)
        confirmer.join_proposed(proposed, components)
    else:
        linked = _renumbered(linked_pairs(band, settings.bands), documents)
        components.join(linked, np.full(len(linked), np.nan))


def _renumbered(pairs: npt.NDArray[np.uint64], documents: IntArray) -> npt.NDArray[np.uint64]:
    from filters.duplicates.clusters import left_of, pairs_of, right_of

    return pairs_of(documents[left_of(pairs)], documents[right_of(pairs)])


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _nulls(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_null())


def _keys(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Returns a band's keys; what stands for a null is whatever lies there."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    filled = [chunk for chunk in chunks if len(chunk)]
    keys = [np.frombuffer(chunk.buffers()[1], np.uint64)[chunk.offset : chunk.offset + len(chunk)] for chunk in filled]
    return keys[0] if len(keys) == 1 else np.concatenate([np.empty(0, dtype=np.uint64), *keys])


def _align(ids: pa.Array, ranks: pa.Table) -> pa.Table:
    """Returns the ranks in the order of the documents."""
    own = _whole(ranks["id"]).cast(ids.type)
    if own.equals(ids):
        return ranks
    places = pc.index_in(ids, own)
    if places.null_count:
        raise AccountingError("duplicates: a document has a signature and no rank")
    return ranks.take(places)


def _numbers(ranks: pa.Table, column: str) -> npt.NDArray[np.float64]:
    values = _whole(ranks[column]).cast(pa.float64())
    return np.asarray(values.fill_null(float("nan")))


def _equal_leaders(exact: pa.Array, order: IntArray) -> IntArray:
    """Returns for each document, best first, the best one with an equal text; itself if there is none."""
    digests = exact.cast(pa.binary(16)) if exact.type != pa.binary(16) else exact
    halves = np.frombuffer(digests.buffers()[1], np.uint64)[2 * digests.offset : 2 * (digests.offset + len(digests))]
    first, second = halves[0::2][order], halves[1::2][order]
    present = ~_nulls(exact)[order]
    leaders = np.arange(len(order), dtype=np.int64)
    members = repeated(first)
    members = members[present[members]]
    if not len(members):
        return leaders
    sort = np.lexsort((members, second[members], first[members]))
    members = members[sort]
    new = np.ones(len(members), dtype=np.bool_)
    new[1:] = (first[members[1:]] != first[members[:-1]]) | (second[members[1:]] != second[members[:-1]])
    leaders[members] = members[new][np.cumsum(new) - 1]
    return leaders


def deduplicate(texts: Iterable[str | None], ids: Iterable[Any] | None = None, **settings: Any) -> pa.Table:
    """Finds the duplicates among some texts.

    Args:
        texts: null and empty texts have no duplicates.
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
    table = pa.table({"id": pa.array(names, pa.string()), "text": _column(given)})
    unknown = pa.nulls(len(given), pa.float64())
    lengths = pc.utf8_length(table["text"]).fill_null(0)
    ranks = pa.table({"id": table["id"], "length": lengths, **dict.fromkeys(_UNKNOWN, unknown)})
    found = find_duplicates(Signer(chosen).sign(table), ranks, table.take, chosen)
    if ids is None:
        for column in ("id", "cluster", "survivor", "matched"):
            plain = pc.cast(pc.cast(found[column], pa.int64()), pa.string())
            found = found.set_column(found.schema.get_field_index(column), found.schema.field(column), plain)
    return found.select(_PUBLIC)


_UNKNOWN = ("quality", "priority", "licence", "recency")
_PUBLIC = ["id", "cluster", "kept", "survivor", "matched", "jaccard"]


def _settings(values: dict[str, Any]) -> Deduplicate:
    known = list(Deduplicate.model_fields)
    for name in values:
        if name not in known:
            raise UsageError(f"deduplicate: unknown setting {name!r}.{did_you_mean(name, known)} Known: {known}")
    if values.get("against"):
        raise UsageError("deduplicate: 'against' names an index on disk; use a recipe, or phimill dedup --against")
    for name in ("lines", "paragraphs", "substrings"):
        if values.get(name):
            raise UsageError(f"deduplicate: {name!r} cuts texts, which this does not; use a recipe, or phimill dedup")
    for name in ("by_kind", "protect"):
        if values.get(name):
            raise UsageError(f"deduplicate: {name!r} needs to know the documents' kind or source; use a recipe")
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
    """Returns the texts, after making sure that they are such."""
    texts: list[str | None] = _plain(values)
    for number, text in enumerate(texts):
        if text is not None and not isinstance(text, str):
            raise UsageError(f"deduplicate: texts[{number}]: expected a text, not {type(text).__name__}")
    return texts


def _column(texts: list[str | None]) -> pa.Array:
    """Returns texts as Arrow holds them: half a surrogate pair becomes U+FFFD."""
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        whole = [text and text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for text in texts]
        return pa.array(whole, pa.large_string())
