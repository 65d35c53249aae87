from typing import Any

import pytest
from datasketch import MinHashLSH
from datasketch.lsh import _optimal_param
from pydantic import ValidationError

from data.banding import best_bands, chance_found, midpoint
from data.duplicate_presets import describe_duplicate_presets, duplicate_presets
from data.recipe import Deduplicate, Recipe


@pytest.mark.parametrize("permutations", [16, 64, 112, 128, 256])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.85, 0.95])
def test_the_best_bands_are_those_of_datasketch(threshold: float, permutations: int) -> None:
    assert best_bands(threshold, permutations) == _optimal_param(threshold, permutations, 0.5, 0.5)


def test_the_chance_to_be_found_is_that_of_fineweb() -> None:
    published = {0.70: 0.565, 0.75: 0.772, 0.80: 0.924, 0.85: 0.988}
    assert {s: round(chance_found(s, 14, 8), 3) for s in published} == published
    assert round(midpoint(14, 8), 2) == 0.72
    assert round(midpoint(20, 450), 3) == 0.993


@pytest.mark.parametrize(
    ("values", "bands", "rows"),
    [
        ({}, 14, 8),
        ({"threshold": 0.8}, 14, 8),
        ({"threshold": 0.8, "permutations": 128}, 9, 13),
        ({"threshold": 0.8, "permutations": 128, "bands": 5}, 5, 8),
        ({"permutations": 260, "bands": 20, "rows": 13}, 20, 13),
        ({"preset": "fineweb"}, 14, 8),
        ({"preset": "slimpajama"}, 9, 13),
        ({"preset": "starcoder"}, *_optimal_param(0.7, 256, 0.5, 0.5)),
        ({"preset": "refinedweb"}, 20, 450),
        ({"preset": "nemotron-cc"}, 20, 13),
        ({"preset": "nemotron-cc", "rows": 10}, 20, 10),
        ({"preset": "fineweb", "permutations": 128, "threshold": 0.8}, 9, 13),
    ],
)
def test_bands_are_given_or_a_presets_or_the_best_for_the_threshold(
    values: dict[str, Any], bands: int, rows: int
) -> None:
    settings = Deduplicate(**values)
    assert (settings.bands, settings.rows) == (bands, rows)
    assert Deduplicate(**settings.model_dump(mode="json")) == settings


def test_datasketch_itself_takes_slimpajamas_bands() -> None:
    index, settings = MinHashLSH(threshold=0.8, num_perm=128), Deduplicate(preset="slimpajama")
    assert (index.b, index.r) == (settings.bands, settings.rows)


def test_values_of_the_recipe_count_more_than_a_presets() -> None:
    settings = Deduplicate(preset="nemotron-cc", ngram=12, confirm=True)
    assert (settings.shingles, settings.ngram, settings.confirm) == ("characters", 12, True)


def test_every_preset_has_a_source_and_known_fields() -> None:
    for name, preset in duplicate_presets().items():
        assert preset.source
        assert preset.remark
        assert Deduplicate(preset=name).confirm is False


def test_presets_are_described_with_their_sources() -> None:
    said = describe_duplicate_presets()
    for name, preset in duplicate_presets().items():
        assert name in said
        assert preset.source in said


@pytest.mark.parametrize("protect", [{"edo": ["crawl"]}, {"edu": ["crawl", "edo"]}])
def test_only_sources_that_there_are_can_be_protected(protect: dict[str, list[str]]) -> None:
    sources = [{"name": name, "kind": "jsonl", "path": "x"} for name in ("crawl", "edu")]
    with pytest.raises(ValidationError, match="no source is named 'edo'"):
        Recipe(name="r", sources=sources, deduplicate={"protect": protect})
    assert Recipe(name="r", sources=sources, deduplicate={"protect": {"edu": ["crawl"]}}).deduplicate


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"preset": "finewep"}, 'Did you mean "fineweb"'),
        ({"permutations": 0}, "greater than or equal to 1"),
        ({"permutations": "many"}, "valid integer"),
        ({"permutations": 128, "threshold": 1.5}, "less than or equal to 1"),
        ({"bands": 1000, "rows": 1000}, "at most 65536"),
        ({"bands": 20, "rows": 13, "permutations": 259}, "260 permutations, but `permutations` is 259"),
        ({"by_kind": {"code": {"shingles": "letters"}}}, "masked_code"),
    ],
)
def test_impossible_settings_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Deduplicate(**values)
