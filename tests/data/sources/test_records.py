"""Records that cannot be used are still called what their input calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.fingerprint import file_sha256
from data.recipe import Source
from data.sources import list_units, read_unit
from data.sources.cells import Broken, TooLong
from data.sources.records import record_row

RECORDS = [
    {"id": "a", "text": "good", "url": "http://x.test/a"},
    {"id": "b", "text": None, "url": "http://x.test/b"},
    {"id": "c", "text": "x" * 2000, "url": "http://x.test/c"},
]


def as_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))


def as_array(path: Path) -> None:
    path.write_text(json.dumps(RECORDS, indent=1))


def as_csv(path: Path) -> None:
    lines = [",".join(value or "" for value in record.values()) for record in RECORDS]
    path.write_text("\n".join(["id,text,url", *lines, ""]))


def as_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(RECORDS), path)


def as_arrow(path: Path) -> None:
    table = pa.Table.from_pylist(RECORDS)
    with pa.ipc.new_file(path, table.schema) as out:
        out.write_table(table)


@pytest.mark.parametrize(
    ("kind", "write"),
    [("jsonl", as_lines), ("json", as_array), ("csv", as_csv), ("parquet", as_parquet), ("arrow", as_arrow)],
)
def test_an_unusable_record_keeps_its_own_id_and_url(tmp_path: Path, kind: Any, write: Callable[[Path], None]) -> None:
    write(tmp_path / f"a.{kind}")
    source = Source(name="s", kind=kind, path=f"a.{kind}", url_column="url", max_record_bytes=1000)
    units = list_units(source, tmp_path, file_sha256)
    rows = [row for unit in units for table in read_unit(unit, source) for row in table.to_pylist()]
    assert [(row["origin_id"], row["url"], row["reason"]) for row in rows[:2]] == [
        ("a", "http://x.test/a", ""),
        ("b", "http://x.test/b", "missing_text"),
    ]
    assert rows[2]["reason"] == "too_large"
    if kind in ("parquet", "arrow"):  # a line that is too long is not read, so nobody knows what it is called
        assert (rows[2]["origin_id"], rows[2]["url"]) == ("c", "http://x.test/c")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(None, "missing_text"), (7, "bad_text_type"), (Broken(), "bad_encoding"), (TooLong(), "too_large")],
)
def test_what_is_wrong_with_a_body_is_told_beside_its_id(body: Any, reason: str) -> None:
    row = record_row({"id": 7, "text": body}, Source(name="s", kind="jsonl", path="a"), "a:1", b"raw")
    assert (row["status"], row["reason"], row["origin_id"]) == ("quarantined", reason, "7")
    assert json.loads(row["metadata"])["bytes"] == 3


@pytest.mark.parametrize("identity", [True, ["x"], {"a": 1}, Broken()])
def test_what_can_be_no_id_is_none(identity: Any) -> None:
    row = record_row({"id": identity, "text": "a"}, Source(name="s", kind="jsonl", path="a"), "a:1")
    assert (row["status"], row["reason"], row["origin_id"]) == ("quarantined", "bad_id", None)
