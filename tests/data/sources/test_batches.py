"""What is made of many ordinary records at once must be what is made of each by itself."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.jsonl import read_jsonl
from data.sources.parquet import read_parquet
from data.sources.records import to_tables

SETTINGS: list[dict[str, Any]] = [
    {},
    {"signals": {"edu": "score", "absent": "nowhere"}},
    {"html_column": "text"},
    {"document_kind": "code", "path_column": "path"},
    {"licence": "MIT", "licence_column": "dump", "url_column": None, "id_column": None},
]


def records(count: int, noise: random.Random, odd: float) -> list[dict[str, Any]]:
    """Records as crawls have them; a share of them is out of the ordinary in some way."""
    made = []
    for number in range(count):
        record: dict[str, Any] = {
            "text": f"text {number} é " + "x" * noise.randrange(300),
            "id": f"id-{number}",
            "url": f"http://x/{number}",
            "language": noise.choice(["en", None]),
            "score": noise.choice([1, 2.5, None, 10**17, 1e300]),
            "dump": noise.choice(["CC-1", "CC-2"]),
            "path": noise.choice(["a.py", "b/c.rs", "Makefile"]),
            "note": "null" if number % 50 == 0 else "n" * (20_000 if number % 97 == 0 else 3),
        }
        if noise.random() < odd:
            record[noise.choice(list(record))] = noise.choice([None, "", "é\u2028"])
        made.append(record)
    return made


def both(read: Any, path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[pa.Table, pa.Table]:
    """Returns a file's documents read at once, and read one by one."""
    source = Source(name="s", kind=path.suffix[1:], path=str(path), **settings)
    file = InputFile(str(path), path.name, path.stat().st_size, "")
    items = list(read(file, source))
    assert any(isinstance(item, pa.Table) for item in items)
    at_once = pa.concat_tables(to_tables(items))
    monkeypatch.setattr("data.sources.jsonl.records_table", lambda *_: None)
    monkeypatch.setattr("data.sources.parquet.columns_table", lambda *_: None)
    items = list(read(file, source))
    assert not any(isinstance(item, pa.Table) for item in items)
    return at_once, pa.concat_tables(to_tables(items))


@pytest.mark.parametrize("odd", [0.0, 0.02])
@pytest.mark.parametrize("settings", SETTINGS, ids=[str(number) for number in range(len(SETTINGS))])
def test_lines_at_once_are_the_same_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], odd: float
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records(400, random.Random(odd), odd)))
    at_once, singly = both(read_jsonl, path, settings, monkeypatch)
    assert at_once.num_rows == 400
    assert at_once.to_pylist() == singly.to_pylist()


@pytest.mark.parametrize("odd", [0.0, 0.0003])
@pytest.mark.parametrize("settings", SETTINGS, ids=[str(number) for number in range(len(SETTINGS))])
def test_parquet_rows_at_once_are_the_same_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], odd: float
) -> None:
    path = tmp_path / "a.parquet"
    made = records(3000, random.Random(1 + odd), odd)
    for record in made:
        record["score"] = None if record["score"] is None else float(record["score"])
    pq.write_table(pa.Table.from_pylist(made), path, row_group_size=1100)
    at_once, singly = both(read_parquet, path, settings, monkeypatch)
    assert at_once.num_rows == 3000
    assert at_once.to_pylist() == singly.to_pylist()


def test_order_and_bounds_hold_where_rows_and_tables_mix(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    made = records(3000, random.Random(7), 0.05)
    for record in made:
        record["text"] = record["text"] and record["text"] * 40
    path.write_text("".join(json.dumps(record) + "\n" for record in made))
    source = Source(name="s", kind="jsonl", path=str(path))
    tables = list(to_tables(read_jsonl(InputFile(str(path), "a", path.stat().st_size, ""), source)))
    assert len(tables) > 1
    assert max(table.nbytes for table in tables) <= 16 * 2**20
    locators = [locator for table in tables for locator in table["locator"].to_pylist()]
    assert locators == [f"a:{number}" for number in range(1, 3001)]


COLUMNS: dict[str, pa.Array] = {
    "small": pa.array([-(2**63), 2**63 - 1, None]),
    "large": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "yes": pa.array([True, False, None]),
    "single": pa.array([0.1, float("nan"), 1e-7], pa.float32()),
    "double": pa.array([1e300, float("-inf"), None]),
    "half": pa.array([1.5, None, 2.5], pa.float16()),
    "plain": pa.array(["a", "é\u2028\x7f", None]),
    "escaped": pa.array(['"', "\\", "\n\x00"]),
    "long": pa.array(["x" * 9_998, "x" * 9_999, "é" * 5_000]),
    "view": pa.array(["a", None, "b" * 20], pa.string_view()),
    "wide": pa.array(["a", "b", None], pa.large_string()),
    "words": pa.array(["a", None, "b"]).dictionary_encode(),
    "numbers": pa.array([1, 1, 2]).dictionary_encode(),
    "exact": pa.array([Decimal("1.50"), None, Decimal("2")]),
    "day": pa.array([0, None, 2], pa.date32()),
    "when": pa.array([0, 1, None], pa.timestamp("ns", tz="Europe/Berlin")),
    "hour": pa.array([1, 2, 3], pa.time64("us")),
    "took": pa.array([1, None, 3], pa.duration("s")),
    "parts": pa.array([{"b": 1, "a": "x"}, None, {"b": None, "a": "é\u2028"}]),
    "parts of parts": pa.array(
        [{"b": {"d": 0.5, "c": "y" * 10_000}}, {"b": None}, {"b": {"d": float("nan"), "c": ""}}]
    ),
    "nothing": pa.nulls(3),
    "no texts": pa.nulls(3, pa.string()),
    '"\u2028': pa.array([1, 2, 3]),
    "signals": pa.array(["a", "b", "c"]),
    "scores as text": pa.array(["4", " 1e2 ", "high"]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_all_types_are_the_same_at_once_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"text": ["a", "b", "c"], "n": [1, 2, 3], name: COLUMNS[name]})
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
    settings: list[dict[str, Any]] = [{}, {"signals": {"s": name, "n": "n"}}]
    if not pa.types.is_floating(table.schema.field(name).type) and name not in ("yes", "exact"):
        settings.append({"id_column": name})
    for role in settings:
        with monkeypatch.context() as patch:
            at_once, singly = both(read_parquet, path, role, patch)
        assert at_once.to_pylist() == singly.to_pylist()
    for role in ("url_column", "language_column", "licence_column", "id_column"):
        source = Source(name="s", kind="parquet", path=str(path), **{role: name})
        file = InputFile(str(path), path.name, path.stat().st_size, "")
        at_once = pa.concat_tables(to_tables(read_parquet(file, source)))
        with monkeypatch.context() as patch:
            patch.setattr("data.sources.parquet.columns_table", lambda *_: None)
            assert at_once.to_pylist() == pa.concat_tables(to_tables(read_parquet(file, source))).to_pylist()


def test_more_metadata_than_a_row_may_have_is_cut_the_same_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    tables = [pa.table({"text": ["a"], **{f"c{n}": ["x" * size] for n in range(12)}}) for size in (10, 9_000)]
    with pq.ParquetWriter(path, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table)
    at_once, singly = both(read_parquet, path, {}, monkeypatch)
    assert at_once.to_pylist() == singly.to_pylist()
    assert [len(json.loads(row)) for row in at_once["metadata"].to_pylist()] == [12, 11]


def test_records_of_all_depths_and_sizes_are_the_same_at_once_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    odd = [
        '{"n": [[null]], "o": null, "null": 1}',
        '{"deep": ' + "[" * 253 + "]" * 253 + "}",
        '{"deep": ' + "[" * 254 + "]" * 254 + ', "s": 1}',
        '{"deep": ' + "[" * 500 + "]" * 500 + ', "s": null}',
        '{"long": "' + "x" * 9_998 + '", "longer": "' + "x" * 9_999 + '"}',
        "{" + ", ".join(f'"c{n}": "{"x" * 9_000}"' for n in range(12)) + "}",
        '{"signals": 5, "s": true, "big": 9e19, "minus": -0.0}',
        '{"twice": 1, "twice": 2, "": 0, "z": 1, "é": 1, "Z": 1}',
    ]
    path.write_text("".join('{"text": "a", ' + line[1:] + "\n" for line in odd))
    for settings in ({}, {"signals": {"s": "s"}}, {"signals": {"s": "signals"}}):
        with monkeypatch.context() as patch:
            at_once, singly = both(read_jsonl, path, settings, patch)
        assert at_once.num_rows == len(odd)
        assert at_once.to_pylist() == singly.to_pylist()
