"""How a call to a teacher can fail, and what follows: try again, give this request up, or stop everything.

The breaker tells a used-up quota from an overload, a wrong key and a wrong model: only an
overload may pass while a run waits, and each of the others wants something else of a person.
"""

from __future__ import annotations

import re
from typing import Mapping

from data.errors import PhimillError, UsageError
from data.recipe import Teacher
from synth.transport import retry_after

MAX_RETRY_AFTER_S = 120.0
RESUME = "What was answered so far is kept; run the same command again to go on."

_QUOTA = re.compile(r"insufficient[_ ](?:quota|funds|balance)|current quota|quota exceeded|billing|credit")
_MODEL = re.compile(
    r"model[_ ]not[_ ]found|no such model|unknown model|invalid model|model.{0,120}(?:not found|(?:does )?not exist)"
)


class Retry(Exception):
    """A call failed in a way that may pass.

    Attributes:
        charged: whether it may have been paid for.
        wait_s: how long the server asks to wait, if it does.
        overload: whether it says that there are too many calls.
        sent: whether anything has left; False where nobody could be reached.
    """

    def __init__(
        self, note: str, charged: bool, wait_s: float | None = None, overload: bool = False, sent: bool = True
    ) -> None:
        super().__init__(note)
        self.note, self.charged, self.wait_s, self.overload, self.sent = note, charged, wait_s, overload, sent


class Failed(Exception):
    """A call failed for good; `charged` says whether it may have been paid for."""

    def __init__(self, note: str, charged: bool) -> None:
        super().__init__(note)
        self.note, self.charged = note, charged


class Unfit(Exception):
    """The endpoint does not accept what was asked of it (400, 422)."""


class WrongModel(Exception):
    """The endpoint does not know the model, or the path."""


class Stop(Exception):
    """No further call makes sense; carries the error for the person."""

    def __init__(self, error: PhimillError, charged: bool = False) -> None:
        super().__init__(str(error))
        self.error, self.charged = error, charged


def failure_of(status: int, said: str, headers: Mapping[str, str], settings: Teacher, has_key: bool) -> Exception:
    """Returns what an HTTP status other than 2xx means.

    Args:
        status: the code.
        said: the body, cleaned and without the key.
        headers: of the answer, names in lower case.
        settings: the teacher's, for its names.
        has_key: whether a key was sent.
    """
    url = settings.base_url
    told = said.lower()
    wait = retry_after(headers)
    if status == 402 or (status in (403, 429) and _QUOTA.search(told)):
        return Stop(PhimillError(f"{url}: no credit or quota left (HTTP {status}). It says: {said}. {RESUME}"))
    if status == 429:
        if wait is not None and wait > MAX_RETRY_AFTER_S:
            return Stop(PhimillError(f"{url}: overloaded, or a rate limit: asks to wait {wait:.0f} s. {RESUME}"))
        return Retry("HTTP 429, too many requests", charged=False, wait_s=wait, overload=True)
    if status >= 500 or status in (408, 409):
        bounded = None if wait is None else min(wait, MAX_RETRY_AFTER_S)
        return Retry(f"HTTP {status}: {said}", charged=True, wait_s=bounded, overload=status == 503)
    if 300 <= status < 400:
        place = headers.get("location", "")
        message = f"{url}: redirects to {place!r}; redirects are not followed, so name the final URL"
        return Stop(UsageError(message))
    if status in (401, 403):
        place = key_place(settings)
        state = "holds a key that the endpoint refuses" if has_key else "holds no key"
        return Stop(UsageError(f"{url}: HTTP {status}; {place} {state}. It says: {said}"))
    if status == 404 or (status in (400, 422) and _MODEL.search(told)):
        return WrongModel(f"HTTP {status}: {said}")
    return Unfit(f"HTTP {status}: {said}")


def key_place(settings: Teacher) -> str:
    """Returns where the key is looked for, in words."""
    if settings.api_key_file:
        return f"the file {settings.api_key_file}"
    return f"the environment variable {settings.api_key_env}"
