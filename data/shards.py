"""Text shards: the training rows, in an order that the seed decides, cut into Parquet files.

A corpus does not fit into memory and its final order is not the order it is stored in. So the
rows are dealt once into a temporary file per shard, and each shard is then put in order by
itself, a row group at a time.
"""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from pathlib import Path
from typing import Any, Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.atomic import atomic_path
from data.errors import AccountingError
from data.fingerprint import file_sha256
from data.mixture import keyed_order
from data.parts import BATCH_BYTES
from data.recipe import Shards

#: Columns of a text shard.
TEXT_SHARD = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("language", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("metadata", pa.string(), nullable=False),
    ]
)

#: Rows gathered in memory before they are dealt out; sorting them takes twice as much again.
_DEAL_BYTES = 2 * BATCH_BYTES

IntArray = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class ShardPlan:
    """Where every kept document goes.

    Rows are numbered as in the table that was planned: kept documents in the order of the parts, a repeated one as
    often, one row after the other.

    Attributes:
        ids: the documents' ids.
        shard: shape (rows,); number of each document's shard.
        row: shape (rows,); its place in the shard, from 0.
        sizes: shape (rows,); what the shards were cut by: bytes of text, or tokens with end tokens.
        paths: the shards' paths, relative to the dataset's folder; never empty.
        firsts: shape (documents,); each document's first row.
    """

    ids: pa.ChunkedArray
    shard: IntArray
    row: IntArray
    sizes: IntArray
    paths: tuple[str, ...]
    firsts: IntArray

    def places(self, kept: pa.BooleanArray, start: int) -> tuple[pa.StringArray, pa.Int64Array]:
        """Returns shard path and row of each row of a part, null for rows that are not kept; of copies, the first.

        Args:
            kept: true for the part's rows that are among the planned ones.
            start: number of planned documents in the parts before this one.
        """
        is_kept = np.asarray(kept.to_numpy(zero_copy_only=False))
        stop = start + int(is_kept.sum())
        shard = np.zeros(len(is_kept), np.int64)
        row = np.zeros(len(is_kept), np.int64)
        rows = self.firsts[start:stop]
        shard[is_kept], row[is_kept] = self.shard[rows], self.row[rows]
        paths = pa.array(self.paths, pa.string()).take(pa.array(shard, mask=~is_kept))
        return paths, pa.array(row, mask=~is_kept)


def plan_shards(rows: pa.Table, settings: Shards, seed: int) -> ShardPlan:
    """Decides the final order of the kept documents and cuts it into text shards.

    Args:
        rows: `id` and `bytes` (of text) of every kept document, in the order of the parts, and `copies` where some
            are repeated.
        settings: how large a shard may be; a document larger than that has a shard of its own.
        seed: the recipe's seed.
    """
    sizes = np.asarray(rows["bytes"].to_numpy()).astype(np.int64)
    return cut(rows, sizes, seed, settings.bytes, settings.rows, "data/train", ".parquet")


def cut(
    rows: pa.Table, sizes: IntArray, seed: int, most: int, most_rows: int | None, name: str, suffix: str
) -> ShardPlan:
    """Cuts the final order into shards of at most `most` in size and `most_rows` rows."""
    ids, keys = rows["id"], rows["id"].to_pylist()
    firsts = np.arange(len(keys))
    if "copies" in rows.schema.names:
        copies = np.asarray(rows["copies"].to_numpy()).astype(np.int64)
        firsts = np.cumsum(copies) - copies
        document = np.repeat(np.arange(len(copies)), copies)
        # Copies are shuffled apart; the first one stands where it would stand alone.
        turns = (np.arange(len(document)) - firsts[document]).tolist()
        ids, sizes = ids.take(pa.array(document)), sizes[document]
        keys = [
            f"{keys[number]}#{turn}" if turn else keys[number] for number, turn in zip(document, turns, strict=True)
        ]
    order = keyed_order(seed, "shards", keys)
    starts = _starts(sizes[order], most, most_rows)
    counts = np.diff([*starts, len(order)])
    shard, row = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    shard[order] = np.repeat(np.arange(len(starts)), counts)
    row[order] = np.arange(len(order)) - np.repeat(starts, counts)
    paths = tuple(f"{name}-{number:05d}-of-{len(starts):05d}{suffix}" for number in range(len(starts)))
    return ShardPlan(ids, shard, row, sizes, paths, firsts)


def write_text_shards(folder: Path, made: ShardPlan, batches: Iterable[pa.Table], work: Path) -> list[dict[str, Any]]:
    """Writes the text shards and returns `path, rows, tokens, bytes, sha256` of each.

    Args:
        folder: the dataset's folder; shards go to `folder/data`.
        made: the plan.
        batches: tables with the columns of TEXT_SHARD, together the planned rows in their order.
        work: a folder for temporary files, emptied before and after.
    """
    written = []
    checked = (batch.select(TEXT_SHARD.names).cast(TEXT_SHARD) for batch in batches)
    for path, groups in in_order(made, checked, work, BATCH_BYTES):
        rows = tokens = 0
        with atomic_path(folder / path) as temporary:
            with pq.ParquetWriter(
                temporary, TEXT_SHARD, compression="zstd", compression_level=3, write_page_checksum=True
            ) as writer:
                for group in groups:
                    writer.write_table(group, row_group_size=group.num_rows)
                    rows += group.num_rows
                    tokens += int(pc.sum(group["tokens"]).as_py() or 0)
            sha256, size = file_sha256(temporary), temporary.stat().st_size
        written.append({"path": path, "rows": rows, "tokens": tokens, "bytes": size, "sha256": sha256})
    return written


def in_order(
    made: ShardPlan, batches: Iterable[pa.Table], work: Path, most: int
) -> Iterator[tuple[str, Iterator[pa.Table]]]:
    """Yields each shard's path and its rows in their final order, in tables of at most `most` in size.

    Args:
        made: the plan.
        batches: tables with `id`, together the planned rows in their order.
        work: a folder for temporary files, emptied before and after.
        most: largest sum of sizes in one table, if it has more than one row.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    schema = _deal(made, batches, work)
    by_place = np.lexsort((made.row, made.shard))
    ends = np.searchsorted(made.shard[by_place], np.arange(len(made.paths)), side="right")
    start = 0
    for number, path in enumerate(made.paths):
        sizes = made.sizes[by_place[start : ends[number]]]
        yield path, _gather(work / f"{number:05d}.arrow", schema, sizes, most)
        (work / f"{number:05d}.arrow").unlink(missing_ok=True)
        start = ends[number]
    shutil.rmtree(work)


def _starts(sizes: IntArray, most: int, most_rows: int | None) -> list[int]:
    """Returns where shards begin in a sequence of sizes; at least one shard, none of them empty otherwise."""
    sums = np.cumsum(sizes)
    starts, start = [0], 0
    while True:
        before = int(sums[start - 1]) if start else 0
        stop = max(int(np.searchsorted(sums, before + most, side="right")), start + 1)
        if most_rows is not None:
            stop = min(stop, start + most_rows)
        if stop >= len(sizes):
            return starts
        starts.append(stop)
        start = stop


def _deal(made: ShardPlan, batches: Iterable[pa.Table], work: Path) -> pa.Schema | None:
    """Appends every row to its shard's temporary file, with its place; returns the rows' schema."""
    waiting: list[pa.Table] = []
    size = start = 0
    schema = None
    for batch in batches:
        stop = start + batch.num_rows
        if not made.ids.slice(start, batch.num_rows).cast(pa.string()).equals(batch["id"].cast(pa.string())):
            raise AccountingError(f"shards: rows {start} to {stop} are not the documents that were planned")
        schema = batch.schema
        numbers = {"shard number": made.shard[start:stop], "place": made.row[start:stop]}
        for name, column in numbers.items():
            batch = batch.append_column(name, pa.array(column))
        waiting.append(batch)
        size += batch.nbytes
        start = stop
        if size >= _DEAL_BYTES:
            _append(pa.concat_tables(waiting), work)
            waiting, size = [], 0
    if start != len(made.shard):
        raise AccountingError(f"shards: {len(made.shard)} documents were planned and {start} arrived")
    if waiting:
        _append(pa.concat_tables(waiting), work)
    return schema


def _append(table: pa.Table, work: Path) -> None:
    """Appends the rows to their shards' files: each time a whole Arrow stream, sorted by place."""
    shards = np.asarray(table["shard number"].to_numpy())
    order = np.lexsort((np.asarray(table["place"].to_numpy()), shards))
    bounds = np.flatnonzero(np.diff(shards[order], prepend=-1))
    for first, last in itertools.pairwise([*bounds, len(order)]):
        rows = table.take(pa.array(order[first:last])).drop_columns(["shard number"]).combine_chunks()
        with (work / f"{shards[order[first]]:05d}.arrow").open("ab") as file:
            with pa.ipc.new_stream(file, rows.schema) as stream:
                stream.write_table(rows)


def _gather(path: Path, schema: pa.Schema | None, sizes: IntArray, most: int) -> Iterator[pa.Table]:
    """Yields a shard's rows in order, in tables of at most `most` in size."""
    if schema is None or not len(sizes):
        return
    runs = _read_runs(path)
    places = [np.asarray(run["place"].to_numpy()) for run in runs]
    starts = _starts(sizes, most, None)
    for first, last in itertools.pairwise([*starts, len(sizes)]):
        pieces = []
        for run, place in zip(runs, places, strict=True):
            low, high = np.searchsorted(place, [first, last])
            pieces.append(run.slice(low, high - low))
        group = pa.concat_tables(pieces).combine_chunks()
        yield group.take(pc.sort_indices(group["place"])).drop_columns(["place"])


def _read_runs(path: Path) -> list[pa.Table]:
    """Returns the streams of a temporary file as tables that lie on disk until they are used."""
    runs = []
    with pa.memory_map(str(path)) as file:
        while file.tell() < file.size():
            runs.append(pa.ipc.open_stream(file).read_all())
    return runs
