"""Documents repeated by the size of their cluster: shards, tokens, ledger, manifest and verification agree."""

from __future__ import annotations

import collections
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from data.errors import RecipeError
from data.mixture import plan, repeats
from data.recipe import Mixture
from data.token_shards import document_ends, read_index
from data.verification import verify
from flows.progress import Silent
from flows.road import Request, drive

FINEWEB_2 = {1: 1, 2: 2, 3: 3, 5: 5, 100: 8, 1000: 1}


def prose(seed: int) -> str:
    draw = random.Random(seed)
    return " ".join(f"word{draw.randrange(4000)}" for _ in range(80))


def recipe(folder: Path, **values: Any) -> Path:
    folder.mkdir(exist_ok=True)
    sizes = [1, 1, 2, 3, 4, 6]
    rows = [{"text": prose(number)} for number, size in enumerate(sizes) for _ in range(size)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "r.yaml"
    given = {
        "name": "repeated", "language": None, "tokenise": {"vocabulary": 400}, "shards": {"rows": 5, "tokens": 900},
        "sources": [{"name": "s", "kind": "jsonl", "path": "a.jsonl"}], "mixture": {"repeat": FINEWEB_2}, **values,
    }  # fmt: skip
    path.write_text(json.dumps(given))
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("repeats")
    manifest = drive(Request(str(recipe(folder)), str(folder / "out"), workers=1), Silent())
    return folder / "out", manifest


def test_the_weight_of_a_size_holds_up_to_the_next_one() -> None:
    found = repeats(np.array([1, 2, 3, 4, 5, 99, 100, 999, 1000, 50000]), FINEWEB_2)
    assert found.tolist() == [1, 2, 3, 3, 5, 5, 8, 8, 1, 1]
    assert repeats(np.array([1, 9, 10]), {10: 4}).tolist() == [1, 1, 4]


def test_a_document_goes_in_as_often_as_it_shall_or_not_at_all() -> None:
    rows = pa.table({"id": ["a", "b", "c"], "group": ["x"] * 3, "tokens": [10, 10, 10], "cluster_size": [1, 2, 5]})
    made = plan(rows, Mixture(repeat=FINEWEB_2, tokens=45), 1)
    assert made.copies is not None
    spent = int((made.copies * 10)[made.taken].sum())
    assert spent == made.realised["x"]["tokens"] <= 45
    assert not made.taken.all()
    assert made.realised["x"]["available_tokens"] == 80
    assert made.realised["x"]["rows"] == int(made.copies[made.taken].sum())


def test_rows_of_the_shards_are_documents_times_their_weights(finished: tuple[Path, dict[str, Any]]) -> None:
    out, manifest = finished
    ledger = ds.dataset(str(out / "ledger"), format="parquet").to_table().to_pylist()
    kept = {row["id"]: row for row in ledger if row["status"] == "kept"}
    assert sorted((row["cluster_size"], row["copies"]) for row in kept.values()) == [
        (1, 1), (1, 1), (2, 2), (3, 3), (4, 3), (6, 5),
    ]  # fmt: skip
    assert all(row["copies"] is None for row in ledger if row["status"] != "kept")
    shards = [pq.read_table(out / shard["path"]).to_pylist() for shard in manifest["shards"]]
    counted = collections.Counter(row["id"] for shard in shards for row in shard)
    assert counted == {key: row["copies"] for key, row in kept.items()}
    paths = [shard["path"] for shard in manifest["shards"]]
    for key, row in kept.items():
        assert shards[paths.index(row["shard"])][row["row"]]["id"] == key
    assert sum(row["tokens"] for shard in shards for row in shard) == sum(
        row["tokens"] * row["copies"] for row in kept.values()
    )


def test_manifest_tokens_and_texts_agree_with_the_copies(finished: tuple[Path, dict[str, Any]]) -> None:
    out, manifest = finished
    more, counts = manifest["counts"]["repeated"], manifest["counts"]
    assert (counts["kept"], more["documents"], more["rows"]) == (6, 4, 9)
    assert sum(shard["rows"] for shard in manifest["shards"]) == 15
    assert sum(shard["tokens"] for shard in manifest["shards"]) == counts["tokens_kept"] + more["tokens"]
    assert manifest["mixture"]["realised"]["text"]["tokens"] == counts["tokens_kept"] + more["tokens"]
    assert manifest["mixture"]["realised"]["text"]["rows"] == 15
    lengths = [np.diff(document_ends(out, shard).astype(int), prepend=0) - 1 for shard in read_index(out)["shards"]]
    texts = [row["tokens"] for shard in manifest["shards"] for row in pq.read_table(out / shard["path"]).to_pylist()]
    assert np.concatenate(lengths).tolist() == texts
    assert verify(out, deep=True) == []
    assert "9 rows" in (out / "README.md").read_text()


def test_a_copy_too_many_or_too_few_is_found(finished: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    from data.verification import _check_shards

    out, manifest = finished
    for change in (1, -1):
        base = tmp_path / f"changed{change}"
        (base / "data").mkdir(parents=True)
        (base / "ledger").mkdir()
        for path in (out / "data").iterdir():
            (base / "data" / path.name).write_bytes(path.read_bytes())
        for path in (out / "ledger").iterdir():
            table = pq.read_table(path)
            copies = [value and value + (change if value > 1 else 0) for value in table["copies"].to_pylist()]
            place = table.schema.get_field_index("copies")
            pq.write_table(table.set_column(place, "copies", pa.array(copies, pa.int64())), base / "ledger" / path.name)
        assert list(_check_shards(base, manifest["shards"], []))


@pytest.mark.usefixtures("no_charts")
def test_the_order_of_the_shards_is_the_seeds_and_the_same_again(
    finished: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    again = drive(Request(str(recipe(tmp_path)), str(tmp_path / "out"), workers=2), Silent())
    assert [shard["sha256"] for shard in again["shards"]] == [shard["sha256"] for shard in finished[1]["shards"]]
    assert [shard["sha256"] for shard in again["token_shards"]] == [
        shard["sha256"] for shard in finished[1]["token_shards"]
    ]


def test_without_duplicates_there_is_nothing_to_go_by(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there are none"):
        drive(Request(str(recipe(tmp_path, deduplicate=None)), str(tmp_path / "out"), workers=1), Silent())
    with pytest.raises(RecipeError, match="a size is at least 1"):
        drive(Request(str(recipe(tmp_path, mixture={"repeat": {0: 2}})), str(tmp_path / "out"), workers=1), Silent())
