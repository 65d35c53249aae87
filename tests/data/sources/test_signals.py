"""Columns that an input already has become signals, whatever the table's format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import list_units, read_unit

ROWS = [{"id": str(n), "text": f"text {n}", "int_score": n, "p": n / 4} for n in range(4)]
EXPECTED = [{"edu": float(n), "share": n / 4} for n in range(4)]


def as_jsonl(path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def as_json(path: Path) -> None:
    path.write_text(json.dumps(ROWS, indent=1))


def as_csv(path: Path) -> None:
    path.write_text("id,text,int_score,p\n" + "".join(",".join(str(v) for v in row.values()) + "\n" for row in ROWS))


def as_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


def as_arrow(path: Path) -> None:
    pyarrow.feather.write_feather(pa.Table.from_pylist(ROWS), path)


def as_dataset(path: Path) -> None:
    path.mkdir()
    as_parquet(path / "train.parquet")


@pytest.mark.parametrize(
    ("kind", "write"),
    [("jsonl", as_jsonl), ("json", as_json), ("csv", as_csv), ("parquet", as_parquet), ("arrow", as_arrow),
     ("huggingface", as_dataset)],
)  # fmt: skip
def test_numeric_columns_become_signals_of_every_kind_of_table(tmp_path: Path, kind: str, write: Any) -> None:
    write(tmp_path / "table")
    source = Source(name="s", kind=kind, path="table", signals={"edu": "int_score", "share": "p"})
    rows = [
        row
        for unit in list_units(source, tmp_path, file_sha256)
        for table in read_unit(unit, source)
        for row in table.to_pylist()
    ]
    assert [row["text"] for row in rows] == [row["text"] for row in ROWS]
    assert [json.loads(row["metadata"])["signals"] for row in rows] == EXPECTED
