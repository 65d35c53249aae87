"""A teacher's server that misbehaves on request, and knows what it would charge."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import json
import threading
import time
from collections import Counter
from typing import Any, Callable, Iterator

import pytest

#: What the provider charges for an answered call: 40 tokens in, 20 out.
USAGE = {"prompt_tokens": 40, "completion_tokens": 20, "total_tokens": 60}
REPLY = (
    '{"title": "t", "exercise": "Double x.", "solution": "def f(x):\\n    return 2 * x", "tests": ["assert f(2) == 4"]}'
)

#: Packed once: on a busy machine a server that packs while it is asked answers too late.
PACKED = gzip.compress(b" " * 5_000_000, 1)


class Misbehaving(http.server.ThreadingHTTPServer):
    """Does to its n-th request what `script(n, body)` names.

    Attributes:
        calls: requests that came in, by seed.
        charged: those after which a provider would have done, and billed, the work.
        bodies: what was asked.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, script: Callable[[int, dict[str, Any]], str], pause_s: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.pause_s = script, pause_s
        self.lock = threading.Lock()
        self.number = self.charged = 0
        self.calls: Counter[int] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.authorizations: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: Any) -> None:
        pass  # clients that hang up are part of the play


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Misbehaving

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.number += 1
            number = self.server.number
            self.server.calls[body.get("seed", -1)] += 1
            self.server.bodies.append(body)
            self.server.authorizations.append(self.headers.get("Authorization", ""))
        time.sleep(self.server.pause_s)
        action = self.server.script(number, body)
        if action not in ("429", "wait", "quota", "400", "401", "404", "redirect"):
            with self.server.lock:
                self.server.charged += 1
        getattr(self, f"_{action}" if action[0].isalpha() else f"_status_{action}")()

    def _completion(self, content: Any = REPLY, finish: str = "stop", **changes: Any) -> dict[str, Any]:
        message = {"role": "assistant", "content": content}
        choices = [{"index": 0, "finish_reason": finish, "message": message}]
        return {"id": "r", "object": "chat.completion", "model": "m", "choices": choices, "usage": USAGE, **changes}

    def _send(self, status: int, content: bytes, cut: int = 0, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", headers.pop("type", "application/json"))
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content[: len(content) - cut])
        if cut:
            self.close_connection = True

    def _json(self, status: int, message: dict[str, Any], **headers: str) -> None:
        self._send(status, json.dumps(message).encode(), **headers)

    def _ok(self) -> None:
        self._json(200, self._completion())

    def _no_usage(self) -> None:
        self._json(200, self._completion(usage=None))

    def _over_limit(self) -> None:
        self._json(200, self._completion(usage={"prompt_tokens": 40, "completion_tokens": 400}))

    def _absurd_usage(self) -> None:
        self._json(200, self._completion(usage={"prompt_tokens": -5, "completion_tokens": 10**12}))

    def _no_tokens(self) -> None:
        self._json(200, self._completion(usage={"prompt_tokens": 40, "completion_tokens": 0}))

    def _null(self) -> None:
        self._json(200, self._completion(None))

    def _length(self) -> None:
        self._json(200, self._completion(REPLY[:40], "length"))

    def _empty(self) -> None:
        self._json(200, {**self._completion(), "choices": []})

    def _error_in_200(self) -> None:
        self._json(200, {"error": {"message": "overloaded"}})

    def _html(self) -> None:
        self._send(200, b"<html><body>gateway</body></html>", type="text/html")

    def _half_json(self) -> None:
        self._send(200, json.dumps(self._completion()).encode()[:-30])

    def _cut(self) -> None:
        self._send(200, json.dumps(self._completion()).encode(), cut=25)

    def _drop(self) -> None:
        self.close_connection = True

    def _slow(self) -> None:
        time.sleep(5)
        self._ok()

    def _drip(self) -> None:
        content = json.dumps(self._completion()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.05)

    def _huge(self) -> None:
        self._send(200, b" " * 9_000_000)

    def _packed(self) -> None:
        self._send(200, PACKED, Content_Encoding="gzip")

    def _echo_key(self) -> None:
        self._json(200, self._completion("your key is " + self.headers["Authorization"]))

    def _redirect(self) -> None:
        self._send(307, b"", Location="http://127.0.0.1:9/elsewhere")

    def _wait(self) -> None:
        self._json(429, {"error": {"message": "slow down"}}, Retry_After="300")

    def _quota(self) -> None:
        self._json(429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})

    def _status_429(self) -> None:
        self._json(429, {"error": {"message": "slow down"}}, retry_after_ms="1")

    def _status_500(self) -> None:
        self._json(500, {"error": {"message": "oh"}})

    def _status_400(self) -> None:
        self._json(400, {"detail": "response_format json_schema is not supported here"})

    def _status_401(self) -> None:
        self._json(401, {"error": {"message": "Incorrect API key provided: " + self.headers["Authorization"]}})

    def _status_404(self) -> None:
        self._json(404, {"error": {"message": "no such model"}})


@pytest.fixture
def misbehaving() -> Iterator[Callable[..., Misbehaving]]:
    """Starts servers: misbehaving("ok"), or misbehaving(lambda number, body: …)."""
    with contextlib.ExitStack() as stack:

        def start(script: str | Callable[[int, dict[str, Any]], str], pause_s: float = 0.0) -> Misbehaving:
            play = (lambda number, body: script) if isinstance(script, str) else script
            server = Misbehaving(play, pause_s)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return server

        yield start
