from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import synth.client
import synth.teacher
from data.errors import PhimillError, UsageError
from data.recipe import Teacher
from synth.client import TeacherClient
from synth.journal import REPLY, Journal
from synth.requests import Answer, Request, Secret, build_request

SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"], "additionalProperties": False}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth.client, "BACKOFF_S", 0.001)


def settings(url: str, **more: Any) -> Teacher:
    return Teacher(
        **{"base_url": url, "model": "m", "timeout_s": 60.0, "max_output_tokens": 100, "concurrency": 4, **more}
    )


def requests(teacher: Teacher, number: int) -> list[Request]:
    messages = [[{"role": "user", "content": f"exercise {place}"}] for place in range(number)]
    return [build_request(teacher, teacher.base_url, said, place, SCHEMA) for place, said in enumerate(messages)]


def ask(teacher: Teacher, journal: Path, number: int, only_missing: bool = True) -> list[Answer]:
    asked = requests(teacher, number)
    with Journal(journal) as opened:
        payloads = {request.key: request.payload for request in asked}
        opened.plan(payloads, endpoint=teacher.base_url, model=teacher.model, free=False)
        todo = [request for request in asked if not (only_missing and opened.settled(request.key))]
        client = TeacherClient(teacher, teacher.base_url, teacher.base_url, opened, free=False)
        answers = client.ask(todo)
    return [answers[request.key] for request in todo]


def spent(journal: Path) -> tuple[int, int]:
    """Returns (nano-USD, calls)."""
    with Journal(journal) as opened:
        totals = opened.totals()
    return totals.nano_usd, totals.requests


def test_an_answer_is_given_with_its_usage_and_price(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    teacher = settings(server.url, usd_per_million_input=2.0, usd_per_million_output=10.0)
    [answer] = ask(teacher, tmp_path / "j.sqlite", 1)
    assert (answer.outcome, answer.usage, answer.mode) == (REPLY, (40, 20), "json_schema")
    assert spent(tmp_path / "j.sqlite") == (40 * 2000 + 20 * 10_000, 1)  # nano-USD: 1 USD per million is 1000


def test_settled_answers_are_not_asked_for_again(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    teacher = settings(server.url)
    assert len(ask(teacher, tmp_path / "j.sqlite", 10)) == 10
    assert ask(teacher, tmp_path / "j.sqlite", 10) == []
    assert server.number == 10


@pytest.mark.parametrize("action", ["429", "500", "drop", "cut"])
def test_what_may_pass_is_repeated(misbehaving: Any, tmp_path: Path, action: str) -> None:
    server = misbehaving(lambda number, body: action if number <= 2 else "ok")
    [answer] = ask(settings(server.url), tmp_path / "j.sqlite", 1)
    assert answer.outcome == REPLY
    assert server.number == 3


@pytest.mark.parametrize(
    "action",
    ["no_usage", "absurd_usage", "no_tokens", "null", "length", "empty", "error_in_200", "html", "half_json"],
)
def test_odd_answers_are_kept_as_they_are_and_not_repeated(misbehaving: Any, tmp_path: Path, action: str) -> None:
    server = misbehaving(action)
    teacher = settings(server.url, usd_per_million_input=1.0, usd_per_million_output=1.0)
    [answer] = ask(teacher, tmp_path / "j.sqlite", 1)
    assert (answer.outcome, server.number) == (REPLY, 1)
    nano_usd, _ = spent(tmp_path / "j.sqlite")
    exact = (40 + 20) * 1000
    assert nano_usd == exact if action in ("null", "length", "empty") else nano_usd > exact  # no usage: the worst case


def test_what_a_server_says_to_have_taken_beyond_what_was_asked_for_is_charged_and_reserved_from_then_on(
    misbehaving: Any, tmp_path: Path
) -> None:
    """Each call is billed 400 tokens where 64 were asked for; the cap of 2000 holds by the server's own account."""
    server = misbehaving("over_limit")
    cap_usd = 0.002
    teacher = settings(
        server.url, max_output_tokens=64, usd_per_million_input=0.0, usd_per_million_output=1.0, max_usd=cap_usd
    )
    answers = ask(teacher, tmp_path / "j.sqlite", 20)
    billed = server.number * 400 * 1000
    nano_usd, requests = spent(tmp_path / "j.sqlite")
    assert nano_usd == billed <= cap_usd * 1e9
    assert (requests, [answer.outcome for answer in answers].count("not_sent")) == (5, 15)


@pytest.mark.parametrize(("action", "why"), [("huge", "larger"), ("packed", "compressed")])
def test_an_answer_too_large_is_cut_off_and_charged(misbehaving: Any, tmp_path: Path, action: str, why: str) -> None:
    server = misbehaving(action)
    [answer] = ask(settings(server.url, timeout_s=60.0), tmp_path / "j.sqlite", 1)
    assert answer.outcome.startswith("failed: ")
    assert why in answer.outcome
    assert server.number == 1


def test_a_slow_answer_is_charged_at_its_worst_case_each_time(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("slow")
    teacher = settings(server.url, timeout_s=0.5, usd_per_million_input=0.0, usd_per_million_output=1.0)
    [answer] = ask(teacher, tmp_path / "j.sqlite", 1)
    assert answer.outcome == "failed: no answer in time (`timeout_s` is 0.5)"
    assert spent(tmp_path / "j.sqlite") == (3 * 100 * 1000, 3)


def test_an_answer_that_drips_ends_at_the_deadline(
    misbehaving: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth.client, "MAX_CHARGED_ATTEMPTS", 1)
    monkeypatch.setattr(synth.teacher, "GRACE_S", 0.5)
    begin = time.monotonic()
    [answer] = ask(settings(misbehaving("drip").url, timeout_s=0.5), tmp_path / "j.sqlite", 1)
    assert answer.outcome == "failed: no answer in time (`timeout_s` is 0.5)"
    assert time.monotonic() - begin < 15  # the whole answer would take longer


@pytest.mark.parametrize(
    ("action", "error", "words"),
    [
        ("401", UsageError, ["401", "OPENAI_API_KEY"]),
        ("404", UsageError, ["404", "'m'", "/v1"]),
        ("redirect", UsageError, ["redirects", "elsewhere"]),
        ("400", UsageError, ["refuses", "json_schema"]),
        ("quota", PhimillError, ["quota", "run the same command again"]),
        ("wait", PhimillError, ["300 s"]),
        ("429", PhimillError, ["429", "in a row"]),
        ("500", PhimillError, ["5 requests failed in a row"]),
        ("html", PhimillError, ["5 answers in a row", "not JSON", "gateway", "/v1"]),
        ("error_in_200", PhimillError, ["5 answers in a row", "overloaded"]),
    ],
)
def test_hopeless_endpoints_stop_the_run_and_say_why(
    misbehaving: Any, tmp_path: Path, action: str, error: type[PhimillError], words: list[str]
) -> None:
    server = misbehaving(action)
    with pytest.raises(error) as failure:
        ask(settings(server.url), tmp_path / "j.sqlite", 30)
    assert [word for word in words if word not in str(failure.value)] == []
    assert type(failure.value) is error
    assert server.number < 40


def test_a_refused_connection_names_the_url(tmp_path: Path) -> None:
    with pytest.raises(PhimillError, match=r"http://127\.0\.0\.1:9/v1: cannot connect \(is the server running"):
        ask(settings("http://127.0.0.1:9/v1", usd_per_million_output=1.0, max_requests=3), tmp_path / "j.sqlite", 3)
    assert spent(tmp_path / "j.sqlite") == (0, 0)  # nothing was sent, so nothing is used up of the cap either


def test_after_a_breakdown_the_same_call_goes_on_where_it_stopped(misbehaving: Any, tmp_path: Path) -> None:
    broken = {"mended": False}
    server = misbehaving(lambda number, body: "500" if number > 8 and not broken["mended"] else "ok")
    teacher = settings(server.url, concurrency=1)
    with pytest.raises(PhimillError, match="failed in a row"):
        ask(teacher, tmp_path / "j.sqlite", 20)
    broken["mended"] = True
    answers = ask(teacher, tmp_path / "j.sqlite", 20)
    assert [answer.outcome for answer in answers] == [REPLY] * 12
    assert max(server.calls[seed] for seed in range(8)) == 1


def test_what_a_gateway_answered_in_the_teachers_place_is_asked_again(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving(lambda number, body: "html" if number <= 5 else "ok")
    with pytest.raises(PhimillError, match="no chat completion"):
        ask(settings(server.url, concurrency=1), tmp_path / "j.sqlite", 8)
    answers = ask(settings(server.url), tmp_path / "j.sqlite", 8)
    assert [answer.usage for answer in answers] == [(40, 20)] * 8


def test_structured_output_steps_down_once_and_is_remembered(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving(
        lambda number, body: "400" if body.get("response_format", {}).get("type") == "json_schema" else "ok"
    )
    teacher = settings(server.url)
    assert {answer.mode for answer in ask(teacher, tmp_path / "j.sqlite", 8)} == {"json_object"}
    assert server.number == 9
    assert len(ask(teacher, tmp_path / "j.sqlite", 12)) == 4
    assert server.number == 13


def test_the_number_of_calls_never_exceeds_its_cap(misbehaving: Any, tmp_path: Path) -> None:
    server = misbehaving("ok")
    answers = ask(settings(server.url, max_requests=7), tmp_path / "j.sqlite", 20)
    assert [answer.outcome for answer in answers].count("not_sent") == 13
    assert server.number == 7
    ask(settings(server.url, max_requests=7), tmp_path / "j.sqlite", 20)
    assert server.number == 7


def test_money_stays_under_the_cap_whatever_the_server_does(
    misbehaving: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth.client, "FAILURES_IN_A_ROW", 10**9)
    actions = ["ok"] * 6 + ["429", "500", "drop", "cut", "html", "error_in_200", "empty", "null", "length"]
    actions += ["no_usage", "absurd_usage", "half_json"]
    choices = random.Random(5)
    server = misbehaving(lambda number, body: choices.choice(actions) if number > 1 else "ok")
    teacher = settings(server.url, concurrency=16, max_usd=0.15, usd_per_million_input=1.0, usd_per_million_output=10.0)
    answers = ask(teacher, tmp_path / "j.sqlite", 900)
    cap = 150_000_000  # nano-USD
    billed = 40 * 1_000 + 20 * 10_000
    nano_usd, calls = spent(tmp_path / "j.sqlite")
    assert server.charged * billed <= nano_usd <= cap
    assert calls == server.number
    worst = 1_000 * 1_000 + 100 * 10_000  # no request has 1,000 bytes
    assert cap - nano_usd < worst  # not given up before the cap was really reached
    assert 100 < [answer.outcome for answer in answers].count("not_sent") < 800


def test_the_key_is_seen_by_the_server_and_by_nobody_else(
    misbehaving: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    canary = "canary-5f1d/q8+key"
    monkeypatch.setenv("OPENAI_API_KEY", canary)
    caplog.set_level("DEBUG")
    server = misbehaving(lambda number, body: "echo_key" if number < 4 else "401")
    with pytest.raises(UsageError) as failure:
        ask(settings(server.url), tmp_path / "j.sqlite", 10)
    assert server.authorizations[0] == f"Bearer {canary}"
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert canary.encode() not in kept
    assert json.dumps(canary).encode() not in kept
    assert b"[REDACTED-KEY]" in kept
    assert canary not in str(failure.value) + repr(failure.value) + caplog.text
    assert failure.value.__cause__ is None
    assert repr(Secret(canary)) == "***"
    assert canary not in str(vars(Secret)) + f"{Secret(canary)}"


@pytest.mark.parametrize(
    "url", ["ftp://h/v1", "127.0.0.1:80", "http://u:p@h/v1", "http://h/v1?key=1", "http://[::1/v1"]
)
def test_unusable_urls_are_refused_before_anything_is_sent(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="base_url"):
        ask(settings(url), tmp_path / "j.sqlite", 1)


def test_a_proxy_in_the_environment_is_not_used(
    misbehaving: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(settings(misbehaving("ok").url), tmp_path / "j.sqlite", 1)[0].outcome == REPLY


def _child(url: str, journal: Path) -> subprocess.Popen[bytes]:
    code = (
        "import importlib.util, sys, pathlib\n"
        f"spec = importlib.util.spec_from_file_location('t', {str(Path(__file__))!r})\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        f"module.ask_all_but_doubtful({url!r}, pathlib.Path({str(journal)!r}))\n"
    )
    return subprocess.Popen([sys.executable, "-P", "-c", code], stderr=subprocess.PIPE)


def ask_all_but_doubtful(url: str, journal: Path) -> None:
    """What a run does after a crash: asks for what is neither settled nor in doubt."""
    teacher = settings(url, usd_per_million_input=1.0, usd_per_million_output=1.0)
    with Journal(journal) as opened:
        asked = requests(teacher, 200)
        opened.plan({r.key: r.payload for r in asked}, endpoint=url, model="m", free=False)
        todo = [r for r in asked if opened.settled(r.key) is None and not opened.in_doubt(r.key)]
        TeacherClient(teacher, url, url, opened, free=False).ask(todo)


@pytest.mark.slow
def test_no_call_is_repeated_however_often_the_run_is_killed(misbehaving: Any, tmp_path: Path) -> None:
    server, journal = misbehaving("ok", 0.02), tmp_path / "j.sqlite"
    chosen = random.Random(3)
    for _ in range(4):
        before = server.number
        child = _child(server.url, journal)
        deadline = time.monotonic() + 200
        while server.number < before + chosen.randint(3, 30) and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        child.wait()
        time.sleep(0.05)
    last = _child(server.url, journal)
    assert (last.wait(300), last.stderr.read() if last.stderr else b"") == (0, b"")
    assert set(server.calls.values()) == {1}
    with sqlite3.connect(journal) as database:
        states = dict(database.execute("SELECT state, count(*) FROM attempts GROUP BY state").fetchall())
    assert states["settled"] + states.get("in_doubt", 0) == 200
    assert states.get("in_doubt", 0) <= 4 * 4
    assert server.charged <= 200


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schl\u00fcssel"])
def test_what_no_header_can_hold_is_no_key(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY: holds no key") as refused:
        synth.teacher.read_key(settings("http://127.0.0.1:9/v1"))
    assert key not in str(refused.value)
