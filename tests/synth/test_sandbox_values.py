from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.sandbox.running import encode
from synth.sandbox.values import canonical, canonical_of, claim_of, foreign_type, show


def claimed(value: object) -> object:
    """What the parent reads when the child reports a value."""
    return json.loads(encode(value, [1 << 20]))


def are_equal(one: object, other: object, *, loose: bool = False) -> bool:
    return canonical(claimed(one), loose=loose) == canonical(claim_of(other), loose=loose)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1),
        (-(10**30), -(10**30)),
        (0.0, -0.0),
        (0.1 + 0.2, 0.30000000000000004),
        (float("inf"), float("inf")),
        (1 + 2j, 1 + 2j),
        ("é\x00\ud800", "é\x00\ud800"),
        (b"\xff", b"\xff"),
        (None, None),
        ([1, [2, (3,)]], [1, [2, (3,)]]),
        ({1, 2, 3}, {3, 2, 1}),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
        (frozenset(), frozenset()),
        ((), ()),
    ],
)
def test_equal_values_of_equal_types_are_equal(one: object, other: object) -> None:
    assert are_equal(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, 1.0),
        (1.0, True),
        ([1, 2], (1, 2)),
        ({1}, frozenset({1})),
        ([1, [True]], [1, [1]]),
        ({"a": 1.0}, {"a": 1}),
        ({1: "x"}, {True: "x"}),
        ({(1, 2)}, {(1.0, 2)}),
    ],
)
def test_equal_values_of_other_types_are_only_loosely_equal(one: object, other: object) -> None:
    assert not are_equal(one, other)
    assert are_equal(one, other, loose=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1.0, 1.0000000000000002),
        ("1", 1),
        ("a", b"a"),
        ("a,b", "a"),
        ([], ()),
        ([1, 2], [2, 1]),
        ([[1], 2], [[1, 2]]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": "b"}, {"b": "a"}),
        (None, False),
        (None, 0),
        ("", None),
        ({}, set()),
        (1 + 0j, 1),
    ],
)
def test_other_values_are_not_equal(one: object, other: object) -> None:
    assert not are_equal(one, other)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=4)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers(-2, 2) | st.text(max_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


def strictly_equal(one: object, other: object) -> bool:
    """The slow reference: Python's own equality, with types compared all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        assert isinstance(other, (list, tuple))
        return len(one) == len(other) and all(map(strictly_equal, one, other))
    if isinstance(one, dict):
        assert isinstance(other, dict)
        return one.keys() == other.keys() and all(strictly_equal(one[key], other[key]) for key in one)
    return one == other


@given(plain, plain)
def test_equality_is_pythons_with_types(one: object, other: object) -> None:
    assert are_equal(one, one)
    assert are_equal(one, other) == strictly_equal(one, other)


class Equal:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Text(str):
    pass


@pytest.mark.parametrize("value", [Equal(), Text("a"), [1, Equal()], {"k": Text("a")}, {1: (Equal(),)}, object(), int])
def test_what_is_not_plain_data_is_only_named(value: object) -> None:
    assert foreign_type(claimed(value)) in ("Equal", "Text", "object", "type")
    for literal in (1, "a", [1, 1], {"k": "a"}, None):
        assert canonical(claimed(value)) != canonical(claim_of(literal))


def test_plain_data_has_no_foreign_type() -> None:
    assert foreign_type(claimed([1, {"a": (None, {2.0})}])) == ""


def test_values_that_hold_themselves_are_cut_off() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert foreign_type(claimed(endless)) == "list"


@pytest.mark.parametrize(
    "claim",
    [None, 1, "i", [], [1], ["i"], ["i", 1], ["i", "1", "2"], ["b", 2], ["n", 0], ["f", "x"], ["c", "1"], ["list", 3],
     ["dict", [["n"]]], ["dict", [[["n"], ["n"], ["n"]]]], ["what", "1"], ["list", [["i"]]], {"i": "1"}],
)  # fmt: skip
def test_malformed_claims_are_refused(claim: object) -> None:
    with pytest.raises(ValueError, match=r"malformed|convert"):
        canonical(claim)


def test_claims_nested_too_deeply_are_refused() -> None:
    claim: list[object] = ["n"]
    for _ in range(200):
        claim = ["list", [claim]]
    with pytest.raises(ValueError, match="deeply"):
        canonical(claim)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (-255, "-255"),
        (0.5, "0.5"),
        ("a\x1b'b", '"a\\x1b\'b"'),
        ("ü", "'\\xfc'"),
        (b"\x00", "b'\\x00'"),
        ([1, (2,), (3, 4)], "[1, (2,), (3, 4)]"),
        ({"a": {1}}, "{'a': set({1})}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
    ],
)
def test_claims_are_shown_like_values(value: object, text: str) -> None:
    assert show(claimed(value)) == text


def test_long_claims_are_shown_in_part_and_malformed_ones_safely() -> None:
    assert len(show(claim_of("x" * 10_000))) == 120
    assert len(show(claim_of(10**5000))) == 120
    assert len(show(claim_of([[0] * 1000] * 1000))) == 120
    assert show(["s", "no digits"]) == "<malformed>"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.complex_numbers() | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    | st.sets(st.integers() | st.text()) | st.frozensets(st.tuples(st.integers(), st.text())),
    max_leaves=12,
)  # fmt: skip


@given(PLAIN)
def test_the_short_way_to_a_canonical_text_leads_to_the_same(value: object) -> None:
    assert canonical_of(value) == canonical(claim_of(value))
