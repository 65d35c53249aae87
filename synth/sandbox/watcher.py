"""Reads what a confined process says, and ends it at its limits."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Iterable

from synth.sandbox.program import Ended, Limits, Outcome

_READ_BYTES = 1 << 16
_MAX_THREADS = 128  # address space allows about 60 with ordinary stacks; tiny stacks would allow thousands
_LOOK_EVERY_S = 0.02


class Pipes:
    """The three ways between a program and its judge: what it is given, what it prints, what it claims."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        try:
            self.given, self.give = self._pipe()
            self.output, self._output_end = self._pipe()
            self.results, self._results_end = self._pipe()
        except BaseException:
            self._close_all()
            raise
        self.theirs = [self.given, self._output_end, self._results_end]

    def _pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        self._open.update(ends)
        return ends

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, *failure: object) -> None:
        self._close_all()

    def let_go(self) -> None:
        """Closes the ends that the program now has."""
        for end in self.theirs:
            self.close(end)

    def close(self, end: int) -> None:
        """Closes one end, if it is still open."""
        if end in self._open:
            self._open.remove(end)
            os.close(end)

    def _close_all(self) -> None:
        for end in list(self._open):
            self.close(end)


class Watcher:
    """Feeds a process its program, gathers what it says and tells when it passes its limits."""

    def __init__(self, pid: int, pipes: Pipes, limits: Limits) -> None:
        self.pid, self.pipes, self.limits = pid, pipes, limits
        self.said: dict[int, bytearray] = {pipes.output: bytearray(), pipes.results: bytearray()}
        self.ended: Ended = "exited"
        self.was_busy = False
        self._deadline = time.monotonic() + limits.wall_s

    @property
    def seconds_left(self) -> float:
        """How long the program may still run."""
        return max(self._deadline - time.monotonic(), 0.01)

    def follow(self, payload: bytes) -> None:
        """Reads until the process has closed its pipes or passed a limit."""
        next_look = time.monotonic() + _LOOK_EVERY_S
        waiting = memoryview(payload)
        with selectors.DefaultSelector() as selector:
            for descriptor in self.said:
                selector.register(descriptor, selectors.EVENT_READ)
            os.set_blocking(self.pipes.give, False)
            selector.register(self.pipes.give, selectors.EVENT_WRITE)
            while selector.get_map() and self.ended == "exited":
                for key, _ in selector.select(_LOOK_EVERY_S):
                    if key.fd == self.pipes.give:
                        waiting = self._feed(waiting)
                        if not waiting:
                            selector.unregister(key.fd)
                            self.pipes.close(key.fd)
                    elif not self._read(key.fd):
                        selector.unregister(key.fd)
                if time.monotonic() > self._deadline:
                    self._time_out()
                elif time.monotonic() > next_look:
                    next_look = time.monotonic() + _LOOK_EVERY_S
                    if _thread_count(self.pid) > _MAX_THREADS:
                        self.ended = "too_many_threads"

    def give_up(self, died: bool) -> None:
        """Notes that the end of the process was not told: it runs on without its pipes, or the sandbox is gone."""
        if self.ended == "exited":
            if died:
                self.ended = "unconfined"
            else:
                self._time_out()

    def _feed(self, waiting: memoryview) -> memoryview:
        try:
            return waiting[os.write(self.pipes.give, waiting) :]
        except BrokenPipeError:
            return waiting[:0]

    def _read(self, descriptor: int) -> bool:
        data = os.read(descriptor, _READ_BYTES)
        said = self.said[descriptor]
        said += data
        limits = self.limits
        if len(said) > (limits.result_bytes if descriptor == self.pipes.results else limits.output_bytes):
            self.ended = "output_too_large"
        return bool(data)

    def _time_out(self) -> None:
        self.ended = "timeout"
        self.was_busy = _is_busy(self.pid)

    def outcome(self, status: int, cpu_s: float) -> Outcome:
        """Returns what happened; a program stopped by its processor time has timed out."""
        reports = list(_parse(bytes(self.said[self.pipes.results])))
        ended = self.ended
        if ended == "exited":
            if status in (-signal.SIGXCPU, -signal.SIGPROF, -signal.SIGKILL):
                ended = "timeout"
            if not reports or reports[0][0] != "ready":
                ended = "unconfined"
        output = bytes(self.said[self.pipes.output][-2000:])
        return Outcome(ended, status, reports[1:], output, self.was_busy, cpu_s)


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """Kills a process and whatever it may have started, and closes its pipes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


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
