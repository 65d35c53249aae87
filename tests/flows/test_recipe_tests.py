"""Recipe tests: what passes, what is missed and how it is told, and that a run takes no notice of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from data.recipe_file import read_recipe
from flows.cli import main
from flows.preflight import resolve_plan
from flows.progress import Silent
from flows.recipe_tests import Result, run_tests
from flows.road import Request, drive
from flows.survival import survival

GOOD = " ".join(f"The engine that we have seen moves to the river with {n} parts of it." for n in range(10))
SHORT = "Too short to be of any use to the reader."

RECIPE = """\
name: tested
sources:
  - {name: crawl, kind: jsonl, path: nowhere.jsonl, document_kind: web}
  - {name: edu, kind: jsonl, path: nowhere.jsonl, signals: {edu: grade}}
  - {name: code, kind: files, path: nowhere}
quality: {reference: [nowhere.jsonl]}
filters:
  - preset: gopher-quality
  - name: educational
    where: {source: edu}
    rules: [{signal: edu, at_least: 3, reason: dull}]
  - name: excused
    rules: [{signal: words, at_most: 1000, reason: too_long, unless: "quality >= 0.9"}]
  - preset: starcoder
  - preset: quality
    min_quality: p60
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a folder with the recipe and documents to test it with."""
    rows = [{"id": f"d{n}", "text": GOOD if n < 6 else SHORT, "grade": n} for n in range(8)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "mixed.jsonl").write_text(lines)
    with gzip.open(tmp_path / "packed.jsonl.gz", "wt") as file:
        file.write(lines)
    pq.write_table(pa.Table.from_pylist([{"body": row["text"]} for row in rows]), tmp_path / "mixed.parquet")
    (tmp_path / "page.txt").write_text(GOOD)
    (tmp_path / "tool.py").write_text("def double(x):\n    # Twice a number.\n    return 2 * x\n")
    (tmp_path / "wide.py").write_text("x = '" + "a" * 3000 + "'\n")
    return tmp_path


def results_of(folder: Path, *expectations: dict[str, Any]) -> list[Result]:
    (folder / "recipe.yaml").write_text(RECIPE + "expect: " + json.dumps(list(expectations)) + "\n")
    file = read_recipe(folder / "recipe.yaml")
    return run_tests(file, resolve_plan(file))[0]


@pytest.mark.parametrize(
    ("expectation", "documents", "met"),
    [
        ({"keep": "mixed.jsonl"}, 8, 6),
        ({"drop": "mixed.jsonl"}, 8, 2),
        ({"keep": "packed.jsonl.gz"}, 8, 6),
        ({"keep": "mixed.parquet", "text_column": "body"}, 8, 6),
        ({"keep": ["mixed.jsonl", "packed.jsonl.gz"]}, 16, 12),
        ({"keep": "*mixed.jsonl"}, 8, 6),
        ({"drop": "mixed.jsonl", "reason": "too_few_words"}, 8, 2),
        ({"drop": "mixed.jsonl", "reason": "gopher-quality.min_words"}, 8, 2),
        ({"drop": "mixed.jsonl", "reason": "too_many_words"}, 8, 0),
        ({"drop": "mixed.jsonl", "reason": "dull", "source": "edu"}, 8, 3),
        ({"keep": "mixed.jsonl", "source": "edu"}, 8, 3),
        ({"keep": "page.txt"}, 1, 1),
        ({"keep": "tool.py"}, 1, 1),
        ({"drop": "wide.py"}, 1, 1),
        ({"drop": "*.py"}, 2, 1),
        ({"keep_text": GOOD}, 1, 1),
        ({"drop_text": [GOOD, SHORT]}, 2, 1),
        ({"drop_text": SHORT, "reason": "too_few_words", "kind": "textbook"}, 1, 1),
    ],
)
def test_documents_are_judged_as_their_expectation_says(
    folder: Path, expectation: dict[str, Any], documents: int, met: int
) -> None:
    (result,) = results_of(folder, expectation)
    assert (result.documents, result.met) == (documents, met)
    assert result.passed == (documents == met)


@pytest.mark.parametrize(("share", "passed"), [(0.74, True), (0.75, True), (0.76, False)])
def test_a_share_counts_just_below_at_and_just_above(folder: Path, share: float, passed: bool) -> None:
    (result,) = results_of(folder, {"keep": "mixed.jsonl", "at_least": share})
    assert result.share == 0.75
    assert result.passed is passed


def test_prose_is_of_the_kind_of_the_first_source_of_prose(folder: Path) -> None:
    prose, code, exercise = results_of(
        folder, {"keep_text": SHORT}, {"keep_text": SHORT, "source": "code"}, {"keep_text": SHORT, "kind": "exercise"}
    )
    assert prose.misses[0]["rules"][0]["reason"] == "too_few_words"
    assert "too_few_words" not in code.reasons  # gopher-quality does not look at code
    assert [one.unjudged for one in (prose, code, exercise)] == [False, False, True]


def test_documents_that_no_rule_looks_at_are_told(folder: Path) -> None:
    (folder / "recipe.yaml").write_text(
        RECIPE.split("  - name: educational")[0] + "expect: [{drop_text: x, kind: code}]\n"
    )
    code, said = call(folder)
    assert code == 1
    assert "no rule looks at some of them" in said


def test_a_miss_names_the_rule_the_value_and_the_bound(folder: Path) -> None:
    kept, dropped = results_of(folder, {"keep": "mixed.jsonl"}, {"drop_text": GOOD, "reason": "too_few_words"})
    assert [miss["document"] for miss in kept.misses] == ["mixed.jsonl:7", "mixed.jsonl:8"]
    first = kept.misses[0]["rules"][0]
    assert (first["rule"], first["value"], first["sign"], first["bound"], first["fails"]) == (
        "gopher-quality.min_words", 10.0, "≥", 50.0, True
    )  # fmt: skip
    told = dropped.misses[0]["rules"][0]
    assert (told["rule"], told["value"], told["fails"]) == ("gopher-quality.min_words", 150.0, False)
    assert kept.reasons == {"too_few_words": 2}


def test_rules_that_need_a_run_are_left_out_and_said(folder: Path) -> None:
    (folder / "recipe.yaml").write_text(RECIPE + 'expect: [{keep_text: "x"}, {keep: mixed.jsonl, source: edu}]\n')
    file = read_recipe(folder / "recipe.yaml")
    left_out = run_tests(file, resolve_plan(file))[1]
    assert left_out == {
        "excused.max_words": "the quality model is trained in a run",
        "quality.min_quality": "its bound is a percentile of the pool",
    }


def call(folder: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["test", str(folder / "recipe.yaml"), *words], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_the_command_ends_with_0_if_all_are_met_and_1_if_one_is_missed(folder: Path) -> None:
    results_of(folder, {"keep": "mixed.jsonl", "at_least": 0.7}, {"drop_text": "Buy now!"})
    code, said = call(folder)
    assert (code, "2 of 2 expectations met" in said) == (0, True), said
    assert "not judged: quality.min_quality" in said
    code, said = call(folder, "--set", "filters.gopher-quality.min_words=5000")
    assert code == 1
    assert "✗ keep  mixed.jsonl" in said
    assert "too_few_words 8" in said
    assert "words 150, ≥ 5,000" in said
    assert "1 of 2 expectations missed" in said
    code, said = call(folder, "--json")
    found = json.loads(said)
    assert (code, found["passed"], [one["met"] for one in found["expectations"]]) == (0, True, [6, 1])


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        ({"keep": "nothing.jsonl"}, "no such file"),
        ({"keep": "no*.jsonl"}, "no file that matches"),
        ({"keep_text": "x", "source": "crwal"}, 'Did you mean "crawl"'),
        ({"drop_text": "x", "reason": "too_few_wrods"}, 'Did you mean "too_few_words"'),
        ({"keep_text": "x", "reason": "dull"}, "goes with `drop`"),
        ({"keep_text": "x", "drop_text": "y"}, "exactly one of"),
        ({}, "exactly one of"),
        ({"keep_txet": "x"}, 'Did you mean "keep_text"'),
        ({"keep_text": "x", "at_least": 2}, "less than or equal to 1"),
    ],
)
def test_a_test_that_is_wrong_is_refused_with_2_by_test_and_check(
    folder: Path, expectation: dict[str, Any], said: str
) -> None:
    (folder / "recipe.yaml").write_text(RECIPE + "expect: " + json.dumps([expectation]) + "\n")
    code, output = call(folder)
    assert (code, said in output, "recipe.yaml:" in output) == (2, True, True), output
    sources = ["--set", "sources=[{name: crawl, kind: jsonl, path: mixed.jsonl, signals: {edu: grade}}]"]
    sources += ["--set", "quality.reference=[mixed.jsonl]", "--set", "filters.educational.where={source: crawl}"]
    result = CliRunner().invoke(main, ["recipe", "check", str(folder / "recipe.yaml"), *sources])
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_an_unreadable_document_is_refused(folder: Path) -> None:
    (folder / "cut.jsonl").write_text('{"text": "whole"}\n{"text": "ha')
    (folder / "recipe.yaml").write_text(RECIPE + "expect: [{keep: cut.jsonl}]\n")
    code, said = call(folder)
    assert code == 2
    assert "cut.jsonl:2 cannot be read (bad_json)" in said


def test_a_recipe_without_tests_says_how_they_are_written(folder: Path) -> None:
    (folder / "recipe.yaml").write_text(RECIPE)
    code, said = call(folder)
    assert code == 2
    assert "drop_text" in said


def test_the_quickstarts_own_tests_are_met() -> None:
    result = CliRunner().invoke(main, ["test", "quickstart"])
    assert result.exit_code == 0, result.output


def test_survival_counts_what_each_rule_kills(folder: Path) -> None:
    (folder / "recipe.yaml").write_text(RECIPE)
    file = read_recipe(folder / "recipe.yaml")
    texts = [GOOD, SHORT, "", SHORT + " " + "#" * 40]
    table = pa.table(
        {
            "id": [str(number) for number in range(4)],
            "text": pa.array(texts, pa.large_string()),
            "kind": ["web"] * 4,
            "source": ["x"] * 4,
            "language": pa.nulls(4, pa.string()),
        }
    )
    found = survival(resolve_plan(file), file.recipe, [table, table.slice(0, 1)])
    assert (found.documents, found.kept, found.share) == (5, 2, 0.4)
    assert found.reasons["too_few_words"] == found.first["gopher-quality.min_words"] == 3
    assert found.failed["gopher-quality.min_words"] == 3
    assert found.failed["gopher-quality.max_hash_word_ratio"] == 1
    assert set(found.left_out) == {"educational.min_edu", "excused.max_words", "quality.min_quality"}


@pytest.mark.slow
@pytest.mark.usefixtures("no_charts")
def test_what_is_expected_changes_no_byte_of_a_run(corpus: Path, tmp_path: Path) -> None:
    changes = ("quality=null", "synthesise=null", "mixture.shares={}")
    recipe, out = str(corpus / "small.yaml"), tmp_path / "out"
    first = drive(Request(recipe, str(out), changes, 1), Silent())
    begun = len((out / ".work" / "journal.jsonl").read_text().splitlines())
    second = drive(Request(recipe, str(out), (*changes, "expect=[{keep: nothing.jsonl}]"), 1), Silent())
    assert second == first
    assert "nothing.jsonl" not in (out / "recipe.yaml").read_text()
    events = [json.loads(line) for line in (out / ".work" / "journal.jsonl").read_text().splitlines()[begun:]]
    redone = {event["step"]: event["parts"] - event["reused"] for event in events if event["event"] == "step"}
    assert {step for step, parts in redone.items() if parts} <= {"mix", "publish"}
