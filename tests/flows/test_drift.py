"""What changed since the run before: hand arithmetic over two manifests, and a feed that breaks between two runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from data.recipe import Watch
from flows.drift import LEAST_RECORDS, drift
from flows.progress import Silent
from flows.road import Request, drive
from flows.summary import closing_words


def manifest(
    snapshot: str, kept: int, dropped: int, over_budget: int = 0, english: int = 0, mean: float = 0.5
) -> dict[str, Any]:
    total = kept + dropped + over_budget
    sums = {"in": total, "kept": kept, "dropped": dropped, "quarantined": 0, "not_sampled": over_budget}
    counts = {**sums, "by_source": {"feed": sums}, "languages": {"en": english, "de": 100 - english}}
    scores = {"came in": {"documents": total, "mean": mean}, "kept": {"documents": 0}}
    return {"snapshot": snapshot, "counts": counts, "quality": {"scores": scores}}


def found(before: dict[str, Any], after: dict[str, Any], **limits: float) -> dict[tuple[str, str], dict[str, Any]]:
    rows = drift(before, after, Watch(**limits))
    assert rows is not None
    return {(row["measure"], row["name"]): row for row in rows["rows"]}


def test_the_first_run_has_nothing_to_be_compared_with() -> None:
    assert drift(None, manifest("a", 80, 20), Watch()) is None


def test_a_run_before_that_counted_no_languages_is_compared_by_the_rest() -> None:
    before = manifest("a", 80, 20)
    del before["counts"]["languages"]
    assert {measure for measure, _ in found(before, manifest("b", 80, 20))} == {"yield", "score"}


def test_a_yield_is_what_was_neither_dropped_nor_quarantined() -> None:
    rows = found(manifest("a", 80, 20), manifest("b", 40, 30, over_budget=30))
    assert rows["yield", "feed"]["before"] == pytest.approx(0.8)
    assert rows["yield", "feed"]["after"] == pytest.approx(0.7)  # the mixture's budget took 30, no fault of theirs


@pytest.mark.parametrize(("dropped", "beyond"), [(29, False), (31, True)])
def test_a_change_is_a_regression_only_beyond_its_limit(dropped: int, beyond: bool) -> None:
    rows = found(manifest("a", 80, 20), manifest("b", 100 - dropped, dropped), max_yield_change=0.1)
    assert rows["yield", "all sources"]["beyond"] is beyond


def test_each_language_is_compared_by_its_share_of_the_kept_documents() -> None:
    rows = found(manifest("a", 80, 20, english=90), manifest("b", 80, 20, english=70), max_language_change=0.15)
    assert rows["language", "de"]["change"] == pytest.approx(0.2)
    assert rows["language", "en"]["beyond"]
    assert rows["language", "de"]["beyond"]


def test_a_shift_of_the_mean_score_is_seen_where_there_are_scores() -> None:
    rows = found(manifest("a", 80, 20, mean=0.5), manifest("b", 80, 20, mean=0.35))
    assert [name for measure, name in rows if measure == "score"] == ["mean quality of what came in"]
    assert rows["score", "mean quality of what came in"]["beyond"]


def test_a_source_too_small_says_nothing() -> None:
    rows = found(manifest("a", LEAST_RECORDS - 1, 0), manifest("b", 0, LEAST_RECORDS - 1))
    assert not any(measure == "yield" for measure, _ in rows)


@pytest.mark.slow
def test_a_feed_that_breaks_between_two_runs_is_told_in_manifest_report_and_last_words(
    corpus: Path, tmp_path: Path
) -> None:
    home, out = tmp_path / "corpus", tmp_path / "out"
    shutil.copytree(corpus, home)

    def run() -> dict[str, Any]:
        return drive(Request(str(home / "small.yaml"), str(out), ("synthesise=null", "mixture.shares={}"), 1), Silent())

    assert run()["drift"] is None
    rows = [json.loads(line) for line in (home / "prose.jsonl").read_text().splitlines() if "half" not in line]
    for number, row in enumerate(rows):
        row["text"] = "buy now " * 60 + str(number) if number % 2 else row["text"]
    (home / "prose.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    second = run()
    assert second["drift"] is not None
    beyond = {(row["measure"], row["name"]) for row in second["drift"]["rows"] if row["beyond"]}
    assert ("yield", "prose") in beyond
    page = (out / "report.html").read_text()
    assert "Since the run before" in page
    assert 'class="badge">beyond' in page
    assert "Changed since the run before" in closing_words(second, out)
    assert run()["drift"] == second["drift"]  # the same run again is no further change
