"""Ids and other names in columns that hold no strings: what Parquet and Arrow files give of them."""

from __future__ import annotations

import decimal
import json
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.recipe import Source
from data.sources import InputFile
from data.sources.arrow import read_arrow
from data.sources.parquet import read_parquet

ONE, TWO = uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)
D = decimal.Decimal


def read(tmp_path: Path, kind: Any, columns: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    path = tmp_path / f"a.{kind}"
    table = pa.table(columns)
    if kind == "parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as out:
            out.write_table(table)
    file, source = InputFile(str(path), path.name, 1, ""), Source(name="s", kind=kind, path=str(path), **settings)
    items = read_parquet(file, source) if kind == "parquet" else read_arrow(file, source)
    return [row for item in items for row in (item.to_pylist() if isinstance(item, pa.Table) else [item])]


IDS: dict[str, tuple[pa.Array, list[str | None]]] = {
    "texts as bytes": (pa.array([b"a1", "bé".encode()]), ["a1", "bé"]),
    "hashes": (pa.array([b"\xff\x00", b"\x01\x02"]), ["ff00", "0102"]),
    "hashes of one length": (pa.array([ONE.bytes, TWO.bytes], pa.binary(16)), [ONE.hex, TWO.hex]),
    "views": (pa.array([b"\xff", b"a"], pa.binary_view()), ["ff", "a"]),
    "a dictionary of bytes": (pa.array([b"\xff", b"a"]).dictionary_encode(), ["ff", "a"]),
    "UUIDs": (pa.array([ONE.bytes, TWO.bytes], pa.uuid()), [str(ONE), str(TWO)]),
    "decimals": (pa.array([D("1.50"), None], pa.decimal128(9, 2)), ["1.50", None]),
    "lists": (pa.array([["a", "b"], None]), ['["a","b"]', None]),
    "structures": (pa.array([{"b": D("1.5"), "a": b"\xff"}, {"b": None, "a": None}]),
                   ['{"a":"ff","b":"1.5"}', '{"a":null,"b":null}']),
    "numbers with a gap, as pandas writes them": (pa.array([1.0, float("nan")]), ["1.0", None]),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("of", IDS)
def test_an_id_of_any_type_is_kept_as_text(tmp_path: Path, kind: str, of: str) -> None:
    ids, expected = IDS[of]
    rows = read(tmp_path, kind, {"id": ids, "text": ["x", "y"]})
    assert [(row["text"], row["origin_id"]) for row in rows] == list(zip(["x", "y"], expected, strict=True))


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_names_without_the_mark_of_utf_8_are_text(tmp_path: Path, kind: str) -> None:
    columns = {"text": [b"x"], "url": [b"http://a/"], "language": [b"en"], "licence": [b"MIT"]}
    settings = {"url_column": "url", "language_column": "language", "licence_column": "licence"}
    (row,) = read(tmp_path, kind, columns, **settings)
    assert (row["url"], row["language"], row["licence"]) == ("http://a/", "en", "MIT")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_decimals_are_metadata_and_signals(tmp_path: Path, kind: str) -> None:
    columns = {"text": ["x"], "price": [D("1.50")], "score": [D("2.5")]}
    (row,) = read(tmp_path, kind, columns, signals={"edu": "score"})
    assert json.loads(row["metadata"]) == {"price": "1.50", "signals": {"edu": 2.5}}


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_structures_are_metadata_but_for_broken_and_long_ones(tmp_path: Path, kind: str) -> None:
    broken = pa.StringArray.from_buffers(3, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xffc"))
    parts = pa.StructArray.from_arrays([broken, pa.array([1, 2, 3])], ["s", "n"])
    long = pa.array([{"s": "x" * 20_000}, {"s": "y"}, None])
    rows = read(tmp_path, kind, {"text": ["x", "y", "z"], "parts": parts, "long": long})
    assert [json.loads(row["metadata"]) for row in rows] == [
        {"parts": {"s": "a", "n": 1}}, {"long": {"s": "y"}}, {"parts": {"s": "c", "n": 3}}
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("of", [pa.binary_view(), pa.binary(1), pa.dictionary(pa.int32(), pa.binary())])
def test_bytes_of_any_type_are_texts(tmp_path: Path, kind: str, of: pa.DataType) -> None:
    texts = pa.array([b"a", b"\xff"], of.value_type if pa.types.is_dictionary(of) else of)
    rows = read(tmp_path, kind, {"text": texts.dictionary_encode() if pa.types.is_dictionary(of) else texts})
    assert [row["reason"] or row["text"] for row in rows] == ["a", "bad_encoding"]
