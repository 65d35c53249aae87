from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from synth.builtin.answers import MODEL, answer
from synth.builtin.faults import NO_FAULTS, FaultRates
from synth.builtin.server import serve
from synth.prompts import draw_spec, exercise_messages

MESSAGES = exercise_messages(draw_spec(1, 0))


def call(url: str, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    content = body if isinstance(body, bytes) else json.dumps(body)
    connection.request(method, parts.path + path, content if body is not None else None)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_it_answers_as_the_protocol_says() -> None:
    with serve(NO_FAULTS) as url:
        assert url.startswith("http://127.0.0.1:")
        assert call(url, "GET", "/models")[1]["data"][0]["id"] == MODEL
        status, body = call(url, "POST", "/chat/completions", {"model": MODEL, "messages": MESSAGES})
        assert (status, body) == (200, json.loads(json.dumps(answer(MESSAGES, 4096, NO_FAULTS))))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/chat/completions", {"model": "gpt", "messages": MESSAGES}, 404),
        ("POST", "/chat/completions", {"model": MODEL, "messages": MESSAGES, "stream": True}, 400),
        ("POST", "/chat/completions", b"{", 400),
        ("POST", "/chat/completions", b"[]", 400),
        ("POST", "/elsewhere", {"model": MODEL}, 404),
        ("GET", "/elsewhere", None, 404),
        ("POST", "/chat/completions", {"model": MODEL, "messages": None}, 200),
    ],
)
def test_what_it_does_not_know_it_refuses(method: str, path: str, body: Any, status: int) -> None:
    with serve(NO_FAULTS) as url:
        assert call(url, method, path, body)[0] == status


@pytest.mark.parametrize("status", [429, 500])
def test_a_planned_http_fault_befalls_the_first_attempt_only(status: int) -> None:
    rates = FaultRates(**{**NO_FAULTS.to_json(), f"http_{status}": 1.0})
    with serve(rates) as url:
        asked = {"model": MODEL, "messages": MESSAGES}
        assert [call(url, "POST", "/chat/completions", asked)[0] for _ in range(3)] == [status, 200, 200]
