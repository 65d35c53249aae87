"""The text of documents as a step finds it: ingest's, or what later steps made of it."""

from __future__ import annotations

from typing import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.parts import Part, read_batches, read_part, read_rows, row_at

#: Steps that may replace a document's text, the last one first.
TEXT_STEPS = ("substrings", "repeats", "measure", "extract")

#: What extraction may add to what ingest knows, and whose word counts more.
FACTS = {"metadata": "extract", "language": "extract", "licence": "ingest"}

#: Of so many documents of a part, only the row groups that hold them are read.
FEW_ROWS = 20


class RowStream:
    """Reads a part file's rows in the portions that another file's row groups dictate."""

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        self._batches = read_batches(path, columns)
        self._waiting: list[pa.Table] = []

    def take(self, rows: int) -> pa.Table:
        """Returns the next `rows` rows."""
        have = sum(table.num_rows for table in self._waiting)
        while have < rows:
            table = next(self._batches)
            self._waiting.append(table)
            have += table.num_rows
        whole = pa.concat_tables(self._waiting)
        self._waiting = [whole.slice(rows)]
        return whole.slice(0, rows)


def read_texts(part: Part, columns: Sequence[str] = ("id",), before: str = "") -> Iterator[pa.Table]:
    """Yields all rows of a part with the wanted columns and `text`, at most 16 MB at a time.

    Args:
        part: the part to read.
        columns: columns of the ingest part; `metadata` and `language` are the extracted page's where there are such,
            `licence` is the page's where its source states none.
        before: ignore what this step and later ones made of the text ("" means: the last text).
    """
    steps = [step for step in TEXT_STEPS if step in part.files]
    if before in TEXT_STEPS:
        steps = [step for step in steps if TEXT_STEPS.index(step) > TEXT_STEPS.index(before)]
    wanted = list(dict.fromkeys([*columns, "text"]))
    facts = [name for name in FACTS if name in wanted]
    streams = {step: RowStream(part.files[step], ["text", *facts] if step == "extract" else ["text"]) for step in steps}
    for batch in read_batches(part.files[part.origin], wanted):
        later = {step: stream.take(batch.num_rows) for step, stream in streams.items()}
        newest = [later[step]["text"] for step in steps]
        batch = _replace(batch, "text", pc.coalesce(*newest, batch["text"]) if newest else batch["text"])
        for name in facts if "extract" in later else ():
            batch = _replace(batch, name, _fact(name, batch[name], later["extract"][name]))
        yield batch


def read_facts(part: Part, names: Sequence[str]) -> pa.Table:
    """Returns what is known of a part's documents, extraction included: columns of FACTS."""
    table = read_part(part.files[part.origin], list(names))
    if "extract" not in part.files:
        return table
    later = read_part(part.files["extract"], list(names))
    return pa.table({name: _fact(name, table[name], later[name]) for name in names})


def _fact(name: str, born: pa.ChunkedArray, extracted: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.coalesce(born, extracted) if FACTS[name] == "ingest" else pc.coalesce(extracted, born)


def text_at(part: Part, row: int, key: str) -> str | None:
    """Returns the last text of the document in one row of a part; None if it has none, or another id than this."""
    if row_at(part.files[part.origin], row, ["id"])["id"] != key:
        return None
    for step in (*TEXT_STEPS, part.origin):
        text = row_at(part.files[step], row, ["text"])["text"] if step in part.files else None
        if text is not None:
            return str(text)
    return None


def texts_of_rows(part: Part, rows: npt.NDArray[np.int64], columns: Sequence[str] = ()) -> pa.Table:
    """Returns the last text of the documents in some ascending rows of a part, with further columns of its origin."""
    table = read_rows(part.files[part.origin], rows, [*columns, "text"])
    steps = [step for step in TEXT_STEPS if step in part.files]
    newest = [read_rows(part.files[step], rows, ["text"])["text"] for step in steps]
    return _replace(table, "text", pc.coalesce(*newest, table["text"]) if newest else table["text"])


def fetch_texts(parts: Iterable[Part], ids: Iterable[str], before: str = "") -> dict[str, str]:
    """Returns the texts of some documents by id; ids that no part holds are left out."""
    wanted = set(ids)
    found: dict[str, str] = {}
    for part in parts:
        if not wanted:
            break
        ids_here = read_part(part.files[part.origin], ["id"])["id"].cast(pa.string())
        rows = np.flatnonzero(np.asarray(pc.is_in(ids_here, pa.array(sorted(wanted), pa.string())).to_numpy()))
        if not len(rows):
            continue
        here = set(ids_here.take(pa.array(rows)).to_pylist())
        wanted -= here
        if len(rows) <= FEW_ROWS and not before:
            few = texts_of_rows(part, rows, ["id"]).to_pylist()
            found.update({row["id"]: row["text"] for row in few if row["text"] is not None})
            continue
        some = pa.array(sorted(here))
        for batch in read_texts(part, before=before):
            batch = batch.filter(pc.is_in(batch["id"].cast(pa.string()), some))
            pairs = zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True)
            found.update({key: text for key, text in pairs if text is not None})
    return found


def _replace(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)
