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


def bound_self(memory_bytes: int) -> None:
    """Bounds this process's memory, and asks the kernel to end it with its parent. Called in the child."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    ceiling = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which closes the pipe
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def stop_child(process: subprocess.Popen[bytes]) -> None:
    """Ends a child and closes its pipes; what it never read is for the next one. Called in the parent."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
