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
        *_library(),
        os.path.join(sys.base_prefix, "lib"),
        os.path.join(sys.base_exec_prefix, "lib"),
    ]
    real = dict.fromkeys(os.path.realpath(path) for path in (*own, *_SYSTEM_PATHS) if path)
    return tuple(path for path in real if os.path.exists(path))


def environment(hash_seed: int) -> dict[str, str]:
    """Returns all that the interpreter finds in its environment when it starts; the child empties it."""
    found = {"PYTHONHASHSEED": str(hash_seed)}
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        found["LD_LIBRARY_PATH"] = os.path.join(sys.base_exec_prefix, "lib")  # some are built to be told
    return found


@cache
def is_readable_by_nobody() -> bool:
    """Whether a user without any rights could start the interpreter and read its library."""
    return all(_is_open_to_all(path) for path in (executable(), *_library()))


def _library() -> list[str]:
    """Returns the real folders of the standard library; in a virtual environment, its parent's."""
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    return [os.path.realpath(sysconfig.get_path(name, vars=base)) for name in ("stdlib", "platstdlib")]


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
