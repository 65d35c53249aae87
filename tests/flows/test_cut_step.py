"""Repeated lines, paragraphs and substrings on the road: texts, ledger, tokens, and a table of what was cut."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from data.errors import RecipeError, UsageError
from data.verification import verify
from filters.cuts.substrings import is_installed
from flows.dedup.tool import closing_words, run_dedup
from flows.progress import Silent
from flows.road import Request, drive

needs_suffixes = pytest.mark.skipif(not is_installed(), reason="the extra `substrings` is not installed")

HEAD, FOOT = "Home | News | Contact us", "All rights reserved by the owners.\nWrite to the editors of this page."
PASSAGE = " ".join(f"passage{n}" for n in range(55))


def prose(seed: int, words: int = 90) -> str:
    draw = random.Random(seed)
    return " ".join(f"word{draw.randrange(4000)}" for _ in range(words))


def records() -> list[dict[str, Any]]:
    """Twenty pages of one site with a common head and foot, two of them with a common passage; one is nothing else."""
    rows = []
    for n in range(20):
        body = f"{prose(n)}\n\n{prose(n + 100)}" + (f" {PASSAGE} {prose(n + 200, 5)}" if n in (4, 11) else "")
        rows.append({"id": f"p{n}", "url": f"https://sub{n % 3}.site.co.uk/{n}", "text": f"{HEAD}\n{body}\n\n{FOOT}\n"})
    rows.append({"id": "bare", "url": "https://site.co.uk/bare", "text": f"{HEAD}\n\n{FOOT}\n"})
    rows += [{"id": f"o{n}", "url": f"https://other{n}.org/", "text": f"{HEAD}\n{prose(n + 300)}"} for n in range(3)]
    return rows


def write(folder: Path, rows: list[dict[str, Any]], files: int = 2) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        lines = [json.dumps(row) + "\n" for row in rows[number::files]]
        (folder / f"{number}.jsonl").write_text("".join(lines))


def recipe(folder: Path, **deduplicate: Any) -> Path:
    path = folder / "r.yaml"
    values = {
        "name": "cut", "language": None, "tokenise": {"vocabulary": 400}, "deduplicate": deduplicate,
        "sources": [{"name": "s", "kind": "jsonl", "path": "*.jsonl", "document_kind": "web"}],
    }  # fmt: skip
    path.write_text(json.dumps(values))
    return path


def ledger(out: Path) -> dict[str, dict[str, Any]]:
    return {row["origin_id"]: row for row in ds.dataset(str(out / "ledger"), format="parquet").to_table().to_pylist()}


ALL: dict[str, Any] = {"lines": {"min_documents": 7}, "paragraphs": {"min_documents": 7}}
IF_INSTALLED: dict[str, Any] = {"substrings": {}} if is_installed() else {}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut")
    write(folder, records())
    drive(Request(str(recipe(folder, **ALL, **IF_INSTALLED)), str(folder / "out"), workers=1), Silent())
    return folder / "out"


def shard_rows(out: Path) -> list[dict[str, Any]]:
    return ds.dataset(str(out / "data"), format="parquet").to_table().to_pylist()


def test_what_is_repeated_is_cut_from_the_shards_and_counted_in_the_ledger(finished: Path) -> None:
    rows, texts = ledger(finished), {row["id"]: row["text"] for row in shard_rows(finished)}
    given = {row["id"]: row["text"] for row in records()}
    assert texts[rows["p3"]["id"]] == f"{prose(3)}\n\n{prose(103)}\n"
    assert texts[rows["o1"]["id"]] == given["o1"]
    assert (rows["p3"]["removed_lines"], rows["p3"]["removed_paragraphs"]) == (1, 1)
    for name, row in rows.items():
        if row["status"] == "kept":
            assert len(given[name]) - len(texts[row["id"]]) == row["removed_chars"]
            assert row["bytes"] == len(texts[row["id"]].encode())
    assert rows["o1"]["cuts"] == []


def test_the_ranges_in_the_ledger_are_what_is_missing(finished: Path) -> None:
    rows, texts = ledger(finished), {row["id"]: row["text"] for row in shard_rows(finished)}
    for given in records():
        row, left = rows[given["id"]], given["text"]
        for cut in reversed([cut for cut in row["cuts"] if cut["what"] != "substring"]):
            left = left[: cut["start"]] + left[cut["end"] :]
        for cut in reversed([cut for cut in row["cuts"] if cut["what"] == "substring"]):
            left = left[: cut["start"]] + left[cut["end"] :]
        assert left == texts.get(row["id"], "")


def test_a_document_of_which_nothing_is_left_is_dropped_with_numbers_and_keeps_its_text(finished: Path) -> None:
    row = ledger(finished)["bare"]
    assert (row["status"], row["stage"], row["reason"]) == ("dropped", "deduplicate", "too_little_left")
    assert (row["measured"], row["threshold"]) == (0, 20)
    assert row["bytes"] == len(records()[20]["text"])


@needs_suffixes
def test_a_passage_that_stands_twice_stays_in_one_document(finished: Path) -> None:
    rows, texts = ledger(finished), {row["id"]: row["text"] for row in shard_rows(finished)}
    holding = sorted(name for name in ("p4", "p11") if PASSAGE in texts[rows[name]["id"]])
    assert len(holding) == 1
    other = rows["p11" if holding == ["p4"] else "p4"]
    assert other["removed_substrings"] == 1
    assert other["cuts"][-1]["what"] == "substring"
    assert rows[holding[0]]["removed_substrings"] == 0


def test_the_pieces_that_were_cut_stand_in_the_dataset_with_counts(finished: Path) -> None:
    rows = pq.read_table(finished / "removed.parquet").to_pylist()
    assert rows == [
        {"what": "line", "group": "site.co.uk", "text": HEAD, "documents": 21, "copies": 21, "cut": 21},
        {"what": "paragraph", "group": "site.co.uk", "text": FOOT, "documents": 21, "copies": 21, "cut": 21},
    ]
    assert verify(finished, deep=True) == []


@pytest.mark.parametrize(("files", "workers"), [(1, 1), (5, 2)])
def test_neither_files_nor_workers_nor_order_decide(finished: Path, tmp_path: Path, files: int, workers: int) -> None:
    def told(rows: list[dict[str, Any]], out: Path, **wanted: Any) -> dict[str, Any]:
        write(out.parent / f"{out.name}-in", rows, wanted["files"])
        settings = {**ALL, "survivor": ["length"], **IF_INSTALLED}
        run_dedup([out.parent / f"{out.name}-in"], out, settings, workers=wanted["workers"], progress=Silent())
        kept = [json.loads(line) for path in sorted((out / "kept").rglob("*.jsonl")) for line in path.open()]
        return {row["id"]: row["text"] for row in kept}

    one = told(records(), tmp_path / "a", files=2, workers=1)
    other = told(records()[::-1], tmp_path / "b", files=files, workers=workers)
    ids = {row["id"]: name for name, row in ledger(finished).items()}
    published = {ids[row["id"]]: row["text"] for row in shard_rows(finished)}
    assert one == other == published
    for texts in (one, other, published):
        assert sum(PASSAGE in texts[name] for name in ("p4", "p11")) == (1 if is_installed() else 2)


@pytest.mark.usefixtures("no_charts")
def test_a_changed_bound_counts_nothing_again(finished: Path) -> None:
    folder = finished.parent
    changed = recipe(folder, **{**ALL, "lines": {"min_documents": 25}})
    drive(Request(str(changed), str(folder / "out2"), workers=1), Silent())
    drive(Request(str(recipe(folder, **ALL)), str(folder / "out2"), workers=1), Silent())
    events = [json.loads(line) for line in (folder / "out2" / ".work" / "journal.jsonl").read_text().splitlines()]
    last = max(n for n, event in enumerate(events) if event["event"] == "run")
    done = {event["step"]: event["parts"] - event["reused"] for event in events[last:] if event["event"] == "step"}
    assert (done["count repeats"], done["cut repeats"], done["sign"], done["deduplicate"]) == (0, 2, 0, 0)


@needs_suffixes
def test_too_little_memory_stops_the_run_before_the_suffix_array(tmp_path: Path) -> None:
    write(tmp_path / "in", records())
    settings = {"substrings": {"max_memory_gb": 1e-6}}
    with pytest.raises(UsageError, match="max_memory_gb is 1e-06"):
        run_dedup([tmp_path / "in"], tmp_path / "out", settings, workers=1, progress=Silent())


def test_a_missing_package_stops_the_run_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("filters.cuts.substrings.PACKAGE", "no_such_package")
    write(tmp_path, records())
    with pytest.raises(RecipeError, match="pip install"):
        drive(Request(str(recipe(tmp_path, substrings={})), str(tmp_path / "out"), workers=1), Silent())
    assert not (tmp_path / "out").exists()


def test_the_tool_writes_changed_texts_and_leaves_all_else_of_a_record(tmp_path: Path) -> None:
    rows = [{**row, "extra": {"n": 1.0}} for row in records()]
    write(tmp_path / "in", rows, files=1)
    columns = {key: [str(row[key]) for row in rows] for key in ("id", "url", "text")}
    pq.write_table(pa.table({**columns, "n": range(len(rows))}), tmp_path / "t.parquet", row_group_size=4)
    for source, kept in ((tmp_path / "in", "0.jsonl"), (tmp_path / "t.parquet", "t.parquet")):
        summary = run_dedup([source], tmp_path / "out", ALL, workers=1, progress=Silent())
        path = tmp_path / "out" / "kept" / kept
        left = [json.loads(line) for line in path.open()] if kept == "0.jsonl" else pq.read_table(path).to_pylist()
        assert summary["cut"]["removed_lines"] == 20
        assert (summary["kept"], summary["too_little_left"]) == (23, 1)
        assert "20 lines, 20 paragraphs of the kept documents" in closing_words(summary, tmp_path)
        by_id = {row["id"]: row for row in left}
        assert by_id["p3"]["text"] == f"{prose(3)}\n\n{prose(103)}\n"
        assert by_id["o2"]["text"] == rows[23]["text"]
        assert by_id["p3"].get("extra", {"n": 1.0}) == {"n": 1.0}
    table = pq.read_table(tmp_path / "out" / "duplicates.parquet").to_pylist()
    assert [row["removed_lines"] for row in table[:2]] == [1, 1]
    assert table[20]["reason"] == "too_little_left"
