"""Bounds, conditions and scopes as recipes write them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from filters.judging.conditions import EVERYTHING, Condition, Scope, parse_bound


@pytest.mark.parametrize(("text", "bound"), [(3, 3.0), (0.5, 0.5), ("p95", "p95"), ("p99.5", "p99.5"), ("1e3", 1000.0)])
def test_a_bound_is_a_number_or_a_percentile(text: object, bound: object) -> None:
    assert parse_bound(text) == bound


@pytest.mark.parametrize("text", ["", "p101", "p-1", "95p", "many", True, None, [1], float("nan"), float("inf"), "nan"])
def test_anything_else_is_no_bound(text: object) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        parse_bound(text)


def test_a_condition_is_signal_sign_bound() -> None:
    assert Condition.parse("quality >= p95") == Condition("quality", ">=", "p95")
    assert Condition.parse(" c4-lines.words<3 ") == Condition("c4-lines.words", "<", 3.0)


@pytest.mark.parametrize(
    "text", ["quality", "quality = 3", "quality >= ", ">= 3", "quality >= p95 or words > 3", "a >= b"]
)
def test_a_condition_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Condition.parse(text)


@pytest.mark.parametrize(
    ("sign", "held"),
    [
        (">=", [False, True, True, False]),
        (">", [False, False, True, False]),
        ("<=", [True, True, False, False]),
        ("<", [True, False, False, False]),
    ],
)
def test_a_condition_never_holds_for_a_missing_value(sign: str, held: list[bool]) -> None:
    assert Condition("quality", sign, 2.0).holds(np.array([1, 2, 3, np.nan]), 2.0).tolist() == held


TABLE = pa.table(
    {
        "kind": ["web", "code", "code", "text"],
        "source": ["a", "a", "b", "b"],
        "language": pa.array(["en", "Python", "HTML", None]),
    }
)


@pytest.mark.parametrize(
    ("scope", "mask"),
    [
        (EVERYTHING, [True] * 4),
        (Scope.of({"kind": ["code"]}), [False, True, True, False]),
        (Scope.of({"kind": ["code"], "source": ["b"]}), [False, False, True, False]),
        (Scope.of({"language": ["python", "EN"]}), [True, True, False, False]),
        (Scope.of({"not_language": ["html"]}), [True, True, False, True]),
    ],
)
def test_all_conditions_of_a_scope_must_hold(scope: Scope, mask: list[bool]) -> None:
    assert scope.mask(TABLE).tolist() == mask


def test_narrowing_keeps_the_languages_of_both() -> None:
    scope = Scope.of({"kind": ["code"], "language": ["Python", "go"]})
    assert scope.narrowed(["python", "java"], None).language == ("python",)
    assert scope.narrowed(None, ["xml"]) == Scope(("code",), None, ("python", "go"), ("xml",))
    assert scope.narrowed(None, None) == scope


def test_a_scope_without_conditions_has_no_key() -> None:
    assert EVERYTHING.key == ""
    assert Scope.of({"kind": ["web", "text"]}).key == "kind=web,text"
