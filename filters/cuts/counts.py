"""How often lines and paragraphs stand in a corpus: counted part by part, then added up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.deduplication import Deduplicate
from filters.buffers import IntArray

#: Counts of pieces, sorted by key. `documents` and `copies` say how often, `best` is the smallest rank of a document.
COUNTS = pa.schema(
    [
        pa.field("high", pa.int64(), nullable=False),
        pa.field("low", pa.int64(), nullable=False),
        pa.field("what", pa.int8(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("copies", pa.int64(), nullable=False),
        pa.field("best", pa.int64(), nullable=False),
    ]
)


def count_pieces(
    keys: tuple[IntArray, IntArray], what: npt.NDArray[np.int8], documents: IntArray, ranks: IntArray
) -> pa.Table:
    """Returns how often each piece stands in some documents; see COUNTS.

    Args:
        keys: high and low half of each piece's key.
        what: place in WHATS of each.
        documents: the number of the document that each stands in.
        ranks: by document; the best one has the smallest rank.
    """
    high, low = keys
    order = np.lexsort((documents, low, high))
    high, low, documents = high[order], low[order], documents[order]
    starts = _starts(high, low)
    new_document = np.ones(len(high), dtype=np.int64)
    new_document[1:] = documents[1:] != documents[:-1]
    new_document[starts] = 1
    columns = {
        "high": high[starts],
        "low": low[starts],
        "what": what[order][starts],
        "documents": _sums(new_document, starts),
        "copies": np.diff(np.append(starts, len(high))),
        "best": np.minimum.reduceat(ranks[documents], starts) if len(starts) else starts,
    }
    return pa.table(columns, schema=COUNTS)


def add_up(tables: list[pa.Table], settings: Deduplicate) -> pa.Table:
    """Returns the counts of some parts' pieces together, of those alone that stand in enough documents."""
    table = pa.concat_tables([COUNTS.empty_table(), *tables]).combine_chunks()
    values = {name: np.asarray(table[name]) for name in COUNTS.names}
    order = np.lexsort((values["low"], values["high"]))
    values = {name: column[order] for name, column in values.items()}
    starts = _starts(values["high"], values["low"])
    summed = {name: _sums(values[name], starts) for name in ("documents", "copies")}
    best = np.minimum.reduceat(values["best"], starts) if len(starts) else starts
    firsts = {name: values[name][starts] for name in ("high", "low", "what")}
    least = np.array([entry.min_documents if entry else 0 for entry in (settings.lines, settings.paragraphs)])
    enough = summed["documents"] >= least[firsts["what"]]
    columns = {name: column[enough] for name, column in {**firsts, **summed, "best": best}.items()}
    return pa.table(columns, schema=COUNTS)


def _starts(high: IntArray, low: IntArray) -> IntArray:
    """Returns where the runs of equal keys begin."""
    new = np.ones(len(high), dtype=np.bool_)
    new[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return np.flatnonzero(new)


def _sums(values: IntArray, starts: IntArray) -> IntArray:
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0, dtype=np.int64)
