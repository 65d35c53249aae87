from __future__ import annotations

import http.server
import json
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

import synth.batches
from data.errors import PhimillError, UsageError
from data.recipe import Teacher
from synth.asking import Asker
from synth.builtin.faults import NO_FAULTS
from synth.journal import REPLY, Journal
from synth.requests import Answer, Request, build_request
from synth.teacher import Endpoint

USAGE = {"prompt_tokens": 40, "completion_tokens": 20, "total_tokens": 60}
BILLED = 40 * 1000 + 20 * 10_000  # nano-USD, at 1 and 10 USD for a million tokens


class BatchServer(http.server.ThreadingHTTPServer):
    """The Batch API, with accounts: `billed` counts requests that a batch has answered, by key."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, str] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.billed: Counter[str] = Counter()
        self.chats = self.polls = 0
        self.supported = True
        self.answer: Callable[[str], str] = lambda key: "ok"
        self.status = "completed"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def start(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = f"batch-{len(self.batches) + 1}"
        keys = [json.loads(line)["custom_id"] for line in self.files[asked["input_file_id"]].split("\n") if line]
        good, bad = [], []
        for key in keys:
            action = self.answer(key)
            if action == "ok":
                self.billed[key] += 1
                message = {"role": "assistant", "content": "{}"}
                choices = [{"index": 0, "finish_reason": "stop", "message": message}]
                body = {"id": "r", "choices": choices, "usage": USAGE}
                good.append(
                    {"custom_id": key, "response": {"status_code": 200, "request_id": f"r-{key}", "body": body}}
                )
            elif action != "missing":
                response = {"status_code": int(action), "body": {"error": {"message": "no"}}}
                bad.append({"custom_id": key, "response": response, "error": None})
        self.files[f"{name}-out"] = "".join(json.dumps(row) + "\n" for row in good)
        self.files[f"{name}-bad"] = "".join(json.dumps(row) + "\n" for row in bad)
        self.batches[name] = {
            **{"id": name, "object": "batch", "status": "in_progress", "metadata": asked.get("metadata")},
            **{"input_file_id": asked["input_file_id"], "request_counts": {"total": len(keys), "completed": 0}},
        }
        return self.batches[name]

    def poll(self, name: str) -> dict[str, Any]:
        self.polls += 1
        found = self.batches[name]
        if self.polls % 2 == 0:
            found |= {"status": self.status, "output_file_id": f"{name}-out", "error_file_id": f"{name}-bad"}
        return found


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: BatchServer

    def log_message(self, *_: Any) -> None:
        pass

    def _say(self, status: int, content: Any) -> None:
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.path.split("?")[0].removeprefix("/v1")
        if path == "/batches":
            self._say(200, {"object": "list", "data": list(self.server.batches.values())})
        elif path.startswith("/batches/"):
            self._say(200, self.server.poll(path.split("/")[2]))
        else:
            self._say(200, self.server.files[path.split("/")[2]])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/chat/completions":
            self.server.chats += 1
            choices = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}]
            self._say(200, {"id": "r", "choices": choices, "usage": USAGE})
        elif not self.server.supported:
            self._say(404, {"error": {"message": "Not Found"}})
        elif self.path == "/v1/files":
            name = f"file-{len(self.server.files) + 1}"
            self.server.files[name] = re.search(rb"\r\n\r\n(\{.*\}\n)\r\n--", body, re.DOTALL)[1].decode()  # type: ignore[index]
            self._say(200, {"id": name, "object": "file"})
        else:
            self._say(200, self.server.start(json.loads(body)))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchServer]:
    monkeypatch.setattr(synth.batches, "POLL_S", 0.01)
    monkeypatch.setattr(synth.batches, "BACKOFF_S", 0.001)
    found = BatchServer()
    threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def settings(url: str, **more: Any) -> Teacher:
    prices = {"usd_per_million_input": 1.0, "usd_per_million_output": 10.0}
    return Teacher(**{"base_url": url, "model": "m", "batch": True, "max_output_tokens": 50, **prices, **more})


def requests(teacher: Teacher, number: int) -> list[Request]:
    said = [[{"role": "user", "content": f"exercise {place}"}] for place in range(number)]
    return [build_request(teacher, teacher.base_url, messages, place, {}) for place, messages in enumerate(said)]


def ask(teacher: Teacher, journal: Path, number: int) -> list[Answer]:
    asked = requests(teacher, number)
    with Journal(journal) as opened, Asker(teacher, opened, NO_FAULTS) as asker:
        answers = asker.ask(asked)
    return [answers[request.key] for request in asked]


def totals(journal: Path) -> tuple[int, int]:
    with Journal(journal) as opened:
        return opened.totals().nano_usd, opened.totals().requests


def test_all_but_the_canary_travel_in_one_batch(server: BatchServer, tmp_path: Path) -> None:
    answers = ask(settings(server.url), tmp_path / "j", 10)
    assert {(answer.outcome, answer.usage) for answer in answers} == {(REPLY, (40, 20))}
    assert (server.chats, len(server.batches), sum(server.billed.values())) == (1, 1, 9)
    assert totals(tmp_path / "j") == (10 * BILLED, 10)
    assert [answer.outcome for answer in ask(settings(server.url), tmp_path / "j", 10)] == [REPLY] * 10
    assert len(server.batches) == 1


def test_only_what_is_missing_is_submitted_again(server: BatchServer, tmp_path: Path) -> None:
    first: set[str] = set()

    def lose_some(key: str) -> str:
        is_new = key not in first
        first.add(key)
        return "missing" if is_new and int(key, 16) % 3 == 0 else "500" if is_new and int(key, 16) % 3 == 1 else "ok"

    server.answer = lose_some
    assert [answer.outcome for answer in ask(settings(server.url), tmp_path / "j", 30)] == [REPLY] * 30
    assert set(server.billed.values()) == {1}
    assert len(server.batches) == 2
    assert totals(tmp_path / "j")[0] == 30 * BILLED


def test_expired_batches_give_what_was_done_and_what_was_paid(server: BatchServer, tmp_path: Path) -> None:
    server.status = "expired"
    server.answer = lambda key: "missing" if int(key, 16) % 2 else "ok"
    answers = ask(settings(server.url), tmp_path / "j", 12)
    done = [answer for answer in answers if answer.outcome == REPLY]
    assert len(done) == sum(server.billed.values()) + 1
    assert {answer.outcome for answer in answers} == {REPLY, "failed: in no batch's answers"}
    assert totals(tmp_path / "j")[0] == len(done) * BILLED


def test_a_request_that_is_refused_by_itself_is_not_sent_again(server: BatchServer, tmp_path: Path) -> None:
    server.answer = lambda key: "400"
    answers = ask(settings(server.url), tmp_path / "j", 3)
    assert [answer.outcome.split(":")[0] for answer in answers] == [REPLY, "failed", "failed"]
    assert len(server.batches) == 1


def test_caps_hold_for_batches(server: BatchServer, tmp_path: Path) -> None:
    answers = ask(settings(server.url, max_requests=6), tmp_path / "j", 10)
    assert [answer.outcome for answer in answers].count("not_sent") == 4
    assert totals(tmp_path / "j") == (6 * BILLED, 6)
    cap = settings(server.url, max_usd=20 * BILLED / 1e9)
    ask(cap, tmp_path / "k", 40)
    nano_usd, _ = totals(tmp_path / "k")
    assert 12 * BILLED < nano_usd <= 20 * BILLED


def test_an_endpoint_without_batches_is_said_so_and_nothing_stays_charged(server: BatchServer, tmp_path: Path) -> None:
    server.supported = False
    with pytest.raises(UsageError, match="no Batch API"):
        ask(settings(server.url), tmp_path / "j", 5)
    assert totals(tmp_path / "j")[0] == BILLED  # the canary's
    answers = ask(settings(server.url, batch=False), tmp_path / "j", 5)
    assert [answer.outcome for answer in answers] == [REPLY] * 5


class Killed(BaseException):
    """Stands for SIGKILL: nothing in this project catches it."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["upload", "start_batch", "batch", "content"])
@pytest.mark.parametrize("again_in_batches", [True, False])
def test_a_kill_between_any_two_steps_costs_nothing_twice(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, moment: str, again_in_batches: bool
) -> None:
    whole = getattr(Endpoint, step)

    async def dying(self: Endpoint, *words: Any) -> Any:
        if moment == "after":
            await whole(self, *words)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, step, dying)
        with pytest.raises(Killed):
            ask(settings(server.url), tmp_path / "j", 8)
    answers = ask(settings(server.url, batch=again_in_batches), tmp_path / "j", 8)
    assert [answer.outcome for answer in answers] == [REPLY] * 8
    assert set(server.billed.values()) == {1}
    assert (sum(server.billed.values()), server.chats) == (7, 1)
    assert totals(tmp_path / "j") == (8 * BILLED, 8)


def test_a_batch_of_which_nobody_knows_is_left_in_doubt(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dying(*_: Any) -> Any:
        raise Killed

    async def unknown(*_: Any) -> Any:
        raise synth.batches.WrongModel("HTTP 404: no list here")

    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "start_batch", dying)
        with pytest.raises(Killed):
            ask(settings(server.url), tmp_path / "j", 4)
    monkeypatch.setattr(Endpoint, "find_batch", unknown)
    answers = ask(settings(server.url), tmp_path / "j", 4)
    assert [answer.outcome for answer in answers] == [REPLY, "in_doubt", "in_doubt", "in_doubt"]
    assert totals(tmp_path / "j")[0] > 4 * BILLED  # at their worst case
    again = ask(settings(server.url, resend_in_doubt=True), tmp_path / "j", 4)
    assert [answer.outcome for answer in again] == [REPLY] * 4


def test_a_batch_that_the_endpoint_has_forgotten_is_left_in_doubt_and_not_paid_again(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> Any:
        raise synth.batches.WrongModel("HTTP 404: gone")

    for step in ("batch", "content"):
        with monkeypatch.context() as patch:
            patch.setattr(Endpoint, step, gone)
            answers = ask(settings(server.url), tmp_path / step, 4)
        assert [answer.outcome for answer in answers] == [REPLY, "in_doubt", "in_doubt", "in_doubt"]
        assert totals(tmp_path / step)[0] > 4 * BILLED  # at their worst case
        assert [answer.outcome for answer in ask(settings(server.url), tmp_path / step, 4)][1] == "in_doubt"
    assert len(server.batches) == 2


@pytest.mark.parametrize(
    "odd",
    [{"request_counts": [1, 2]}, {"request_counts": {"completed": "many"}}, {"request_counts": None}, {"errors": 3}],
)
def test_odd_words_about_a_batch_do_not_stop_it(server: BatchServer, tmp_path: Path, odd: dict[str, Any]) -> None:
    poll = server.poll
    server.poll = lambda name: poll(name) | odd  # type: ignore[method-assign]
    assert [answer.outcome for answer in ask(settings(server.url), tmp_path / "j", 4)] == [REPLY] * 4


def test_a_batch_without_a_name_is_not_submitted_twice(server: BatchServer, tmp_path: Path) -> None:
    start = server.start

    def nameless(asked: dict[str, Any]) -> dict[str, Any]:
        started = start(asked)
        started["id"] = None
        return started

    server.start = nameless  # type: ignore[method-assign]
    with pytest.raises(PhimillError, match="without the `id`"):
        ask(settings(server.url), tmp_path / "j", 4)
    answers = ask(settings(server.url), tmp_path / "j", 4)
    assert [answer.outcome for answer in answers] == [REPLY, "in_doubt", "in_doubt", "in_doubt"]
    assert set(server.billed.values()) == {1}


def test_time_that_is_over_leaves_the_batch_for_the_next_run(server: BatchServer, tmp_path: Path) -> None:
    server.status = "in_progress"
    with pytest.raises(PhimillError, match="max_seconds is over"):
        ask(settings(server.url, max_seconds=0.5), tmp_path / "j", 4)
    server.status = "completed"
    assert [answer.outcome for answer in ask(settings(server.url), tmp_path / "j", 4)] == [REPLY] * 4
    assert len(server.batches) == 1
