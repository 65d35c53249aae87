"""Memory that a step is done with, given back: allocators keep what they once got, and a run's steps would add up."""

from __future__ import annotations

import contextlib
import ctypes
import functools
from collections.abc import Callable
from typing import Any


def let_go() -> None:
    """Gives back to the system what nothing uses any more; takes some milliseconds."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Callable[[int], Any] | None:
    """Returns glibc's `malloc_trim`; other C libraries have none, and keep less."""
    with contextlib.suppress(OSError, AttributeError):
        found: Callable[[int], Any] = ctypes.CDLL(None).malloc_trim
        return found
    return None
