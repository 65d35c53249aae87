"""Keeps everybody out of the explorer but the person who started it, and web text out of the browser's hands.

A page of any site can make the browser send requests to loopback, and with DNS rebinding read the answers;
other users of the machine can connect too. So a request must name this host, carry the session's cookie, which
only the link in the terminal sets, and must not come from another origin. No CORS header is ever sent.
"""

from __future__ import annotations

import dataclasses
import secrets
import urllib.parse
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Names of this machine for itself.
HOSTS = ("127.0.0.1", "localhost", "[::1]")

#: Bytes of a request's body, at most.
MAX_BODY = 10_000

#: Scripts and styles from here alone, no eval, no inline; pictures, frames, fonts and objects from nowhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types phimill"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}

_NOT_HERE = "This is not for you. Open the link that `phimill explore` printed in the terminal."


@dataclasses.dataclass(frozen=True)
class Session:
    """What proves that a request comes from the person who started the explorer.

    Attributes:
        token: stands in the link and in the cookie.
        word: stands in the pages, and must be said by whatever writes.
        port: where the explorer listens; cookies do not know ports, so it is in the cookie's name.
    """

    token: str
    word: str
    port: int

    @classmethod
    def new(cls, port: int) -> Session:
        """Returns a session that nobody can guess."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), port)

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"phimill-{self.port}"

    @property
    def link(self) -> str:
        """The address to open."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"


class Guard:
    """ASGI middleware: refuses foreign requests, exchanges the link's token for the cookie, sets HEADERS."""

    def __init__(self, app: ASGIApp, session: Session) -> None:
        self.app, self.session = app, session
        self._hosts = {f"{host}:{session.port}" for host in HOSTS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.encode(): value.encode() for name, value in HEADERS.items()}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in own]
                message = {**message, "headers": [*kept, *own.items()]}
            await send(message)

        answer = self._refusal(scope) or self._entrance(scope)
        await (answer or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._hosts or len(headers.getlist("host")) != 1:
            return PlainTextResponse("Wrong host: the explorer answers on loopback only.", 421)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Only GET and POST.", 405)
        origin = headers.get("origin")
        if origin is not None and urllib.parse.urlsplit(origin).netloc not in self._hosts:
            return PlainTextResponse("Wrong origin.", 403)
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse("Not from another site. Open the link in a tab of its own.", 403)
        if scope["method"] == "POST" and not self._may_write(headers):
            return PlainTextResponse(_NOT_HERE, 403)
        return None

    def _may_write(self, headers: Headers) -> bool:
        length = headers.get("content-length", "")
        return (
            _same(headers.get("x-phimill", ""), self.session.word)
            and headers.get("content-type", "").split(";")[0] == "application/json"
            and length.isdigit()
            and int(length) <= MAX_BODY
        )

    def _entrance(self, scope: Scope) -> Response | None:
        """Returns None for who is inside, the way in for who brings the token, and a refusal for others."""
        query = urllib.parse.parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if given and scope["method"] == "GET" and _same(given[0], self.session.token):
            rest = urllib.parse.urlencode([pair for pair in query if pair[0] != "token"])
            path = scope["path"] if not scope["path"].startswith("//") else "/"
            answer = RedirectResponse(urllib.parse.quote(path) + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(self.session.cookie, self.session.token, httponly=True, samesite="strict")
            return answer
        if any(_same(value, self.session.token) for value in self._cookies(scope)):
            return None
        return PlainTextResponse(_NOT_HERE, 403)

    def _cookies(self, scope: Scope) -> Iterable[str]:
        for header in Headers(scope=scope).getlist("cookie"):
            for piece in header.split(";"):
                name, _, value = piece.strip().partition("=")
                if name == self.session.cookie:
                    yield value


def _same(left: str, right: str) -> bool:
    return secrets.compare_digest(left.encode(), right.encode())
