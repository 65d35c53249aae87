"""What a journal is asked with, and what it answers."""

from __future__ import annotations

import dataclasses

REPLY = "reply"


@dataclasses.dataclass(frozen=True)
class Caps:
    """Hard limits on a journal's whole life; None means no limit.

    Attributes:
        nano_usd: money, in thousand millionths of a US dollar.
        requests: calls sent, retries included.
        tokens: of prompts and replies together.
    """

    nano_usd: int | None = None
    requests: int | None = None
    tokens: int | None = None


@dataclasses.dataclass(frozen=True)
class Settled:
    """A request that is done: `outcome` is REPLY, or says why there is none; `origin` is "" if asked for here."""

    outcome: str
    body: str | None
    mode: str
    usage: tuple[int, int] | None
    request_id: str = ""
    origin: str = ""


@dataclasses.dataclass(frozen=True)
class Spent:
    """What some requests to one model took; `calls` are those that were sent, each counted once, however often."""

    model: str
    calls: int = 0
    nano_usd: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclasses.dataclass(frozen=True)
class Totals:
    """What has been spent: charges (worst cases of open calls included), calls, tokens told by the server."""

    nano_usd: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
