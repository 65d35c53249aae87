"""How many calls may be on their way to an endpoint at once: more while all goes well, fewer when it complains.

Additive increase, multiplicative decrease, as in TCP (Chiu & Jain 1989): the limit starts low and
grows with every answer until the first complaint, then by about one for each round of answers. Of a
burst of complaints only the first counts: calls that left before the last cut say nothing new.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

START = 4
CUT = 0.5
MAX_PAUSE_S = 30.0


class Congestion:
    """The limit of one endpoint; use it from one event loop.

    Attributes:
        limit: calls that may be open now.
        rounds: complaints, bursts counted once, since the last answer.
        cuts: how often the limit was cut.
    """

    def __init__(self, ceiling: int, pause_s: float, start: int = START) -> None:
        self.ceiling, self.pause_s = ceiling, pause_s
        self.limit = float(min(start, ceiling))
        self.rounds = self.cuts = self.in_flight = self.highest = 0
        self._epoch, self._grows_fast, self._open_at = 0, True, 0.0
        self._changed = asyncio.Condition()

    async def enter(self) -> int:
        """Waits until one more call may leave; returns the epoch to report it with."""
        async with self._changed:
            while True:
                pause = self._open_at - time.monotonic()
                if pause <= 0 and self.in_flight < max(1, int(self.limit)):
                    self.in_flight += 1
                    self.highest = max(self.highest, self.in_flight)
                    return self._epoch
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), pause if pause > 0 else None)

    async def leave(self) -> None:
        """One call has ended, however."""
        async with self._changed:
            self.in_flight -= 1
            self._changed.notify_all()

    def went_well(self) -> None:
        """An answer came: a little more may be on its way."""
        self.rounds = 0
        step = 1.0 if self._grows_fast else 1.0 / max(1.0, self.limit)
        self.limit = min(float(self.ceiling), self.limit + step)

    def complained(self, epoch: int, wait_s: float | None) -> int:
        """The endpoint says that there is too much; everything pauses. Returns the rounds of complaints so far.

        Args:
            epoch: what `enter` returned for this call.
            wait_s: how long the server asks to wait; None: longer each time.
        """
        now = time.monotonic()
        if epoch == self._epoch:
            self._epoch += 1
            self.rounds += 1
            self.cuts += 1
            self._grows_fast = False
            self.limit = max(1.0, self.limit * CUT)
            pause = min(MAX_PAUSE_S, self.pause_s * 2.0**self.rounds) if wait_s is None else wait_s
            self._open_at = max(self._open_at, now + pause)
        elif wait_s is not None:
            self._open_at = max(self._open_at, now + wait_s)
        return self.rounds
