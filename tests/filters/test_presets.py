"""The shelf: what every preset must have, and the published values."""

from __future__ import annotations

import re

import pytest

from data.errors import UsageError
from filters.plan import LANGUAGE_SCORE
from filters.presets import Preset, describe, list_presets, load_preset, overview
from filters.signals import SIGNALS

PRESETS = pytest.mark.parametrize("preset", list_presets(), ids=lambda preset: preset.full_name)


def values(name: str) -> dict[str, object]:
    return {rule.key: rule.bound for rule in load_preset(name).rules}


@PRESETS
def test_every_rule_says_what_it_measures_why_and_after_whom(preset: Preset) -> None:
    assert preset.description
    assert preset.source
    assert preset.rules or preset.lines
    assert len(set(preset.keys)) == len(preset.keys)
    for rule in preset.rules:
        assert rule.signal in {*SIGNALS, LANGUAGE_SCORE, "quality"}
        assert rule.explanation.endswith(".")
        assert rule.source
        assert re.fullmatch(r"[a-z0-9_]+", rule.reason)
        direction = "min_" if rule.compare in ("at_least", "above") else "max_"
        assert rule.key.startswith(direction) or rule.key == "keep_token_share"


@PRESETS
def test_a_preset_can_be_printed(preset: Preset) -> None:
    text = describe(preset.full_name)
    assert text.startswith(f"{preset.full_name}, version {preset.version}")
    assert all(rule.key in text and rule.explanation in text and rule.reason in text for rule in preset.rules)
    assert preset.full_name in overview()


def test_the_bare_name_is_the_papers_reading() -> None:
    assert load_preset("fineweb").full_name == "fineweb@paper"
    assert load_preset("fineweb@code").full_name == "fineweb@code"
    assert load_preset("starcoder").full_name == "starcoder@code"


def test_an_unknown_name_is_met_with_the_nearest() -> None:
    with pytest.raises(UsageError, match='Did you mean "gopher-repetition"'):
        load_preset("gopher-repetitions")
    with pytest.raises(UsageError, match="phimill presets"):
        describe("nothing of the kind")


def test_gophers_values_are_those_of_the_paper() -> None:
    assert list(values("gopher-quality").values()) == [50, 100_000, 3, 10, 0.1, 0.1, 0.9, 0.3, 0.8, 2]
    assert list(values("gopher-repetition").values()) == [
        *(0.30, 0.30, 0.20, 0.20),
        *(0.20, 0.18, 0.16),
        *(0.15, 0.14, 0.13, 0.12, 0.11, 0.10),
    ]


def test_finewebs_two_readings_differ_in_duplicates_newlines_and_at_the_bound() -> None:
    assert list(values("fineweb@paper").values()) == [0.12, 0.67, 0.1]
    assert list(values("fineweb@code").values()) == [0.12, 0.67, 0.01, 0.3]
    assert [rule.compare for rule in load_preset("fineweb@paper").rules] == ["above", "below", "below"]
    assert [rule.compare for rule in load_preset("fineweb@code").rules] == ["at_least", "at_most", "at_most", "at_most"]


def test_c4_has_the_line_rules_of_c4_lines() -> None:
    assert load_preset("c4").lines == load_preset("c4-lines").lines
    assert {line.key: line.default for line in load_preset("c4").lines}["min_words_per_line"] == 3
    assert values("c4")["min_sentences"] == 5


def test_starcoders_values_are_those_of_its_code() -> None:
    assert values("starcoder") == {
        "max_line_chars": 1000,
        "max_mean_line_chars": 100,
        "min_alphanumeric_share": 0.25,
        "max_xml_header": 0,
        "min_visible_text_share": 0.2,
        "min_visible_text_chars": 100,
        "min_data_chars": 100,
        "max_data_chars": 5000,
        "min_comment_share": 0.01,
        "max_comment_share": 0.8,
    }
