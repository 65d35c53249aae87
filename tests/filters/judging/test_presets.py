"""The shelf: what every preset must have, and the published values."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any, Iterator

import numpy as np
import pyarrow as pa
import pytest
from reference import texts

from data.errors import UsageError
from filters import judge
from filters.judging.plan import LANGUAGE_SCORE, Plan, Rule
from filters.judging.presets import Preset, describe, list_presets, load_preset, overview
from filters.judging.verdicts import judge_rows, preset_plan
from filters.signals.catalogue import SIGNALS

#: Settings without a usable default, or whose default is large.
LISTS: dict[str, Any] = {
    "words": {"en": {"inline": ["bad"]}},
    **{key: {"inline": ["bad.com"]} for key in ("domains", "urls", "hard_words", "soft_words", "substrings")},
}

#: What a rule does with values just below, at and just above its bound, and with none.
VERDICTS = {
    "at_least": [True, False, False, False],
    "at_most": [False, False, True, False],
    "above": [True, True, False, False],
    "below": [False, True, True, False],
}

PRESETS = pytest.mark.parametrize("preset", list_presets(), ids=lambda preset: preset.full_name)


def values(name: str) -> dict[str, object]:
    return {rule.key: rule.bound for rule in load_preset(name).rules}


@PRESETS
def test_every_rule_says_what_it_measures_why_and_after_whom(preset: Preset) -> None:
    assert preset.description
    assert preset.source
    assert preset.rules or preset.modifies
    assert len(set(preset.keys)) == len(preset.keys)
    for rule in preset.rules:
        assert rule.signal in {*SIGNALS, LANGUAGE_SCORE, "quality", *preset.probe_signals}
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
    assert load_preset("starcoder").full_name == "starcoder@paper"
    assert load_preset("opencoder-python").full_name == "opencoder-python@code"


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
    assert load_preset("c4").settings == load_preset("c4-lines").settings
    assert settings("c4")["min_words_per_line"] == 3
    assert values("c4")["min_sentences"] == 5


def settings(name: str) -> dict[str, Any]:
    return {setting.key: setting.default for setting in load_preset(name).settings}


def test_the_code_of_c4_is_stricter_on_lines_and_milder_on_sentences_than_its_paper() -> None:
    assert settings("c4@tfds")["min_words_per_line"] == 5
    assert settings("c4@tfds")["max_word_chars"] == 1000
    assert values("c4@tfds") == {
        "max_page_characters": 190_000,
        "max_lorem_ipsum": 0,
        "max_curly_bracket": 0,
        "min_sentences": 3,
    }


def test_gophers_other_readings_have_its_bounds_on_measures_of_their_own() -> None:
    assert list(values("gopher-quality@dolma").values()) == [50, 100_000, 3, 10, 0.1, 0.8, 2, 0.9, 0.3]
    assert list(values("gopher-quality@dclm").values()) == [50, 100_000, 3, 10, 0.1, 0.9, 0.3, 0.2, 2]
    assert list(values("gopher-repetition@dolma").values()) == [
        *(0.30, 0.30),
        *(0.20, 0.18, 0.16),
        *(0.15, 0.14, 0.13, 0.12, 0.11, 0.10),
    ]
    for peer in ("dolma", "dclm"):
        assert all(rule.signal.startswith(peer) for rule in load_preset(f"gopher-quality@{peer}").rules)


def test_refinedwebs_line_corrections_are_those_of_dclms_configuration() -> None:
    assert settings("refinedweb") == {
        "max_newlines": 2,
        "max_uppercase_share": 0.5,
        "max_digit_share": 0.999999,
        "drop_counters": True,
        "min_words_per_line": 2,
        "strip_phrases": True,
        "max_phrase_line_words": 10,
    }
    assert values("refinedweb") == {"max_removed_word_share": 0.05}


def test_redpajama_drops_by_its_cards_five_signals_and_measures_all() -> None:
    on = {rule.signal: rule.bound for rule in load_preset("redpajama-v2").rules if rule.bound is not None}
    assert on == {
        "rps_doc_word_count": 100_000,
        "rps_doc_mean_word_length": 10,
        "rps_doc_symbol_to_word_ratio": 0.1,
        "rps_lines_start_with_bulletpoint": 0.9,
        "rps_doc_frac_chars_top_2gram": 0.2,
    }
    found = judge(["One text."], "redpajama-v2")
    assert {rule.signal for rule in load_preset("redpajama-v2").rules} == {
        name for name in found.column_names if name.startswith(("rps_", "ccnet_"))
    }


def test_slimpajama_counts_white_space_in_one_reading_only_and_levels_unicode_first() -> None:
    stub = "word " * 41
    found = {name: judge([stub], name)["reason"].to_pylist() for name in ("slimpajama@paper", "slimpajama@code")}
    assert found == {"slimpajama@paper": ["too_few_characters"], "slimpajama@code": [""]}
    assert judge(["e\u0301" * 200], "slimpajama")["text"].to_pylist() == ["é" * 200]
    assert judge(["é" * 199 + "…"], "slimpajama")["kept"].to_pylist() == [True]  # not ASCII's
    assert judge(["é" * 199 + "."], "slimpajama", form=None)["kept"].to_pylist() == [False]


def test_other_published_bounds() -> None:
    assert values("mc4") == {"min_score": 0.7, "min_third_longest_line_chars": 200}
    assert values("c4-paragraphs") == {"min_third_longest_line_chars": 200}
    assert values("nemotron-cc") == {"min_score": 0.3}
    assert values("slimpajama@paper") == values("slimpajama@code") == {"min_characters": 200}


def test_datatroves_paragraph_filter_decides_its_own_cases_and_others_so() -> None:
    from datatrove.data import Document
    from datatrove.pipeline.filters.c4_filters import C4ParagraphFilter

    lines = gzip.decompress(texts.shared("data/peer_vectors/datatrove_filters.jsonl.gz").read_bytes()).split(b"\n")
    cases = [case for case in map(json.loads, filter(None, lines)) if case["op"]["name"] == "C4ParagraphFilter"]
    assert len(cases) == 2
    found = judge([case["text"] for case in cases], "c4-paragraphs@datatrove")
    assert found["kept"].to_pylist() == [case["expected_keep"] for case in cases]
    long, short = "x" * 200, "é" * 199
    own = [
        "",
        long,
        f"{long}\n{long}",
        f"{long}\n{long}\n{long}",
        f"{long}\n{short} \n\n{long}",
        f"{long}\n{long}\n{short}",
    ]
    peer = [C4ParagraphFilter().filter(Document(text=text, id="0")) for text in own]
    found = judge(own, "c4-paragraphs@datatrove")
    assert found["kept"].to_pylist() == [answer is True for answer in peer]
    assert [answer[1] for answer in peer if answer is not True] == list(filter(None, found["peer_reason"].to_pylist()))


def plan_of(preset: Preset, **overrides: Any) -> Plan:
    given = {key: value for key, value in LISTS.items() if key in preset.keys and key in dict_of_lists(preset)}
    return preset_plan(preset.full_name, ["quality"], {**given, **overrides})[0]


def dict_of_lists(preset: Preset) -> set[str]:
    return {setting.key for setting in preset.settings} if preset.probe in ("word-lists", "url-lists") else set()


def rules_with_numbers(preset: Preset) -> Iterator[tuple[Plan, Rule]]:
    """Yields every rule of a preset with its plan; those that are off by default with a bound of 0.5."""
    for rule in preset.rules:
        if not rule.token_share:
            plan = plan_of(preset, **({rule.key: 0.5} if rule.bound is None else {}))
            yield plan, next(found for found in plan.rules if found.address == f"{preset.name}.{rule.key}")


@PRESETS
def test_every_rule_drops_on_one_side_of_its_bound_only_and_says_nothing_where_nothing_is(preset: Preset) -> None:
    for plan, rule in rules_with_numbers(preset):
        bound = float(rule.bound)
        values_ = [np.nextafter(bound, -np.inf), bound, np.nextafter(bound, np.inf), None]
        language = (rule.scope.language or rule.wanted or ("none-of-them",))[0]
        table = {
            **{name: [None] * 4 for name in plan.signals},
            **{"id": list("abcd"), "kind": list((rule.scope.kind or ("web",))[:1]) * 4, "source": ["s"] * 4},
            **{"language": [language] * 4, rule.signal: values_},
        }
        columns = {
            name: pa.array(column, pa.string() if name in ("id", "kind", "source", "language") else pa.float64())
            for name, column in table.items()
        }
        fates = judge_rows(pa.table(columns), plan, {})
        verdicts = [rule.address in addresses for addresses in fates["failed_rules"].to_pylist()]
        assert verdicts == VERDICTS[rule.compare], rule.address
        reasons = [rule.reason in failed for failed in fates["failed"].to_pylist()]
        assert [reason for reason, verdict in zip(reasons, verdicts, strict=True) if verdict] == [True] * sum(verdicts)


@PRESETS
def test_every_rule_can_be_switched_off(preset: Preset) -> None:
    off = plan_of(preset, **{rule.key: None for rule in preset.rules})
    assert off.rules == ()
    assert off.signals == plan_of(preset).signals
