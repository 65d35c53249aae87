from __future__ import annotations

from typing import Any

import pytest

from data.errors import PhimillError, UsageError
from data.recipe import Teacher
from synth.failures import Retry, Stop, Unfit, WrongModel, failure_of

TEACHER = Teacher(base_url="https://host/v1", model="m")


def fail(status: int, said: str = "", headers: dict[str, str] | None = None, has_key: bool = True) -> Exception:
    return failure_of(status, said, headers or {}, TEACHER, has_key)


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (429, '{"error": {"code": "insufficient_quota"}}', PhimillError, "no credit or quota left"),
        (402, "Payment Required", PhimillError, "no credit or quota left"),
        (403, "your credit balance is too low", PhimillError, "no credit or quota left"),
        (401, "Incorrect API key", UsageError, "OPENAI_API_KEY holds a key that the endpoint refuses"),
        (403, "forbidden", UsageError, "OPENAI_API_KEY holds a key that the endpoint refuses"),
        (307, "", UsageError, "redirects"),
    ],
)
def test_what_no_waiting_mends_stops_the_run_and_says_what_to_do(
    status: int, said: str, kind: type[PhimillError], words: str
) -> None:
    failure = fail(status, said, {"location": "https://elsewhere"})
    assert isinstance(failure, Stop)
    assert type(failure.error) is kind
    assert words in str(failure.error)
    assert not failure.charged


def test_a_missing_key_is_told_from_a_wrong_one() -> None:
    failure = fail(401, "no key", has_key=False)
    assert "OPENAI_API_KEY holds no key" in str(failure)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "Not Found"),
        (400, '{"error": {"code": "model_not_found"}}'),
        (400, "The model `gpt-x` does not exist"),
        (422, "model 'x' not found, try pulling it first"),
    ],
)
def test_a_wrong_model_is_told_from_a_wrong_request(status: int, said: str) -> None:
    assert isinstance(fail(status, said), WrongModel)
    assert isinstance(fail(400, "response_format is not supported by this model"), Unfit)


@pytest.mark.parametrize(
    ("status", "headers", "charged", "overload", "wait"),
    [
        (429, {"retry-after": "2"}, False, True, 2.0),
        (429, {"retry-after-ms": "1500"}, False, True, 1.5),
        (429, {}, False, True, None),
        (503, {"retry-after": "900"}, True, True, 120.0),
        (500, {}, True, False, None),
        (408, {}, True, False, None),
    ],
)
def test_what_may_pass_is_tried_again(
    status: int, headers: dict[str, str], charged: bool, overload: bool, wait: Any
) -> None:
    failure = fail(status, "busy", headers)
    assert isinstance(failure, Retry)
    assert (failure.charged, failure.overload, failure.wait_s) == (charged, overload, wait)


def test_a_server_that_asks_for_too_long_a_wait_stops_the_run() -> None:
    assert isinstance(fail(429, "slow down", {"retry-after": "121"}), Stop)
    assert isinstance(fail(429, "slow down", {"retry-after": "120"}), Retry)
