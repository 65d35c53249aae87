from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from data.errors import UsageError
from synth.kinds import KINDS, Unreadable, find_kind, read_record
from synth.kinds.fields import Fields
from synth.parsing import REASONS, Reply
from synth.prompts import PROMPTS, draw_spec
from synth.specs import ExerciseSpec

CODE = "def double(x):\n    return 2 * x"
TESTS = ["assert double(2) == 4", "assert double(0) == 0"]
DOCUMENT = "The bridge was opened in 1901. It is 240 metres long. Ships pass below it. " * 3
LONG = "Bread rises because yeast makes gas. " * 14
QUESTIONS = [{"question": "Why does bread rise?", "answer": "Yeast makes gas."}]

GOOD: dict[str, dict[str, Any]] = {
    "function": {"title": "Double", "exercise": "Double x.", "solution": CODE, "tests": TESTS},
    "section": {
        "title": "Doubling",
        "blocks": [
            {"type": "prose", "text": "One doubles.", "output": ""},
            {"type": "code", "text": "print(2 * 3)", "output": "6"},
        ],
    },
    "word-problem": {
        "title": "Apples", "problem": "Ann has 3 apples, Ben twice as many. How many has Ben?",
        "reasoning": ["Twice 3 is 6."], "solution": CODE, "call": "double(3)", "answer": "6", "tests": TESTS,
    },
    "fix-the-bug": {
        "title": "Double", "task": "Double x.", "buggy": "def double(x):\n    return 3 * x",
        "explanation": "It triples.", "solution": CODE, "tests": TESTS,
    },
    "predict-output": {
        "title": "Sum", "program": "a = 1\nprint(a)", "trace": [{"line": 1, "variable": "a", "value": "1"}],
        "output": "1", "explanation": "One.",
    },
    "refactor": {
        "title": "Double", "task": "Double x.", "before": "def double(x):\n    y = x\n    y += x\n    return y",
        "after": CODE, "reasons": ["shorter"], "tests": TESTS,
    },
    "tests-from-code": {"title": "Double", "solution": CODE, "cases": ["zero"], "tests": TESTS},
    "multi-step": {
        "title": "Two steps", "introduction": "Build it.",
        "steps": [
            {"task": "Double.", "solution": CODE, "tests": TESTS},
            {"task": "Twice.", "solution": "def four(x):\n    return 2 * double(x)", "tests": ["assert four(1) == 4"]},
        ],
    },
    "lesson": {"title": "Bread", "paragraphs": [LONG, "That is all."], "questions": QUESTIONS},
    "rephrase-faq": {"title": "The bridge", "introduction": LONG, "questions": QUESTIONS},
    "rephrase-qa": {"title": "The bridge", "passage": LONG, "questions": QUESTIONS},
    "rephrase-tutorial": {
        "title": "The bridge", "introduction": LONG, "steps": [{"heading": "One", "text": "Go."}], "summary": "Done.",
    },
    "rephrase-table": {
        "title": "The bridge", "introduction": LONG, "columns": ["what", "how much"], "rows": [["length", 240]],
        "summary": "Long.",
    },
    "rephrase-wikipedia": {"title": "The bridge", "lead": LONG, "sections": [{"heading": "Use", "text": "Ships."}]},
}  # fmt: skip


def spec_of(kind: str) -> ExerciseSpec:
    document = DOCUMENT if KINDS[kind].needs_document else ""
    return dataclasses.replace(draw_spec(1, 0), kind=kind, style=KINDS[kind].styles[0], document=document)


def read(kind: str, values: dict[str, Any]) -> tuple[str, str]:
    found = read_record(Reply(content=json.dumps(values), finish="stop"), spec_of(kind))
    assert found.reason in (*REASONS, "")
    assert (found.record is None) == bool(found.reason) or found.detail == "copy_of_seed"
    return found.reason, found.detail


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_good_reply_is_read_and_its_parts_can_be_found_in_the_text(kind: str) -> None:
    assert read(kind, GOOD[kind]) == ("", "")
    record = find_kind(kind).read(Fields(GOOD[kind]), spec_of(kind))
    assert record.title == GOOD[kind]["title"]
    assert record.text.endswith("\n")
    for check in record.checks:
        compile(check.program, "program", "exec")
        compile(check.script, "tests", "exec")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_schema_names_exactly_the_fields_that_are_read(kind: str) -> None:
    schema = PROMPTS.schema(kind)
    assert set(schema["properties"]) == set(GOOD[kind]) == set(schema["required"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_missing_or_mistyped_field_is_a_bad_response(kind: str) -> None:
    for key in GOOD[kind]:
        for value in (None, 7.5, {"a": 1}):
            reason, _ = read(kind, {**GOOD[kind], key: value})
            lenient = (key == "title" and kind == "function") or (key == "answer" and value == 7.5)
            assert reason in ("bad_response", "no_tests") or lenient, (key, value)


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("section", {"blocks": [{"type": "prose", "text": "a", "output": ""}]}, "bad_response"),
        ("section", {"blocks": [{"type": "code", "text": "import os\nos.remove('a')", "output": ""}]}, "unsafe_code"),
        ("word-problem", {"answer": "six"}, "bad_response"),
        ("word-problem", {"call": "x = 1"}, "bad_response"),
        ("fix-the-bug", {"buggy": "def double(number):\n    return 2 * number"}, "bad_response"),
        ("refactor", {"before": CODE + "  # twice"}, "bad_response"),
        ("refactor", {"tests": []}, "no_tests"),
        ("predict-output", {"trace": []}, "bad_response"),
        ("predict-output", {"program": "a = 1\n" * 80}, "bad_response"),
        ("predict-output", {"program": "print("}, "bad_response"),
        ("multi-step", {"steps": GOOD["multi-step"]["steps"][:1]}, "bad_response"),
        ("tests-from-code", {"solution": "x = 1"}, "bad_response"),
        ("lesson", {"paragraphs": ["Short."]}, "bad_response"),
        ("lesson", {"questions": [{"question": "Why", "answer": "So."}]}, "bad_response"),
        ("lesson", {"questions": [{"question": "When?", "answer": "In 1850."}]}, "unfaithful"),
        ("rephrase-faq", {"questions": [{"question": "How long?", "answer": "It is 250 metres long."}]}, "unfaithful"),
        ("rephrase-table", {"rows": [["length"]]}, "bad_response"),
        ("rephrase-wikipedia", {"lead": "Too short."}, "bad_response"),
        ("rephrase-wikipedia", {"lead": DOCUMENT}, "bad_response"),
    ],
)
def test_what_is_not_of_its_kind_is_rejected_with_a_reason(kind: str, changes: dict[str, Any], reason: str) -> None:
    assert read(kind, {**GOOD[kind], **changes})[0] == reason


def test_numbers_of_the_document_may_be_said_again() -> None:
    answer = {"question": "How long?", "answer": "It is 240 metres long and was opened in 1901."}
    assert read("rephrase-faq", {**GOOD["rephrase-faq"], "questions": [answer]}) == ("", "")


def test_a_reply_that_echoes_the_prompt_is_a_leak() -> None:
    system = PROMPTS.messages(spec_of("section"))[0]["content"]
    blocks = [{"type": "prose", "text": system, "output": ""}, GOOD["section"]["blocks"][1]]
    assert read("section", {**GOOD["section"], "blocks": blocks})[0] == "leak"


def test_an_object_amid_other_words_is_found_by_its_kind() -> None:
    text = f'Sure! {{"note": 1}} Here: {json.dumps(GOOD["lesson"])} Bye.'
    found = read_record(Reply(content=text, finish="stop"), spec_of("lesson"))
    assert (found.reason, found.path) == ("", "first_object")


def test_the_checks_of_a_step_hold_the_code_of_those_before_it() -> None:
    record = find_kind("multi-step").read(Fields(GOOD["multi-step"]), spec_of("multi-step"))
    assert [check.part for check in record.checks] == ["step 1", "step 2"]
    assert [CODE in check.program for check in record.checks] == [True, True]
    assert [check.strong for check in record.checks] == [False, True]


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match='Did you mean "lesson"'):
        find_kind("leson")


def test_whole_numbers_may_come_as_text() -> None:
    fields = Fields({"a": 3, "b": "4", "c": 5.0, "d": True, "e": "x"})
    assert [fields.integer(key) for key in "abc"] == [3, 4, 5]
    for key in "de":
        with pytest.raises(Unreadable):
            fields.integer(key)
