"""What is made of many ordinary records at once must be what is made of each by itself."""

from __future__ import annotations

import json
import random
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
