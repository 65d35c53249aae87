"""Strings read without Arrow, against Arrow."""

from __future__ import annotations

import dataclasses
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.parquet import read_parquet
from data.sources.parquet_large import TooLong, Unreadable, most_uses, read_values
from data.sources.parquet_pages import read_chunks

WAYS: list[dict[str, Any]] = [
    {"compression": codec, "use_dictionary": dictionary, "data_page_version": version}
    for codec in ("none", "snappy", "gzip", "zstd", "brotli", "lz4")
    for dictionary in (True, False)
    for version in ("1.0", "2.0")
]


def texts(count: int) -> list[str | None]:
    noise = random.Random(count)
    made: list[str | None] = [None, ""]
    for number in range(count):
        long = "y" * noise.randrange(3000)
        made.append(noise.choice([None, "often", f"{number} {long} é"]))
    return made


def values(path: Path, limit: int = 2**20) -> list[Any]:
    handle = os.open(path, os.O_RDONLY)
    try:
        return [
            value for chunks in read_chunks(handle, ["text"]) for value in read_values(handle, chunks["text"], limit)
        ]
    finally:
        os.close(handle)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way.values())))
def test_values_are_those_that_arrow_reads(
    tmp_path: Path, way: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.sources.parquet_large.SNAPPY_BYTES", 1)
    path, made = tmp_path / "a.parquet", texts(3000)
    pq.write_table(pa.table({"text": made}), path, row_group_size=1700, write_page_checksum=True, **way)
    assert values(path) == [None if text is None else text.encode() for text in made]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way.values())))
@pytest.mark.parametrize("nullable", [True, False])
def test_the_uses_of_a_dictionarys_values_are_counted(tmp_path: Path, way: dict[str, Any], nullable: bool) -> None:
    path, made = tmp_path / "a.parquet", ["a", "b", "c"] * 5 + ["b"] * 3 + [None if nullable else "d"] * 9
    schema = pa.schema([pa.field("text", pa.string(), nullable=nullable)])
    pq.write_table(pa.table({"text": made}, schema), path, write_batch_size=4, **way)
    handle = os.open(path, os.O_RDONLY)
    try:
        ((chunk,),) = (group.values() for group in read_chunks(handle, ["text"]))
        assert most_uses(handle, chunk) == (0 if not way["use_dictionary"] else 8 if nullable else 9)
    finally:
        os.close(handle)


@pytest.mark.parametrize("change", [{"packed": 2**31}, {"levels": (2**31, 0)}, {"values": 10**6}, {"has_runs": False}])
def test_uses_are_not_counted_where_headers_claim_too_much(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a", "a"]}), path)
    handle = os.open(path, os.O_RDONLY)
    try:
        ((chunk,),) = (group.values() for group in read_chunks(handle, ["text"]))
        assert most_uses(handle, chunk) == 2
        pages = tuple(dataclasses.replace(page, **change) for page in chunk.pages)
        with pytest.raises(Unreadable):
            most_uses(handle, dataclasses.replace(chunk, pages=pages))
        with pytest.raises(Unreadable):
            most_uses(handle, dataclasses.replace(chunk, is_whole=False))
    finally:
        os.close(handle)


def test_columns_that_cannot_be_null_have_no_levels(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    schema = pa.schema([pa.field("n", pa.int64()), pa.field("text", pa.string(), nullable=False)])
    pq.write_table(pa.table({"n": range(50), "text": [str(n) * n for n in range(50)]}, schema), path)
    assert values(path) == [(str(n) * n).encode() for n in range(50)]


def test_long_values_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a" * 100, "b" * 101]}), path)
    short, long = values(path, limit=100)
    assert short == b"a" * 100
    assert isinstance(long, TooLong)


def test_a_damaged_page_is_noticed_by_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    plain = {"use_dictionary": False, "compression": "none", "write_statistics": False}
    pq.write_table(pa.table({"text": ["x" * 1000]}), path, write_page_checksum=True, **plain)
    content = bytearray(path.read_bytes())
    content[content.index(b"xxxx") + 500] ^= 1
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="checksum"):
        values(path)


def test_rows_of_a_page_too_large_for_arrow_are_read_with_their_other_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.sources.parquet.LARGE_PAGE_BYTES", 10_000)
    monkeypatch.setattr("data.sources.parquet.LONG_VALUE_BYTES", 10_000)
    path, made = tmp_path / "a.parquet", texts(500)
    ids = [f"i{number}" for number in range(len(made))]
    pq.write_table(pa.table({"text": made, "id": ids}), path)
    source = Source(name="s", kind="parquet", path=str(path))
    rows: list[Any] = list(read_parquet(InputFile(str(path), "a", path.stat().st_size, ""), source))
    assert not any(isinstance(row, pa.Table) for row in rows)
    assert [(row["text"], row["origin_id"]) for row in rows if not row["status"]] == [
        (text, key) for text, key in zip(made, ids, strict=True) if text
    ]
    assert {row["reason"] for row in rows if row["status"]} == {"missing_text"}


def test_a_footer_that_hides_rows_of_its_pages_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"text {number}" for number in range(200)]}), path)
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    two_hundred, one_hundred = bytes([0x90, 0x03]), bytes([0xC8, 0x01])  # zigzag varints
    assert content.count(two_hundred, start) > 2
    for count in range(1, content.count(two_hundred, start) + 1):
        path.write_bytes(content[:start] + content[start:].replace(two_hundred, one_hundred, count))
        source = Source(name="s", kind="parquet", path=str(path))
        rows = [
            row
            for item in read_parquet(InputFile(str(path), "a", len(content), ""), source)
            for row in (item.to_pylist() if isinstance(item, pa.Table) else [item])
        ]
        good = [row["text"] for row in rows if not row["status"]]
        assert good == [f"text {number}" for number in range(len(good))]
        assert len(good) == 200 or any(row["reason"] == "bad_parquet" for row in rows)
