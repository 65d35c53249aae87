from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from synth.builtin.answers import MODEL, answer, concepts, count_tokens, grammar_digest, identity, reply, write_exercise
from synth.builtin.faults import DEFAULT_RATES, EXPECTED_REASONS, NO_FAULTS, FaultRates, fault_of
from synth.parsing import parse_exercise, read_reply
from synth.prompts import draw_spec, exercise_messages
from synth.skeletons import exact_form, skeleton
from synth.specs import ExerciseSpec

NEED_A_RUN = {"wrong_solution", "self_asserted", "near_duplicate", "weak_tests", "benchmark_clone"}
SPECS = [draw_spec(11, number) for number in range(400)]


def run(exercise: dict[str, Any]) -> bool:
    """Whether the procedural teacher's own solution passes its own tests; executed here, since it is our code."""
    scope: dict[str, Any] = {}
    exec(exercise["solution"], scope)
    for test in exercise["tests"]:
        comparison = ast.parse(test).body[0].test  # type: ignore[attr-defined,unused-ignore]
        expected = ast.literal_eval(comparison.comparators[0])
        found = eval(ast.unparse(comparison.left), scope)
        if found != expected or type(found) is not type(expected):
            return False
    return True


def test_every_clean_exercise_passes_its_own_tests() -> None:
    for spec in SPECS:
        exercise = write_exercise(spec)
        assert run(exercise), exercise["solution"]
        assert len(exercise["tests"]) == len(set(exercise["tests"])) == 8
        assert spec.name_word in exercise["tests"][0]


def test_a_wrong_solution_always_fails_a_test() -> None:
    caught = 0
    for spec in SPECS[:200]:
        caught += not run(write_exercise(spec, "wrong_solution"))
    assert caught == 200


def test_replies_differ_in_more_than_names_and_numbers() -> None:
    exercises = [write_exercise(spec) for spec in SPECS]
    skeletons = {skeleton(exercise["solution"]) for exercise in exercises}
    forms = {exact_form(exercise["solution"]) for exercise in exercises}
    openers = Counter(" ".join(exercise["exercise"].split()[:5]) for exercise in exercises)
    assert len(skeletons) > 360  # 4,459 of 5,000 at scale
    assert len(forms) > 380
    assert openers.most_common(1)[0][1] < 0.1 * len(exercises)


def test_faults_come_at_their_declared_rates() -> None:
    counts = Counter(fault_of(draw_spec(2, number)) for number in range(6000))
    for name, rate in DEFAULT_RATES.to_json().items():
        if not name.startswith(("http", "usage", "batch")):
            assert counts[name] / 6000 == pytest.approx(rate, abs=0.006), name
    assert set(counts) <= set(EXPECTED_REASONS)


@pytest.mark.parametrize("fault", sorted(set(EXPECTED_REASONS) - NEED_A_RUN))
def test_a_fault_that_needs_no_run_is_seen_when_the_reply_is_read(fault: str) -> None:
    rates = FaultRates(**{**NO_FAULTS.to_json(), **({fault: 1.0} if fault else {})})
    for spec in SPECS[:10]:
        assert fault_of(spec, rates) == fault
        body = answer(exercise_messages(spec), 4000, rates)
        assert parse_exercise(read_reply(json.dumps(body)), spec=spec).reason == EXPECTED_REASONS[fault]


def test_near_duplicates_share_a_program_under_other_names() -> None:
    solutions = [write_exercise(spec, "near_duplicate")["solution"] for spec in SPECS[:60]]
    assert len({exact_form(solution) for solution in solutions}) <= 3
    assert len(set(solutions)) > 50


@pytest.mark.parametrize("prompt", ["Write a poem.", "", "<exercise-spec>{}</exercise-spec>"])
def test_other_prompts_are_honestly_refused(prompt: str) -> None:
    body = answer([{"role": "user", "content": prompt}], 1000)
    message = body["choices"][0]["message"]
    assert message["content"] is None
    assert "not a language model" in message["refusal"]
    assert parse_exercise(read_reply(json.dumps(body))).reason == "refused"


def test_concepts_that_the_grammar_lacks_are_refused() -> None:
    spec = ExerciseSpec("origami", ("folding",), "easy", "a", "plain", "bakery", "fold", 1)
    assert reply(spec)[0]["content"] is None
    assert "folding" not in concepts()


def test_topics_that_nothing_is_known_about_are_refused_rather_than_replaced() -> None:
    spec = ExerciseSpec("making stock", (), "easy", "a", "plain", "bakery", "stir", 1)
    assert reply(spec, NO_FAULTS)[0]["content"] is None
    known = ExerciseSpec("prime factors", (), "easy", "a", "plain", "bakery", "stir", 1)
    assert reply(known, NO_FAULTS)[0]["content"]


def test_the_answer_depends_on_the_prompt_alone() -> None:
    messages = exercise_messages(SPECS[0])
    code = (
        "import json; from synth.builtin.answers import answer; from synth.prompts import *\n"
        "print(json.dumps(answer(exercise_messages(draw_spec(11, 0)), 1500), sort_keys=True))"
    )
    again = subprocess.run(
        [sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": "7"}
    )
    assert json.loads(again.stdout) == json.loads(json.dumps(answer(messages, 1500)))
    assert answer(messages, 1500)["model"] == MODEL


def test_the_identity_changes_with_the_fault_rates_but_the_grammar_does_not() -> None:
    assert identity(DEFAULT_RATES) != identity(NO_FAULTS)
    assert identity(NO_FAULTS).startswith(grammar_digest())


def test_a_reply_over_the_token_limit_is_cut_and_says_so() -> None:
    body = answer(exercise_messages(SPECS[0]), 50, NO_FAULTS)
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 50
    assert count_tokens("f(x) == 4") == 7
