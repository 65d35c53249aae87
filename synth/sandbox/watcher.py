"""Reads what a confined process says, and ends it at its limits."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Any, Iterable

from synth.sandbox.program import Ended, Limits, Outcome

_READ_BYTES = 1 << 16
_MAX_THREADS = 128  # address space allows about 60 with ordinary stacks; tiny stacks would allow thousands
_LOOK_EVERY_S = 0.02


class Watcher:
    """Feeds a process its program, gathers what it says and ends it at its limits."""

    def __init__(self, process: subprocess.Popen[bytes], results: int, limits: Limits) -> None:
        self.process, self.results, self.limits = process, results, limits
        self.said: dict[int, bytearray] = {self._stdout: bytearray(), results: bytearray()}
        self.ended: Ended = "exited"
        self.was_busy = False

    @property
    def _stdout(self) -> int:
        return _pipe(self.process.stdout).fileno()

    def follow(self, payload: bytes) -> None:
        """Reads until the process has closed its pipes or passed a limit, then ends it."""
        deadline = time.monotonic() + self.limits.wall_s
        next_look = time.monotonic() + _LOOK_EVERY_S
        waiting = memoryview(payload)
        stdin = _pipe(self.process.stdin)
        with selectors.DefaultSelector() as selector:
            for descriptor in self.said:
                selector.register(descriptor, selectors.EVENT_READ)
            os.set_blocking(stdin.fileno(), False)
            selector.register(stdin, selectors.EVENT_WRITE)
            while selector.get_map() and self.ended == "exited":
                for key, _ in selector.select(_LOOK_EVERY_S):
                    if key.fileobj is stdin:
                        waiting = self._feed(stdin, waiting)
                        if not waiting:
                            selector.unregister(stdin)
                            stdin.close()
                    elif not self._read(key.fd):
                        selector.unregister(key.fd)
                if time.monotonic() > deadline:
                    self._time_out()
                elif time.monotonic() > next_look:
                    next_look = time.monotonic() + _LOOK_EVERY_S
                    if _thread_count(self.process.pid) > _MAX_THREADS:
                        self.ended = "too_many_threads"
        self._await_exit(deadline)

    def _await_exit(self, deadline: float) -> None:
        """Waits for a process that closed its pipes; it may be running on without them."""
        if self.ended == "exited":
            try:
                self.process.wait(max(deadline - time.monotonic(), 0.01))
            except subprocess.TimeoutExpired:
                self._time_out()

    def _feed(self, stdin: IO[bytes], waiting: memoryview) -> memoryview:
        try:
            return waiting[os.write(stdin.fileno(), waiting) :]
        except BrokenPipeError:
            return waiting[:0]

    def _read(self, descriptor: int) -> bool:
        data = os.read(descriptor, _READ_BYTES)
        said = self.said[descriptor]
        said += data
        if len(said) > (self.limits.result_bytes if descriptor == self.results else self.limits.output_bytes):
            self.ended = "output_too_large"
        return bool(data)

    def _time_out(self) -> None:
        self.ended = "timeout"
        self.was_busy = _is_busy(self.process.pid)

    def stop(self) -> None:
        """Kills the process and whatever it may have started, and closes the pipes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        os.close(self.results)

    def outcome(self) -> Outcome:
        """Returns what happened; a program stopped by its processor time has timed out."""
        reports = list(_parse(bytes(self.said[self.results])))
        status = self.process.returncode
        ended = self.ended
        if ended == "exited":
            if _signal_of(status) in (signal.SIGXCPU, signal.SIGKILL):
                ended = "timeout"
            if not reports or reports[0][0] != "ready":
                ended = "unconfined"
        values = list(self.said.values())
        return Outcome(ended, status, reports[1:], bytes(values[0][-2000:]), self.was_busy)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("the process was started without this pipe")
    return stream


def _signal_of(status: int) -> int:
    """Returns the signal that ended a process; bubblewrap passes its child's on as 128 + number."""
    return -status if status < 0 else status - 128 if status > 128 else 0


def _parse(data: bytes) -> Iterable[list[Any]]:
    """Yields the reports up to the first that is not a list beginning with a word."""
    for line in data.split(b"\n"):
        try:
            report = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(report, list) or not report or not isinstance(report[0], str):
            return
        yield report


def _family(pid: int) -> list[int]:
    """Returns a process and its children's children; bubblewrap stands in front of the program."""
    family = [pid]
    for member in family:
        try:
            family += map(int, Path(f"/proc/{member}/task/{member}/children").read_text().split())
        except (OSError, ValueError):
            continue
    return family


def _thread_count(pid: int) -> int:
    return sum(_count_tasks(member) for member in _family(pid))


def _count_tasks(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def _is_busy(pid: int) -> bool:
    """Whether any thread of a process is running, or waiting for a processor or a disk."""
    for member in _family(pid):
        try:
            for task in os.listdir(f"/proc/{member}/task"):
                state = Path(f"/proc/{member}/task/{task}/stat").read_text().rpartition(")")[2].split()[0]
                if state in "RD":
                    return True
        except OSError:
            continue
    return False
