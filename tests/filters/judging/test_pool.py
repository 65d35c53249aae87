"""Percentiles and shares of tokens over the pool."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from data.recipe import FilterEntry
from filters.judging.pool import best_share, needed_percentiles, percentile, pool_bounds
from filters.judging.rules import Plan, resolve_filters


def plan(*entries: dict[str, object]) -> Plan:
    return resolve_filters(
        [FilterEntry(**entry) for entry in entries], {"quality"}, lambda place, text: ValueError(text)
    )


@pytest.mark.parametrize(("q", "value"), [(0, 1), (10, 1), (10.1, 2), (50, 5), (95, 10), (100, 10)])
def test_a_percentile_is_one_of_the_values(q: float, value: float) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], q) == value


def test_a_percentile_does_not_fall_for_rounding() -> None:
    # 0.29 * 100 is 28.999999999999996 in binary, 0.07 * 100 is 7.000000000000001.
    values = np.arange(1, 101)
    assert [percentile(values, q) for q in range(1, 101)] == list(range(1, 101))


def test_no_values_have_no_percentile() -> None:
    assert math.isnan(percentile([], 50))
    assert math.isnan(best_share([], [], 0.5))


def test_the_best_documents_are_taken_until_the_share_is_reached() -> None:
    scores, sizes = [0.1, 0.9, 0.5, 0.7], [50.0, 10.0, 20.0, 20.0]
    assert best_share(scores, sizes, 0.1) == 0.9
    assert best_share(scores, sizes, 0.11) == 0.7
    assert best_share(scores, sizes, 0.3) == 0.7
    assert best_share(scores, sizes, 0.5) == 0.5
    assert best_share(scores, sizes, 1.0) == 0.1


def test_only_what_the_rules_need_is_read_from_the_pool() -> None:
    numbers = plan({"preset": "gopher-quality"})
    assert needed_percentiles(numbers) == []
    assert pool_bounds(numbers, lambda columns: pytest.fail("not needed")) == {}


def test_percentiles_are_over_the_documents_that_the_rule_judges_and_that_have_the_signal() -> None:
    judged = plan(
        {"preset": "quality", "min_quality": "p50", "where": {"kind": ["web"]}},
        {"name": "long", "rules": [{"signal": "words", "at_most": 9, "reason": "long", "unless": "quality >= p100"}]},
        {"name": "best", "preset": "quality", "keep_token_share": 0.5},
    )
    table = pa.table(
        {
            "kind": ["web", "web", "web", "code", "web"],
            "source": ["s"] * 5,
            "language": pa.array([None] * 5, pa.string()),
            "quality": [0.1, 0.2, 0.3, 0.9, None],
            "bytes": [10.0, 10.0, 10.0, 30.0, 1000.0],
        }
    )
    seen: list[list[str]] = []
    bounds = pool_bounds(judged, lambda columns: seen.append(columns) or table)  # type: ignore[func-returns-value]
    assert bounds == {"quality@p50[kind=web]": 0.2, "quality@p100": 0.9, "quality@t0.5": 0.9}
    assert seen == [["bytes", "quality"]]
