"""The built-in teacher's answers of every kind, held against what running them shows."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from synth.builtin.answers import answer, write_exercise
from synth.builtin.clones import CLONES
from synth.builtin.faults import EXPECTED_REASONS, NO_FAULTS, FaultRates, expected_reason, fault_of
from synth.builtin.kinds import WRITERS
from synth.builtin.samples import draw_argument_of
from synth.draws import Draws
from synth.kinds.fields import Fields
from synth.kinds.protocol import Check, Record
from synth.kinds.reading import ParsedRecord, read_record
from synth.kinds.registry import KINDS, find_kind
from synth.parsing import read_reply
from synth.prompts import PROMPTS, draw_spec
from synth.specs import ExerciseSpec
from synth.verification import verify

LIGHTHOUSE = (
    "The lighthouse stands on a small island. It was built in 1864 by two brothers. The tower is 31 metres high and "
    "made of granite. Several keepers lived there with their families. They maintained the lamp every night. "
    "Today the lamp works without people, and a computer controls it. A museum shows old tools and letters."
)


def spec_of(kind: str, number: int, seed: int = 9) -> ExerciseSpec:
    known = KINDS[kind]
    style = Draws(seed, "style", f"{kind}{number}").choice(known.styles)
    document = LIGHTHOUSE if known.needs_document else ""
    return dataclasses.replace(draw_spec(seed, number), kind=kind, style=style, document=document)


def ask(spec: ExerciseSpec, rates: FaultRates = NO_FAULTS) -> ParsedRecord:
    return read_record(read_reply(json.dumps(answer(PROMPTS.messages(spec), 8000, rates))), spec)


def holds(check: Check) -> bool:
    """Whether a check's tests hold; executed here, since the built-in teacher is our own code."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(check.program, scope)
        exec(check.script, scope)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError, ValueError):
        return False
    return True


def fault_in(record: Record) -> str:
    wrong = [check.part for check in record.checks if holds(check) is not (check.must == "pass")]
    return "failed_tests" if wrong else ""


def only(fault: str) -> FaultRates:
    return FaultRates(**{**NO_FAULTS.to_json(), fault: 1.0})


def test_it_answers_every_kind() -> None:
    assert set(WRITERS) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_sound_answers_are_sound(kind: str) -> None:
    for number in range(40):
        spec = spec_of(kind, number)
        parsed = ask(spec)
        assert (parsed.reason, parsed.detail) == ("", "")
        assert parsed.record is not None
        assert fault_in(parsed.record) == "", (number, parsed.record.text)
        assert bool(parsed.record.code) == bool(parsed.record.checks)
        roles = [message["role"] for message in parsed.record.chat]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert all(message["content"].strip() for message in parsed.record.chat)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("fault", ["wrong_solution", "no_tests", "truncated", "refusal", "hostile", "fenced", "think"])
def test_planted_faults_show_as_what_they_are(kind: str, fault: str) -> None:
    for number in range(12):
        spec = spec_of(kind, number)
        planted = fault_of(spec, only(fault))
        assert planted in (fault, "")
        parsed = ask(spec, only(fault))
        found = parsed.reason or (fault_in(parsed.record) if parsed.record else "")
        assert found == expected_reason(planted, kind), (number, parsed)


@pytest.mark.parametrize("kind", ["function", "tests-from-code", "fix-the-bug", "refactor", "word-problem"])
def test_weak_tests_hold_but_say_little(kind: str) -> None:
    for number in range(10):
        record = ask(spec_of(kind, number), only("weak_tests")).record
        assert record is not None
        passing = [check for check in record.checks if check.must == "pass"]
        assert all(holds(check) for check in passing)
        assert max(len(check.tests) for check in passing) <= 2


def test_a_fault_that_a_kind_cannot_have_does_not_befall_it() -> None:
    assert fault_of(spec_of("lesson", 1), only("hostile")) == ""
    assert fault_of(spec_of("section", 1), only("weak_tests")) == ""
    assert fault_of(spec_of("section", 1), only("benchmark_clone")) == ""
    assert fault_of(spec_of("function", 1), only("benchmark_clone")) == "benchmark_clone"
    assert set(EXPECTED_REASONS) >= {"weak_tests", "benchmark_clone"}


def test_clones_of_benchmarks_pass_their_tests_whatever_they_are_called() -> None:
    titles = set()
    for number in range(60):
        record = ask(spec_of("function", number), only("benchmark_clone")).record
        assert record is not None
        assert fault_in(record) == ""
        titles.add(record.title)
    assert len(titles) > 40


@pytest.mark.parametrize("clone", CLONES, ids=lambda clone: clone.name)
def test_a_clone_does_what_it_means(clone: Any) -> None:
    body = "\n".join(f"    {line}" for line in clone.code.split("\n"))
    scope: dict[str, Any] = {}
    exec(f"def f(x):\n{body}", scope)
    draws = Draws(3, "clone", clone.name)
    for _ in range(40):
        value = draw_argument_of(draws, clone.takes, "bakery")
        expected = clone.meaning(value)
        found = scope["f"](value)
        assert (found, type(found)) == (expected, type(expected))


@pytest.mark.skipif(
    verify("def f():\n    return 1", "assert f() == 1").reason == "unverified", reason="no sandbox passes its canaries"
)
@pytest.mark.parametrize("kind", ["predict-output", "section"])
def test_printed_output_and_traces_are_judged_in_the_sandbox(kind: str) -> None:
    good, bad = ask(spec_of(kind, 3)).record, ask(spec_of(kind, 3), only("wrong_solution")).record
    assert good is not None
    assert bad is not None
    verdicts = [verify(check.program, check.script) for check in good.checks]
    assert [(verdict.passed, verdict.evidence) for verdict in verdicts] == [(True, "io_compared")] * len(verdicts)
    assert "failed_tests" in {verify(check.program, check.script).reason for check in bad.checks}


def test_a_lesson_on_something_unknown_is_refused() -> None:
    spec = dataclasses.replace(spec_of("lesson", 0), topic="the price of tea in 1730", concepts=())
    assert ask(spec).reason == "refused"
    known = dataclasses.replace(spec, topic="why ice floats")
    record = ask(known).record
    assert record is not None
    assert "lighter than the water" in record.text


def test_a_document_with_too_little_prose_is_refused() -> None:
    spec = dataclasses.replace(spec_of("rephrase-faq", 0), document="Home | About | Contact")
    assert ask(spec).reason == "refused"


def test_a_rephrasing_has_other_words_and_the_same_numbers() -> None:
    fields = Fields(write_exercise(spec_of("rephrase-qa", 1)))
    record = find_kind("rephrase-qa").read(fields, spec_of("rephrase-qa", 1))
    assert "1864" in record.text
    assert "31 metres" in record.text
    assert "Several keepers" not in record.text
