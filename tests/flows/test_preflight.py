from __future__ import annotations

import subprocess
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


def test_a_git_source_needs_a_repository_with_a_commit(tmp_path: Path) -> None:
    path = tmp_path / "git.yaml"
    path.write_text("name: git\nsources: [{name: a, kind: git, path: code}]\n")
    (tmp_path / "code").mkdir()
    with pytest.raises(RecipeError, match="no git repository at or below"):
        check_all(read_recipe(path))
    subprocess.run(["git", "init", "-q", tmp_path / "code"], check=True)
    with pytest.raises(RecipeError, match="no commit in the git repositories at or below"):
        check_all(read_recipe(path))


LANGUAGES = """\
name: wanted
sources: [{name: a, kind: jsonl, path: here.jsonl}]
filters: [{preset: language, keep: [en]}]
"""


def _check(folder: Path, *changes: str) -> None:
    (folder / "here.jsonl").write_text("{}")
    (folder / "recipe.yaml").write_text(LANGUAGES)
    check_all(read_recipe(folder / "recipe.yaml", changes))


@pytest.mark.parametrize(
    ("keep", "told"), [("[english]", "english"), ("[de, eng_Latn]", "eng_latn"), ("{en: 0.5, uk_UA: 0.3}", "uk_ua")]
)
def test_a_language_that_the_model_never_finds_is_a_mistake(tmp_path: Path, keep: str, told: str) -> None:
    with pytest.raises(RecipeError, match=rf'filters\[0\]\.keep: lid\.176 never finds "{told}"'):
        _check(tmp_path, f"filters.language.keep={keep}")


def test_what_a_recipe_calls_a_language_is_one_of_the_models(tmp_path: Path) -> None:
    _check(tmp_path, "filters.language.keep=[EN, zh, yue]")
    _check(tmp_path, "filters.language.keep=[english]", "language.languages={en: english}")


CONTRADICTING = """\
name: nothing
sources: [{name: a, kind: jsonl, path: here.jsonl}]
filters:
  - preset: gopher-quality
    min_words: 500
    max_words: 100
  - name: own
    rules:
      - {signal: words, at_least: 30, reason: too_few}
      - {signal: words, at_most: 30, reason: too_many}
"""


def test_bounds_that_contradict_each_other_are_a_mistake_and_equal_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "nothing.yaml"
    path.write_text(CONTRADICTING)
    (tmp_path / "here.jsonl").write_text("{}")
    with pytest.raises(RecipeError) as caught:
        check_all(read_recipe(path))
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"{path}:5: filters[0].min_words: min_words (500) is above max_words (100)")
    assert check_all(read_recipe(path, ["filters.gopher-quality.max_words=p95"])).rules


def test_a_root_that_is_not_there_is_the_only_mistake_told(tmp_path: Path) -> None:
    path = tmp_path / "nothing.yaml"
    path.write_text(CONTRADICTING.replace("sources:", "root: gone\nsources:").replace("500", "50"))
    with pytest.raises(RecipeError) as caught:
        check_all(read_recipe(path))
    assert str(caught.value) == f"{path}:2: root: no such folder: {tmp_path / 'gone'}"


def test_a_function_written_as_one_value_is_named_by_one_key(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("name: own\nsources: [{name: a, kind: jsonl, path: own.yaml}]\nfilters:\n  - function: gone.py:f\n")
    with pytest.raises(RecipeError, match=r":4: filters\[0\]\.function: no such file: "):
        check_all(read_recipe(path))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ['{"text": "a", "level": "high"}', '{"text": "b", "level": "low"}', '{"text": "c"}'],
            '2 records .* "high", "low"',
        ),
        (['{"text": "a", "level": [3]}'], r'record .* "\[3\]"'),
        (['{"text": "a", "level": "high"}', '{"text": "b", "level": "3.5"}'], ""),
        (['{"text": "a"}', '{"text": "b", "level": null}', '{"text": "c", "level": "NaN"}', "{broken"], ""),
        (["{broken"], ""),
    ],
)
def test_a_signal_whose_column_holds_words_is_a_mistake(tmp_path: Path, lines: list[str], told: str) -> None:
    path = tmp_path / "signals.yaml"
    path.write_text("name: s\nsources:\n  - {name: a, kind: jsonl, path: in, signals: {edu: level}}\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/small.jsonl").write_text("\n".join(lines))
    (tmp_path / "in/z.jsonl").write_text("{}\n" * 400)
    if not told:
        check_all(read_recipe(path))
        return
    with pytest.raises(
        RecipeError, match=rf':3: sources\[0\]\.signals\.edu: "level" holds no number in .*{told}; give'
    ):
        check_all(read_recipe(path))
