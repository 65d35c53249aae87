"""The account that the built-in teacher keeps of what was asked of it, for comparison with the client's."""

from __future__ import annotations

import collections
import math
import threading
from typing import Any

#: USD for a million prompt tokens, and for a million completion tokens.
Prices = tuple[float, float]


class Account:
    """Counts requests, tokens and money, whatever the client hears of them.

    Charged is each attempt for which the work was done, also where its answer was lost on the way
    (dropped, or a 500); refused attempts (429) are free. A real provider may be kinder.
    """

    def __init__(self, prices: Prices = (0.0, 0.0)) -> None:
        self._prices, self._lock = prices, threading.Lock()
        self._requests = self._prompt_tokens = self._completion_tokens = self._nano_usd = self._charged = 0
        self._outcomes: collections.Counter[str] = collections.Counter()

    def came_in(self) -> None:
        """One more attempt has come in."""
        with self._lock:
            self._requests += 1

    def charge(self, usage: dict[str, int], discount: float = 1.0) -> None:
        """Charges for an answer's tokens, each answer rounded up to whole nano-USD."""
        prompt, said = usage["prompt_tokens"], usage["completion_tokens"]
        cost = (prompt * self._prices[0] + said * self._prices[1]) * 1000 * discount
        with self._lock:
            self._charged += 1
            self._prompt_tokens += prompt
            self._completion_tokens += said
            self._nano_usd += math.ceil(cost - 1e-6)

    def ended(self, outcome: str) -> None:
        """An attempt ended: `answered`, or with a fault of that name."""
        with self._lock:
            self._outcomes[outcome] += 1

    def to_json(self) -> dict[str, Any]:
        """Returns all counts; money in nano-USD."""
        with self._lock:
            return {
                "requests": self._requests,
                "charged": self._charged,
                "charged_nano_usd": self._nano_usd,
                "prompt_tokens": self._prompt_tokens,
                "completion_tokens": self._completion_tokens,
                "outcomes": dict(sorted(self._outcomes.items())),
            }
