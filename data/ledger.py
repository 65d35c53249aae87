"""The ledger: one row for every record that ever entered, and what became of it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.atomic import sync_folder
from data.errors import AccountingError
from data.parts import lay_side_by_side
from data.schema import CLUSTER_FIELDS, STAGES

#: The ledger's columns, before the signals.
LEDGER = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("origin_id", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("language", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("rule", pa.string()),
        pa.field("peer_reason", pa.string()),
        pa.field("measured", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("failed", pa.list_(pa.string()), nullable=False),
        pa.field("failed_rules", pa.list_(pa.string()), nullable=False),
        *CLUSTER_FIELDS,
        pa.field("benchmark", pa.string()),
        pa.field("benchmark_item", pa.string()),
        pa.field("benchmark_method", pa.string()),
        pa.field("tokens", pa.int64()),
        pa.field("bytes", pa.int64()),
        pa.field("shard", pa.string()),
        pa.field("row", pa.int64()),
    ]
)

#: What was cut out of a text after it was judged: ranges in characters of the text as the cutting step found it.
CUTS = pa.field("cuts", pa.list_(pa.struct([("what", pa.string()), ("start", pa.int64()), ("end", pa.int64())])))

#: How often a kept document is in the shards, where the mixture repeats documents; `shard` and `row` are the first.
COPIES = pa.field("copies", pa.int64())

#: Rows in one ledger file.
FILE_ROWS = 1_000_000

_FATE = ("status", "reason", "measured", "threshold")


def ledger_schema(signals: Iterable[str] = (), more: Iterable[pa.Field] = ()) -> pa.Schema:
    """Returns the ledger's columns with a float64 column for each signal, sorted by name.

    Args:
        signals: their names.
        more: which of the columns CUTS and COPIES there are.
    """
    fields = [pa.field(signal_column(name), pa.float64()) for name in sorted(set(signals))]
    return pa.schema([*LEDGER, *more, *fields])


def signal_column(signal: str) -> str:
    """Returns a signal's column: its name, or `signal.NAME` where the ledger has such a column itself."""
    return f"signal.{signal}" if signal in LEDGER.names else signal


def ledger_rows(
    ingest: pa.Table,
    fates: Sequence[tuple[str, pa.Table]],
    extras: Mapping[str, Any] | None = None,
    signals: pa.Table | None = None,
    *,
    schema: pa.Schema = LEDGER,
    entered_at: str = "ingest",
) -> pa.Table:
    """Returns a part's ledger rows: the first stage that ended a row is its end.

    Args:
        ingest: the ingest part's columns (text is not needed), with its status and reason.
        fates: (stage, that stage's table) in the order of the road. Beside FATE_FIELDS a table
            may carry further ledger columns (`rule`, `failed`, `cluster`, `benchmark`, …).
        extras: further ledger columns: array for each; they count more than those of `fates`.
        signals: `id` and a column per signal.
        schema: the columns wanted, from `ledger_schema`; what nobody gives is null.
        entered_at: the stage whose decision `ingest` holds; `synthesise` for a teacher's replies.
    """
    where = f"ledger of {ingest['source'][0].as_py()}" if ingest.num_rows else "ledger"
    columns = {name: ingest[name] for name in ingest.schema.names if name in LEDGER.names}
    columns |= _first_end([(entered_at, ingest), *fates], where)
    for _, table in fates:
        columns |= {name: table[name] for name in table.schema.names if name in LEDGER.names and name not in columns}
    if signals is not None:
        lay_side_by_side(ingest.select(["id"]), signals.select(["id"]), f"{where}, signals")
        columns |= {signal_column(name): signals[name] for name in signals.schema.names if name != "id"}
    columns |= extras or {}
    arrays = [_column(columns.get(field.name), field, ingest.num_rows) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def write_ledger(folder: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> list[str]:
    """Writes the ledger's files into `folder/ledger` and returns their paths, relative to folder."""
    target = folder / "ledger"
    target.mkdir(parents=True, exist_ok=True)
    unnamed: list[Path] = []
    with contextlib.ExitStack() as opened:
        writer, room = None, 0
        for table in tables:
            while table.num_rows:
                if writer is None or not room:
                    opened.close()
                    writer, room = opened.enter_context(_new_file(target, unnamed, schema)), FILE_ROWS
                piece = table.slice(0, room)
                writer.write_table(piece.cast(schema))
                table, room = table.slice(piece.num_rows), room - piece.num_rows
        if writer is None:
            opened.enter_context(_new_file(target, unnamed, schema))
    paths = []
    for number, path in enumerate(unnamed):
        paths.append(f"ledger/ledger-{number:05d}-of-{len(unnamed):05d}.parquet")
        path.rename(folder / paths[-1])
    sync_folder(target)
    return paths


def read_ledger(folder: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yields a dataset's ledger a row group at a time, in order."""
    for path in sorted((folder / "ledger").glob("*.parquet")):
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, columns=list(columns) if columns is not None else None)


def _first_end(fates: Sequence[tuple[str, pa.Table]], where: str) -> dict[str, pa.ChunkedArray]:
    """Returns status, stage, reason, measured and threshold of each row's first end, or of being kept."""
    rows = fates[0][1].num_rows
    ended = pa.array([False] * rows, pa.bool_())
    columns: dict[str, Any] = {name: pa.array([""] * rows, pa.string()) for name in ("status", "stage", "reason")}
    columns |= {name: pa.nulls(rows, pa.float64()) for name in ("measured", "threshold")}
    for stage, table in fates:
        if stage not in STAGES:
            raise AccountingError(f"{where}: {stage!r} is no stage of the road")
        lay_side_by_side(fates[0][1].select(["id"]), table.select(["id"]), f"{where}, {stage}")
        ends_here = pc.and_(pc.not_equal(table["status"], ""), pc.invert(ended))
        for name in _FATE:
            if name in table.schema.names:
                columns[name] = pc.if_else(ends_here, table[name], columns[name])
        columns["stage"] = pc.if_else(ends_here, stage, columns["stage"])
        ended = pc.or_(ended, ends_here)
    columns["status"] = pc.if_else(ended, columns["status"], "kept")
    return columns


def _column(values: Any, field: pa.Field, rows: int) -> pa.ChunkedArray:
    """Returns a column as the schema wants it; lists are never null."""
    if values is None:
        values = pa.nulls(rows, field.type)
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    column = column.cast(field.type)
    if pa.types.is_list(field.type) and column.null_count:
        column = pc.coalesce(column, pa.scalar([], field.type))
    return column


def _new_file(folder: Path, unnamed: list[Path], schema: pa.Schema) -> pq.ParquetWriter:
    """Opens the next ledger file under a name that it keeps until the number of files is known."""
    unnamed.append(folder / f".tmp-{len(unnamed):05d}")
    return pq.ParquetWriter(unnamed[-1], schema, compression="zstd", compression_level=3, write_page_checksum=True)
