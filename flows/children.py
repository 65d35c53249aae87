"""What a run has started ends with it, even if it is killed: Prefect's server would go on for ever.

A watcher, a process of its own, reads a pipe that ends with the run; then it kills every process that bears the
run's mark in its environment. It finds them in /proc; a system without one keeps them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MARK = "PHIMILL_RUN"

#: Kept, since the pipe of one that nobody holds is closed.
_watchers: list[subprocess.Popen[bytes]] = []


def end_children_with_us() -> None:
    """Has all that this process starts from here on killed when it ends, however it ends."""
    mark = f"{os.getpid()}-{time.time_ns()}"
    _watchers.append(
        subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, f"{MARK}={mark}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends the terminal shall not end it
        )
    )
    os.environ[MARK] = mark


def _kill_marked(setting: bytes) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is none of ours
            if setting in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    _kill_marked(os.fsencode(sys.argv[1]))
