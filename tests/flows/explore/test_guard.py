"""Who may ask the explorer what: host, link, cookie, origin, method, word; and the headers of every answer."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from flows.explore.guard import HEADERS, Guard, Session

PORT = 8123
BASE = f"http://127.0.0.1:{PORT}"


def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"inside {request.url.query}", headers={"Referrer-Policy": "unsafe-url"})


@pytest.fixture
def session() -> Session:
    return Session.new(PORT)


def visitor(session: Session, base: str = BASE) -> TestClient:
    routes = [Route("/", answer, methods=["GET", "POST", "PUT"]), Route("/a b", answer)]
    return TestClient(Guard(Starlette(routes=routes), session), base_url=base, follow_redirects=False)


def insider(session: Session) -> TestClient:
    one = visitor(session)
    one.cookies.set(session.cookie, session.token)
    return one


def test_the_link_lets_in_once_and_leaves_the_address_bar(session: Session) -> None:
    one = visitor(session)
    assert one.get("/").status_code == 403
    entered = one.get(f"/?q=1&token={session.token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "/?q=1")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert one.get("/?q=1").text == "inside q=1"


def test_the_link_leads_to_no_other_host(session: Session) -> None:
    entered = visitor(session).get(f"{BASE}//evil.example/?token={session.token}")
    assert entered.headers["location"] == "/"


@pytest.mark.parametrize("token", ["", "x", "é", None])
def test_a_wrong_token_or_cookie_stays_outside(session: Session, token: str | None) -> None:
    one = visitor(session)
    assert one.get("/", params={"token": token or ""}).status_code == 403
    one.cookies.set(session.cookie, "guess")
    one.cookies.set("phimill-1", session.token)
    assert one.get("/").status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1.evil.example:{PORT}",
        "0.0.0.0",
        "",
    ],
)
def test_other_hosts_are_refused_even_with_the_cookie(session: Session, host: str) -> None:
    assert insider(session).get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_this_machines_own_names_are_taken(session: Session, host: str) -> None:
    assert insider(session).get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_origins_are_refused_even_with_the_cookie(session: Session, headers: dict[str, str]) -> None:
    assert insider(session).get("/", headers=headers).status_code == 403


def test_writing_needs_the_word_json_and_little_of_it(session: Session) -> None:
    one = insider(session)
    word: dict[str, Any] = {"x-phimill": session.word}
    assert one.post("/", json={}, headers=word).status_code == 200
    assert one.post("/", json={}).status_code == 403
    assert one.post("/", json={}, headers={"x-phimill": session.token}).status_code == 403
    assert one.post("/", data={"id": "1"}, headers=word).status_code == 403
    assert one.post("/", json="x" * 20_000, headers=word).status_code == 403
    assert one.put("/", json={}, headers=word).status_code == 405
    assert visitor(session).post("/", json={}, headers=word).status_code == 403


def test_every_answer_carries_the_policy_and_no_cors(session: Session) -> None:
    for found in (insider(session).get("/"), visitor(session).get("/"), insider(session).get("/nothing")):
        assert {name: found.headers[name] for name in HEADERS} == HEADERS
        assert not [name for name in found.headers if name.startswith("access-control-")]
    policy = HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_sessions_differ() -> None:
    sessions = [Session.new(PORT) for _ in range(4)]
    assert len({secret for one in sessions for secret in (one.token, one.word)}) == 8
    assert all(len(one.token) >= 43 for one in sessions)
