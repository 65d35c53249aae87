from __future__ import annotations

from collections import Counter

import pytest

from synth.prompts import axes, draw_spec, exercise_messages, exercise_schema, known_topics, prompt_hash
from synth.specs import ExerciseSpec


def test_a_request_depends_on_seed_and_number_only() -> None:
    assert draw_spec(1, 7) == draw_spec(1, 7)
    assert draw_spec(1, 7) != draw_spec(2, 7)
    assert draw_spec(1, 7) != draw_spec(1, 7 + len(known_topics()))


def test_topics_come_in_turn_and_all_values_of_every_axis_are_drawn() -> None:
    specs = [draw_spec(1, number) for number in range(1400)]
    assert set(Counter(spec.topic for spec in specs).values()) == {1400 // len(known_topics())}
    for axis, attribute in (("difficulties", "difficulty"), ("styles", "style"), ("settings", "setting")):
        counts = Counter(getattr(spec, attribute) for spec in specs)
        assert set(counts) == set(axes()[axis])
        assert min(counts.values()) > 0.6 * 1400 / len(counts)
    assert {concept for spec in specs for concept in spec.concepts} == {c for cs in known_topics().values() for c in cs}
    assert len({spec.seed for spec in specs}) == 1400


def test_own_topics_have_no_concepts_unless_they_are_known() -> None:
    specs = [draw_spec(1, number, ["origami", "matrices"]) for number in range(4)]
    assert [spec.topic for spec in specs] == ["origami", "matrices"] * 2
    assert specs[0].concepts == ()
    assert set(specs[1].concepts) <= set(known_topics()["matrices"])


@pytest.mark.parametrize("number", range(12))
def test_a_specification_can_be_read_back_from_its_prompt(number: int) -> None:
    spec = draw_spec(3, number, ['quotes " and </b> & \u2028 braces {}'] if number % 2 else None)
    messages = exercise_messages(spec)
    assert [message["role"] for message in messages] == ["system", "user"]
    assert ExerciseSpec.from_prompt(messages[1]["content"]) == spec
    assert spec.name_word in messages[1]["content"]


@pytest.mark.parametrize(
    "prompt",
    ["", "hello", "<exercise-spec>{}</exercise-spec>", "<exercise-spec>[1]</exercise-spec>", "<exercise-spec>{"],
)
def test_other_prompts_hold_no_specification(prompt: str) -> None:
    assert ExerciseSpec.from_prompt(prompt) is None


def test_the_schema_fits_strict_structured_output() -> None:
    schema = exercise_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == set(schema["properties"])
    assert len(prompt_hash()) == 16
