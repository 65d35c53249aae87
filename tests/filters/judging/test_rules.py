"""From a recipe's filters to a plan."""

from __future__ import annotations

import json

import pytest

from data.recipe import FilterEntry, Recipe
from filters.judging.plan import Plan
from filters.judging.rules import resolve_filters


class Refused(Exception):
    """Carries the place and the message that a recipe error would have."""


def resolve(*entries: dict[str, object], known: tuple[str, ...] = ()) -> Plan:
    recipe = Recipe.model_validate(
        {"name": "r", "sources": [{"name": "s", "kind": "jsonl", "path": "x"}], "filters": list(entries)}
    )
    return resolve_filters(recipe.filters, set(known), Refused)


def bounds(plan: Plan) -> dict[str, object]:
    return {rule.address: rule.bound for rule in plan.rules}


def test_a_preset_brings_its_rules_in_order_under_the_filters_name() -> None:
    plan = resolve({"preset": "gopher-quality@paper"})
    assert list(bounds(plan).items())[:3] == [
        ("gopher-quality.min_words", 50.0),
        ("gopher-quality.max_words", 100000.0),
        ("gopher-quality.min_mean_word_length", 3.0),
    ]
    assert resolve({"preset": "gopher-quality", "name": "mine"}).rules[0].address == "mine.min_words"


def test_a_bound_can_be_changed_and_switched_off() -> None:
    plan = resolve({"preset": "gopher-quality", "min_words": 30, "max_words": None, "min_stop_words": "p5"})
    assert bounds(plan)["gopher-quality.min_words"] == 30
    assert "gopher-quality.max_words" not in bounds(plan)
    assert bounds(plan)["gopher-quality.min_stop_words"] == "p5"


@pytest.mark.parametrize(
    ("entry", "place", "message"),
    [
        ({"preset": "gopher-qualty"}, ("filters", 0, "preset"), 'Did you mean "gopher-quality"?'),
        ({"preset": "c4@papr"}, ("filters", 0, "preset"), 'Did you mean "c4@paper"?'),
        ({"preset": "gopher-quality", "min_wrods": 3}, ("filters", 0, "min_wrods"), 'Did you mean "min_words"?'),
        ({"preset": "gopher-quality", "min_words": "many"}, ("filters", 0, "min_words"), "expected a number"),
        ({"preset": "fineweb", "max_short_line_share": 67}, ("filters", 0, "max_short_line_share"), "between 0 and 1"),
        ({"preset": "c4-lines", "drop_policy": 1}, ("filters", 0, "drop_policy"), "true or false"),
        ({"preset": "language", "keep": []}, ("filters", 0, "keep"), "language code"),
        ({"preset": "quality"}, ("filters", 0, "preset"), "no `quality` model"),
        ({"preset": "c4", "unless": "words"}, ("filters", 0, "unless"), "expected a signal"),
        ({"preset": "c4", "unless": "wrods > 3"}, ("filters", 0, "unless"), 'Did you mean "words"?'),
        (
            {"name": "own", "rules": [{"signal": "wrods", "at_least": 3, "reason": "r"}]},
            ("filters", 0, "rules", 0, "signal"),
            'Did you mean "words"?',
        ),
        (
            {"name": "own", "rules": [{"signal": "words", "at_least": "x", "reason": "r"}]},
            ("filters", 0, "rules", 0, "at_least"),
            "expected a number",
        ),
        (
            {"name": "own", "min_words": 3, "rules": [{"signal": "words", "at_least": 3, "reason": "r"}]},
            ("filters", 0, "min_words"),
            "without a preset",
        ),
    ],
)
def test_what_is_not_known_is_refused_at_its_place(entry: dict[str, object], place: object, message: str) -> None:
    with pytest.raises(Refused) as refusal:
        resolve(entry)
    assert refusal.value.args[0] == place
    assert message in refusal.value.args[1]


def test_an_input_signal_may_not_have_a_measured_ones_name() -> None:
    with pytest.raises(Refused, match="rename"):
        resolve({"preset": "c4"}, known=("words",))


def test_own_rules_have_addresses_of_their_own() -> None:
    rules = [
        {"signal": "int_score", "at_least": 3, "reason": "not_educational"},
        {"signal": "int_score", "at_most": 5, "reason": "off_the_scale"},
        {"signal": "int_score", "at_least": 4, "reason": "not_educational", "unless": "words > 100"},
    ]
    plan = resolve({"name": "edu", "rules": rules}, known=("int_score",))
    assert list(bounds(plan)) == ["edu.min_int_score", "edu.max_int_score", "edu.min_int_score-2"]
    assert [rule.signal for rule in plan.rules] == ["int_score"] * 3
    assert plan.given == ("int_score",)


def test_a_preset_looks_where_it_says_unless_the_recipe_says_otherwise() -> None:
    assert resolve({"preset": "starcoder"}).rules[0].where["kind"] == ["code"]
    plan = resolve({"preset": "starcoder", "where": {"kind": "text", "source": "s"}})
    where = plan.rules[0].where
    assert (where["kind"], where["source"]) == (["text"], ["s"])
    html = next(rule for rule in resolve({"preset": "starcoder"}).rules if rule.signal == "visible_text_share")
    assert html.where == {"kind": ["code"], "language": ["html"]}


def test_a_modifier_begins_a_segment_whose_signals_bear_its_name() -> None:
    plan = resolve(
        {"preset": "gopher-quality"},
        {"preset": "c4-lines"},
        {"preset": "gopher-repetition"},
        {
            "name": "own",
            "rules": [
                {"signal": "words", "at_least": 3, "reason": "r"},
                {"signal": "quality", "at_least": 0.5, "reason": "r"},
            ],
        },
        known=("quality",),
    )
    assert plan.modifiers == ["c4-lines"]
    signals = [rule.signal for rule in plan.rules]
    assert signals[0] == "words"
    assert "c4-lines.duplicate_line_share" in signals
    assert signals[-2:] == ["c4-lines.words", "quality"]
    assert set(signals) <= set(plan.signals)
    assert "c4-lines.short_line_share" in plan.measured  # of the same group as duplicate_line_share
    assert "c4-lines.comment_share" not in plan.measured


def test_a_measured_signal_can_be_named_in_full() -> None:
    rule = {"signal": "first.words", "at_least": 3, "reason": "r"}
    plan = resolve({"preset": "c4", "name": "first"}, {"preset": "c4-lines"}, {"name": "own", "rules": [rule]})
    assert plan.rules[-1].signal == "first.words"


def test_the_best_share_of_tokens_replaces_the_fixed_bound() -> None:
    known = ("quality",)
    assert bounds(resolve({"preset": "quality"}, known=known)) == {"quality.min_quality": 0.5}
    share = resolve({"preset": "quality", "keep_token_share": 0.4}, known=known)
    assert bounds(share) == {"quality.keep_token_share": "t0.4"}
    both = resolve({"preset": "quality", "keep_token_share": 0.4, "min_quality": 0.1}, known=known)
    assert bounds(both) == {"quality.min_quality": 0.1, "quality.keep_token_share": "t0.4"}


def test_changed_bounds_measure_nothing_anew() -> None:
    plain = resolve({"preset": "c4"}, {"preset": "fineweb"}, {"preset": "language"})
    changed = resolve(
        {"preset": "c4", "min_sentences": 2},
        {"preset": "fineweb", "max_short_line_share": None, "unless": "words > 9"},
        {"preset": "language", "keep": ["de"], "min_score": "p10"},
    )
    assert plain.rules != changed.rules
    assert plain.measure_settings() == changed.measure_settings()
    lines = resolve({"preset": "c4", "min_words_per_line": 5}, {"preset": "fineweb"}, {"preset": "language"})
    assert lines.measure_settings() != plain.measure_settings()


def test_a_rule_that_looks_at_another_kind_has_its_signals_measured_there() -> None:
    groups = resolve({"preset": "gopher-quality", "where": {"kind": ["code"]}}).segments[0].groups
    assert groups["code"] == ("counts", "words", "lines", "code")
    assert "repetition" in groups["web"]
    assert "code" not in groups["web"]


def test_a_plan_survives_json() -> None:
    plan = resolve(
        {"preset": "c4", "unless": "quality >= p95"},
        {"preset": "language"},
        {"preset": "starcoder"},
        known=("quality",),
    )
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_no_filters_still_measure() -> None:
    plan = resolve_filters([], set(), Refused)
    assert plan.rules == ()
    assert {"words", "comment_share", "language_score"} <= set(plan.signals)


def test_filters_given_without_a_recipe_need_a_name_only_for_addresses() -> None:
    plan = resolve_filters([FilterEntry(name="x", preset="fineweb@code")], set(), Refused)
    assert len(plan.rules) == 4
