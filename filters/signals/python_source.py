"""The parent's side of the child process that parses Python: crashes, limits, restarts.

A source that ends the child, or its time or memory, is tried once more in a new child, which no earlier
source has touched; what happens there is the answer, so that it does not depend on what came before.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import select
import struct
import subprocess
import sys
import threading
from typing import Sequence

import numpy as np

from data.child import stop_child
from data.errors import PhimillError
from filters.buffers import IntArray
from filters.signals.python_child import LIMIT, RECORD

#: Sources are sent in batches of about this size, and so few that their replies fit into a pipe.
BATCH_BYTES, BATCH_SOURCES = 4 * 2**20, 1000
#: The child counts its own processor time; this only ends one that neither works nor answers.
PATIENCE_SECONDS = 300.0

#: The columns of `parse_sources`.
OUTCOME, FUNCTIONS, TRIVIAL_FUNCTIONS, CLASSES, CLASS_VARIABLES, VARIABLES = range(6)
RECORD_FIELDS = 6


def parse_sources(sources: Sequence[bytes]) -> IntArray:
    """Returns for each source how parsing ended and what it holds; shape (sources, 6), columns as named above.

    Args:
        sources: UTF-8.

    Raises:
        PhimillError: the child does not start.
    """
    return _parser().parse(sources)


@functools.cache
def _parser() -> Parser:
    """Returns this process's parser, closed when the process ends."""
    parser = Parser()
    atexit.register(parser.close)
    return parser


class Parser:
    """One child at a time; started when the first source comes, started again when one was lost.

    Args:
        command: what to run instead of `filters.signals.python_child`.
    """

    def __init__(self, command: Sequence[str] = (sys.executable, "-P", "-m", "filters.signals.python_child")) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def parse(self, sources: Sequence[bytes]) -> IntArray:
        """Returns what `parse_sources` returns."""
        table = np.zeros((len(sources), RECORD_FIELDS), dtype=np.int64)
        position = 0
        with self._lock:
            while position < len(sources):
                end = _batch_end(sources, position)
                new = self._start()
                answered = self._exchange(sources[position:end], table[position:end])
                position += answered
                if position < end and new and not answered:  # else a new child gets the same source first
                    table[position, OUTCOME] = LIMIT
                    position += 1
        return table

    def close(self) -> None:
        """Ends the child."""
        if self._process is None:
            return
        stop_child(self._process)
        self._process = None

    def _start(self) -> bool:
        """Sees to it that a child runs; returns whether it is a new one."""
        if self._process is not None:
            return False
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._receive(1) != b"\0":
            self.close()
            raise PhimillError("the process that parses Python does not start; install phimill's requirements again")
        return True

    def _exchange(self, sources: Sequence[bytes], table: IntArray) -> int:
        """Fills the table's rows and returns how many; if the child dies before it has answered all, it is closed."""
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(struct.pack("<I", len(sources)))
            for source in sources:
                self._process.stdin.write(struct.pack("<I", len(source)))
                self._process.stdin.write(source)
            self._process.stdin.flush()
        for row in range(len(sources)):
            record = self._receive(RECORD.size)
            if len(record) < RECORD.size:
                self.close()
                return row
            table[row] = RECORD.unpack(record)
        return len(sources)

    def _receive(self, size: int) -> bytes:
        """Returns that many bytes of the child's output, or fewer if it ends or is stuck."""
        assert self._process is not None
        assert self._process.stdout is not None
        handle, received = self._process.stdout.fileno(), b""
        while len(received) < size and select.select([handle], [], [], PATIENCE_SECONDS)[0]:
            part = os.read(handle, size - len(received))
            if not part:
                break
            received += part
        return received


def _batch_end(sources: Sequence[bytes], start: int) -> int:
    size, end = len(sources[start]), start + 1
    while end < min(len(sources), start + BATCH_SOURCES) and size + len(sources[end]) <= BATCH_BYTES:
        size += len(sources[end])
        end += 1
    return end
