from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import AccountingError
from data.keyed import keyed_hash
from data.recipe import Shards
from data.shards import TEXT_SHARD, ShardPlan, in_order, plan_shards, write_text_shards


def documents(count: int, seed: int = 1) -> pa.Table:
    draw = random.Random(seed)
    rows = [
        {"id": f"d{n}", "text": "x" * draw.randint(0, 200), "source": "s", "kind": "web", "url": None,
         "language": "en", "licence": None, "tokens": n % 7, "metadata": "{}"}
        for n in range(count)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=TEXT_SHARD)


def sizes(table: pa.Table) -> pa.Table:
    lengths = [len(text) for text in table["text"].to_pylist()]
    return pa.table({"id": table["id"], "bytes": pa.array(lengths, pa.int64()), "tokens": table["tokens"]})


def test_rows_come_out_whole_once_and_in_keyed_order(tmp_path: Path) -> None:
    table = documents(500)
    made = plan_shards(sizes(table), Shards(rows=64, bytes=5000), 9)
    written = write_text_shards(tmp_path, made, [table.slice(0, 130), table.slice(130)], tmp_path / "work")
    shards = [pq.read_table(tmp_path / entry["path"]) for entry in written]
    got = pa.concat_tables(shards).to_pylist()
    by_key = sorted(table.to_pylist(), key=lambda row: keyed_hash(9, "shards", row["id"]))
    assert got == by_key
    assert all(1 <= shard.num_rows <= 64 and sum(map(len, shard["text"].to_pylist())) <= 5000 for shard in shards)
    assert [entry["rows"] for entry in written] == [shard.num_rows for shard in shards]
    assert [entry["tokens"] for entry in written] == [sum(shard["tokens"].to_pylist()) for shard in shards]
    assert not (tmp_path / "work").exists()


def test_a_shard_entry_describes_its_file(tmp_path: Path) -> None:
    table = documents(20)
    (entry,) = write_text_shards(tmp_path, plan_shards(sizes(table), Shards(), 1), [table], tmp_path / "work")
    content = (tmp_path / entry["path"]).read_bytes()
    assert entry["path"] == "data/train-00000-of-00001.parquet"
    assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_shards_have_the_same_bytes_however_the_rows_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = documents(300)
    made = plan_shards(sizes(table), Shards(rows=100), 2)
    once = write_text_shards(tmp_path / "a", made, [table], tmp_path / "work")
    monkeypatch.setattr("data.shards._DEAL_BYTES", 2000)
    pieces = [table.slice(n, 7) for n in range(0, 300, 7)]
    assert write_text_shards(tmp_path / "b", made, pieces, tmp_path / "work") == once
    assert len(once) == 3


def test_the_places_are_where_the_rows_are(tmp_path: Path) -> None:
    table = documents(90)
    mask = [n % 3 != 0 for n in range(90)]
    kept = table.filter(pa.array(mask))
    made = plan_shards(sizes(kept), Shards(rows=25), 4)
    write_text_shards(tmp_path, made, [kept], tmp_path / "work")
    found: list[tuple[str | None, int | None]] = []
    start = 0
    for first, last in ((0, 40), (40, 90)):  # two parts
        paths, rows = made.places(pa.array(mask[first:last]), start)
        found += zip(paths.to_pylist(), rows.to_pylist(), strict=True)
        start += sum(mask[first:last])
    for key, is_kept, (path, row) in zip(table["id"].to_pylist(), mask, found, strict=True):
        assert (path is not None) == (row is not None) == is_kept
        if path is not None:
            assert pq.read_table(tmp_path / path)["id"][row].as_py() == key


def test_a_document_larger_than_a_shard_has_a_shard_of_its_own(tmp_path: Path) -> None:
    table = documents(6)
    texts = ["a" * 10] * 5 + ["b" * 500]
    table = table.set_column(1, TEXT_SHARD.field("text"), pa.array(texts))
    written = write_text_shards(tmp_path, plan_shards(sizes(table), Shards(bytes=100), 1), [table], tmp_path / "work")
    assert sum(entry["rows"] for entry in written) == 6
    alone = [pq.read_table(tmp_path / entry["path"]) for entry in written]
    assert [shard["text"].to_pylist() for shard in alone if "b" * 500 in shard["text"].to_pylist()] == [["b" * 500]]


def test_the_last_shard_is_not_lost_however_small(tmp_path: Path) -> None:
    table = documents(101)
    written = write_text_shards(tmp_path, plan_shards(sizes(table), Shards(rows=50), 1), [table], tmp_path / "work")
    assert [entry["rows"] for entry in written] == [50, 50, 1]
    assert written[-1]["path"] == "data/train-00002-of-00003.parquet"


def test_an_empty_dataset_is_one_shard_that_can_be_read(tmp_path: Path) -> None:
    empty = documents(0)
    for batches in ([], [empty]):
        (entry,) = write_text_shards(tmp_path, plan_shards(sizes(empty), Shards(), 1), batches, tmp_path / "work")
        assert entry["rows"] == 0
        assert pq.read_table(tmp_path / entry["path"]).schema.names == TEXT_SHARD.names


def test_other_rows_than_planned_are_an_error(tmp_path: Path) -> None:
    table = documents(10)
    made = plan_shards(sizes(table), Shards(), 1)
    with pytest.raises(AccountingError, match="not the documents that were planned"):
        write_text_shards(tmp_path, made, [table.take(pa.array([1, 0, *range(2, 10)]))], tmp_path / "work")
    with pytest.raises(AccountingError, match="10 documents were planned and 9 arrived"):
        write_text_shards(tmp_path, made, [table.slice(0, 9)], tmp_path / "work")
    with pytest.raises(AccountingError):
        write_text_shards(tmp_path, made, [table, table.slice(0, 1)], tmp_path / "work")
    assert list((tmp_path / "data").glob("*")) == [] if (tmp_path / "data").exists() else True


def test_a_shard_is_put_in_order_a_little_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.shards._DEAL_BYTES", 3000)
    table = documents(400)
    made: ShardPlan = plan_shards(sizes(table), Shards(), 3)
    ((_, groups),) = [(path, list(groups)) for path, groups in in_order(made, [table], tmp_path / "work", 1000)]
    totals = [sum(map(len, group["text"].to_pylist())) for group in groups]
    assert max(totals) <= 1000
    assert len(groups) >= sum(totals) / 1000
    by_key = sorted(table["id"].to_pylist(), key=lambda key: keyed_hash(3, "shards", key))
    assert [key for group in groups for key in group["id"].to_pylist()] == by_key


def test_a_row_without_text_cannot_be_written(tmp_path: Path) -> None:
    table = documents(3).set_column(1, "text", pa.array(["a", None, "b"]))
    made = plan_shards(sizes(documents(3)), Shards(), 1)
    with pytest.raises((ValueError, pa.ArrowException)):
        write_text_shards(tmp_path, made, [table], tmp_path / "work")
