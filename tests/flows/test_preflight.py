from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import RecipeError
from data.recipe_file import read_recipe
from flows.preflight import check_all

RECIPE = """\
name: wrong
sources:
  - {name: a, kind: jsonl, path: here.jsonl}
  - {name: b, kind: jsonl, path: missing.jsonl}
filters:
  - preset: gopher-qualty
  - preset: c4
    min_wrods: 3
    where: {source: c}
  - name: own
    rules: [{signal: wrds, at_least: 3, reason: too_few}]
mixture: {tokens: 1000, shares: {text: 0.5, code: 0.5}}
expect:
  - {keep: good.jsonl}
"""


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(RECIPE)
    (tmp_path / "here.jsonl").write_text("{}")
    with pytest.raises(RecipeError) as caught:
        check_all(read_recipe(path), with_tests=True)
    told = [line.removeprefix(f"{path}:").split(": ")[:2] for line in str(caught.value).splitlines()]
    assert told == [
        ["4", "sources[1].path"],
        ["6", "filters[0].preset"],
        ["8", "filters[1].min_wrods"],
        ["9", "filters[1].where.source"],
        ["11", "filters[2].rules[0].signal"],
        ["12", "mixture.shares.code"],
    ]
    assert caught.value.exit_code == 2


def test_a_plan_that_is_sound_does_not_hide_what_its_tests_lack(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(RECIPE)
    with pytest.raises(RecipeError) as caught:
        check_all(read_recipe(path, ["filters=[]"]), with_tests=True)
    keys = [line.removeprefix(f"{path}:").split(": ")[1] for line in str(caught.value).splitlines()]
    assert keys == ["sources[0].path", "sources[1].path", "mixture.shares.code", "expect[0].keep"]
