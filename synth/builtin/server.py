"""The built-in teacher's HTTP server: the OpenAI protocol on loopback, from the standard library.

It speaks /v1/models, /v1/chat/completions, /v1/files and /v1/batches, keeps its own account of
what was asked and what that costs (`GET /v1/phimill/account`), and misbehaves at the rates that
it is told to: what befalls a request depends on the request alone.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time
from typing import Any, Iterator

from synth.builtin.accounts import Account, Prices
from synth.builtin.answers import MODEL, answer
from synth.builtin.batches import Batches
from synth.builtin.faults import DEFAULT_RATES, FaultRates, http_faults_of
from synth.specs import ExerciseSpec

RETRY_AFTER_MS = 10
SLOW_S = 0.4

_MAX_REQUEST_BYTES = 2**20
_MAX_UPLOAD_BYTES = 2**28
_WAIT = {"Retry-After": "1", "retry-after-ms": str(RETRY_AFTER_MS)}  # as OpenAI does; the finer one counts
_ONCE = ("http_429", "http_500", "http_slow", "http_drop")
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@contextlib.contextmanager
def serve(rates: FaultRates = DEFAULT_RATES, prices: Prices = (0.0, 0.0), port: int = 0) -> Iterator[str]:
    """Serves the teacher on loopback; yields its base URL.

    Args:
        rates: what goes wrong, and how often.
        prices: what its account reckons with, in USD for a million prompt and completion tokens.
        port: 0 for a free one.
    """
    server = TeacherServer(rates, prices, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class TeacherServer(http.server.ThreadingHTTPServer):
    """The server, with what it remembers: first attempts, its account, files and batches."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, rates: FaultRates, prices: Prices, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.rates, self.account, self.batches = rates, Account(prices), Batches(rates)
        self.lock = threading.Lock()
        self._seen: set[tuple[str, ExerciseSpec]] = set()

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def faults_of(self, spec: ExerciseSpec | None) -> list[str]:
        """Returns what befalls this attempt at a request; some faults befall the first one only."""
        if spec is None:
            return []
        found = list[str]()
        with self.lock:
            for name in http_faults_of(spec, self.rates):
                if name not in _ONCE or (name, spec) not in self._seen:
                    found.append(name)
                self._seen.add((name, spec))
        return found[:1] if found and found[0] in _ONCE else found

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing about clients that hang up."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "phimill-builtin-teacher", ""
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    timeout = 60
    server: TeacherServer

    def do_GET(self) -> None:
        """Answers /v1/models, /v1/files, /v1/batches and the account."""
        path = self.path.partition("?")[0].rstrip("/")
        if path == "/v1/models":
            model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "phimill"}
            self._say(200, {"object": "list", "data": [model]})
        elif path == f"/v1/models/{MODEL}":
            self._say(200, {"id": MODEL, "object": "model", "created": 0, "owned_by": "phimill"})
        elif path == "/v1/phimill/account":
            self._say(200, self.server.account.to_json())
        elif path.startswith(("/v1/files", "/v1/batches")):
            self._give(*self.server.batches.get(path, self.server.account))
        else:
            self._say(404, _error(f"there is nothing at {self.path}"))

    def do_POST(self) -> None:
        """Answers /v1/chat/completions, and takes files and batches."""
        path = self.path.rstrip("/")
        if path == "/v1/files":
            content = self._read(_MAX_UPLOAD_BYTES) or b""
            self._give(*self.server.batches.upload(content, self.headers.get("Content-Type", "")))
            return
        asked = self._asked()
        if asked is None:
            self.close_connection = True
            self._say(400, _error("the body is no JSON object of a sensible size"))
        elif path.startswith("/v1/batches"):
            self._give(*self.server.batches.post(path, asked))
        elif path != "/v1/chat/completions":
            self._say(404, _error(f"there is nothing at {self.path}"))
        elif asked.get("model") != MODEL:
            self._say(404, _error(f"the only model here is {MODEL}", "model_not_found"))
        elif asked.get("stream"):
            self._say(400, _error("this teacher does not stream"))
        else:
            self._complete(asked)

    def do_DELETE(self) -> None:
        """Forgets a file."""
        self._give(*self.server.batches.delete(self.path.rstrip("/")))

    def _complete(self, asked: dict[str, Any]) -> None:
        spec, account = spec_of(asked), self.server.account
        faults = self.server.faults_of(spec)
        account.came_in()
        if "http_429" in faults:
            account.ended("http_429")
            self._say(429, _error("a planned fault; ask again"), _WAIT)
            return
        body = completion(asked, self.server.rates)
        account.charge(body["usage"])
        if "http_drop" in faults:
            account.ended("http_drop")
            self.close_connection = True
            return
        if "http_500" in faults:
            account.ended("http_500")
            self._say(500, _error("a planned fault; ask again"), _WAIT)
            return
        if "http_slow" in faults:
            time.sleep(SLOW_S)
        account.ended(next(iter(faults), "answered"))
        if "http_html" in faults:
            self._give(200, _HTML, "text/html")
        else:
            self._say(200, spoilt(body, faults))

    def _read(self, limit: int) -> bytes | None:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            return None
        return self.rfile.read(length) if 0 < length <= limit else None

    def _asked(self) -> dict[str, Any] | None:
        content = self._read(_MAX_REQUEST_BYTES)
        try:
            asked = json.loads(content) if content is not None else None
        except (ValueError, RecursionError):
            return None
        return asked if isinstance(asked, dict) else None

    def _say(self, status: int, message: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
        self._give(status, body, "application/json", headers)

    def _give(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Logs nothing."""


def spec_of(asked: dict[str, Any]) -> ExerciseSpec | None:
    """Returns the specification in a request's messages."""
    return ExerciseSpec.from_prompt("\n".join(str(message.get("content", "")) for message in _messages(asked)))


def completion(asked: dict[str, Any], rates: FaultRates) -> dict[str, Any]:
    """Returns the chat completion that a request asks for."""
    limit = asked.get("max_tokens") or asked.get("max_completion_tokens") or 4096
    return answer(_messages(asked), limit if isinstance(limit, int) else 4096, rates)


def spoilt(body: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    """Returns a completion as the faults leave it."""
    if "http_null" in faults:
        body = {**body, "choices": None}
    if "usage_absent" in faults:
        body = {key: value for key, value in body.items() if key != "usage"}
    if "usage_absurd" in faults:
        body = {**body, "usage": {"prompt_tokens": -5, "completion_tokens": 10**12, "total_tokens": 10**12}}
    return body


def _messages(asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [message for message in asked.get("messages") or [] if isinstance(message, dict)]


def _error(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code}}
