from __future__ import annotations

import collections
from typing import Any, Callable

import pytest

from data.errors import UsageError
from synth.plans import Outcome
from synth.specs import ExerciseSpec
from synth.variety.cells import cells_of, draw_in, pairs_of
from synth.variety.files import plain_variety
from synth.variety.settings import Variety
from synth.variety.steering import Steering


def steering(seed: int = 1, texts: tuple[str, ...] = (), **values: Any) -> Steering:
    return Steering(plain_variety(Variety.model_validate({"name": "test", **values})), seed, texts)


def run(plan: Steering, judge: Callable[[int, ExerciseSpec], Outcome], size: int = 16) -> list[ExerciseSpec]:
    """Follows a plan to its end; `judge` says what becomes of the n-th specification."""
    asked: list[ExerciseSpec] = []
    while not plan.finished:
        specs = plan.plan(size)
        assert specs
        plan.learn([judge(len(asked) + place, spec) for place, spec in enumerate(specs)])
        asked += specs
    return asked


def kept(number: int, spec: ExerciseSpec) -> Outcome:
    return Outcome(spec, True, "", f"skeleton {number}", f"behaviour {number}", f"opener {number}")


def test_all_cells_are_filled_evenly() -> None:
    plan = steering(topics=["python/sorting", "python/errors"], cells=["topic", "difficulty"], budget={"kept": 78})
    asked = run(plan, kept)
    assert len(plan.cells) == (7 + 6) * 3
    assert len(asked) == 78
    assert {filling.kept for filling in plan.fillings} == {2}
    counts = collections.Counter((spec.topic, spec.difficulty) for spec in asked)
    assert set(counts.values()) == {2}
    assert plan.finished == "the budget of records is reached"


def test_weights_say_how_much_each_kind_gets() -> None:
    plan = steering(kinds={"function": 3, "section": 1}, cells=["kind"], budget={"kept": 40})
    counts = collections.Counter(spec.kind for spec in run(plan, kept))
    assert counts == {"function": 30, "section": 10}
    unsplit = steering(kinds={"function": 3, "section": 1}, cells=["difficulty"], budget={"kept": 400})
    counts = collections.Counter(spec.kind for spec in run(unsplit, kept, 64))
    assert counts["function"] / 400 == pytest.approx(0.75, abs=0.07)


def test_a_run_that_ends_early_has_asked_by_weight_too() -> None:
    plan = steering(kinds={"function": 3, "section": 1}, cells=["kind", "topic", "difficulty"], budget={"kept": 2000})
    counts = collections.Counter(spec.kind for spec in plan.plan(160))
    assert counts["section"] / 160 == pytest.approx(0.25, abs=0.08)
    assert len({spec.topic for spec in plan.plan(160)}) > 60


def test_what_is_rejected_is_asked_for_again_in_the_same_cell() -> None:
    def half(number: int, spec: ExerciseSpec) -> Outcome:
        good = spec.difficulty != "hard" or number % 2 == 0
        return kept(number, spec) if good else Outcome(spec, False, "failed_tests")

    plan = steering(cells=["difficulty"], budget={"kept": 60})
    run(plan, half, 7)
    rows = {row.values[0]: row for row in plan.coverage()}
    assert [rows[name].kept for name in ("easy", "medium", "hard")] == [20, 20, 20]
    assert rows["hard"].asked > 30
    assert plan.facts()["coverage"][2]["rejected"] == {"failed_tests": rows["hard"].asked - 20}


def test_facts_hold_what_was_asked_and_not_the_rest_of_a_round() -> None:
    plan = steering(cells=["difficulty"], budget={"kept": 60})
    specs = plan.plan(16)
    first = [kept(place, spec) for place, spec in enumerate(specs[:7])]
    found = plan.facts(first)
    assert (sum(row["asked"] for row in found["coverage"]), sum(row["kept"] for row in found["coverage"])) == (7, 7)
    assert found["skeletons"] == 7
    assert sum(row["asked"] for row in plan.facts()["coverage"]) == 16  # the plan itself goes on as it was
    assert sum(row["kept"] for row in plan.facts()["coverage"]) == 0


def test_a_cell_that_never_works_is_given_up() -> None:
    def never_hard(number: int, spec: ExerciseSpec) -> Outcome:
        return Outcome(spec, False, "failed_tests") if spec.difficulty == "hard" else kept(number, spec)

    plan = steering(cells=["difficulty"], budget={"kept": 30, "most_tries": 2})
    run(plan, never_hard)
    assert [filling.asked for filling in plan.fillings] == [10, 10, 20]
    assert plan.finished == "every cell is full or was given up"
    assert plan.facts()["empty_cells_share"] == pytest.approx(1 / 3)


def test_a_stale_cell_waits_behind_fresh_ones() -> None:
    def stale(number: int, spec: ExerciseSpec) -> Outcome:
        outcome = kept(number, spec)
        return outcome if spec.difficulty != "easy" else Outcome(spec, True, "", "always the same", "same", "same")

    plan = steering(cells=["difficulty"], budget={"kept": 60}, novelty={"floor_per_1000": 0})
    for _ in range(5):
        specs = plan.plan(6)
        plan.learn([stale(spec.seed, spec) for spec in specs])
    easy, medium, hard = (filling.kept for filling in plan.fillings)
    assert easy < medium
    assert abs(medium - hard) <= 1


def test_it_stops_once_too_little_is_new() -> None:
    def tiring(number: int, spec: ExerciseSpec) -> Outcome:
        return Outcome(spec, True, "", f"skeleton {number if number < 100 else number % 4}", "", "opener")

    plan = steering(budget={"kept": 2000}, novelty={"floor_per_1000": 100, "window": 50})
    asked = run(plan, tiring, 10)
    # 100 new ones, then 46 stale ones: 4 new in 50 are 80 in 1,000; rounds of 10 end at 150
    assert len(asked) == 150
    assert "80" not in plan.finished or "below the floor of 100" in plan.finished
    assert plan.finished.startswith("novelty fell to")
    assert plan.plan(10) == []


def test_the_same_outcomes_give_the_same_plan_and_cells_keep_their_requests() -> None:
    one, two = run(steering(budget={"kept": 50}), kept), run(steering(budget={"kept": 50}), kept)
    assert one == two
    assert not {spec.seed for spec in one} & {spec.seed for spec in run(steering(2, budget={"kept": 50}), kept)}
    small = {spec.seed for spec in run(steering(topics=["python/sorting"], budget={"kept": 21}), kept)}
    large = {spec.seed for spec in run(steering(topics=["python/sorting"], budget={"kept": 42}), kept)}
    assert small < large  # a larger wish asks for the same ones first


def test_what_was_not_answered_is_free_again() -> None:
    plan = steering(budget={"kept": 10})
    specs = plan.plan(10)
    assert plan.plan(10) == []
    plan.learn([Outcome(spec, False, "budget_exhausted") for spec in specs])
    assert len(plan.plan(10)) == 10


def test_concept_pairs_join_within_a_topic_and_across() -> None:
    file = plain_variety(Variety.model_validate({"name": "a", "topics": ["python"], "pairs_across": 3}))
    leaf = file.leaves[0]
    pairs = pairs_of(file.variety, leaf, file.leaves)
    assert pairs[:3] == [("slicing",), ("searching",), ("slicing", "searching")]
    assert len(pairs) == 6
    assert all(pair[0] in leaf.concepts and pair[1] not in leaf.concepts for pair in pairs[3:])
    plan = steering(topics=["sorting words"], cells=["concepts"], budget={"kept": 20})
    assert {spec.concepts for spec in run(plan, kept)} == {tuple(cell.key.split(" + ")) for cell in plan.cells}


def test_documents_go_to_kinds_that_need_them_and_by_share_to_others() -> None:
    values: dict[str, Any] = {"documents": {"path": "x", "share": 0.3}, "budget": {"kept": 300}}
    plan = steering(1, ("one", "two"), kinds={"rephrase-faq": 1, "section": 1}, cells=["kind"], **values)
    specs = run(plan, kept, 64)
    assert all(spec.document in ("one", "two") for spec in specs if spec.kind == "rephrase-faq")
    with_document = [bool(spec.document) for spec in specs if spec.kind == "section"]
    assert sum(with_document) / len(with_document) == pytest.approx(0.3, abs=0.1)


def test_personas_are_named_by_share() -> None:
    plan = steering(personas=["a nurse"], persona_share=0.4, budget={"kept": 300})
    specs = run(plan, kept, 64)
    assert sum(spec.persona == "a nurse" for spec in specs) / 300 == pytest.approx(0.4, abs=0.08)


def test_topics_of_facts_suit_lessons_only() -> None:
    with pytest.raises(UsageError, match="topics of facts suit lessons"):
        steering(topics=["common-sense"])
    plan = steering(topics=["common-sense"], kinds={"lesson": 1})
    assert plan.plan(3)[0].concepts == ()


def test_too_many_combinations_are_refused() -> None:
    cells = ["topic", "audience", "style", "setting", "name_word", "difficulty"]
    with pytest.raises(UsageError, match="name fewer axes"):
        steering(cells=cells)


def test_a_request_depends_on_seed_cell_and_number_alone() -> None:
    file = plain_variety(Variety(name="a"))
    cell = cells_of(file)[3]
    spec = draw_in(file, cell, 1, 5, ())
    assert spec == draw_in(file, cell, 1, 5, ())
    assert spec != draw_in(file, cell, 1, 6, ())
    assert (spec.topic, spec.difficulty) == (cell.value("topic"), cell.value("difficulty"))


def test_duplicates_that_are_not_kept_count_as_nothing_new() -> None:
    """Of ten answers one is new and nine are duplicates: all that is kept is new, at ten times its price."""

    def collapsed(number: int, spec: ExerciseSpec) -> Outcome:
        return kept(number, spec) if number % 10 == 0 else Outcome(spec, False, "duplicate_skeleton")

    novelty = {"floor_per_1000": 200, "window": 50}
    plan = steering(budget={"kept": 2000, "most_tries": 100}, novelty=novelty)
    asked = run(plan, collapsed)
    assert plan.finished.startswith("novelty fell to 100 new")
    assert len(asked) < 70
    failing = steering(cells=["difficulty"], budget={"kept": 60, "most_tries": 100}, novelty=novelty)
    run(failing, lambda n, spec: kept(n, spec) if n % 10 == 0 else Outcome(spec, False, "failed_tests"))
    assert failing.finished == "the budget of records is reached"  # mistakes say nothing about novelty
