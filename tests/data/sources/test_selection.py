from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from data.errors import AccountingError
from data.recipe import Source
from data.sources import InputFile
from data.sources.selection import copy_records

LINES = [b'{"text": "one"}', b"", b'{"text":  "two", "x": 1.50}', b"not json", b'{"text": "three"}']


def described(path: Path) -> InputFile:
    return InputFile(str(path), path.name, path.stat().st_size, "")


def source(kind: str) -> Source:
    return Source.model_validate({"name": "s", "kind": kind, "path": "s"})


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_lines_are_copied_as_they_are_and_packed_as_they_were(name: str, tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + b"\r\n".join(LINES)
    packers = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}
    path = tmp_path / name
    path.write_bytes(packers.get(path.suffix, bytes)(content))
    copy_records(described(path), source("jsonl"), np.array([1, 3, 5]), tmp_path / "out" / name)
    packed = (tmp_path / "out" / name).read_bytes()
    unpackers = {".gz": gzip.decompress, ".zst": lambda b: zstandard.ZstdDecompressor().decompressobj().decompress(b)}
    assert unpackers.get(path.suffix, bytes)(packed) == b"\n".join([LINES[0], LINES[2], LINES[4], b""])


def test_rows_are_copied_with_all_columns(tmp_path: Path) -> None:
    table = pa.table({"text": [f"t{n}" for n in range(10)], "deep": [[n, [n]] and [n] for n in range(10)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=3)
    copy_records(described(tmp_path / "a.parquet"), source("parquet"), np.array([0, 2, 3, 9]), tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "b.parquet") == table.take([0, 2, 3, 9])


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_no_record_gives_a_file_without_any(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    pq.write_table(pa.table({"text": ["t"]}), path) if kind == "parquet" else path.write_bytes(LINES[0])
    copy_records(described(path), source(kind), np.array([], dtype=np.int64), tmp_path / f"b.{kind}")
    empty = tmp_path / f"b.{kind}"
    assert pq.read_table(empty).num_rows == 0 if kind == "parquet" else empty.read_bytes() == b""


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_record_that_has_gone_is_an_error_and_nothing_is_left(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    pq.write_table(pa.table({"text": ["t"]}), path) if kind == "parquet" else path.write_bytes(LINES[0])
    with pytest.raises(AccountingError, match="it has changed"):
        copy_records(described(path), source(kind), np.array([7]), tmp_path / "out" / path.name)
