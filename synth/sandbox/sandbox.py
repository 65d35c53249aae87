"""Many programs, one after the other and side by side, each in a process of its own behind the same walls."""

from __future__ import annotations

import concurrent.futures
import threading
from types import TracebackType

from synth.sandbox.launch import Nursery
from synth.sandbox.program import Limits, Outcome, Program, Tier
from synth.sandbox.tiers import current_tier

#: After so many programs a process is replaced, in case any leaves a trace that nobody thought of.
PROGRAMS_EACH = 1000


class Sandbox:
    """Runs programs from any number of threads; a process that ran one is at hand for the next.

    Attributes:
        tier: the walls; None where no tier passes its canaries, and then nothing is run.
        cpu_s: processor time that all programs together have taken.
    """

    def __init__(self, tier: Tier | None = None) -> None:
        """Chooses the tier, unless one is given.

        Raises:
            UsageError: PHIMILL_SANDBOX names no tier.
        """
        self.tier = tier or current_tier()
        self.cpu_s = 0.0
        self._idle: dict[int, list[Nursery]] = {}
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        # A process dies with the thread that started it, so that thread must last.
        self._starter = concurrent.futures.ThreadPoolExecutor(1, "sandbox")

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The tier's name; `none` where there is none."""
        return self.tier.name if self.tier else "none"

    def run(self, program: Program, limits: Limits) -> Outcome:
        """Runs a program; one that the clock stopped while it was computing is run again, alone and for longer."""
        outcome = self._run(program, limits)
        if outcome.ended == "timeout" and outcome.was_busy:
            with self._alone:
                outcome = self._run(program, limits.with_wall(2 * limits.wall_s))
        return outcome

    def close(self) -> None:
        """Ends all processes; programs can be run no more."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for nursery in (nursery for nurseries in idle.values() for nursery in nurseries):
            nursery.close()
        self._starter.shutdown()

    def _run(self, program: Program, limits: Limits) -> Outcome:
        """Runs a program; twice if the process that had waited for it turns out to be dead."""
        outcome = Outcome()
        for _ in range(2):
            nursery = self._take(program.hash_seed)
            is_new = nursery.ran == 0
            try:
                outcome = nursery.run(program, limits)
            finally:
                self._give_back(program.hash_seed, nursery, outcome.cpu_s)
            if outcome.ended != "unconfined" or is_new:
                break
        return outcome

    def _take(self, hash_seed: int) -> Nursery:
        tier = self.tier
        if tier is None:
            raise RuntimeError("no sandbox here passes its canaries")
        with self._lock:
            idle = self._idle.get(hash_seed)
            if idle:
                return idle.pop()
        return self._starter.submit(Nursery, tier, hash_seed).result()

    def _give_back(self, hash_seed: int, nursery: Nursery, cpu_s: float) -> None:
        with self._lock:
            self.cpu_s += cpu_s
        if nursery.usable and nursery.ran < PROGRAMS_EACH:
            with self._lock:
                self._idle.setdefault(hash_seed, []).append(nursery)
        else:
            nursery.close()
