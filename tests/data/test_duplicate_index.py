from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import data.duplicate_index as storage
from data.duplicate_index import add_documents, compact_index, open_index, remove_documents
from data.errors import DamageError, LockedError, UsageError

MADE_WITH = {"ngram": 5}


def documents(*ids: str) -> pa.Table:
    count = len(ids)
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            "exact": pa.array([name.encode().ljust(16) for name in ids], pa.binary(16)),
            "kind": pa.array(["text"] * count, pa.string()),
            "text": pa.array([f"the text of {name}" for name in ids], pa.large_string()),
            "length": pa.array([len(name) for name in ids], pa.int64()),
        }
    )


def held(folder: Path) -> list[str]:
    with open_index(folder) as index:
        index.check()
        return list(index.column("id").to_pylist()) if index.parts else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    add_documents(folder, MADE_WITH, [documents("a", "b", "c")])
    add_documents(folder, MADE_WITH, [documents("d"), documents("e", "f")])
    return folder


def test_what_was_added_is_there_with_its_text(folder: Path) -> None:
    assert held(folder) == ["a", "b", "c", "d", "e", "f"]
    with open_index(folder) as index:
        assert (index.documents, index.generation, len(index.parts)) == (6, 2, 2)
        found = index.fetch(np.array([1, 3, 5]))
        assert found["text"].to_pylist() == ["the text of b", "the text of d", "the text of f"]


def test_known_ids_are_left_out_and_nothing_changes(folder: Path) -> None:
    before = (folder / "index.json").read_bytes()
    assert add_documents(folder, MADE_WITH, [documents("b", "f")]) == {"added": 0, "known": 2}
    assert (folder / "index.json").read_bytes() == before
    assert add_documents(folder, MADE_WITH, [documents("b", "g")]) == {"added": 1, "known": 1}


def test_an_id_that_comes_twice_is_named_and_the_old_index_stays(folder: Path) -> None:
    with pytest.raises(UsageError, match="the id 'x'"):
        add_documents(folder, MADE_WITH, [documents("x", "y", "x")])
    assert held(folder) == ["a", "b", "c", "d", "e", "f"]
    assert len(list((folder / "parts").iterdir())) == 2


def test_a_removed_document_leaves_no_byte_behind(folder: Path) -> None:
    assert remove_documents(folder, ["b", "d", "e", "f", "z"]) == {"removed": 4, "unknown": ["z"]}
    assert held(folder) == ["a", "c"]
    for path in (folder / "parts").iterdir():
        assert "b" not in storage.read_part(path, ["id"])["id"].to_pylist()
    assert len(list((folder / "parts").iterdir())) == 1


def test_the_last_document_can_be_removed_and_others_added(folder: Path) -> None:
    remove_documents(folder, list("abcdef"))
    assert held(folder) == []
    add_documents(folder, MADE_WITH, [documents("g")])
    assert held(folder) == ["g"]


def test_removing_nothing_changes_nothing(folder: Path) -> None:
    before = (folder / "index.json").read_bytes()
    assert remove_documents(folder, ["z"]) == {"removed": 0, "unknown": ["z"]}
    assert (folder / "index.json").read_bytes() == before


def test_compaction_joins_parts_and_keeps_the_documents(folder: Path) -> None:
    assert len(compact_index(folder).parts) == 1
    assert held(folder) == ["a", "b", "c", "d", "e", "f"]
    assert len(list((folder / "parts").iterdir())) == 1


def test_parts_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PART_BYTES", 100)
    add_documents(tmp_path / "i", MADE_WITH, [documents("a", "b"), documents("c", "d"), documents("e")])
    with open_index(tmp_path / "i") as index:
        assert [part.rows for part in index.parts] == [2, 2, 1]


def test_a_change_that_breaks_off_leaves_the_old_index(folder: Path) -> None:
    def broken() -> Iterator[pa.Table]:
        yield documents("g")
        raise RuntimeError("the machine stopped")

    with pytest.raises(RuntimeError):
        add_documents(folder, MADE_WITH, broken())
    assert held(folder) == ["a", "b", "c", "d", "e", "f"]
    add_documents(folder, MADE_WITH, [documents("h")])
    assert held(folder)[-1] == "h"


def test_other_settings_are_refused_by_name(folder: Path) -> None:
    with pytest.raises(UsageError, match="was made with ngram 5, here it is 7"):
        add_documents(folder, {"ngram": 7}, [documents("g")])


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damage_is_named(folder: Path, damage: str) -> None:
    path = sorted((folder / "parts").iterdir())[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content if damage == "flip" else content[:-1])
    if damage == "gone":
        path.unlink()
    with open_index(folder) as index, pytest.raises(DamageError, match=path.name):
        index.check()


def test_where_there_is_no_index_it_is_said_how_to_make_one(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"`phimill dedup index add '.*/no index' INPUT…`"),
        open_index(tmp_path / "no index"),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("{", DamageError),
        ("{}", DamageError),
        (json.dumps({"layout": 2, "generation": 1, "made_with": {}, "parts": []}), UsageError),
    ],
)
def test_an_index_that_cannot_be_read_is_said_to_be(folder: Path, content: str, error: Any) -> None:
    (folder / "index.json").write_text(content)
    with pytest.raises(error, match=r"index\.json"), open_index(folder):
        pass


def test_writers_are_alone_and_readers_together(folder: Path) -> None:
    def adding() -> Iterator[pa.Table]:
        with pytest.raises(LockedError), open_index(folder):
            pass
        with pytest.raises(LockedError):
            remove_documents(folder, ["a"])
        yield documents("g")

    add_documents(folder, MADE_WITH, adding())
    with open_index(folder), open_index(folder), pytest.raises(LockedError):
        compact_index(folder)
    with (folder / "lock").open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_folder_with_other_things_does_not_become_an_index(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        add_documents(tmp_path, MADE_WITH, [documents("a")])
    with pytest.raises(UsageError, match="holds no index"), open_index(tmp_path):
        pass
    with pytest.raises(UsageError, match="is a file"):
        add_documents(tmp_path / "thesis.txt", MADE_WITH, [documents("a")])
