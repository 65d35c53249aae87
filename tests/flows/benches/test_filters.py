"""The comparison with datatrove runs on any texts and counts what it says it counts."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from flows.benches import filters as bench_filters
from flows.benches.documents import as_table, bench_texts
from flows.cli import main

PROSE = "The cat sat on the mat, and the dog looked at it with interest. It was the end of the day.\n"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    texts = [PROSE * repeats + f"Number {repeats} has a line of its own." for repeats in range(1, 12)]
    texts += ["", "short", "{ braces }\n" * 30, "- a\n- b\n" * 40]
    lines = [json.dumps({"text": text}) for text in texts]
    (tmp_path / "some.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_the_bench_prints_rates_and_full_agreement(documents: Path) -> None:
    done = CliRunner().invoke(main, ["bench", "filters", "--documents", str(documents), "--runs", "1", "--json"])
    assert done.exit_code == 0, done.output
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert {*bench_filters.PEERS, "chain @datatrove", "chain @paper", "all signals of prose"} == set(rows)
    for name in (*bench_filters.PEERS, "chain @datatrove"):
        assert rows[name]["agree"] == rows[name]["documents"] == 14
        assert rows[name]["ratio"] > 0


def test_texts_are_the_same_at_every_call_and_long_ones_are_left_out(documents: Path) -> None:
    assert bench_texts([documents], 5, 10_000) == bench_texts([documents], 14, 10_000)[:5]
    assert all(len(text) <= 100 for text in bench_texts([documents], 14, 100))


def test_a_difference_is_counted() -> None:
    plan = bench_filters._plan("gopher-quality@datatrove")
    found = bench_filters._verdicts(plan, as_table([PROSE * 4, "short"]))
    kept, dropped = (True, None, PROSE * 4), (False, "gopher_short_doc", "short")
    assert bench_filters._agreement(plan, found, [kept, dropped]) == 2
    assert bench_filters._agreement(plan, found, [kept, (False, "gopher_long_doc", "short")]) == 1
    assert bench_filters._agreement(plan, found, [(True, None, "another text"), dropped]) == 1
    assert isinstance(found[1], pa.Table)
