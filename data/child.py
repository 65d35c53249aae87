"""Child processes for work that may crash, hang or want all memory: bounded, and gone when their parent is."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
#: A process that is near its bound already still gets so much.
MIN_ROOM_BYTES = 64 * 2**20


def bound_self(memory_bytes: int) -> None:
    """Bounds this process's memory, and asks the kernel to end it with its parent. Called in the child."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    ceiling = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which closes the pipe
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def bound_resident(memory_bytes: int) -> None:
    """Bounds how much memory this process may have in use: what wants more is refused. Called in the child, again
    whenever it has loaded something, since what libraries set aside and hardly touch is left out of the sum.

    Linux alone tells, and heeds, how much that is.
    """
    sizes = _sizes()
    if sizes:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        ceiling = max(memory_bytes - sizes["VmRSS"], MIN_ROOM_BYTES) + sizes["VmData"]
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling if hard < 0 else min(ceiling, hard), hard))


def _sizes() -> dict[str, int]:
    """Returns this process's resident and data memory; nothing where the system does not tell."""
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="utf-8", errors="replace") as file:
        pairs = (line.split() for line in file if line.startswith(("VmRSS:", "VmData:")))
        return {words[0][:-1]: int(words[1]) * 1024 for words in pairs}
    return {}


def stop_child(process: subprocess.Popen[bytes]) -> None:
    """Ends a child and closes its pipes; what it never read is for the next one. Called in the parent."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
