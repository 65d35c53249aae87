from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from data.errors import AccountingError
from data.mixture import apportion, fates, keyed_order, plan, take_in_turn
from data.recipe import Mixture


def rows(groups: dict[str, list[int]]) -> pa.Table:
    flat = [(f"{name}-{n}", name, size) for name, sizes in groups.items() for n, size in enumerate(sizes)]
    return pa.table({"id": [r[0] for r in flat], "group": [r[1] for r in flat], "tokens": [r[2] for r in flat]})


def test_keyed_order_does_not_depend_on_the_order_of_arrival() -> None:
    ids = [f"d{n}" for n in range(200)]
    mixed = ids[::-1]
    assert [ids[n] for n in keyed_order(1, "mix", ids)] == [mixed[n] for n in keyed_order(1, "mix", mixed)]
    assert list(keyed_order(1, "mix", ids)) != list(keyed_order(2, "mix", ids))
    assert list(keyed_order(1, "mix", [])) == []


def test_largest_remainders_get_what_is_over() -> None:
    shares = {"a": Fraction(1, 2), "b": Fraction(3, 10), "c": Fraction(1, 5)}
    assert apportion(11, shares) == {"a": 6, "b": 3, "c": 2}  # 5.5, 3.3, 2.2: one over, to a
    assert apportion(10, {"x": Fraction(1, 3), "y": Fraction(1, 3), "z": Fraction(1, 3)}) == {"x": 4, "y": 3, "z": 3}
    assert apportion(0, shares) == {"a": 0, "b": 0, "c": 0}


def test_every_item_that_still_fits_is_taken_in_turn() -> None:
    taken, reached = take_in_turn(np.array([5, 7, 2, 9, 3]), 10)
    assert taken.tolist() == [True, False, True, False, True]  # 5, then 12 > 10, then 7, then 16 > 10, then 10
    assert reached.tolist() == [5, 12, 7, 16, 10]


def test_taking_in_turn_equals_the_plain_loop() -> None:
    draw = random.Random(3)
    for _ in range(300):
        sizes = [draw.choice([0, 1, draw.randint(0, 50), draw.randint(0, 1000)]) for _ in range(draw.randint(0, 60))]
        budget, left, expected = draw.randint(0, 3000), 0, []
        for size in sizes:
            expected.append(left + size <= budget)
            left += size if expected[-1] else 0
        assert take_in_turn(np.array(sizes, np.int64), budget)[0].tolist() == expected


def test_without_a_budget_the_scarcest_group_sets_the_total_and_is_taken_whole() -> None:
    table = rows({"code": [10] * 100, "web": [7] * 43})
    made = plan(table, Mixture(shares={"code": 0.7, "web": 0.3}), 1)
    assert made.planned == {"code": {"share": 0.7, "tokens": 702}, "web": {"share": 0.3, "tokens": 301}}
    assert made.realised["web"] == {"documents": 43, "tokens": 301, "share": 301 / 1001, "available_tokens": 301}
    assert made.realised["code"]["tokens"] == 700


def test_a_group_that_is_too_small_for_the_budget_is_reported_and_the_others_keep_theirs() -> None:
    made = plan(rows({"code": [10] * 100, "web": [10] * 5}), Mixture(shares={"code": 0.5, "web": 0.5}, tokens=400), 1)
    assert made.planned["code"]["tokens"] == made.planned["web"]["tokens"] == 200
    assert made.realised["code"]["tokens"] == 200
    assert made.realised["web"]["tokens"] == 50
    assert made.realised["web"]["short_of"] == 150
    assert "short_of" not in made.realised["code"]


def test_a_group_with_nothing_in_it_does_not_empty_the_mixture() -> None:
    made = plan(rows({"code": [10] * 10}), Mixture(shares={"code": 0.5, "exercise": 0.5}), 1)
    assert made.realised["code"]["tokens"] == 100
    assert made.realised["exercise"] == {"documents": 0, "tokens": 0, "share": 0.0, "available_tokens": 0}


def test_without_shares_or_budget_everything_is_taken() -> None:
    made = plan(rows({"code": [3, 0, 8], "web": [5]}), Mixture(), 1)
    assert made.taken.all()
    assert made.budgets == {"code": 11, "web": 5}


def test_without_shares_a_budget_is_split_by_what_there_is() -> None:
    made = plan(rows({"code": [1] * 300, "web": [1] * 100}), Mixture(tokens=100), 1)
    assert {name: group["tokens"] for name, group in made.realised.items()} == {"code": 75, "web": 25}


def test_no_documents_at_all_make_an_empty_plan() -> None:
    empty = pa.table(
        {"id": pa.array([], pa.string()), "group": pa.array([], pa.string()), "tokens": pa.array([], pa.int64())}
    )
    for settings in (
        Mixture(),
        Mixture(shares={"web": 1.0}),
        Mixture(tokens=5),
        Mixture(shares={"web": 1.0}, tokens=5),
    ):
        assert len(plan(empty, settings, 1).taken) == 0


def test_the_choice_depends_on_ids_only() -> None:
    table = rows({"code": list(range(1, 200)), "web": list(range(1, 100))})
    settings = Mixture(shares={"code": 0.4, "web": 0.6}, tokens=3000)
    straight = plan(table, settings, 7)
    turned = table.take(pa.array(range(table.num_rows - 1, -1, -1)))
    assert plan(turned, settings, 7).taken.tolist() == straight.taken.tolist()[::-1]
    assert plan(table, settings, 8).taken.tolist() != straight.taken.tolist()


def test_fates_say_why_and_by_how_much() -> None:
    table = rows({"web": [6, 6], "junk": [4], "code": [10]})
    made = plan(table, Mixture(shares={"web": 0.5, "code": 0.5}, tokens=20), 1)
    told = fates(table.slice(0, 2), made).to_pylist() + fates(table.slice(2), made, start=2).to_pylist()
    assert sorted((row["status"], row["reason"], row["measured"], row["threshold"]) for row in told[:2]) == [
        ("", "", None, None),
        ("not_sampled", "over_budget", 12.0, 10.0),
    ]
    assert told[2] == {
        "id": "junk-0",
        "status": "not_sampled",
        "reason": "not_in_mixture",
        "measured": None,
        "threshold": None,
    }
    assert told[3]["status"] == ""


def test_a_document_that_was_never_counted_is_an_error() -> None:
    table = rows({"web": [1]}).set_column(2, "tokens", pa.array([None], pa.int64()))
    with pytest.raises(AccountingError, match="1 documents"):
        plan(table, Mixture(), 1)
