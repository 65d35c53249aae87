"""The parent's side of the child process that reads HTML pages: deadlines, crashes, restarts."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import tempfile
import time
from typing import IO, Any, Iterator, Sequence

import orjson

from data.child import stop_child
from data.errors import PhimillError
from data.extraction_child import write_frame
from data.recipe import Extract

#: Pages are sent in batches of about this size, since every turn costs two process switches.
BATCH_BYTES = 4 * 2**20
#: Importing the parsers takes a second; on a loaded machine, many.
START_SECONDS = 120.0
#: The deadline counts the child's own CPU time, so that a busy machine fails no page; but a child that
#: neither works nor answers is not waited for longer than this many deadlines.
PATIENCE = 5.0
#: Ends a child whose parent can no longer do it, in deadlines.
LAST_RESORT = 8.0

Head = dict[str, Any]


class _Late(Exception):
    """A page took longer than the deadline."""


class _Gone(Exception):
    """The child ended without an answer."""


class Child:
    """One child at a time; started when the first page comes, started again when one was lost."""

    def __init__(self, settings: Extract) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._received = b""
        self._cpu = 0.0

    def read(self, pages: Sequence[tuple[Head, bytes]]) -> Iterator[dict[str, Any]]:
        """Yields the child's reply for each page, in order.

        A page past the deadline gives a quarantined reply with reason `timeout`; one that ends the
        child twice, with reason `crash` (once may be the machine's fault).
        """
        position, crashed = 0, -1
        while position < len(pages):
            end = _batch_end(pages, position)
            try:
                self._send(pages[position:end])
                while position < end:
                    yield self._receive(self._settings.timeout_s)
                    position += 1
            except _Late:
                self._end()
                yield {"status": "quarantined", "reason": "timeout", "measured": None}
                position += 1
            except _Gone:
                self._end()
                if crashed == position:
                    yield {"status": "quarantined", "reason": "crash", "measured": None}
                    position += 1
                else:
                    crashed = position

    def close(self) -> None:
        """Ends the child."""
        self._end()

    def _send(self, pages: Sequence[tuple[Head, bytes]]) -> None:
        process = self._started()
        assert process.stdin is not None
        try:
            write_frame(process.stdin, orjson.dumps([head for head, _ in pages]))
            for _, content in pages:
                write_frame(process.stdin, content)
            process.stdin.flush()
        except BrokenPipeError as error:
            raise _Gone from error

    def _started(self) -> subprocess.Popen[bytes]:
        """Returns the running child, after it has read a known page."""
        if self._process is not None:
            return self._process
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the child, in _end
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "data.extraction_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # One process a core: threads of the linear algebra would only get in each other's way.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None
        self._received, self._cpu = b"", 0.0
        settings = {
            "engine": self._settings.engine,
            "opt_out": self._settings.opt_out,
            "mojibake": self._settings.mojibake,
            "last_resort_s": LAST_RESORT * self._settings.timeout_s + 1,
        }
        try:
            write_frame(self._process.stdin, orjson.dumps(settings))
            self._process.stdin.flush()
            self._receive(START_SECONDS)
        except (_Late, _Gone, BrokenPipeError) as error:
            self._errors.seek(0)
            said = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            self._end()
            raise PhimillError(
                f"the process that reads HTML with {self._settings.engine} does not start: "
                f"{said[-1] if said else 'no answer'}; install phimill's locked requirements again"
            ) from error
        return self._process

    def _receive(self, deadline: float) -> dict[str, Any]:
        """Returns the next reply.

        Raises:
            _Late: the child worked for longer than the deadline.
            _Gone: the child has ended.
        """
        assert self._process is not None
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        started = time.monotonic()
        wait = deadline
        while True:
            if len(self._received) >= 4:
                (length,) = struct.unpack_from("<I", self._received)
                if len(self._received) >= 4 + length:
                    reply = orjson.loads(self._received[4 : 4 + length])
                    self._received = self._received[4 + length :]
                    self._cpu = float(reply.get("cpu", 0.0))
                    if reply.pop("loads", False):
                        self._wait_until_ready()
                    return dict(reply)
            if not select.select([handle], [], [], wait)[0]:
                worked = _cpu_seconds(self._process.pid, time.monotonic() - started + self._cpu) - self._cpu
                if worked >= deadline or time.monotonic() - started >= PATIENCE * deadline:
                    raise _Late
                wait = max(0.05, deadline - worked)
                continue
            received = os.read(handle, 2**20)
            if not received:
                raise _Gone
            self._received += received

    def _wait_until_ready(self) -> None:
        """Waits for a child that loads compiled code, which is no page's fault."""
        try:
            self._receive(START_SECONDS)
        except _Late as error:
            raise _Gone from error

    def _end(self) -> None:
        if self._process is not None:
            stop_child(self._process)
            self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None


def _batch_end(pages: Sequence[tuple[Head, bytes]], start: int) -> int:
    size, end = len(pages[start][1]), start + 1
    while end < len(pages) and size + len(pages[end][1]) <= BATCH_BYTES:
        size += len(pages[end][1])
        end += 1
    return end


def _cpu_seconds(pid: int, otherwise: float) -> float:
    """Returns the CPU time that a process has used, or `otherwise` where /proc does not tell."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return otherwise
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
