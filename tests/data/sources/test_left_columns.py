"""Columns that are no metadata are told, once for each unit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.recipe import Source
from data.sources import InputFile, left_columns
from data.sources.arrow import read_arrow
from data.sources.parquet import read_parquet

COLUMNS: dict[str, Any] = {
    "text": ["a", "b"], "tags": [["x"], []], "image": [b"\xff", b""], "n": [1, 2], "part": [{"m": 1}, None],
    "pairs": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())), "ids": [["1"], ["2"]],
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    left_columns.taken()


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_columns_of_bytes_and_lists_are_noted_and_those_that_have_a_role_are_not(tmp_path: Path, kind: str) -> None:
    path, table = tmp_path / f"a.{kind}", pa.table(COLUMNS)
    if kind == "parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as out:
            out.write_table(table)
    source = Source(name="s", kind=kind, path=str(path), id_column="ids")  # type: ignore[arg-type]
    read: Any = read_parquet if kind == "parquet" else read_arrow
    items = list(read(InputFile(str(path), path.name, 1, ""), source))
    rows = [row for item in items for row in (item.to_pylist() if isinstance(item, pa.Table) else [item])]
    assert [json.loads(row["metadata"]) for row in rows] == [{"n": 1, "part": {"m": 1}}, {"n": 2}]
    found = left_columns.taken()
    assert list(found) == ["image", "pairs", "tags"]
    assert found["image"] == "binary is no metadata: neither bytes nor lists are"
    assert left_columns.taken() == {}


def test_a_column_too_large_for_memory_is_noted(tmp_path: Path) -> None:
    columns = {"text": ["a"] * 300, "meta": ["x" * 2**21] * 300}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    source = Source(name="s", kind="parquet", path="x")
    for _ in read_parquet(InputFile(str(tmp_path / "a.parquet"), "a.parquet", 1, ""), source):
        pass
    assert left_columns.taken() == {"meta": "in some row groups too large to be read beside the texts"}


def test_columns_of_the_same_name_are_noted_and_names_are_cut() -> None:
    kinds = [("n", pa.int64()), ("n", pa.string()), ("x" * 300, pa.binary()), ("wanted", pa.list_(pa.string()))]
    schema = pa.schema([pa.field(name, kind) for name, kind in kinds])
    assert left_columns.readable_columns(schema, {"wanted"}) == ["wanted"]
    found = left_columns.taken()
    assert found["n"] == "several columns of this name"
    assert list(found) == ["n", "x" * 200]
