"""The Python that runs programs, and what of the machine it must be able to read."""

from __future__ import annotations

import os
import stat
import sys
import sysconfig
from functools import cache

NOBODY = 65534

#: Shared libraries, time zones and the linker's cache; those that do not exist are skipped.
_SYSTEM_PATHS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/nix/store",
)


@cache
def executable() -> str:
    """Returns the path of the interpreter itself, outside any virtual environment."""
    base = getattr(sys, "_base_executable", "") or sys.executable
    return os.path.realpath(base)


@cache
def readable_paths() -> tuple[str, ...]:
    """Returns the folders and files that a program may read: the standard library and what it loads."""
    own = [
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        os.path.join(sys.base_prefix, "lib"),
        os.path.join(sys.base_exec_prefix, "lib"),
    ]
    real = dict.fromkeys(os.path.realpath(path) for path in (*own, *_SYSTEM_PATHS) if path)
    return tuple(path for path in real if os.path.exists(path))


@cache
def is_readable_by_nobody() -> bool:
    """Whether a user without any rights could start the interpreter and read its library."""
    return all(_is_open_to_all(path) for path in (executable(), os.path.realpath(sysconfig.get_path("stdlib"))))


def _is_open_to_all(path: str) -> bool:
    while True:
        mode = os.stat(path).st_mode
        needed = stat.S_IROTH | stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
        if mode & needed != needed:
            return False
        parent = os.path.dirname(path)
        if parent == path:
            return True
        path = parent
