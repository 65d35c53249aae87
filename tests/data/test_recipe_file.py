from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import RecipeError
from data.recipe_file import read_recipe, write_recipe

RECIPE = """\
name: small
sources:
  - name: pages
    kind: jsonl
    path: pages.jsonl
filters:
  - preset: gopher-quality@paper
    min_words: 40
  - name: own
    rules:
      - {signal: words, at_least: 3, reason: too_few_words}
deduplicate:
  threshold: 0.8
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE)
    return path


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_a_filter_is_named_after_its_preset_without_the_variant(recipe: Path) -> None:
    read = read_recipe(recipe)
    assert [entry.name for entry in read.recipe.filters] == ["gopher-quality", "own"]
    assert read.recipe.filters[0].bounds == {"min_words": 40}


def test_a_bound_is_changed_by_the_filters_name(recipe: Path) -> None:
    read = read_recipe(recipe, ["filters.gopher-quality.min_words=30", "deduplicate=null", "seed=7"])
    assert read.recipe.filters[0].bounds == {"min_words": 30}
    assert read.recipe.deduplicate is None
    assert read.recipe.seed == 7


def test_an_unknown_key_is_refused_with_line_and_nearest_name(recipe: Path) -> None:
    change(recipe, "  threshold: 0.8", "  tresholt: 0.8")
    with pytest.raises(RecipeError) as caught:
        read_recipe(recipe)
    assert str(caught.value).startswith(f"{recipe}:13: deduplicate.tresholt: unknown key")
    assert 'Did you mean "threshold"?' in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_wrong_choice_is_refused_with_the_nearest_one(recipe: Path) -> None:
    change(recipe, "deduplicate:", "extract: {engine: resiliprase}\ndeduplicate:")
    with pytest.raises(
        RecipeError, match=r"extract\.engine: .*found: 'resiliprase'\).* Did you mean \"resiliparse\"\?"
    ):
        read_recipe(recipe)


def test_a_wrong_value_is_refused_with_line_and_what_was_found(recipe: Path) -> None:
    change(recipe, "threshold: 0.8", "threshold: 1.8")
    with pytest.raises(RecipeError, match=r":13: deduplicate\.threshold: .*less than or equal to 1.*1\.8"):
        read_recipe(recipe)


def test_all_wrong_keys_and_values_are_told_at_once_in_their_order(recipe: Path) -> None:
    change(recipe, "    kind: jsonl\n    path: pages.jsonl", "    kind: jsonll\n    pth: pages.jsonl")
    change(recipe, "threshold: 0.8", "threshold: 1.8\nsed: 3")
    with pytest.raises(RecipeError) as caught:
        read_recipe(recipe)
    told = [line.removeprefix(f"{recipe}:").split(": ")[:2] for line in str(caught.value).splitlines()]
    assert told == [
        ["3", "sources[0].path"],  # is missing: the source's own line
        ["4", "sources[0].kind"],
        ["5", "sources[0].pth"],
        ["13", "deduplicate.threshold"],
        ["14", "sed"],
    ]


def test_a_key_that_stands_twice_is_refused(recipe: Path) -> None:
    change(recipe, "deduplicate:", "name: again\ndeduplicate:")
    with pytest.raises(RecipeError, match="name: stands twice, first on line 1"):
        read_recipe(recipe)


def test_a_missing_source_path_is_named(recipe: Path) -> None:
    change(recipe, "    path: pages.jsonl\n", "")
    with pytest.raises(RecipeError, match=r":3: sources\[0\]\.path: is missing"):
        read_recipe(recipe)


def test_setting_an_unknown_filter_names_those_that_exist(recipe: Path) -> None:
    with pytest.raises(RecipeError, match='Did you mean "gopher-quality"'):
        read_recipe(recipe, ["filters.gopher-qualty.min_words=3"])


def test_text_that_is_no_yaml_is_refused_with_its_line(recipe: Path) -> None:
    change(recipe, "name: small", "name: [small")
    with pytest.raises(RecipeError, match=r"small\.yaml:\d+: not YAML"):
        read_recipe(recipe)


def test_a_resolved_recipe_reads_back_as_itself(recipe: Path, tmp_path: Path) -> None:
    read = read_recipe(recipe)
    again = tmp_path / "again.yaml"
    again.write_text(write_recipe(read.recipe))
    assert read_recipe(again).recipe == read.recipe


def test_two_sources_of_one_name_are_refused(recipe: Path) -> None:
    change(recipe, "filters:", "  - {name: pages, kind: jsonl, path: b.jsonl}\nfilters:")
    with pytest.raises(RecipeError, match=r":6: sources\[1\]: two are named 'pages'"):
        read_recipe(recipe)


def test_shares_that_do_not_add_up_are_refused(recipe: Path) -> None:
    with pytest.raises(RecipeError, match=r"add up to 0\.9"):
        read_recipe(recipe, ["mixture.shares={web: 0.5, code: 0.4}"])


def test_filters_of_ones_own_are_named_after_their_class_or_function(recipe: Path) -> None:
    text = recipe.read_text().split("filters:")[0] + (
        "filters:\n"
        "  - datatrove: datatrove.pipeline.filters.RegexFilter\n"
        "  - datatrove: {filter: my/filters.py:Strict, modifies: true}\n"
        "  - function: signals.py:_teaching\n"
        "  - {preset: c4, name: ours}\n"
    )
    recipe.write_text(text)
    filters = read_recipe(recipe, ["filters.Strict.datatrove.on_error=drop"]).recipe.filters
    assert [entry.name for entry in filters] == ["RegexFilter", "Strict", "teaching", "ours"]
    peers = [entry.datatrove for entry in filters[:2] if entry.datatrove]
    assert [peer.filter for peer in peers] == ["datatrove.pipeline.filters.RegexFilter", "my/filters.py:Strict"]
    assert [(peer.modifies, peer.on_error) for peer in peers] == [(False, "stop"), (True, "drop")]
    assert filters[2].function is not None
    assert filters[2].function.signals == ["value"]


def test_a_filter_is_one_thing(recipe: Path) -> None:
    text = recipe.read_text().split("filters:")[0]
    recipe.write_text(text + "filters:\n  - {preset: c4, function: signals.py:teaching}\n")
    with pytest.raises(RecipeError, match="one of `preset` and `function`, not both"):
        read_recipe(recipe)


def test_a_filters_own_bounds_are_set_by_the_names_that_the_ledger_gives_them(recipe: Path) -> None:
    rules = "{signal: words, at_least: 3, reason: too_few_words}"
    more = ["{signal: vowels.value, at_most: 0.9, reason: odd}", "{signal: words, at_least: 5, reason: short}"]
    change(recipe, rules, "\n      - ".join([rules, *more]))
    changes = ["filters.own.min_words=7", "filters.1.max_vowels.value=p90", "filters.own.min_words-2=9"]
    first, second, third = read_recipe(str(recipe), changes).recipe.filters[1].rules
    assert (first.at_least, second.at_most, third.at_least) == (7, "p90", 9)
    assert read_recipe(str(recipe), ["filters.gopher-quality.min_words=7"]).recipe.filters[1].rules[0].at_least == 3


def test_a_value_where_a_mapping_belongs_is_told_the_keys_of_one(recipe: Path) -> None:
    change(recipe, "  - preset: gopher-quality@paper\n    min_words: 40\n", "  - gopher-quality\n")
    with pytest.raises(
        RecipeError, match=r":7: filters\[0\]: expected a mapping with such keys as name, preset, .* 'goph"
    ):
        read_recipe(recipe)


@pytest.mark.parametrize("seconds", [".inf", "1e300", "0", ".nan"])
def test_a_time_that_no_clock_can_wait_for_is_refused(recipe: Path, seconds: str) -> None:
    with pytest.raises(RecipeError, match=r"extract\.timeout_s"):
        read_recipe(recipe, [f"extract.timeout_s={seconds}"])


def test_a_protection_against_no_source_is_refused_where_it_stands(recipe: Path) -> None:
    change(recipe, "  threshold: 0.8", "  protect: {pages: [page]}")
    with pytest.raises(RecipeError, match=r':13: deduplicate\.protect\.page: .*"pages"\? There are: pages\.'):
        read_recipe(recipe)
