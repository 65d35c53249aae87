"""Parts in parallel: a process pool that notices dead workers and dies with its parent."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from data.errors import PhimillError
from flows.memory import let_go

#: How often a worker looks whether its parent still lives.
HEARTBEAT_SECONDS = 1.0


class Pool:
    """Worker processes that live as long as the run, so that what they import they import once.

    Args:
        workers: processes; with 1 everything runs in this one.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._executor: concurrent.futures.ProcessPoolExecutor | None = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=failure[0] is None, cancel_futures=True)
            self._executor = None

    def run(
        self,
        function: Callable[..., Any],
        arguments: Sequence[tuple[Any, ...]],
        done: Callable[[int], None] = lambda number: None,
        parts_of: Callable[[tuple[Any, ...]], int] = lambda values: 1,
    ) -> list[Any]:
        """Returns function(*a) for each a in arguments, in their order.

        Args:
            function: an importable function; it commits its own output atomically.
            arguments: one tuple a call.
            done: is told the number of finished parts after each call.
            parts_of: how many parts a call does, by its arguments.

        Raises:
            PhimillError: a worker died (out of memory, killed); finished parts stay.
        """
        if len(arguments) > 1 and self.workers > 1 and self._executor is None:
            self._start()
        finished = 0
        if self._executor is None or len(arguments) <= 1:
            results = []
            for values in arguments:
                results.append(function(*values))
                finished += parts_of(values)
                done(finished)
            return results
        try:
            futures = {self._executor.submit(_call, function, values): values for values in arguments}
            for future in concurrent.futures.as_completed(futures):
                future.result()
                finished += parts_of(futures[future])
                done(finished)
        except concurrent.futures.process.BrokenProcessPool as failure:
            raise PhimillError(
                "a worker process died (killed, or out of memory). What was finished is kept: "
                "run the same command again, with fewer --workers if memory is short."
            ) from failure
        return [future.result() for future in futures]

    def _start(self) -> None:
        """Makes the worker processes; where the system has no locks for them, all goes on in this one."""
        try:
            self._executor = concurrent.futures.ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_follow_parent,
                initargs=(os.getpid(),),
            )
        except (OSError, NotImplementedError) as failure:
            self.workers = 1
            trouble = f"no worker processes here ({failure}; is /dev/shm there, and may it be written?)"
            print(f"phimill: {trouble}; one process does all", file=sys.stderr, flush=True)


def _call(function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Returns what a function gives; a worker keeps no memory of one part while it waits for the next."""
    try:
        return function(*values)
    finally:
        let_go()


def _follow_parent(parent: int) -> None:
    """Ends this worker within about a second of its parent's death."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(HEARTBEAT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="follow-parent").start()
