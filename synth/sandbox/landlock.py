"""What Landlock can wall off on this kernel, and the rules of the sandbox in its terms."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any, Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every machine

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))  # from this ABI on, so many lowest bits are known
_NET_RIGHTS = 0b11  # bind and connect TCP, from ABI 4
_SCOPES = 0b11  # abstract Unix sockets and signals, from ABI 6


@cache
def abi() -> int:
    """Returns the kernel's Landlock ABI version; 0 where there is none or it is switched off."""
    libc = ctypes.CDLL(None, use_errno=True)
    version: int = libc.syscall(ctypes.c_long(CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(1))
    return max(version, 0)


def rules(readable: Iterable[str], version: int | None = None) -> dict[str, Any] | None:
    """Returns what the child hands to the kernel: everything refused, `readable` may be read.

    Args:
        readable: files and folders; those that do not exist are left out.
        version: the Landlock ABI to write for; default: this kernel's.

    Returns:
        plain data (see `child.py`), or None where there is no Landlock.
    """
    version = abi() if version is None else version
    if version < 1:
        return None
    bits = max(count for since, count in _FS_RIGHTS if version >= since)
    paths = [
        (path, _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE)
        for path in readable
        if os.path.exists(path)
    ]
    return {
        "fs": (1 << bits) - 1,
        "net": _NET_RIGHTS if version >= 4 else 0,
        "scoped": _SCOPES if version >= 6 else 0,
        "bytes": 24 if version >= 6 else 16 if version >= 4 else 8,
        "paths": paths,
    }
