from __future__ import annotations

import json
from typing import Any

import pytest

from synth.batch_lines import Line, counted, read_lines

BODY = {"id": "r", "choices": []}


def row(response: Any, error: Any = None, key: str = "k") -> str:
    return json.dumps({"custom_id": key, "response": response, "error": error})


def answer(body: Any = BODY, status: Any = 200) -> dict[str, Any]:
    return {"status_code": status, "request_id": "q", "body": body}


def test_an_answer_counts_whatever_stands_before_or_after_it() -> None:
    late = row(answer({"error": "late"}, 500))
    for lines in ([row(answer()), late], [late, row(answer())], [row(answer()), row(None, "expired")]):
        assert read_lines("\n".join(lines))["k"].is_answer
        assert read_lines(*lines)["k"].is_answer


def test_of_two_answers_the_first_counts() -> None:
    assert read_lines(row(answer({"id": "one"})) + "\n" + row(answer({"id": "two"})))["k"].body == {"id": "one"}


@pytest.mark.parametrize("status", [200, "200", 200.0])
@pytest.mark.parametrize("body", [BODY, json.dumps(BODY)])
def test_an_answer_is_read_in_all_forms_that_servers_give_it(status: Any, body: Any) -> None:
    assert read_lines(row(answer(body, status)))["k"] == Line(200, BODY, "q", json.dumps(body))


@pytest.mark.parametrize("response", [None, "oops", 3, [], answer("oops"), answer(None), answer(BODY, None)])
def test_what_is_no_answer_is_none(response: Any) -> None:
    assert not read_lines(row(response, {"code": "batch_expired"}))["k"].is_answer


def test_lines_that_cannot_be_read_are_passed_over() -> None:
    text = "\n".join(["", "[]", '{"custom_id": 3}', "{", row(answer())[:30], row(answer(), key="l"), "[" * 100_000])
    assert set(read_lines(text)) == {"l"}


def test_counts_that_are_none_are_0() -> None:
    assert counted({"request_counts": {"completed": 3, "total": 7}}) == (3, 7)
    assert [counted({"request_counts": odd}) for odd in (None, [1], {"completed": "many"})] == [(0, 0)] * 3
