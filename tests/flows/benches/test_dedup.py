from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.benches.dedup_findings import LEVELS, Result, judge, outside, ratio
from flows.benches.dedup_sides import SIDES, installed, measure
from flows.benches.planted import Planted, jaccard, plant, shingles_of
from flows.cli import main


def texts(number: int) -> list[str]:
    draw = random.Random(3)
    return [
        " ".join(draw.choice(("alpha", "beta", "gamma")) + str(draw.randrange(300)) for _ in range(150))
        for _ in range(number)
    ]


def test_planted_copies_have_the_similarity_that_is_stated_and_nobody_else_has_any() -> None:
    planted = plant(texts(40), 100, 0.2, seed=1)
    assert len(planted.texts) == 100
    assert len(planted.pairs) == 20
    sets = [shingles_of(text) for text in planted.texts]
    told = {(left, right): similarity for left, right, similarity in planted.pairs}
    for left in range(100):
        for right in range(left + 1, 100):
            similarity = jaccard(sets[left], sets[right])
            if (left, right) in told:
                assert similarity == told[left, right]
            else:
                assert similarity < 0.3
    assert len({document for pair in told for document in pair}) == 40


def test_planted_copies_spread_over_all_levels() -> None:
    similarities = [similarity for *_, similarity in plant(texts(200), 400, 0.5, seed=1).pairs]
    counts = [sum(low <= similarity < high for similarity in similarities) for low, high in LEVELS]
    assert min(counts) >= 5
    assert sum(counts) > 190


def test_the_same_seed_gives_the_same_corpus_and_another_one_another() -> None:
    assert plant(texts(20), 40, 0.2, seed=1) == plant(texts(20), 40, 0.2, seed=1)
    assert plant(texts(20), 40, 0.2, seed=1) != plant(texts(20), 40, 0.2, seed=2)


def test_unplanned_duplicates_among_the_real_texts_are_left_out() -> None:
    real = texts(10)
    planted = plant([*real, *real, *(text + " more" for text in real)], 30, 0.2, seed=1)
    assert len(set(planted.texts)) >= 25
    assert sum(text in planted.texts for text in real) == 10


def test_recall_and_precision_are_counted_by_pairs() -> None:
    planted = Planted([""] * 8, [(0, 1, 0.95), (2, 3, 0.75), (4, 5, 0.55)])
    turn = {"seconds": 2.0, "peak_megabytes": 5.0, "added_megabytes": 1.0}
    result = judge("x", [{**turn, "labels": [0, 0, 2, 3, 4, 4, 6, 6]}], planted)
    assert result.recall == [1.0, None, 0.0, None, 1.0, None]
    assert result.precision == (1 / 3, 2 / 3)


def test_a_miss_beyond_three_deviations_is_marked() -> None:
    def result(found: int) -> Result:
        return Result(
            "x", [1.0], 0, 0, [0, 0, 0, found, 0, 0], [0, 0, 0, 100, 0, 0], [None] * 3 + [0.92, None, None], (1, 1)
        )

    assert outside(result(80), 3)
    assert not outside(result(86), 3)


def test_ratios_are_medians_of_turns() -> None:
    def result(*seconds: float) -> Result:
        return Result("x", list(seconds), 0, 0, [], [], [], (1, 1))

    assert ratio(result(10, 90, 30), result(1, 3, 1)) == 30


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SIDES if name in installed()])
def test_every_tool_that_is_installed_finds_equal_texts_and_parts_unlike_ones(name: str) -> None:
    given = texts(12)
    labels = measure(name, [*given, given[0], given[5].upper(), "too short"])["labels"]
    assert labels[0] == labels[12]
    assert labels[5] == labels[13]
    assert len(set(labels)) == 13


@pytest.mark.slow
def test_the_command_compares_in_processes_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts(80)))
    words = ["bench", "dedup", "--documents", str(path), "-n", "100", "--runs", "1", "--only", "datasketch", "--json"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [tool["name"] for tool in found["tools"]] == ["phimill", "datasketch"]
    assert found["tools"][0]["precision"][0] == 1.0
    assert found["tools"][0]["added_megabytes"] < 500


def test_an_unknown_tool_is_named() -> None:
    result = CliRunner().invoke(main, ["bench", "dedup", "--only", "datasketsh"])
    assert result.exit_code == 2
    assert 'Did you mean "datasketch"' in result.stderr


def test_the_first_documents_keep_the_pairs_that_are_whole() -> None:
    planted = plant(texts(40), 100, 0.2, seed=1)
    head = planted.head(60)
    assert head.texts == planted.texts[:60]
    assert head.pairs == [pair for pair in planted.pairs if max(pair[:2]) < 60]


@pytest.mark.slow
def test_slow_tools_get_fewer_documents_and_phimill_runs_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts(80)))
    words = ["--documents", str(path), "-n", "200", "--runs", "1", "--only", "datatrove", "--slow", "40", "--growth"]
    result = CliRunner().invoke(main, ["bench", "dedup", *words, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    tables = [found, *found["others"]]
    assert [table["documents"] for table in tables] == [200, 40]
    assert [[tool["name"] for tool in table["tools"]] for table in tables] == [
        ["phimill"],
        ["phimill", "datatrove"],
    ]
    assert found["growth"]["documents"] == [20, 200]
    assert all(len(seconds) == 1 for seconds in found["growth"]["seconds"])


@pytest.mark.slow
def test_synthetic_signatures_are_clustered_as_they_were_made() -> None:
    result = CliRunner().invoke(main, ["bench", "dedup", "--signatures", "20000", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["dropped"] == found["expected"] > 3500
