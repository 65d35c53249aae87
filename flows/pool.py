"""Parts in parallel: a process pool that notices dead workers and dies with its parent."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from data.errors import PhimillError

#: How often a worker looks whether its parent still lives.
HEARTBEAT_SECONDS = 1.0


def run_parallel(
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    workers: int,
    done: Callable[[int], None] = lambda number: None,
) -> list[Any]:
    """Returns function(*a) for each a in arguments, in their order.

    Args:
        function: an importable function; it commits its own output atomically.
        arguments: one tuple a call.
        workers: processes; with 1 everything runs in this one.
        done: is told the number of finished calls after each.

    Raises:
        PhimillError: a worker died (out of memory, killed); finished parts stay.
    """
    if workers <= 1 or len(arguments) <= 1:
        results = []
        for number, values in enumerate(arguments, 1):
            results.append(function(*values))
            done(number)
        return results
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        min(workers, len(arguments)), mp_context=context, initializer=_follow_parent, initargs=(os.getpid(),)
    ) as pool:
        futures = [pool.submit(function, *values) for values in arguments]
        try:
            for number, future in enumerate(concurrent.futures.as_completed(futures), 1):
                future.result()
                done(number)
        except concurrent.futures.process.BrokenProcessPool as failure:
            raise PhimillError(
                "a worker process died (killed, or out of memory). What was finished is kept: "
                "run the same command again, with fewer --workers if memory is short."
            ) from failure
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _follow_parent(parent: int) -> None:
    """Ends this worker within about a second of its parent's death."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(HEARTBEAT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="follow-parent").start()
