"""The oracles are datatrove's own writer, checker and reader."""

from __future__ import annotations

import importlib
import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DamageError, ModelError
from data.keyed import keyed_hash
from data.manifest import read_manifest
from data.recipe import Shards
from data.token_shards import document_at, document_ends, open_tokens, plan_token_shards, read_index, write_token_shards


def documents(lengths: list[int], largest: int = 300) -> pa.Table:
    ids = [[(n * 31 + k) % largest + 1 for k in range(length)] for n, length in enumerate(lengths)]
    columns = {"id": [f"d{n}" for n in range(len(lengths))], "token_ids": pa.array(ids, pa.large_list(pa.uint32()))}
    return pa.table({**columns, "tokens": pa.array(lengths, pa.int64())})


def write(folder: Path, table: pa.Table, *, tokens: int = 100, vocabulary: int = 400) -> list[dict[str, Any]]:
    made = plan_token_shards(table, Shards(tokens=tokens, sequence=16), 3)
    about = {"path": "tokenizer.json", "sha256": "f" * 64}
    return write_token_shards(
        folder, made, [table.slice(0, 5), table.slice(5)], folder / "work",
        vocabulary=vocabulary, eos=0, sequence=16, tokenizer=about,
    )  # fmt: skip


def in_final_order(table: pa.Table) -> list[list[int]]:
    pairs = zip(table["id"].to_pylist(), table["token_ids"].to_pylist(), strict=True)
    return [ids for _, ids in sorted(pairs, key=lambda pair: keyed_hash(3, "shards", pair[0]))]


LENGTHS = [5, 0, 40, 17, 99, 1, 30, 30, 64, 12, 3, 150, 8]


@pytest.mark.parametrize("vocabulary", [65_536, 65_537])
def test_the_files_are_those_that_datatrove_would_write(tmp_path: Path, vocabulary: int) -> None:
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    table = documents(LENGTHS)
    shards = write(tmp_path, table, vocabulary=vocabulary)
    waiting = iter(in_final_order(table))
    size = 2 if vocabulary == 65_536 else 4
    for shard in shards:
        name = Path(shard["path"]).name
        peer = TokenizedFile(str(tmp_path / "peer"), name, True, False, None, "tokenizer.json", True, size)
        for _ in range(shard["rows"]):
            peer.write([*next(waiting), 0], None)
        peer.close()
        for suffix in ("", ".index"):
            assert (tmp_path / f"{shard['path']}{suffix}").read_bytes() == (
                tmp_path / "peer" / f"{name}{suffix}"
            ).read_bytes()
        ours, theirs = (
            (folder / f"{name}.metadata").read_text().split("\n") for folder in (tmp_path / "tokens", tmp_path / "peer")
        )
        assert ours[:2] == theirs[:2]
        assert len(ours) == len(theirs) == 3
    assert next(waiting, None) is None


def test_every_document_is_packed_once_and_shards_are_full_but_not_over(tmp_path: Path) -> None:
    shards = write(tmp_path, documents(LENGTHS))
    assert sum(shard["rows"] for shard in shards) == len(LENGTHS)
    assert sum(shard["tokens"] for shard in shards) == sum(LENGTHS) + len(LENGTHS)
    assert all(shard["tokens"] <= 100 for shard in shards if shard["rows"] > 1)
    assert [shard["sequences"] for shard in shards] == [shard["tokens"] // 17 for shard in shards]
    index = json.loads((tmp_path / "tokens" / "index.json").read_text())
    assert index["dtype"] == "uint16"
    assert (index["eos"], index["vocabulary"], index["sequence"], index["window"]) == (0, 400, 16, 17)
    assert [shard["path"] for shard in index["shards"]] == [shard["path"] for shard in shards]


def test_datatroves_checker_finds_nothing(tmp_path: Path, build: Any) -> None:
    from datatrove.io import get_datafolder
    from datatrove.tools.check_dataset import check_dataset

    build(tmp_path / "d")
    check_dataset(get_datafolder(str(tmp_path / "d" / "tokens")), str(tmp_path / "d" / "tokenizer.json"))


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Any:
    """datatrove's reader class, over torch or over numpy in torch's place."""
    name = "datatrove.utils.dataset"
    if importlib.util.find_spec("torch") is None:
        torch = types.ModuleType("torch")
        utils, utils_data = types.ModuleType("torch.utils"), types.ModuleType("torch.utils.data")
        utils_data.Dataset = object  # type: ignore[attr-defined]
        stand_ins = {
            "int": np.int32,
            "int64": np.int64,
            "long": np.int64,
            "tensor": lambda values, dtype=None: np.array(values, dtype),
            "as_tensor": lambda values, dtype=None: np.asarray(values, dtype),
            "ones": lambda count, dtype=None: np.ones(count, dtype),
            "cat": np.concatenate,
            "cumsum": lambda values, dim: np.cumsum(values, dim),
        }
        for key, value in stand_ins.items():
            setattr(torch, key, value)
        for module in (torch, utils, utils_data):
            monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr("datatrove.utils._import_utils.is_torch_available", lambda: True)
    monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module(name).DatatroveFileDataset
    sys.modules.pop(name, None)


def test_datatroves_reader_reads_the_sequences_that_the_index_counts(tmp_path: Path, reader: Any) -> None:
    table = documents(LENGTHS)
    flat = [token for ids in in_final_order(table) for token in [*ids, 0]]
    start = 0
    for shard in write(tmp_path, table):
        opened = reader(str(tmp_path / shard["path"]), 16, token_size=2)
        assert len(opened) == shard["sequences"]
        for number in range(len(opened)):
            begin = start + number * 17
            assert opened[number]["input_ids"].tolist() == flat[begin : begin + 17]
        start += shard["tokens"]


def test_a_packed_token_leads_to_its_document(tmp_path: Path, build: Any) -> None:
    build(tmp_path / "d")
    manifest = read_manifest(tmp_path / "d")
    ids = [key for s in manifest["shards"] for key in pq.read_table(tmp_path / "d" / s["path"])["id"].to_pylist()]
    texts = [text for s in manifest["shards"] for text in pq.read_table(tmp_path / "d" / s["path"])["text"].to_pylist()]
    from data.tokenizer import Tokenizer

    tokenizer = Tokenizer(tmp_path / "d" / "tokenizer.json")
    seen = set()
    for number, shard in enumerate(read_index(tmp_path / "d")["shards"]):
        packed = open_tokens(tmp_path / "d", shard, "uint16")
        for place in range(shard["tokens"]):
            document, begin, end = document_at(tmp_path / "d", number, place)
            assert begin <= place < end
            if place == begin:
                assert tokenizer.decode(packed[begin : end - 1]) == texts[document]
                assert packed[end - 1] == tokenizer.eos
                seen.add(ids[document])
    assert seen == set(ids)
    with pytest.raises(IndexError, match="there is no token"):
        document_at(tmp_path / "d", 0, 10**6)


def test_nothing_to_pack_is_one_empty_shard(tmp_path: Path) -> None:
    (shard,) = write(tmp_path, documents([]))
    assert (shard["rows"], shard["tokens"], shard["bytes"]) == (0, 0, 0)
    assert len(open_tokens(tmp_path, shard, "uint16")) == len(document_ends(tmp_path, shard)) == 0


def test_a_token_beyond_the_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="beyond the vocabulary of 30"):
        write(tmp_path, documents([40, 40], largest=31), vocabulary=30)


def test_a_kept_document_without_tokens_is_refused(tmp_path: Path) -> None:
    table = documents([3, 3]).set_column(1, "token_ids", pa.array([[1, 2, 3], None], pa.large_list(pa.uint32())))
    with pytest.raises(ModelError, match="1 kept documents were never tokenised"):
        write(tmp_path, table)


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "index.json").write_text("{")
    with pytest.raises(DamageError, match=r"tokens/index\.json: cannot be read"):
        read_index(tmp_path)
