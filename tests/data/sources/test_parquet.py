from __future__ import annotations

import datetime
import json
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.recipe import Source
from data.sources import InputFile, parquet
from data.sources.parquet import read_parquet
from data.sources.parquet_pages import longest_value, read_chunks


def read(path: Path, **settings: Any) -> list[dict[str, Any]]:
    source = Source(name="s", kind="parquet", path=str(path), **settings)
    items = read_parquet(InputFile(str(path), path.name, path.stat().st_size, ""), source)
    return [row for item in items for row in (item.to_pylist() if isinstance(item, pa.Table) else [item])]


def written(tmp_path: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path, write_page_checksum=True, **options)
    return path


def fates(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["locator"], row["reason"] or row["text"]) for row in rows]


def test_rows_are_numbered_from_zero_across_row_groups(tmp_path: Path) -> None:
    path = written(tmp_path, {"text": ["a", "b", None, "", "e"], "id": [1, 2, 3, 4, None]}, row_group_size=2)
    rows = read(path)
    assert fates(rows) == [
        ("a.parquet:0", "a"),
        ("a.parquet:1", "b"),
        ("a.parquet:2", "missing_text"),
        ("a.parquet:3", "missing_text"),
        ("a.parquet:4", "e"),
    ]
    assert [row["origin_id"] for row in rows] == ["1", "2", "3", "4", None]


@pytest.mark.parametrize("column", [[1, 2], [["a"], ["b"]]])
def test_a_text_column_of_another_type_is_one_quarantined_row(tmp_path: Path, column: list[Any]) -> None:
    assert fates(read(written(tmp_path, {"text": column}))) == [("a.parquet", "schema_mismatch")]


def test_a_table_without_rows_holds_nothing_whatever_its_types(tmp_path: Path) -> None:
    assert read(written(tmp_path, {"text": [], "id": []})) == []
    assert fates(read(written(tmp_path, {"text": [None]}))) == [("a.parquet", "schema_mismatch")]
    assert fates(read(written(tmp_path, {"body": []}))) == [("a.parquet", "schema_mismatch")]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.binary())])
def test_bytes_are_text_where_they_are_utf_8(tmp_path: Path, kind: pa.DataType) -> None:
    def found(*values: bytes | None) -> list[tuple[str, str]]:
        column = pa.array(values, pa.binary()).cast(kind) if kind != pa.binary() else pa.array(values, kind)
        return [(name[len("a.parquet:") :], what) for name, what in fates(read(written(tmp_path, {"text": column})))]

    assert found(b"a", "caf\xe9".encode()) == [("0", "a"), ("1", "caf\xe9")]
    assert found(b"a", b"caf\xe9", None, b"", b"z") == [
        ("0", "a"),
        ("1", "bad_encoding"),
        ("2", "missing_text"),
        ("3", "missing_text"),
        ("4", "z"),
    ]


def test_a_missing_text_column_names_those_that_are_there(tmp_path: Path) -> None:
    (row,) = read(written(tmp_path, {"body": ["a"], "id": ["1"]}))
    assert (row["locator"], row["reason"]) == ("a.parquet", "schema_mismatch")
    assert json.loads(row["metadata"]) == {"columns": "body (string), id (string)", "expected": "text"}


def test_scalars_and_structures_become_metadata_and_mapped_columns_signals(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "text": ["a"],
            "int_score": [4],
            "when": [datetime.datetime(2026, 1, 2, 3, 4, 5)],
            "nested": [{"x": 1, "in": {"y": "é"}}],
            "list": [[1]],
            "raw": [b"x"],
            "stars": [7],
            "nan": [float("nan")],
        },
    )
    (row,) = read(path, signals={"score": "int_score"})
    assert json.loads(row["metadata"]) == {
        "stars": 7, "when": "2026-01-02T03:04:05", "nested": {"x": 1, "in": {"y": "é"}}, "signals": {"score": 4.0}
    }  # fmt: skip


def test_a_structure_whose_parts_would_take_much_memory_is_left_out(tmp_path: Path) -> None:
    columns = {"text": ["a"] * 300, "meta": [{"n": 1, "long": "x" * 2**21}] * 300, "other": [{"n": 1}] * 300}
    rows = read(written(tmp_path, columns))
    assert [row["text"] for row in rows] == ["a"] * 300
    assert {row["metadata"] for row in rows} == {'{"other":{"n":1}}'}


def test_all_kinds_of_string_columns_are_text(tmp_path: Path) -> None:
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        path = written(tmp_path, {"text": pa.array(["a", "b", "a"]).cast(kind)})
        assert [row["text"] for row in read(path)] == ["a", "b", "a"], kind


def test_html_may_be_bytes(tmp_path: Path) -> None:
    (row,) = read(written(tmp_path, {"page": [b"<p>\xe9"]}), html_column="page")
    assert (row["content"], row["content_type"]) == (b"<p>\xe9", "text/html")


@pytest.mark.parametrize("keep", [0, 1, 4, 100, -1, -8])
def test_a_cut_file_is_one_quarantined_row(tmp_path: Path, keep: int) -> None:
    path = written(tmp_path, {"text": ["a" * 1000, "b"]})
    path.write_bytes(path.read_bytes()[:keep])
    assert fates(read(path)) == [("a.parquet", "empty_file" if keep == 0 else "bad_parquet")]


def test_a_damaged_page_loses_its_row_group_from_there_and_nothing_else(tmp_path: Path) -> None:
    noise = random.Random(1)
    texts = [f"{noise.getrandbits(2000):x}" for _ in range(300)]
    path = written(tmp_path, {"text": texts}, row_group_size=100, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    place = content.index(texts[150].encode())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    rows = read(path)
    broken = [row for row in rows if row["status"]]
    assert [row["reason"] for row in broken] == ["bad_parquet"]
    first = int(broken[0]["locator"].split(":")[1])
    assert 100 <= first <= 150
    assert json.loads(broken[0]["metadata"])["rows"] == 200 - first
    kept = {row["locator"]: row["text"] for row in rows if not row["status"]}
    assert kept == {f"a.parquet:{number}": texts[number] for number in (*range(first), *range(200, 300))}


def test_any_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(50)]
    path = written(tmp_path, {"text": texts, "id": [str(number) for number in range(50)]})
    content = path.read_bytes()
    noise = random.Random(2)
    for _ in range(300):
        damaged = bytearray(content)
        damaged[noise.randrange(len(content))] ^= 1 << noise.randrange(8)
        path.write_bytes(bytes(damaged))
        rows = read(path)
        assert {row["text"] for row in rows if not row["status"]} <= set(texts)
        assert any(row["status"] for row in rows) or len(rows) == 50


def test_broken_utf_8_in_one_row_is_quarantined_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    broken = pa.array([b"good", b"caf\xe9", b"also"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, broken.buffers())
    pq.write_table(pa.table({"text": text}), path)
    assert [row["reason"] or row["text"] for row in read(path)] == ["good", "bad_encoding", "also"]


@pytest.mark.parametrize("zone", ["ETC", "Moon/Tycho", "../UTC"])
def test_times_of_a_time_zone_that_nobody_knows_are_times_of_utc(tmp_path: Path, zone: str) -> None:
    times = pa.array([1, None], pa.timestamp("s", tz=zone))
    rows = read(written(tmp_path, {"text": ["a", "b"], "when": times}))
    assert [json.loads(row["metadata"]) for row in rows] == [{"when": "1970-01-01T00:00:01+00:00"}, {}]


def test_a_value_used_in_every_row_is_not_laid_out_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"text": [str(number % 4) + "x" * 1_000_000 for number in range(150)]})
    pq.write_table(table, path, dictionary_pagesize_limit=2**30)
    del table
    assert os.path.getsize(path) < 1_000_000
    before = pa.total_allocated_bytes()
    count = 0
    source = Source(name="s", kind="parquet", path=str(path))
    for item in read_parquet(InputFile(str(path), path.name, path.stat().st_size, ""), source):
        texts = item["text"].to_pylist() if isinstance(item, pa.Table) else [item["text"]]
        assert {len(text) for text in texts} == {1_000_001}
        count += len(texts)
        assert pa.total_allocated_bytes() - before < 100_000_000
    assert count == 150


@pytest.mark.parametrize(
    ("uses", "longest"), [(1, -(-40 * 50_004 // 256)), (8, -(-8 * 40 * 50_004 // 256)), (9, 50_000)]
)
def test_a_dictionary_is_looked_into_only_where_its_values_are_used_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uses: int, longest: int
) -> None:
    path = tmp_path / "a.parquet"
    texts = [f"{number:02}" + "x" * 49_998 for number in range(40)]
    pq.write_table(pa.table({"text": texts + texts[:1] * (uses - 1)}), path, dictionary_pagesize_limit=2**23)
    calls: list[Any] = []
    monkeypatch.setattr(parquet, "longest_value", lambda *given: calls.append(given) or longest_value(*given))
    (chunks,) = parquet._pages(str(path), ["text"], [], 1)
    assert (chunks["text"].longest, len(calls)) == (longest, int(uses == 9))
    assert [row["text"] for row in read(path)] == texts + texts[:1] * (uses - 1)


def test_a_row_beyond_the_limit_is_too_large(tmp_path: Path) -> None:
    path = written(tmp_path, {"text": ["a" * 100, "b" * 101]})
    assert [row["reason"] for row in read(path, max_record_bytes=100)] == ["", "too_large"]


def paged(tmp_path: Path) -> tuple[Path, list[str]]:
    """Returns a file of two row groups whose column of texts has many pages in each, and the texts."""
    texts = [f"text {number} " + "x" * 40 for number in range(800)]
    columns = {"text": texts, "n": list(range(800))}
    options = {"row_group_size": 400, "use_dictionary": False, "data_page_size": 1000, "write_batch_size": 20}
    return written(tmp_path, columns, **options), texts


def test_arrow_does_not_come_to_a_page_whose_header_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, texts = paged(tmp_path)
    with path.open("rb") as file:
        page = read_chunks(file.fileno(), ["text", "n"])[0]["text"].pages[4]
        before = read_chunks(file.fileno(), ["text", "n"])[0]["text"].pages[3]
    content = bytearray(path.read_bytes())
    # A header says what Arrow shall allocate: of one that cannot be read nobody knows.
    start = before.offset + before.packed
    content[start : page.offset] = b"\x0f" * (page.offset - start)
    path.write_bytes(content)
    read_by_arrow = []
    batches = pq.ParquetFile.iter_batches

    def counted(*arguments: Any, **settings: Any) -> Any:
        for batch in batches(*arguments, **settings):
            read_by_arrow.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counted)
    rows = read(path)
    sound = sum(4 * [before.values]) // 16 * 16
    assert sum(read_by_arrow) == sound + 400
    assert [row["text"] for row in rows if not row["status"]] == texts[:sound] + texts[400:]
    (lost,) = [row for row in rows if row["status"]]
    assert fates([lost]) == [(f"a.parquet:{sound}", "bad_parquet")]
    assert json.loads(lost["metadata"]) == {"error": "a page's header is damaged, or encrypted", "rows": 400 - sound}


def test_pages_at_places_that_no_file_has_are_a_damaged_row_group(tmp_path: Path) -> None:
    path = written(tmp_path, {"text": ["a", "b"]}, use_dictionary=False, compression="none")
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    place = content.index(b"\x26\x08", footer)  # the first page's offset, 4, as a varint
    path.write_bytes(content[:place] + b"\x26\x07" + content[place + 2 :])
    (row,) = read(path)
    assert (row["locator"], row["reason"]) == ("a.parquet:0", "bad_parquet")


def test_other_columns_are_left_out_where_pages_would_not_fit_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {
        "text": ["t" * 900] * 50,
        "small": ["s" * 9] * 50,
        "large": ["l" * 500] * 50,
        "largest": ["x" * 700] * 50,
    }
    path = written(tmp_path, columns, use_dictionary=False)
    assert {tuple(json.loads(row["metadata"])) for row in read(path)} == {("large", "largest", "small")}
    monkeypatch.setattr("data.sources.parquet.PAGES_BYTES", 50 * (900 + 9 + 500) + 2000)
    rows = read(path)
    assert {tuple(json.loads(row["metadata"])) for row in rows} == {("large", "small")}
    assert [row["text"] for row in rows] == columns["text"]
