from __future__ import annotations

import http.client
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest

from synth.builtin.answers import MODEL, answer
from synth.builtin.faults import NO_FAULTS, FaultRates, http_faults_of
from synth.builtin.server import serve
from synth.prompts import draw_spec, exercise_messages

MESSAGES = exercise_messages(draw_spec(1, 0))
ASKED = {"model": MODEL, "messages": MESSAGES}


def fetch(url: str, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=100)
    content = body if isinstance(body, bytes) else json.dumps(body)
    connection.request(method, parts.path + path, content if body is not None else None, {"Content-Type": kind})
    response = connection.getresponse()
    return response.status, response.read()


def call(url: str, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    status, content = fetch(url, method, path, body)
    return status, json.loads(content)


def only(**rates: float) -> FaultRates:
    return FaultRates(**{**NO_FAULTS.to_json(), **rates})


def test_it_answers_as_the_protocol_says() -> None:
    with serve(NO_FAULTS) as url:
        assert url.startswith("http://127.0.0.1:")
        assert call(url, "GET", "/models")[1]["data"][0]["id"] == MODEL
        assert call(url, "GET", f"/models/{MODEL}")[1]["id"] == MODEL
        status, body = call(url, "POST", "/chat/completions", ASKED)
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
        ("GET", "/files/file-000009", None, 404),
        ("GET", "/batches/batch_000009", None, 404),
        ("DELETE", "/files/file-000009", None, 404),
        ("POST", "/files", b"no form", 400),
        ("POST", "/batches", {"input_file_id": "file-000009", "endpoint": "/v1/chat/completions"}, 400),
        ("POST", "/chat/completions", {"model": MODEL, "messages": None}, 200),
    ],
)
def test_what_it_does_not_know_it_refuses(method: str, path: str, body: Any, status: int) -> None:
    with serve(NO_FAULTS) as url:
        assert call(url, method, path, body)[0] == status


@pytest.mark.parametrize("status", [429, 500])
def test_a_planned_http_fault_befalls_the_first_attempt_only(status: int) -> None:
    with serve(only(**{f"http_{status}": 1.0})) as url:
        assert [call(url, "POST", "/chat/completions", ASKED)[0] for _ in range(3)] == [status, 200, 200]


def test_each_fault_of_the_first_attempt_has_its_turn() -> None:
    with serve(only(http_429=1.0, http_500=1.0, http_drop=1.0)) as url:
        seen: list[Any] = []
        for _ in range(2):
            try:
                seen.append(call(url, "POST", "/chat/completions", ASKED)[0])
            except http.client.RemoteDisconnected:
                seen.append("dropped")
        assert seen == [429, 200]  # what shares an attempt with a 429 passes with it


def test_a_dropped_connection_is_charged_and_a_refusal_is_not() -> None:
    with serve(only(http_drop=1.0), prices=(2.0, 8.0)) as url:
        with pytest.raises(http.client.RemoteDisconnected):
            call(url, "POST", "/chat/completions", ASKED)
        usage = call(url, "POST", "/chat/completions", ASKED)[1]["usage"]
        account = call(url, "GET", "/phimill/account")[1]
        assert (account["requests"], account["charged"]) == (2, 2)
        assert account["prompt_tokens"] == 2 * usage["prompt_tokens"]
        one = usage["prompt_tokens"] * 2000 + usage["completion_tokens"] * 8000
        assert account["charged_nano_usd"] == 2 * one
        assert account["outcomes"] == {"answered": 1, "http_drop": 1}
    with serve(only(http_429=1.0), prices=(2.0, 8.0)) as url:
        assert call(url, "POST", "/chat/completions", ASKED)[0] == 429
        account = call(url, "GET", "/phimill/account")[1]
        assert (account["requests"], account["charged"], account["charged_nano_usd"]) == (1, 0, 0)


@pytest.mark.parametrize("fault", ["http_html", "http_null", "usage_absent", "usage_absurd"])
def test_odd_bodies_come_every_time(fault: str) -> None:
    with serve(only(**{fault: 1.0})) as url:
        for _ in range(2):
            status, content = fetch(url, "POST", "/chat/completions", ASKED)
            assert status == 200
            if fault == "http_html":
                assert content.startswith(b"<html>")
                continue
            body = json.loads(content)
            assert (body["choices"] is None) == (fault == "http_null")
            assert ("usage" not in body) == (fault == "usage_absent")
            assert (body.get("usage", {}).get("prompt_tokens", 0) < 0) == (fault == "usage_absurd")
        assert call(url, "GET", "/phimill/account")[1]["outcomes"] == {fault: 2}


def test_faults_on_the_way_come_at_their_rates_and_independently() -> None:
    rates = only(http_429=0.2, http_html=0.1, usage_absent=0.05)
    found = [http_faults_of(draw_spec(3, number), rates) for number in range(3000)]
    counts = Counter(name for names in found for name in names)
    assert counts["http_429"] / 3000 == pytest.approx(0.2, abs=0.025)
    assert counts["http_html"] / 3000 == pytest.approx(0.1, abs=0.02)
    assert counts["usage_absent"] / 3000 == pytest.approx(0.05, abs=0.015)
    both = sum(set(names) >= {"http_429", "http_html"} for names in found)
    assert both / 3000 == pytest.approx(0.02, abs=0.01)


def form_of(lines: list[Any]) -> bytes:
    content = "".join(json.dumps(line) + "\n" for line in lines)
    return (
        '--mark\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        '--mark\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
        f"{content}\r\n--mark--\r\n"
    ).encode()


def run_batch(url: str, lines: list[Any]) -> dict[str, Any]:
    """Uploads, submits and polls a batch; returns it as it ended."""
    status, uploaded = fetch(url, "POST", "/files", form_of(lines), "multipart/form-data; boundary=mark")
    assert status == 200
    wish = {
        "input_file_id": json.loads(uploaded)["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h",
    }  # fmt: skip
    batch = call(url, "POST", "/batches", wish)[1]
    assert batch["status"] == "validating"
    assert call(url, "GET", f"/batches/{batch['id']}")[1]["status"] == "in_progress"
    found = call(url, "GET", f"/batches/{batch['id']}")[1]
    assert call(url, "GET", f"/batches/{batch['id']}")[1] == found
    assert [listed["id"] for listed in call(url, "GET", "/batches")[1]["data"]] == [batch["id"]]
    return found


def line_of(number: int, model: str = MODEL) -> dict[str, Any]:
    body = {"model": model, "messages": exercise_messages(draw_spec(1, number))}
    return {"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}


def contents(url: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in fetch(url, "GET", f"/files/{name}/content")[1].splitlines()]


def test_a_batch_answers_what_the_chat_endpoint_would_at_half_the_price() -> None:
    with serve(NO_FAULTS, prices=(2.0, 8.0)) as url:
        lines = [line_of(0), line_of(1, "gpt"), line_of(2), "no object"]
        batch = run_batch(url, lines)
        assert (batch["status"], batch["request_counts"]) == ("completed", {"total": 4, "completed": 2, "failed": 2})
        done, failed = contents(url, batch["output_file_id"]), contents(url, batch["error_file_id"])
        assert [entry["custom_id"] for entry in done] == ["r0", "r2"]
        assert done[0]["response"]["body"] == json.loads(json.dumps(answer(MESSAGES, 4096, NO_FAULTS)))
        assert [entry["response"]["status_code"] for entry in failed] == [400, 400]
        charged = call(url, "GET", "/phimill/account")[1]["charged_nano_usd"]
        usages = [entry["response"]["body"]["usage"] for entry in done]
        assert charged == sum(usage["prompt_tokens"] * 1000 + usage["completion_tokens"] * 4000 for usage in usages)


def test_an_expired_batch_keeps_and_charges_what_was_done() -> None:
    rates = only(batch_missing=0.5)
    with serve(rates) as url:
        batch = run_batch(url, [line_of(number) for number in range(20)])
        missing = {f"r{n}" for n in range(20) if "batch_missing" in http_faults_of(draw_spec(1, n), rates)}
        assert batch["status"] == "expired"
        assert {entry["custom_id"] for entry in contents(url, batch["output_file_id"])} == {
            f"r{n}" for n in range(20)
        } - missing
        assert 0 < len(missing) < 20
        assert call(url, "GET", "/phimill/account")[1]["charged"] == 20 - len(missing)
