"""Usual records read into columns make the very tables that rows make."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data import machine_code
from data.recipe import Source
from data.sources import InputFile, list_units, record_columns, record_reading, records, warc, warc_segments
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
    monkeypatch.setattr(record_reading, "FILE_BYTES", 0)
    for name in ("make", "records", "is_refused"):
        monkeypatch.setattr(record_reading._State, name, getattr(record_reading._State, name))


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
    state = record_reading._State
    loaded = state.make
    monkeypatch.setattr(record_reading, "RECORDS_BEFORE_COMPILING", 1)
    monkeypatch.setattr(record_reading, "load", lambda: setattr(state, "make", loaded))
    for number in range(60):
        for module, name, values in (
            (records, "TABLE_ROWS", [3, 8192]), (records, "TABLE_BYTES", [3000, 2**23]),
            (record_columns, "MAX_OTHERS", [2, 10**9]), (record_columns, "STRING_BYTES", [4, 2**18]),
            (warc_segments, "READ_BYTES", [300, 1500, 9000, 2**18]), (record_columns, "CHECKED_BYTES", [0, 12_000]),
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
        state.records, state.make = 0, draw.choice([None, loaded])  # none: columns begin with the second table
        by_rows, by_columns = (tables(path, read, **settings) for read in (read_warc, read_crawl))
        assert [table.num_rows for table in by_columns] == [table.num_rows for table in by_rows]
        assert all(ours.equals(other) for ours, other in zip(by_columns, by_rows, strict=True))
        assert [table.nbytes for table in by_columns] == [table.nbytes for table in by_rows]  # parts are cut by it


def test_usual_records_are_not_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [record(PAGE, "response", "application/http", f"WARC-Block-Digest: {sha1(PAGE)}"), record(b"", "request")]
    texts = [record("wörd".encode(), "conversion", "text/plain")]
    large = [record(PAGE + b"x" * 100_000)]
    for name, made, rows in (("small", usual, 500), ("texts", texts, 500), ("large", large, 70)):
        (tmp_path / f"{name}.warc").write_bytes(b"".join(made * rows))
        (tmp_path / f"{name}.warc.gz").write_bytes(b"".join(map(gzip.compress, made)) * rows)
    monkeypatch.setattr(Records, "usual", None)
    for path in tmp_path.iterdir():
        (found,) = read_crawl(*named(path))
        assert isinstance(found, Counted)
        assert found.table.num_rows == (70 if "large" in path.name else 500)


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


@pytest.mark.parametrize("read", [read_warc, read_crawl])
@pytest.mark.parametrize("left", [9000, 9100, 70_000])
def test_a_file_that_is_cut_while_it_is_read_ends_with_a_row_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any, left: int
) -> None:
    monkeypatch.setattr(warc_segments, "READ_BYTES", 1000)
    monkeypatch.setattr(warc, "READ_BYTES", 1000)
    monkeypatch.setattr(record_columns, "READ_BYTES", 1000)
    for name in (records, record_columns, warc):
        monkeypatch.setattr(name, "TABLE_ROWS", 2)
    path = tmp_path / "a.warc"
    one = record(PAGE + b"x" * 700)
    path.write_bytes(one * 100)
    found = read(*named(path))
    first = [next(found)]
    with path.open("r+b") as file:
        file.truncate(left)
    reasons = [reason for table in to_tables([*first, *found]) for reason in table["reason"].to_pylist()]
    assert reasons == [""] * (left // len(one)) + ["bad_warc_header"]


def test_where_the_system_refuses_compiled_code_rows_come_as_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refused(image: bytes) -> int:
        asked.append(image)
        raise PermissionError(13, "mprotect")

    monkeypatch.setattr(machine_code, "place", refused)
    monkeypatch.setattr(machine_code, "_loaded", refused)
    monkeypatch.setattr(record_reading, "is_kept", lambda: True)
    monkeypatch.setattr(record_reading._State, "make", None)
    (tmp_path / "a.warc").write_bytes(record(PAGE) * 20)
    for _ in range(2):
        assert not any(isinstance(item, Counted) for item in read_crawl(*named(tmp_path / "a.warc")))
    assert len(asked) == 1


def test_where_few_records_are_usual_rows_come_as_rows(tmp_path: Path) -> None:
    chunked = record(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
    long = gzip.compress(record(PAGE + b"x" * 300_000), 1)
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


def test_kept_code_is_loaded_for_the_first_file_that_is_not_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = tmp_path / "small.warc", tmp_path / "large.warc"
    small.write_bytes(record(PAGE) * 20)
    large.write_bytes(record(PAGE) * 20 + b"\r\n")
    monkeypatch.setattr(record_reading, "FILE_BYTES", large.stat().st_size)
    for is_kept, path, is_table in ((True, small, False), (False, large, False), (True, large, True)):
        monkeypatch.setattr(record_reading, "is_kept", lambda kept=is_kept: kept)
        record_reading._State.make = None
        assert isinstance(next(read_crawl(*named(path))), Counted) == is_table
        assert (record_reading._State.make is not None) == is_table
    assert not isinstance(next(read_crawl(*named(small))), Counted)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_where_code_must_be_compiled_columns_begin_with_the_second_table_of_a_long_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Any
) -> None:
    loaded = record_reading._State.make
    monkeypatch.setattr(record_reading, "load", lambda: setattr(record_reading._State, "make", loaded))
    record_reading._State.make, record_reading._State.records = None, 0
    monkeypatch.setattr(record_reading, "RECORDS_BEFORE_COMPILING", 300)
    monkeypatch.setattr(record_reading, "is_kept", lambda: False)
    monkeypatch.setattr(warc, "TABLE_ROWS", 7)
    short, long = tmp_path / "short.warc", tmp_path / "long.warc"
    long.write_bytes(b"".join(pack(record(PAGE + b"%d" % number)) for number in range(500)))
    short.write_bytes(b"".join(pack(record(PAGE + b"%d" % number)) for number in range(20)))
    assert not any(isinstance(item, Counted) for item in read_crawl(*named(short)))
    found = list(read_crawl(*named(long)))
    assert [isinstance(item, Counted) for item in found] == [False] * 7 + [True]
    assert pa.concat_tables(to_tables(found)).equals(pa.concat_tables(tables(long, read_warc)))
