"""Sliders and answers on a made-up ledger: those of `phimill whatif`, and while one waits on a million rows."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from data.errors import UsageError
from filters.judging.verdicts import judge_rows, pool_bounds
from flows.explore.asking import Asker
from flows.explore.ledger import Ledger
from flows.explore.query import Query
from flows.report.advice import changes
from flows.report.published import Published
from flows.whatif.show import find_out

_spec = importlib.util.spec_from_file_location("large_ledger", Path(__file__).parents[1] / "large_ledger.py")
assert _spec is not None
assert _spec.loader is not None
large: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(large)

QUESTIONS: list[tuple[str, ...]] = [
    (),
    ("filters.gopher-quality.min_words=30",),
    ("filters.gopher-quality.min_words=30", "filters.quality.keep_token_share=0.5"),
    ("filters.educational.min_edu=null", "filters.language.min_score=p30"),
    ("filters.quality.keep_token_share=0.9",),
]


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made-up")
    large.publish(folder, 20_000)
    return folder


@pytest.fixture(scope="module")
def asker(made_up: Path) -> Asker:
    return Asker(Published(made_up), made_up)


@pytest.mark.parametrize("settings", QUESTIONS[1:])
def test_answers_in_any_order_are_those_of_the_command(asker: Asker, made_up: Path, settings: tuple[str, ...]) -> None:
    found = asker.answer(settings)
    told = find_out(made_up, settings, (), 2)
    samples = told.pop("samples")
    told.pop("sweeps")
    assert found == told
    values: dict[tuple[str, str], list[tuple[str, float]]] = {}  # each document once, with every bound it is near to
    for one in samples:
        values.setdefault((one["side"], one["id"]), []).append((one["rule"], one["value"]))
    shown = asker.samples(settings, 2)
    assert {(one["side"], one["id"]): one["values"] for one in shown} == values
    assert len(shown) == len(values)


def test_the_share_that_a_document_needs_keeps_it_and_a_little_less_does_not(asker: Asker, made_up: Path) -> None:
    published = Published(made_up)
    table = pq.read_table(made_up / "ledger")
    alone = [row for row in table.to_pylist() if row["failed_rules"] == ["quality.keep_token_share"]]
    assert len(alone) > 100
    for row in alone[:: len(alone) // 3]:
        change = changes(row, published)[0]
        assert change["setting"] == f"filters.quality.keep_token_share={change['share']:.4f}"
        for share, kept in ((change["share"], True), (change["share"] - 0.0002, False)):
            plan = asker.question.ask([f"filters.quality.keep_token_share={share:.4f}"])
            fates = judge_rows(table, plan, pool_bounds(plan, lambda columns: table))
            assert (fates["reason"][table["id"].index(row["id"]).as_py()].as_py() == "") == kept


def test_nothing_changed_is_the_run_as_it_was(asker: Asker) -> None:
    found = asker.answer(())
    assert found["now"] == found["then"]
    assert found["rules"] == []


def test_a_slider_holds_every_document_that_the_rule_looks_at(asker: Asker, made_up: Path) -> None:
    table = pq.read_table(made_up / "ledger", columns=["kind", "words", "quality"])
    prose = np.asarray(table["kind"].to_pylist()) != "code"
    slider = asker.slider("gopher-quality.min_words", ["filters.gopher-quality.min_words=33"])
    assert (slider.key, slider.bound, slider.now) == ("filters.gopher-quality.min_words", 50, 33)
    assert sum(bar.documents for bar in slider.bars) == slider.judged == int(prose.sum())
    assert slider.whole
    assert slider.low < 50 < slider.high
    assert max(bar.height for bar in slider.bars) == 100
    assert asker.slider("gopher-quality.min_words", ["filters.gopher-quality.min_words=null"]).now is None
    share = asker.slider("quality.keep_token_share", [])
    assert (share.scale, share.bound, share.bars) == ("share", 0.8, [])


def test_every_rule_of_the_large_recipe_can_be_moved_and_no_other(asker: Asker) -> None:
    rules = asker.question.plan.rules
    assert [rule.address for rule in rules if not asker.can_move(rule)] == []
    for rule in rules:
        slider = asker.slider(rule.address, [])
        assert slider.bound == slider.now
    with pytest.raises(UsageError, match="no rule with a bound"):
        asker.slider("gopher-quality.min_wrods", [])


def test_an_exported_recipe_says_what_was_changed_and_cannot_be_broken_out_of(asker: Asker) -> None:
    text = asker.recipe(["filters.gopher-quality.min_words=30", "filters.educational.min_edu=null"])
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert any("gopher-quality.min_words: ≥ 50 -> ≥ 30" in line for line in head)
    assert any("educational.min_edu: ≥ 1 (unless" in line or "educational.min_edu: ≥ 1 -> off" in line for line in head)
    assert "min_words: 30" in text
    assert "signal: edu\n" not in text.partition("filters:")[2]
    with pytest.raises(UsageError):
        asker.recipe(["filters.gopher-quality.min_words=30\nname: other", "filters.x\ny=1"])


@pytest.mark.slow
def test_a_million_documents_stay_fluid(million: Path) -> None:
    """Every interaction within a second of processor time, the first reading of the ledger apart."""
    published = Published(million)
    asker, ledger = Asker(published, million), Ledger(published)
    asker.warm()
    actions: list[Callable[[], Any]] = [
        lambda: asker.answer(["filters.gopher-quality.min_words=30"]),
        lambda: asker.answer(["filters.gopher-quality.min_words=31"]),
        lambda: asker.answer(["filters.gopher-quality.min_words=31", "filters.language.min_score=0.8"]),
        lambda: asker.samples(["filters.gopher-quality.min_words=31"], 3),
        lambda: asker.slider("gopher-repetition.max_duplicate_line_share", []),
        lambda: ledger.find(Query(status="dropped", sort="words", down=True), {}, 400_000, 50),
        lambda: ledger.count(Query(q="large:99999"), {}),
        lambda: ledger.find(Query(rule="gopher-quality.min_words", only=True), {}, 0, 50),
        lambda: ledger.clusters(0, 50),
    ]
    spent = []
    for action in actions:
        waited, worked = time.monotonic(), time.process_time()
        action()
        # Wall time is what a person waits; on a machine with other work, processor time is the nearer measure.
        spent.append(min(time.monotonic() - waited, time.process_time() - worked))
    assert max(spent) < 1.0, spent
