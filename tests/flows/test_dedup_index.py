"""New documents against those that were shipped before, through the command and through a recipe's `against`."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.road import Request, drive


def call(*words: Any) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["dedup", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def facts(*words: Any) -> dict[str, Any]:
    code, printed, said = call(*words, "--json")
    assert code == 0, said
    return dict(json.loads(printed))


def prose(number: int, changed: int = 0) -> str:
    words = [f"word{random.Random(number).randrange(10**6) + place * 7}" for place in range(150)]
    for place in range(changed):
        words[10 + 12 * place] = f"other{place}"
    return " ".join(words)


def write(path: Path, rows: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps({"id": key, "text": text}) + "\n" for key, text in rows.items()))
    return path


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    write(tmp_path / "old.jsonl", {f"old-{n}": prose(n) for n in range(10)})
    facts("index", "add", tmp_path / "index", tmp_path / "old.jsonl")
    return tmp_path / "index"


NEW = {
    "copy": prose(1).upper(),
    "near": prose(2, changed=2),
    "old-3": prose(103),
    "x": prose(104),
    "x-near": prose(104, changed=1),
    "chain": prose(2, changed=4),
    "short": "three words only",
}


def fates(tmp_path: Path, *words: Any) -> dict[str, dict[str, Any]]:
    facts(tmp_path / "new.jsonl", "--out", tmp_path / "out", *words)
    return {row["id"]: row for row in pq.read_table(tmp_path / "out" / "duplicates.parquet").to_pylist()}


def test_new_copies_of_old_documents_go_and_name_them(shipped: Path, tmp_path: Path) -> None:
    write(tmp_path / "new.jsonl", NEW)
    found = fates(tmp_path, "--against", shipped)
    assert {key for key, row in found.items() if row["kept"]} == {"old-3", "x", "short"} or {
        key for key, row in found.items() if row["kept"]
    } == {"old-3", "x-near", "short"}
    assert (found["copy"]["matched"], found["copy"]["jaccard"]) == ("index:old-1", 1.0)
    assert found["copy"]["reason"] == "exact_duplicate"
    assert found["near"]["survivor"] == found["near"]["matched"] == "index:old-2"
    assert found["near"]["reason"] == "near_duplicate"
    assert found["chain"]["survivor"] == "index:old-2"
    assert found["old-3"]["cluster"] is None


def test_an_index_decides_as_one_run_over_old_and_new_in_which_the_old_come_first(
    shipped: Path, tmp_path: Path
) -> None:
    write(tmp_path / "new.jsonl", NEW)
    with_index = fates(tmp_path, "--against", shipped, "--survivor", "priority,length")
    facts(
        *(tmp_path / "old.jsonl", tmp_path / "new.jsonl", "--out", tmp_path / "both", "--survivor", "priority,length")
    )
    rows = pq.read_table(tmp_path / "both" / "duplicates.parquet").to_pylist()
    together = {row["locator"].rpartition(":")[2]: row for row in rows if row["locator"].startswith("input-2")}
    assert len(together) == len(with_index)
    for number, row in enumerate(with_index.values(), 1):
        other = together[str(number)]
        assert (row["kept"], row["reason"], row["jaccard"]) == (other["kept"], other["reason"], other["jaccard"])


def test_a_document_that_was_removed_is_found_no_more(shipped: Path, tmp_path: Path) -> None:
    write(tmp_path / "new.jsonl", NEW)
    (tmp_path / "ids.txt").write_text("old-2\r\nnever\n")
    gone = facts("index", "remove", shipped, "old-1", "--from", tmp_path / "ids.txt")
    assert (gone["removed"], gone["unknown"], gone["documents"]) == (2, ["never"], 8)
    found = fates(tmp_path, "--against", shipped)
    assert found["copy"]["kept"]
    assert [found[key]["kept"] for key in ("near", "chain")].count(True) == 1


def test_the_index_of_a_compacted_folder_decides_the_same(shipped: Path, tmp_path: Path) -> None:
    write(tmp_path / "more.jsonl", {"more": prose(500)})
    facts("index", "add", shipped, tmp_path / "more.jsonl")
    write(tmp_path / "new.jsonl", {**NEW, "again": prose(500)})
    before = fates(tmp_path, "--against", shipped)
    assert facts("index", "compact", shipped)["parts"] == 1
    assert fates(tmp_path, "--against", shipped) == before
    assert before["again"]["matched"] == "index:more"


def test_a_changed_index_is_noticed_and_an_unchanged_one_reused(shipped: Path, tmp_path: Path) -> None:
    write(tmp_path / "new.jsonl", NEW)
    fates(tmp_path, "--against", shipped)
    folders = set((tmp_path / "out" / ".work").glob("deduplicate-*"))
    fates(tmp_path, "--against", shipped)
    assert set((tmp_path / "out" / ".work").glob("deduplicate-*")) == folders
    facts("index", "remove", shipped, "old-1")
    assert fates(tmp_path, "--against", shipped)["copy"]["kept"]


def test_an_empty_index_changes_nothing(shipped: Path, tmp_path: Path) -> None:
    facts("index", "remove", shipped, *(f"old-{n}" for n in range(10)))
    write(tmp_path / "new.jsonl", NEW)
    assert fates(tmp_path, "--against", shipped)["copy"]["kept"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("new.jsonl", "--out", "o", "--against", "nowhere"), 2, "no such file"),
        (("new.jsonl", "--out", "o", "--against", "index", "--ngram", "7"), 2, "was made with ngram 5, here it is 7"),
        (("index", "info", "nowhere"), 2, "holds no index"),
        (("index", "remove", "nowhere", "a"), 2, "holds no index"),
        (("index", "add", "index", "noids.jsonl"), 2, "has no id"),
        (("index", "add", "index", "old.jsonl", "--bands", "9"), 2, "was made with bands 14, here it is 9"),
    ],
)
def test_what_cannot_be_is_said(
    words: tuple[str, ...], code: int, said: str, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "new.jsonl", NEW)
    (tmp_path / "noids.jsonl").write_text(json.dumps({"text": prose(1)}))
    ended, _, heard = call(*words)
    assert (ended, said in heard) == (code, True), heard
    assert not (tmp_path / "nowhere").exists()


def test_damage_is_found_before_it_decides_anything(shipped: Path, tmp_path: Path) -> None:
    write(tmp_path / "new.jsonl", NEW)
    (part,) = (shipped / "parts").iterdir()
    content = bytearray(part.read_bytes())
    content[100] ^= 1
    part.write_bytes(content)
    assert call("index", "info", shipped)[0] == 0
    assert call("index", "info", shipped, "--deep")[0] == 1
    code, _, said = call(tmp_path / "new.jsonl", "--out", tmp_path / "o", "--against", shipped)
    assert (code, "is not what was written" in said) == (1, True)


@pytest.mark.slow
@pytest.mark.usefixtures("no_charts")
def test_a_recipe_ships_nothing_that_was_shipped_before(corpus: Path, tmp_path: Path) -> None:
    recipe = str(corpus / "small.yaml")
    drive(Request(recipe, str(tmp_path / "first"), workers=1))
    facts("index", "add", tmp_path / "index", tmp_path / "first" / "data")
    changes = (f"deduplicate.against={tmp_path / 'index'}",)
    drive(Request(recipe, str(tmp_path / "second"), changes, 1))
    ledger = pq.read_table(tmp_path / "second" / "ledger").to_pylist()
    shipped = {row["id"] for row in pq.read_table(tmp_path / "first" / "data").to_pylist()}
    again = {row["id"] for row in ledger if row["status"] == "kept"}
    assert {row["kind"] for row in ledger if row["id"] in shipped & again} <= {"exercise"}
    matched = {row["matched"] for row in ledger if row["stage"] == "deduplicate" and row["id"] in shipped}
    assert matched
    assert all(name.startswith("index:") for name in matched)


@pytest.mark.usefixtures("no_charts")
def test_an_index_can_be_signed_as_a_recipe_signs_each_kind(tmp_path: Path) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        "name: r\nsources: [{name: a, kind: jsonl, path: new.jsonl, document_kind: code}]\nlanguage: null\n"
        "deduplicate: {by_kind: {code: {shingles: code, ngram: 8}}, against: index}\n"
    )
    row = {"id": "old", "kind": "code", "text": prose(1)}
    (tmp_path / "old.jsonl").write_text(json.dumps(row) + "\n")
    write(tmp_path / "new.jsonl", {"near": prose(1, changed=1), "other": prose(9)})
    made = facts("index", "add", tmp_path / "index", tmp_path / "old.jsonl", "--recipe", recipe)
    assert made["made_with"]["by_kind"] == {"code": {"shingles": "code", "ngram": 8}}
    drive(Request(str(recipe), str(tmp_path / "out"), workers=1))
    ledger = {row["origin_id"]: row for row in pq.read_table(tmp_path / "out" / "ledger").to_pylist()}
    assert ledger["near"]["matched"] == "index:old"
    assert ledger["other"]["status"] == "kept"
