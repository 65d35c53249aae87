"""What a call may cost at most, and what to make of the usage that a server tells."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from synth.parsing import Reply

#: What a chat template may add to the prompt's bytes.
OVERHEAD_TOKENS = 200

#: No model takes and gives more in one call.
MOST_TOKENS = 1 << 24


@dataclasses.dataclass(frozen=True)
class Told:
    """What is to be charged for a reply.

    Attributes:
        usage: prompt and completion tokens; None: the worst case, which was reserved.
        note: what is odd about the usage that the server told; "" if nothing is.
        overrun: how many times the worst case was told; 1 if it was not passed.
    """

    usage: tuple[int, int] | None
    note: str = ""
    overrun: float = 1.0


def worst_tokens(body: dict[str, Any]) -> int:
    """Returns how many tokens a request's prompt can have at most: one for each byte, and a chat template's."""
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")) + OVERHEAD_TOKENS


def told(reply: Reply, size: int, max_output_tokens: int) -> Told:
    """Returns what is to be charged: never less than the server says, since it may bill what it says.

    A server may add a prompt of its own, or think longer than it was allowed to. What no call can take, or what would
    be free, is no usage.

    Args:
        reply: of a server.
        size: tokens that the prompt can have at most.
        max_output_tokens: what was asked for.
    """
    usage = reply.usage
    if usage is None:
        return Told(None, "no usage")
    if usage[0] <= 0 or usage[1] < bool(reply.content) or sum(usage) > MOST_TOKENS:
        return Told(None, "a usage that cannot be true")
    overrun = max(1.0, usage[0] / size, usage[1] / max_output_tokens)
    if overrun > 1.0:
        return Told(
            usage, f"more tokens than were sent and asked for ({usage[0]} and {usage[1]}): all are charged", overrun
        )
    return Told(usage)
