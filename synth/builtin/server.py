"""The built-in teacher's HTTP server: the OpenAI protocol on loopback, from the standard library."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from typing import Any, Iterator

from synth.builtin.answers import MODEL, answer
from synth.builtin.faults import DEFAULT_RATES, FaultRates, http_fault_of
from synth.specs import ExerciseSpec

_MAX_REQUEST_BYTES = 2**20


@contextlib.contextmanager
def serve(rates: FaultRates = DEFAULT_RATES) -> Iterator[str]:
    """Serves the teacher on a free loopback port; yields its base URL."""
    server = _Server(rates)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, rates: FaultRates) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rates = rates
        self.seen: set[ExerciseSpec] = set()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "phimill-builtin-teacher", ""
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        """Answers /v1/models."""
        if self.path.rstrip("/") != "/v1/models":
            self._say(404, _error(f"there is nothing at {self.path}"))
            return
        self._say(
            200, {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "phimill"}]}
        )

    def do_POST(self) -> None:
        """Answers /v1/chat/completions."""
        asked = self._asked()
        if asked is None:
            self.close_connection = True
            self._say(400, _error("the body is no JSON object of a sensible size"))
        elif self.path.rstrip("/") != "/v1/chat/completions":
            self._say(404, _error(f"there is nothing at {self.path}"))
        elif asked.get("model") != MODEL:
            self._say(404, _error(f"the only model here is {MODEL}"))
        elif asked.get("stream"):
            self._say(400, _error("this teacher does not stream"))
        else:
            self._complete(asked)

    def _complete(self, asked: dict[str, Any]) -> None:
        messages = [message for message in asked.get("messages") or [] if isinstance(message, dict)]
        spec = ExerciseSpec.from_prompt("\n".join(str(message.get("content", "")) for message in messages))
        if spec is not None and spec not in self.server.seen:
            self.server.seen.add(spec)
            status = http_fault_of(spec, self.server.rates)
            if status != 200:
                self._say(status, _error("a planned fault; ask again"), {"retry-after-ms": "10"})
                return
        limit = asked.get("max_tokens") or asked.get("max_completion_tokens") or 4096
        self._say(200, answer(messages, limit if isinstance(limit, int) else 4096, self.server.rates))

    def _asked(self) -> dict[str, Any] | None:
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 < length <= _MAX_REQUEST_BYTES:
                return None
            asked = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError):
            return None
        return asked if isinstance(asked, dict) else None

    def _say(self, status: int, message: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Logs nothing."""


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error"}}
