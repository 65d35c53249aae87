"""A teacher's server that misbehaves and keeps its own accounts, a client that is killed again and again.

The server is a process of its own and counts money as a provider would: for every request that it
has taken on, by what it answered, whether or not the answer arrived. The client is this project's own,
in a process that gets SIGKILL at moments chosen by a seed. At the end the server's account must not
exceed the cap, and no request that the journal had settled may have been asked again.
"""

from __future__ import annotations

import collections
import http.server
import json
import multiprocessing
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from data.errors import PhimillError
from flows.progress import Progress

USD_IN, USD_OUT = 1.0, 10.0  # for a million tokens; what the server charges and the client is told
_PROMPT_TOKENS, _REPLY_TOKENS = 40, 20
_CONTENT = json.dumps(
    {"title": "t", "exercise": "Double x.", "solution": "def f(x):\n    return 2 * x", "tests": ["assert f(2) == 4"]}
)
#: What the server does with a request, and how often; "ok" takes the rest.
_SCRIPT = (
    ("429", 0.03), ("500", 0.02), ("drop", 0.01), ("cut", 0.01), ("html", 0.005), ("null", 0.005), ("empty", 0.005),
    ("error_in_200", 0.005), ("no_usage", 0.02), ("absurd_usage", 0.01), ("length", 0.01), ("half_json", 0.005),
    ("slow", 0.01), ("over_limit", 0.01),
)  # fmt: skip
_FREE = ("429",)  # a provider does not bill what it refuses
_OVER = 2  # times the tokens of other replies, and more than was asked for: such replies are billed as they are
_ASKED_TOKENS = 32


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.calls = self.charged = 0
        self.asked: collections.Counter[int] = collections.Counter()
        self.actions: collections.Counter[str] = collections.Counter()

    def handle_error(self, *_: Any) -> None:
        """Says nothing: clients that hang up are part of the play."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Logs nothing."""

    def do_GET(self) -> None:
        """Tells the account."""
        server = self.server
        with server.lock:
            told = {
                "calls": server.calls,
                "nano_usd": server.charged,
                "asked": dict(server.asked),
                "actions": dict(server.actions),
            }
        self._say(200, json.dumps(told).encode())

    def do_POST(self) -> None:
        """Takes a request on, bills it, and answers it in one way or another."""
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            action = self._action() if server.calls else "ok"
            server.calls += 1
            server.actions[action] += 1
            server.charged += _cost(action)
            if action not in _FREE:
                server.asked[int(body.get("seed", -1))] += 1
        time.sleep(0.001)
        self._answer(action)

    def _action(self) -> str:
        place = self.server.random.random()
        for action, share in _SCRIPT:
            if place < share:
                return action
            place -= share
        return "ok"

    def _answer(self, action: str) -> None:
        usage: Any = {"prompt_tokens": _PROMPT_TOKENS, "completion_tokens": _reply_tokens(action)}
        usage = {"no_usage": None, "absurd_usage": {"prompt_tokens": -5, "completion_tokens": 10**12}}.get(
            action, usage
        )
        message = {"role": "assistant", "content": None if action == "null" else _CONTENT}
        choices = [{"index": 0, "finish_reason": "length" if action == "length" else "stop", "message": message}]
        whole = {"id": "r", "object": "chat.completion", "model": "m", "choices": choices, "usage": usage}
        content = json.dumps({**whole, "choices": []} if action == "empty" else whole).encode()
        if action == "429":
            self._say(429, b'{"error": {"message": "slow down"}}', retry_after_ms="5")
        elif action == "500":
            self._say(500, b'{"error": {"message": "oh"}}')
        elif action == "drop":
            self.close_connection = True
        elif action == "html":
            self._say(200, b"<html>gateway</html>")
        elif action == "error_in_200":
            self._say(200, b'{"error": {"message": "overloaded"}}')
        elif action == "half_json":
            self._say(200, content[:-30])
        elif action == "cut":
            self._say(200, content, cut=25)
        else:
            time.sleep(0.3 if action == "slow" else 0)
            self._say(200, content)

    def _say(self, status: int, content: bytes, cut: int = 0, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content[: len(content) - cut])
        self.close_connection = self.close_connection or bool(cut)


def _reply_tokens(action: str) -> int:
    return _REPLY_TOKENS * (_OVER if action == "over_limit" else 1)


def _cost(action: str) -> int:
    """Returns what the server bills for a call, in nano-USD."""
    return 0 if action in _FREE else round(1000 * (_PROMPT_TOKENS * USD_IN + _reply_tokens(action) * USD_OUT))


def _serve(seed: int, port: Any) -> None:
    server = _Server(seed)
    port.send(server.server_address[1])
    server.serve_forever(poll_interval=0.05)


def bench_teacher(calls: int, kills: int, parallel: int, max_usd: float | None, seed: int, out: Path) -> dict[str, Any]:
    """Runs the play; returns both accounts.

    Args:
        calls: requests that are wished for.
        kills: how often the client is killed.
        parallel: calls at a time, at most.
        max_usd: the cap; default: what the whole costs if nothing goes wrong, so that it is reached.
        seed: of the moments and of the misbehaviour.
        out: the folder of the journal; must not hold one.

    Raises:
        PhimillError: the server's account exceeds the cap, or a settled call was repeated.
    """
    journal = out / "bench.sqlite"
    if journal.exists():
        raise PhimillError(f"{journal} is there already; choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    # Calls in doubt and those without usage count at their worst case, so the plain price is reached before the end.
    cap = max_usd if max_usd is not None else calls * (_PROMPT_TOKENS * USD_IN + _REPLY_TOKENS * USD_OUT) / 1e6
    chosen, progress = random.Random(seed), Progress()
    near, far = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(seed, far), daemon=True)
    server.start()
    if not near.poll(60):
        raise PhimillError("the bench's own server did not start")
    url = f"http://127.0.0.1:{near.recv()}/v1"
    repeated = done_kills = 0
    try:
        with progress.step("kills", kills, kills) as shown:
            for number in range(kills):
                settled, before = _settled(journal), _account(url)
                client = _client(url, journal, calls, parallel, cap)
                _wait(client, url, before["calls"] + chosen.randint(1, max(2, calls // max(1, kills))))
                if client.poll() is None:
                    client.send_signal(signal.SIGKILL)
                    done_kills += 1
                client.wait()
                repeated += _repeated(settled, before, _account(url))
                shown(number + 1)
        settled, before = _settled(journal), _account(url)
        last = _client(url, journal, calls, parallel, cap)
        code = last.wait()
        account = _account(url)
        repeated += _repeated(settled, before, account)
    finally:
        server.terminate()
        server.join(10)
    return _weigh(account, journal, {"cap_usd": cap, "kills": done_kills, "repeated": repeated, "exit": code}, progress)


def _weigh(account: dict[str, Any], journal: Path, found: dict[str, Any], progress: Progress) -> dict[str, Any]:
    with sqlite3.connect(journal) as database:
        (charged,) = database.execute("SELECT coalesce(sum(charged), 0) FROM attempts").fetchone()
        states = dict(database.execute("SELECT state, count(*) FROM attempts GROUP BY state").fetchall())
    found |= {
        "server_usd": account["nano_usd"] / 1e9,
        "journal_usd": charged / 1e9,
        "server_calls": account["calls"],
        "attempts": states,
        "actions": account["actions"],
    }
    progress.say(
        f"{found['server_calls']:,} calls, {found['kills']} kills. The server charged {found['server_usd']:.4f} USD, "
        f"the journal counts {found['journal_usd']:.4f}, the cap is {found['cap_usd']:.4f}. "
        f"{states.get('in_doubt', 0)} calls in doubt, {found['repeated']} settled calls repeated"
    )
    if found["server_usd"] > found["cap_usd"]:
        raise PhimillError("the server has charged more than the cap")
    if found["server_usd"] > found["journal_usd"]:
        raise PhimillError("the server has charged more than the journal counts")
    if found["repeated"]:
        raise PhimillError(f"{found['repeated']} settled calls were asked again")
    return found


def _client(url: str, journal: Path, calls: int, parallel: int, cap: float) -> subprocess.Popen[bytes]:
    code = "import sys; from flows.benches.teacher import ask_all; ask_all(*sys.argv[1:])"
    words = [url, str(journal), str(calls), str(parallel), repr(cap)]
    return subprocess.Popen([sys.executable, "-P", "-c", code, *words], stderr=subprocess.DEVNULL)


def ask_all(url: str, journal: str, calls: str, parallel: str, cap: str) -> None:
    """What the killed process does: asks for everything that is neither settled nor in doubt."""
    import synth.client
    from data.recipe import Teacher
    from synth.asking import Asker
    from synth.builtin.faults import DEFAULT_RATES
    from synth.journal import Journal
    from synth.requests import build_request

    synth.client.BACKOFF_S = 0.002
    synth.client.FAILURES_IN_A_ROW = 10**9  # the server misbehaves for ever; this is not about giving up
    teacher = Teacher(
        base_url=url, model="m", max_output_tokens=_ASKED_TOKENS, concurrency=int(parallel), timeout_s=5.0,
        max_usd=float(cap), usd_per_million_input=USD_IN, usd_per_million_output=USD_OUT,
    )  # fmt: skip
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    messages = [[{"role": "user", "content": f"exercise {number}"}] for number in range(int(calls))]
    with Journal(Path(journal)) as opened, Asker(teacher, opened, DEFAULT_RATES) as asker:
        asker.ask([build_request(teacher, asker.identity, said, place, schema) for place, said in enumerate(messages)])


def _account(url: str) -> dict[str, Any]:
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return dict(json.loads(answer.read()))


def _wait(client: subprocess.Popen[bytes], url: str, calls: int) -> None:
    """Waits until the server has seen so many calls, or the client has ended."""
    deadline = time.monotonic() + 120
    while client.poll() is None and time.monotonic() < deadline and _account(url)["calls"] < calls:
        time.sleep(0.01)


def _settled(journal: Path) -> set[int]:
    """Returns the seeds of the requests that the journal has settled by a reply."""
    if not journal.exists():
        return set()
    with sqlite3.connect(journal) as database:
        rows = database.execute("SELECT payload FROM requests WHERE state = 'settled' AND outcome = 'reply'").fetchall()
    return {int(json.loads(payload)["parameters"]["seed"]) for (payload,) in rows}


def _repeated(settled: set[int], before: dict[str, Any], after: dict[str, Any]) -> int:
    """Returns how many calls for settled requests the server has seen between two accounts."""
    return sum(after["asked"].get(str(seed), 0) - before["asked"].get(str(seed), 0) for seed in settled)
