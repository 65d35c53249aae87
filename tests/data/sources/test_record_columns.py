"""Usual records read into columns make the very tables that rows make."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.recipe import Source
from data.sources import InputFile, list_units, record_columns, record_reading, records, warc
from data.sources.records import Counted, to_tables
from data.sources.warc import read_crawl, read_warc
from data.sources.warc_records import Records
from flows.steps.ingest import ingest_unit
from tests.data.sources.odd_records import PACKINGS, any_record, damaged, record, sha1

PAGE = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/html\r\n\r\n<p>"


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    if record_reading._State.make is None:
        record_reading.load()
    monkeypatch.setattr(record_reading._State, "make", record_reading._State.make)


def named(path: Path, **settings: Any) -> tuple[InputFile, Source]:
    return InputFile(str(path), path.name, path.stat().st_size, ""), Source(
        name="s", kind="warc", path=str(path), **settings
    )


def tables(path: Path, read: Any, **settings: Any) -> list[pa.Table]:
    return list(to_tables(read(*named(path, **settings))))


@pytest.mark.parametrize("seed", range(4))
def test_tables_are_the_same_of_damaged_and_odd_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = random.Random(seed)
    loaded = record_reading._State.make
    monkeypatch.setattr(record_reading, "RECORDS_BEFORE", 1)
    monkeypatch.setattr(record_reading, "is_kept", lambda: True)
    monkeypatch.setattr(record_reading, "load", lambda: setattr(record_reading._State, "make", loaded))
    for number in range(60):
        for module, name, values in (
            (records, "TABLE_ROWS", [3, 8192]), (records, "TABLE_BYTES", [3000, 2**23]),
            (record_columns, "MAX_OTHERS", [2, 10**9]), (record_columns, "STRING_BYTES", [4, 2**18]),
        ):  # fmt: skip
            value = draw.choice(values)
            monkeypatch.setattr(module, name, value)
            for other in (record_columns, warc):
                monkeypatch.setattr(other, name, value, raising=False)
        made = [any_record(draw) for _ in range(draw.randrange(1, 40))]
        made += [record(PAGE + b"x" * draw.randrange(900)) for _ in range(draw.choice([0, 60]))]
        content = draw.choice(PACKINGS)(made)
        path = tmp_path / f"{number}.warc"
        path.write_bytes(damaged(content, draw) if draw.random() < 0.5 else content)
        settings = {"digests": "all"} if draw.random() < 0.3 else {"salvage": draw.random() < 0.3}
        settings |= {"max_record_bytes": draw.choice([10**6, 2000]), "licence": draw.choice([None, "MIT"])}
        record_reading._State.make = draw.choice([None, loaded])  # none: columns begin with the second table
        by_rows, by_columns = (tables(path, read, **settings) for read in (read_warc, read_crawl))
        assert [table.num_rows for table in by_columns] == [table.num_rows for table in by_rows]
        assert all(ours.equals(other) for ours, other in zip(by_columns, by_rows, strict=True))
        assert [table.nbytes for table in by_columns] == [table.nbytes for table in by_rows]  # parts are cut by it


def test_usual_records_are_not_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [record(PAGE, "response", "application/http", f"WARC-Block-Digest: {sha1(PAGE)}"), record(b"", "request")]
    texts = [record("wörd".encode(), "conversion", "text/plain")]
    for name, made in (("pages.warc", usual), ("texts.warc", texts)):
        (tmp_path / name).write_bytes(b"".join(made * 500))
        (tmp_path / f"{name}.gz").write_bytes(b"".join(map(gzip.compress, made * 500)))
    monkeypatch.setattr(Records, "usual", None)
    for name in ("pages.warc", "pages.warc.gz", "texts.warc", "texts.warc.gz"):
        (found,) = read_crawl(*named(tmp_path / name))
        assert isinstance(found, Counted)
        assert found.table.num_rows == 500


def test_a_record_that_goes_on_in_the_next_member_is_read_once(tmp_path: Path) -> None:
    whole, halves = gzip.compress(record(PAGE)), record(PAGE + b"x" * 99)
    ended, cut = (
        whole * 3 + gzip.compress(b"no record"),
        whole * 2 + b"".join(map(gzip.compress, [halves[:-9], halves[-9:]])),
    )
    for content in (ended + whole, cut + whole, whole + gzip.compress(b"no record")):
        (tmp_path / "a.warc.gz").write_bytes(content)
        by_rows, by_columns = (tables(tmp_path / "a.warc.gz", read) for read in (read_warc, read_crawl))
        assert pa.concat_tables(by_columns).equals(pa.concat_tables(by_rows))


def test_where_few_records_are_usual_or_small_rows_come_as_rows(tmp_path: Path) -> None:
    chunked = record(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
    long = gzip.compress(record(PAGE + b"x" * 100_000), 1)
    for name, content in (("a.warc", chunked * 20_000), ("b.warc.gz", long * 200)):
        (tmp_path / name).write_bytes(content)
        found = list(read_crawl(*named(tmp_path / name)))
        assert not any(isinstance(item, Counted) for item in found[len(found) // 2 :])
        rows, whole = (list(to_tables(items)) for items in (iter(found), read_warc(*named(tmp_path / name))))
        assert [table.num_rows for table in rows] == [table.num_rows for table in whole]


def test_parts_are_the_same_bytes_before_and_after_compiled_code_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(5)
    made = [record(PAGE + draw.randbytes(draw.randrange(6000))) for _ in range(4000)]
    (tmp_path / "a.warc.gz").write_bytes(b"".join(gzip.compress(one, 1) for one in made))
    source = Source(name="s", kind="warc", path="a.warc.gz")
    (unit,) = list_units(source, tmp_path, lambda path: "0")
    parts = []
    for make in (None, record_reading._State.make):
        monkeypatch.setattr(record_reading._State, "make", make)
        folder = tmp_path / str(make is None) / "ingest"
        folder.mkdir(parents=True)
        ingest_unit(unit, source, str(folder / "index.json"), {})
        parts.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert parts[0] == parts[1]
    assert len(parts[0]) == 2


def test_compiled_code_is_loaded_once_many_small_records_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = record_reading._State
    monkeypatch.setattr(state, "make", None)
    monkeypatch.setattr(state, "records", 0)
    monkeypatch.setattr(record_reading, "RECORDS_BEFORE", 30)
    monkeypatch.setattr(record_reading, "is_kept", lambda: True)
    small, large = tmp_path / "small.warc", tmp_path / "large.warc"
    small.write_bytes(record(PAGE) * 20)
    large.write_bytes(record(PAGE + b"x" * 50_000) * 20)
    for path, counted, is_table in ((large, 0, False), (small, 20, False), (small, 40, False), (small, 40, True)):
        found = list(read_crawl(*named(path)))
        assert (state.records, isinstance(found[0], Counted)) == (counted, is_table)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_in_a_long_file_columns_begin_with_its_second_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Any
) -> None:
    monkeypatch.setattr(record_reading._State, "make", None)
    monkeypatch.setattr(record_reading._State, "records", 0)
    monkeypatch.setattr(record_reading, "RECORDS_BEFORE", 300)
    monkeypatch.setattr(record_reading, "is_kept", lambda: True)
    monkeypatch.setattr(warc, "TABLE_ROWS", 7)
    small, large = tmp_path / "small.warc", tmp_path / "large.warc"
    small.write_bytes(b"".join(pack(record(PAGE + b"%d" % number)) for number in range(500)))
    large.write_bytes(b"".join(pack(record(PAGE + b"x" * 50_000)) for number in range(500)))
    assert not any(isinstance(item, Counted) for item in read_crawl(*named(large)))
    found = list(read_crawl(*named(small)))
    assert [isinstance(item, Counted) for item in found] == [False] * 7 + [True]
    assert pa.concat_tables(to_tables(found)).equals(pa.concat_tables(tables(small, read_warc)))
