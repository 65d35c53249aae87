from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from filters.contamination.behaviour import BEHAVIOUR_SCHEMA, ROUNDS, Alike, KnownBehaviours

NUMBERS = list(range(1, 65))


def table(*rows: dict[str, Any]) -> pa.Table:
    blank = {"benchmark": "own", "item": "x", "name": "f", "problem": "", "shapes": ["int"],
             "inputs": [f"({n},)" for n in NUMBERS], "digests": NUMBERS, "form": "", "operation": ""}  # fmt: skip
    return pa.Table.from_pylist([{**blank, **row} for row in rows], schema=BEHAVIOUR_SCHEMA)


def known(digests: list[int]) -> KnownBehaviours:
    return KnownBehaviours(table({"digests": digests, "inputs": ["(1,)"] * len(digests)}))


def given(one: KnownBehaviours, results: list[int]) -> list[int]:
    """Returns results by input in the order in which they are asked for."""
    return [results[place] for place in one.order[0]]


def test_the_same_results_are_alike() -> None:
    one = known(NUMBERS)
    assert one.judge(0, given(one, NUMBERS)) == Alike("own", "x", 1.0)


@pytest.mark.parametrize(("wrong", "alike"), [(3, True), (4, False)])
def test_one_in_twenty_may_differ(wrong: int, alike: bool) -> None:
    """3 of 64 are 4.7 %, 4 are 6.2 %."""
    one = known(NUMBERS)
    results = [999] * wrong + NUMBERS[wrong:]
    assert (one.judge(0, given(one, results)) is not None) is alike


@pytest.mark.parametrize(("missing", "alike"), [(24, True), (25, False)])
def test_forty_inputs_must_be_comparable(missing: int, alike: bool) -> None:
    one = known(NUMBERS)
    results = [0] * missing + NUMBERS[missing:]
    assert (one.judge(0, given(one, results)) is not None) is alike


def test_a_function_that_always_says_no_is_no_test_of_primes() -> None:
    """56 of 64 are right, but none of the 8 that matter."""
    digests = [1] * 8 + [2] * 56
    one = known(digests)
    assert one.judge(0, given(one, [2] * 64)) is None
    assert one.judge(0, given(one, digests)) is not None
    few = known([1] * 7 + [2] * 57)
    assert few.judge(0, given(few, [1] * 7 + [2] * 57)) is None


def test_candidates_fit_in_width_and_shape() -> None:
    one = KnownBehaviours(
        table(
            {"item": "int", "shapes": ["int"]},
            {"item": "list", "shapes": ["list[int]"]},
            {"item": "two", "shapes": ["str", "int"]},
            {"item": "any", "shapes": ["any"]},
            {"item": "bad", "problem": "cannot be run"},
            {"item": "one", "operation": "a + 1"},
        )
    )

    def names(*arguments: Any, **more: Any) -> list[str]:
        return [one.names[number][1] for number in one.candidates(*arguments, **more)]

    assert names(1, 1, None) == ["int", "list", "any"]
    assert names(1, 1, ["int"]) == names(1, 1, ["float"]) == ["int", "any"]
    assert names(1, 1, ["tuple[int,int]"]) == ["list", "any"]
    assert names(1, 2, ["str"]) == ["any", "two"]
    assert names(1, 1, ["int"], simple=True) == ["int", "any", "one"]
    assert names(3, 4, None) == []


def test_rounds_ask_for_every_input_once_and_the_telling_ones_first() -> None:
    digests = [7] * 32 + NUMBERS[:32]
    one = known(digests)
    asked: list[int] = []
    for _ in ROUNDS:
        asked += one.places(0, len(asked))
    assert sorted(asked) == list(range(64))
    assert one.places(0, 64) == []
    first = [digests[place] for place in asked[:4]]
    assert len(set(first)) >= 3


def test_a_wrong_first_result_ends_the_matter_and_one_of_four_does_not() -> None:
    one = known(NUMBERS)
    right = given(one, NUMBERS)
    assert one.may_be(0, right[:1])
    assert not one.may_be(0, [999])
    assert one.may_be(0, [*right[:3], 999])
    assert not one.may_be(0, [*right[:2], 999, 999])
