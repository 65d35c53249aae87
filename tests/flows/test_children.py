"""What a process has started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import subprocess, sys, time
from flows.children import end_children_with_us
spared = subprocess.Popen(["sleep", "600"])
end_children_with_us()
doomed = subprocess.Popen(["setsid", "sleep", "600"])
print(spared.pid, doomed.pid, flush=True)
time.sleep(600)
"""


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_started_under_watch_ends_with_a_killed_process_and_nothing_else_does(way: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-P", "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        spared, doomed = map(int, parent.stdout.readline().split())
        assert is_alive(spared)
        assert is_alive(doomed)
        parent.send_signal(way)
    try:
        while is_alive(doomed):  # the suite's own time limit ends this
            time.sleep(0.05)
        assert is_alive(spared)
    finally:
        os.kill(spared, signal.SIGKILL)
