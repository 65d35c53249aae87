from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from data.deduplication import Deduplicate
from flows.cli import main
from flows.dedup.curve import Curve, plot
from flows.dedup.tool import run_dedup
from flows.progress import Silent


def call(*words: Any) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["dedup", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def prose(number: int, words: int = 120) -> str:
    draw = random.Random(number)
    return " ".join(f"word{draw.randrange(5000)}" for _ in range(words))


def near(number: int) -> str:
    words = prose(number).split()
    words[50] = "changed"
    return " ".join(words)


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """Thirty documents of which 1 is there three times and 2 nearly twice, in two files and one folder."""
    rows = [{"id": f"doc-{n}", "text": prose(n), "kept": [n, {"deep": 1.50}]} for n in range(20)]
    rows.insert(5, {"id": "upper", "text": "  " + prose(1).upper(), "kept": None})
    first = tmp_path / "first.jsonl.gz"
    lines = [json.dumps(row) for row in rows]
    first.write_bytes(gzip.compress(("\n".join([*lines[:9], "", *lines[9:]]) + "\n").encode()))
    folder = tmp_path / "folder" / "deep"
    folder.mkdir(parents=True)
    table = {"id": ["p0", "copy", "near"], "text": [prose(30), prose(1), near(2)], "score": [1, 2, 3]}
    pq.write_table(pa.table(table), folder / "second.parquet")
    return [first, tmp_path / "folder"]


def run(inputs: list[Path], out: Path, **settings: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    summary = run_dedup(inputs, out, settings, workers=1, progress=Silent())
    return summary, pq.read_table(out / "duplicates.parquet").to_pylist()


def test_every_document_is_kept_or_dropped_for_one_that_is_named(inputs: list[Path], tmp_path: Path) -> None:
    summary, rows = run(inputs, tmp_path / "out")
    assert {key: summary[key] for key in ("records", "documents", "kept", "exact", "near", "clusters")} == {
        "records": 24,
        "documents": 24,
        "kept": 21,
        "exact": 2,
        "near": 1,
        "clusters": 2,
    }
    dropped = {row["id"]: row for row in rows if not row["kept"]}
    assert set(dropped) == {"doc-1", "copy", "near"} or set(dropped) == {"upper", "copy", "near"}
    assert {row["cluster_size"] for row in rows} == {1, 2, 3}
    assert dropped["near"]["survivor"] == dropped["near"]["matched"] == "doc-2"
    assert 0.9 < dropped["near"]["jaccard"] < 1.0
    assert dropped["near"]["reason"] == "near_duplicate"
    assert dropped["copy"]["reason"] == "exact_duplicate"
    assert [cluster["size"] for cluster in summary["largest"]] == [3, 2]
    assert summary["largest"][1]["survivor"] == "doc-2"


def test_kept_documents_are_the_same_bytes_and_columns(inputs: list[Path], tmp_path: Path) -> None:
    _, rows = run(inputs, tmp_path / "out")
    kept = {row["id"] for row in rows if row["kept"]}
    given = gzip.decompress(inputs[0].read_bytes()).splitlines()
    wanted = [line for line in given if line and json.loads(line)["id"] in kept]
    written = tmp_path / "out" / "kept" / "input-1" / "first.jsonl.gz"
    assert gzip.decompress(written.read_bytes()).splitlines() == wanted
    second = pq.read_table(tmp_path / "out" / "kept" / "input-2" / "deep" / "second.parquet")
    assert second.to_pylist() == [{"id": "p0", "text": prose(30), "score": 1}]


def test_the_same_run_gives_the_same_bytes_and_another_setting_leaves_nothing_stale(
    inputs: list[Path], tmp_path: Path
) -> None:
    def content(out: Path) -> dict[str, bytes]:
        files = sorted(path for path in out.rglob("*") if path.is_file() and ".work" not in path.parts)
        return {str(path.relative_to(out)): path.read_bytes() for path in files}

    run(inputs, tmp_path / "a")
    run(inputs, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")
    summary, _ = run(inputs[:1], tmp_path / "a", near=False)
    assert summary["documents"] == 21
    assert set(content(tmp_path / "a")) == {"kept/first.jsonl.gz", "duplicates.parquet", "summary.json"}


def test_a_copy_in_an_earlier_input_survives(inputs: list[Path], tmp_path: Path) -> None:
    _, rows = run(inputs[::-1], tmp_path / "out", survivor=["priority"])
    assert {row["id"] for row in rows if not row["kept"]} == {"doc-1", "upper", "doc-2"}


def test_without_ids_of_their_own_documents_are_named_by_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": prose(n % 2)}) + "\n" for n in range(3)))
    summary, rows = run([path], tmp_path / "out")
    assert [row["id"] for row in rows] == ["a.jsonl:1", "a.jsonl:2", "a.jsonl:3"]
    assert summary["ids"].startswith("locators")
    assert summary["kept"] == 2


def test_records_that_cannot_be_used_are_rows_with_a_reason(inputs: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({"id": "a", "text": prose(1)}) + '\n{"id": \n{"id": "b"}\n')
    code, _, said = call(path, "--out", tmp_path / "out")
    assert (code, "1 bad_json, 1 missing_text" in said, "--max-quarantined" in said) == (3, True, True)
    assert not (tmp_path / "out" / "summary.json").exists()
    code, printed, _ = call(path, "--out", tmp_path / "out", "--max-quarantined", "0.9", "--json")
    summary = json.loads(printed)
    assert code == 0
    assert summary["quarantined"] == {"bad_json": 1, "missing_text": 1}
    rows = pq.read_table(tmp_path / "out" / "duplicates.parquet").to_pylist()
    assert [(row["kept"], row["reason"]) for row in rows] == [(True, ""), (False, "bad_json"), (False, "missing_text")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "--out", "o"], "no such file or folder"),
        (["notes.txt", "--out", "o"], "expected .jsonl"),
        (["empty", "--out", "o"], "holds no JSONL or Parquet file"),
        (["a.jsonl", "--out", "o", "--survivor", "lenght"], "survivor"),
        (["a.jsonl", "--out", "o", "--preset", "fineweeb"], 'Did you mean "fineweb"'),
        (["a.jsonl", "--out", "notes.txt"], "is a file"),
        ([".", "--out", "out/deep"], "stands in the input"),
        (["a.jsonl", "--out", "o", "--workers", "0"], "at least 1"),
        (["curve", "--out", "curve.pdf"], "expected a name that ends in"),
        (["curve", "--preset", "nothing"], "Known:"),
    ],
)
def test_what_is_wrong_is_said_before_work_begins(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text(json.dumps({"text": "one"}))
    Path("notes.txt").write_text("note")
    Path("empty").mkdir()
    code, _, heard = call(*words)
    assert (code, said in heard) == (2, True), heard
    assert not Path("o").exists()


def test_dropping_every_copy_leaves_none_of_a_cluster(inputs: list[Path], tmp_path: Path) -> None:
    summary, rows = run(inputs, tmp_path / "out", copies="drop_all")
    assert {row["id"] for row in rows if not row["kept"]} == {"doc-1", "upper", "copy", "doc-2", "near"}
    assert summary["kept"] == 19


def test_the_curve_states_what_the_formula_gives() -> None:
    facts = Curve.of(Deduplicate(preset="fineweb")).to_json()
    assert (facts["bands"], facts["rows"]) == (14, 8)
    recall = [facts["recall"][mark] for mark in ("0.70", "0.75", "0.80", "0.85")]
    assert recall == pytest.approx([0.565, 0.772, 0.924, 0.988], abs=1e-3)  # as FineWeb's authors state them
    assert Curve(14, 8, 0.7).chance(Curve(14, 8, 0.7).half) == pytest.approx(0.5)


def test_the_weights_are_datasketchs() -> None:
    from datasketch.lsh import _false_negative_probability, _false_positive_probability

    curve = Curve(9, 13, 0.8)
    assert curve.false_positive_weight == pytest.approx(_false_positive_probability(0.8, 9, 13), abs=1e-6)
    assert curve.false_negative_weight == pytest.approx(_false_negative_probability(0.8, 9, 13), abs=1e-6)


def test_bands_for_a_threshold_are_those_of_datasketch() -> None:
    from datasketch.lsh import _optimal_param

    code, printed, _ = call("curve", "--threshold", "0.8", "--permutations", "128", "--json")
    assert code == 0
    facts = json.loads(printed)
    assert (facts["bands"], facts["rows"]) == _optimal_param(0.8, 128, 0.5, 0.5)


def test_the_plot_rises_from_nothing_to_full_height() -> None:
    lines = plot(Curve(14, 8, 0.7), width=40, height=8)
    assert lines[0].startswith("100% ┤")
    assert lines[0].endswith("█")
    assert lines[0].count("█") < lines[4].count("█") < lines[7].count("█")
    assert len({line.index("┤") for line in lines[:8]}) == 1


@pytest.mark.parametrize(
    ("name", "begins"), [("c.png", b"\x89PNG"), ("c.svg", b"<svg"), ("c.html", b"<!doctype html>")]
)
def test_the_curve_is_drawn_into_a_file(name: str, begins: bytes, tmp_path: Path) -> None:
    code, printed, said = call("curve", "--bands", "9", "--rows", "13", "--out", tmp_path / name)
    assert code == 0, said
    assert "9 bands × 13 rows = 117 permutations" in printed
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_help_names_the_tool_and_its_commands() -> None:
    code, printed, _ = call("--help")
    assert code == 0
    assert "INPUT... --out DIR" in printed
    assert "curve" in printed


def test_neither_the_order_of_records_nor_their_files_decide_who_survives(tmp_path: Path) -> None:
    draw = random.Random(5)
    rows = []
    for group in range(12):
        for _ in range(draw.randrange(1, 30)):
            words = prose(group, 90).split()
            for _ in range(draw.randrange(4)):
                words[draw.randrange(90)] = f"x{draw.randrange(9)}"
            rows.append({"id": f"doc-{draw.randrange(10**9)}", "text": " ".join(words)})

    def told(name: str, given: list[dict[str, Any]], files: int, with_id: bool) -> Any:
        for number in range(files):
            lines = [json.dumps({key: row[key] for key in ("id", "text") if with_id or key == "text"}) for row in given]
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"{number}.jsonl").write_text("\n".join(lines[number::files]) + "\n")
        _, found = run([tmp_path / name], tmp_path / f"{name}-out")
        if with_id:
            return sorted(({**row, "locator": ""} for row in found), key=lambda row: str(row["id"]))
        kept = (tmp_path / f"{name}-out" / "kept").rglob("*.jsonl")
        return sorted(json.loads(line)["text"] for path in kept for line in path.open())

    shuffled = draw.sample(rows, len(rows))
    assert told("a", rows, 1, True) == told("b", shuffled, 3, True)
    assert told("c", rows, 1, False) == told("d", shuffled, 3, False)
