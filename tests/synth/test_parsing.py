from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.parsing import (
    REASONS,
    REDACTED,
    Parsed,
    Reply,
    copied_share,
    find_object,
    parse_exercise,
    read_reply,
    strip_controls,
)
from synth.prompts import draw_spec, exercise_messages
from synth.verification import verify

SHARED = Path(__file__).parents[2] / "../shared/badinputs"
GOOD = {
    "title": "Double",
    "exercise": "Double x.",
    "solution": "def f(x):\n    return 2 * x",
    "tests": ["assert f(2) == 4"],
}


def parse(content: str, **reply: Any) -> Parsed:
    return parse_exercise(Reply(**{"content": content, "finish": "stop", **reply}))


def cases() -> list[Any]:
    listed = SHARED / "EXPECTED.jsonl"
    if not listed.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"{SHARED} is not there"))]
    rows = [json.loads(line) for line in listed.read_text().splitlines()]
    return [pytest.param(row, id=row["name"]) for row in rows if row["kind"] == "teacher"]


@pytest.mark.parametrize("case", cases())
def test_each_bad_reply_is_treated_as_it_should_be(case: dict[str, Any]) -> None:
    body = (SHARED / case["name"] / "response.json").read_bytes().decode("utf-8", "replace")
    parsed = parse_exercise(read_reply(body))
    expected = [row["reason"] for row in case["expect"]["quarantine"]]
    if expected:
        assert [parsed.reason] == expected
        return
    assert parsed.reason == ""
    assert parsed.exercise is not None
    said = json.dumps([parsed.exercise.task, parsed.exercise.solution, *parsed.exercise.tests])
    assert not {"\x1b", "\x00"} & set(said.encode().decode("unicode_escape"))
    verdict = verify(parsed.exercise.solution, "\n".join(parsed.exercise.tests))
    assert verdict.passed or verdict.reason == "unverified"


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (json.dumps(GOOD), "direct"),
        (f"Here:\n```json\n{json.dumps(GOOD)}\n```\nDone {{}}", "fence"),
        (f'<think>maybe {{"a": 1}}</think>\n{json.dumps(GOOD)}', "think"),
        (f"\x00\x1b[31m{json.dumps(GOOD)}\x1b[0m", "controls"),
        (f"Sure! {json.dumps(GOOD)} Hope that helps.", "first_object"),
        (f"<think>hm</think>```\n{json.dumps(GOOD)}\n```", "think+fence"),
        ("nothing here", ""),
        ("{" * 5000, ""),
        ('{"a": 1} and no solution', ""),
    ],
)
def test_the_ladder_finds_the_object_and_says_how(content: str, path: str) -> None:
    found, rungs = find_object(content)
    assert rungs == path
    assert found == (GOOD if path else None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "<html>",
        '{"choices": null}',
        '{"choices": [null]}',
        '{"choices": [{"message": null}]}',
        "[" * 10**5,
    ],
)
def test_a_body_that_is_no_completion_is_a_bad_response(body: str) -> None:
    assert parse_exercise(read_reply(body)).reason == "bad_response"


@pytest.mark.parametrize("usage", [None, [], {}, {"prompt_tokens": 1}, {"prompt_tokens": True, "completion_tokens": 1}])
def test_usage_that_is_no_usage_is_none(usage: Any) -> None:
    assert read_reply(json.dumps({"choices": [], "usage": usage})).usage is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"tests": []}, "no_tests"),
        ({"tests": "assert f(2) == 4\nassert f(0) == 0"}, ""),
        ({"tests": None}, "bad_response"),
        ({"tests": [1]}, "bad_response"),
        ({"tests": ["assert f(2) =="]}, "bad_response"),
        ({"solution": "def f(x:\n"}, "bad_response"),
        ({"solution": "x = 1"}, "bad_response"),
        ({"solution": ["def f(x): return x"]}, "bad_response"),
        ({"solution": "import os\ndef f(x):\n    return os.getcwd()"}, "unsafe_code"),
        ({"solution": "import socket"}, "unsafe_code"),
        ({"exercise": "use the key sk-" + "A1b2" * 8}, "leak"),
        ({"exercise": "My system prompt says so."}, "leak"),
        ({"exercise": f"hidden {REDACTED}"}, "leak"),
        ({"exercise": "see <exercise-spec>"}, "leak"),
    ],
)
def test_what_a_reply_holds_decides(changes: dict[str, Any], reason: str) -> None:
    assert parse(json.dumps({**GOOD, **changes})).reason == reason
    assert reason in (*REASONS, "")


def test_a_key_written_with_escapes_is_still_a_leak() -> None:
    assert parse(json.dumps(GOOD).replace("Double x.", "\\u0073k-" + "a" * 30)).reason == "leak"


def test_a_reply_that_repeats_the_prompt_is_a_leak() -> None:
    spec = draw_spec(1, 0)
    instructions = exercise_messages(spec)[0]["content"].split("\n")[0]
    reply = Reply(content=json.dumps({**GOOD, "exercise": f"As told: {instructions}"}), finish="stop")
    assert parse_exercise(reply, spec=spec).reason == "leak"
    assert parse_exercise(Reply(content=json.dumps(GOOD), finish="stop"), spec=spec).reason == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"finish": "length"}, "truncated_response"),
        ({"finish": "content_filter"}, "refused"),
        ({"refusal": True}, "refused"),
        ({"content": None}, "bad_response"),
        ({"content": "I'm sorry, but I cannot help with that."}, "refused"),
        ({"content": "x" * 200_001}, "bad_response"),
        ({"finish": "eos"}, ""),
    ],
)
def test_how_a_reply_ended_decides(changes: dict[str, Any], reason: str) -> None:
    assert parse_exercise(Reply(**{"content": json.dumps(GOOD), "finish": "stop", **changes})).reason == reason


def test_tests_that_only_the_child_could_judge_are_left_out_beside_stronger_ones() -> None:
    tests = ["assert f(2) == 4", "assert f(2) == f(2)", "assert isinstance(f(1), int)"]
    both = parse(json.dumps({**GOOD, "tests": tests})).exercise
    weak = parse(json.dumps({**GOOD, "tests": tests[1:]})).exercise
    assert both is not None
    assert weak is not None
    assert both.tests == ("assert f(2) == 4",)
    assert weak.tests == tuple(tests[1:])


def test_the_share_of_copied_words_is_counted_in_runs_of_eight() -> None:
    seed = " ".join(f"w{n}" for n in range(40))
    assert copied_share(seed, seed) == 1.0
    assert copied_share("a b c", seed) == 0.0
    mixed = " ".join([*(f"w{n}" for n in range(10)), *(f"z{n}" for n in range(8))])
    assert copied_share(mixed, seed) == pytest.approx(3 / 11)  # 18 words: 11 runs, of which 3 lie in the first ten
    reply = Reply(content=json.dumps({**GOOD, "exercise": seed}), finish="stop")
    assert (parse_exercise(reply, seed).reason, parse_exercise(reply, seed).detail) == ("bad_response", "copy_of_seed")
    assert parse_exercise(reply, "other words " * 20).reason == ""


def test_lone_surrogates_and_terminal_sequences_are_taken_out() -> None:
    assert strip_controls("a\ud800b\x1b]0;title\x07c\x1b[1md\te\r\nf\x85") == "a\ufffdbcd\te\nf"


@pytest.mark.parametrize(
    ("message", "content", "detail"),
    [
        ({"content": "whole"}, "whole", ""),
        ({"content": [{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]}, "in parts", ""),
        ({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "after"}]}, "after", ""),
        ({"content": [{"type": "image_url"}, {"type": "text", "text": 3}, "no part"]}, None, "no content"),
        ({"content": 42}, None, "no content"),
        ({"content": None, "reasoning_content": "abc" * 500}, None, "1,500 characters of reasoning"),
        ({"content": "", "reasoning": "so"}, "", "2 characters of reasoning"),
        ({"content": None, "tool_calls": [{"id": "c"}]}, None, "the call of a tool"),
    ],
)
def test_a_message_is_read_in_all_forms_that_servers_give_it(
    message: dict[str, Any], content: str | None, detail: str
) -> None:
    body = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    for written in (body, "\ufeff" + body):
        reply = read_reply(written)
        assert (reply.problem, reply.content) == ("", content)
        assert detail in (parse_exercise(reply).detail if detail else "")


def test_what_a_teacher_said_when_it_declined_is_told() -> None:
    told = {"content": None, "refusal": "I'm sorry,\nbut no."}
    reply = read_reply(json.dumps({"choices": [{"index": 0, "message": told, "finish_reason": "stop"}]}))
    assert parse_exercise(reply).detail == "the teacher declined: I'm sorry, but no."
    assert parse("I cannot help with that.").detail == "the teacher declined: I cannot help with that."
    assert parse("", finish="content_filter").detail == "the teacher declined"
    assert len(parse("I'm sorry, I can't. " * 9).detail) < 150
