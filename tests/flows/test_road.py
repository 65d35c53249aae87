"""The whole road over a small corpus, without Prefect: accounting, reuse, determinism, exit codes."""

from __future__ import annotations

import collections
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from data.errors import LockedError, QuarantineError
from filters.classifiers.fasttext_model import train
from flows.benches.kills import published_digest
from flows.progress import Silent
from flows.road import Request, drive
from flows.work import Work

pytestmark = pytest.mark.slow


def ledger(out: Path) -> pa.Table:
    return ds.dataset(str(out / "ledger"), format="parquet").to_table()


def run(recipe: Path, out: Path, *changes: str, workers: int = 1) -> dict[str, Any]:
    return drive(Request(str(recipe), str(out), changes, workers), Silent())


def steps_done(out: Path) -> dict[str, int]:
    """Returns how many parts each step wrote in the last run."""
    events = [json.loads(line) for line in (out / ".work" / "journal.jsonl").read_text().splitlines()]
    last = max(n for n, event in enumerate(events) if event["event"] == "run")
    return {e["step"]: e["parts"] - e["reused"] for e in events[last:] if e["event"] == "step"}


@pytest.fixture(scope="module")
def finished(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished") / "out"
    run(corpus / "small.yaml", out, workers=2)
    return out


def test_every_record_is_in_the_ledger_once(corpus: Path, finished: Path) -> None:
    table = ledger(finished)
    lines = [line for line in (corpus / "prose.jsonl").read_text().splitlines() if line.strip()]
    by_source = {row["values"]: row["counts"] for row in pc.value_counts(table["source"]).to_pylist()}
    assert by_source["prose"] == len(lines)
    assert by_source["pages"] == 20
    assert by_source["code"] == 14  # 12 modules, the licence, a binary
    assert by_source["synth/builtin"] == 12
    assert len(set(table["id"].to_pylist())) == table.num_rows
    assert set(table["status"].to_pylist()) <= {"kept", "dropped", "quarantined", "not_sampled"}


def test_a_run_reads_nothing_of_what_it_wrote_before(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def double(x):\n    return 2 * x\n")
    recipe = tmp_path / "r.yaml"
    settings = {"language": None, "deduplicate": None, "tokenise": {"vocabulary": 300}, "max_quarantined": 1}
    source = {"name": "here", "kind": "files", "path": ".", "exclude": ["*.yaml", "tables/", "typed/"]}
    (tmp_path / "tables").mkdir()
    for name in ("a.jsonl", "b.mhtml", "<c>.mhtml"):
        (tmp_path / "tables" / name).write_text("")
    tables = {"name": "tables", "kind": "jsonl", "path": "tables"}
    (tmp_path / "typed").mkdir()
    pq.write_table(pa.table({"text": ["a text"], "tags": [["x"]]}), tmp_path / "typed/t.parquet")
    typed = {"name": "typed", "kind": "parquet", "path": "typed"}
    recipe.write_text(json.dumps({"name": "own", "sources": [source, tables, typed], **settings}))
    why = "ending .mhtml, not read as jsonl"
    for _ in range(2):
        manifest = run(recipe, tmp_path / "out")
        assert manifest["passed_over"] == [{"why": why, "files": 2, "such_as": ["tables/<c>.mhtml", "tables/b.mhtml"]}]
        (left,) = manifest["columns_left_out"]
        assert (left["files"], left["such_as"]) == (1, ["typed/t.parquet: tags"])
        assert "2 files in the sources" in (tmp_path / "out/report.html").read_text()
        assert ledger(tmp_path / "out")["locator"].to_pylist() == ["module.py", "a.jsonl", "t.parquet:0"]
    assert steps_done(tmp_path / "out")["ingest"] == 0


def test_every_drop_names_its_reason_and_the_known_cases_meet_theirs(finished: Path) -> None:
    rows = {row["origin_id"]: row for row in ledger(finished).to_pylist() if row["source"] == "prose"}
    assert rows["spam"]["stage"] == "judge"
    assert rows["spam"]["measured"] is not None
    assert rows["spam"]["threshold"] is not None
    assert rows["spam"]["reason"] in rows["spam"]["failed"]
    assert (rows["blank"]["stage"], rows["blank"]["reason"]) == ("extract", "empty")
    assert (rows["doc-6"]["reason"], rows["doc-6"]["measured"], rows["doc-6"]["threshold"]) == ("not_educational", 0, 1)
    copies = [rows[name] for name in ("copy", "doc-3") if rows[name]["stage"] == "deduplicate"]
    assert [row["reason"] for row in copies] == ["exact_duplicate"]
    near = [rows[name] for name in ("near", "doc-4") if rows[name]["stage"] == "deduplicate"]
    assert len(near) == 1
    assert near[0]["reason"] == "near_duplicate"
    assert 0.7 <= near[0]["jaccard"] < 1
    for row in ledger(finished).to_pylist():
        assert (row["status"] == "kept") == (row["reason"] == "") == (row["shard"] is not None)


def test_the_cut_line_is_quarantined_at_its_place(finished: Path) -> None:
    cut = [row for row in ledger(finished).to_pylist() if row["status"] == "quarantined" and row["source"] == "prose"]
    assert [(row["locator"], row["reason"], row["stage"]) for row in cut] == [("prose.jsonl:8", "bad_json", "ingest")]


def test_a_benchmark_item_inside_a_document_is_found(finished: Path) -> None:
    leak = next(row for row in ledger(finished).to_pylist() if row["origin_id"] == "leak")
    assert (leak["stage"], leak["reason"]) == ("decontaminate", "contaminated")
    assert (leak["benchmark"], leak["benchmark_item"], leak["benchmark_method"]) == ("birds", "b/1", "ngram")


def test_the_teacher_s_figures_are_those_of_the_ledger(finished: Path) -> None:
    manifest = json.loads((finished / "manifest.json").read_text())
    teacher = manifest["teacher"]
    rows = [row for row in ledger(finished).to_pylist() if row["source"] == "synth/builtin"]
    lost = collections.Counter(row["reason"] for row in rows if row["stage"] == "synthesise")
    assert (len(rows), dict(sorted(lost.items()))) == (teacher["requests"], teacher["rejected"])
    for figures in (teacher["cells"], teacher["reached"]["function"].values()):
        assert sum(row["kept"] for row in figures) == teacher["kept"] == len(rows) - lost.total()
    assert sum(row["asked"] for row in teacher["cells"]) == len(rows)
    page = (finished / "report.html").read_text()
    kept = sum(row["status"] == "kept" for row in rows)
    assert f"{teacher['kept']} of {len(rows)} requests gave an exercise that was kept" in page
    assert f"<tr><td>in the shards</td><td>{kept}</td></tr>" in page


def test_shards_hold_exactly_the_kept_rows_at_the_places_that_the_ledger_says(finished: Path) -> None:
    manifest = json.loads((finished / "manifest.json").read_text())
    kept = {row["id"]: row for row in ledger(finished).to_pylist() if row["status"] == "kept"}
    seen = 0
    for shard in manifest["shards"]:
        table = ds.dataset(str(finished / shard["path"]), format="parquet").to_table()
        for number, row in enumerate(table.to_pylist()):
            assert (kept[row["id"]]["shard"], kept[row["id"]]["row"]) == (shard["path"], number)
            assert kept[row["id"]]["tokens"] == row["tokens"]
            assert json.loads(row["metadata"]) is not None
            seen += 1
    assert seen == len(kept) == manifest["counts"]["kept"] > 20
    assert len(manifest["shards"]) >= 2


def test_a_second_run_reuses_everything_and_changes_nothing(corpus: Path, finished: Path) -> None:
    before = published_digest(finished)
    run(corpus / "small.yaml", finished)
    done = steps_done(finished)
    assert {step: n for step, n in done.items() if n and step not in ("mix", "publish")} == {}
    assert published_digest(finished) == before


@pytest.mark.usefixtures("no_charts")
def test_the_result_does_not_depend_on_workers_or_folder(corpus: Path, finished: Path, tmp_path: Path) -> None:
    run(corpus / "small.yaml", tmp_path / "other", workers=1)
    assert published_digest(tmp_path / "other") == published_digest(finished)


@pytest.mark.usefixtures("no_charts")
def test_a_changed_threshold_runs_nothing_before_judging_again(corpus: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out, symlinks=True)
    run(corpus / "small.yaml", out, "filters.educational.rules.0.at_least=3")
    done = steps_done(out)
    assert [done[step] for step in ("ingest", "extract", "measure", "quality", "score", "synthesise")] == [0] * 6
    assert done["judge"] > 0
    reasons = pc.value_counts(ledger(out)["reason"]).to_pylist()
    assert {row["values"]: row["counts"] for row in reasons}["not_educational"] >= 28


@pytest.mark.usefixtures("no_charts")
def test_one_more_input_file_adds_its_parts_only(corpus: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "corpus", tmp_path / "out"
    shutil.copytree(corpus, folder)
    changes = ("quality=null", "sources.prose.path=*.jsonl", "synthesise=null", "mixture.shares={}")
    run(folder / "small.yaml", out, *changes)
    shutil.copy(folder / "good.jsonl", folder / "more.jsonl")
    run(folder / "small.yaml", out, *changes)
    done = steps_done(out)
    assert [done[step] for step in ("ingest", "extract", "measure")] == [1, 1, 1]


@pytest.mark.usefixtures("no_charts")
def test_a_language_model_of_ones_own_counts_by_its_digest_not_by_its_place(corpus: Path, tmp_path: Path) -> None:
    first, moved, out = tmp_path / "first", tmp_path / "moved", tmp_path / "out"
    shutil.copytree(corpus, first)
    lines = [f"__label__{label} {text}" for label, text in (("eng_Latn", "the river and"), ("deu_Latn", "der und"))]
    facts = train(lines * 300, first / "lid.bin", epochs=5, word_ngrams=2, dim=10, buckets=4096, seed=1)
    own = f"language={{model: lid.bin, sha256: {facts['sha256']}, head_chars: null}}"
    changes = ("quality=null", "synthesise=null", "mixture.shares={}", own)
    run(first / "small.yaml", out, *changes)
    assert "eng_Latn" in pc.unique(ledger(out)["language"]).to_pylist()
    shutil.copytree(first, moved)
    run(moved / "small.yaml", out, *changes)
    assert steps_done(out)["measure"] == 0


@pytest.mark.usefixtures("no_charts")
def test_too_many_quarantined_publishes_nothing_until_the_limit_is_raised(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(QuarantineError, match=r"code.*max_quarantined") as caught:
        run(corpus / "small.yaml", out, "max_quarantined=0.01")
    assert caught.value.exit_code == 3
    assert not (out / "manifest.json").exists()
    run(corpus / "small.yaml", out, "max_quarantined=0.1")
    done = steps_done(out)
    assert sum(n for step, n in done.items() if step not in ("mix", "publish")) == 0
    assert (out / "manifest.json").exists()


def test_a_run_on_a_folder_that_is_held_is_refused(corpus: Path, tmp_path: Path) -> None:
    with Work(tmp_path / "out"), pytest.raises(LockedError):
        run(corpus / "small.yaml", tmp_path / "out")


@pytest.mark.usefixtures("no_charts")
def test_a_sample_holds_about_its_share_and_says_so(corpus: Path, tmp_path: Path) -> None:
    manifest = drive(
        Request(str(corpus / "small.yaml"), str(tmp_path / "out"), ("synthesise=null", "mixture.shares={}"), 1, 0.4),
        Silent(),
    )
    assert 20 <= manifest["counts"]["in"] <= 60
    assert manifest["sample"] == 0.4
    held = 66 + 20 + 14  # by prose, pages, code
    assert manifest["counts"]["in"] + sum(manifest["left_out_by_sample"].values()) == held
