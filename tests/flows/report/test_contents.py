"""What the report's sections say."""

from __future__ import annotations

import pytest

from flows.report import contents


@pytest.mark.parametrize(
    ("benchmark", "item", "name"),
    [("mbpp", "958", "mbpp 958"), ("humaneval", "HumanEval/61", "HumanEval/61"), ("a", "b", "a b")],
)
def test_an_item_bears_its_benchmarks_name(benchmark: str, item: str, name: str) -> None:
    assert contents._item_name(benchmark, item) == name
