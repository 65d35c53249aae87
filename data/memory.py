"""Memory that nothing uses any more, given back: the C library keeps what it once got."""

from __future__ import annotations

import contextlib
import ctypes
import functools
from collections.abc import Callable
from typing import Any


def trim() -> None:
    """Gives back to the system what the C library holds for later; takes some milliseconds."""
    trimming = _trim()
    if trimming is not None:
        trimming(0)


@functools.cache
def _trim() -> Callable[[int], Any] | None:
    """Returns glibc's `malloc_trim`; other C libraries have none, and keep less."""
    with contextlib.suppress(OSError, AttributeError):
        found: Callable[[int], Any] = ctypes.CDLL(None).malloc_trim
        return found
    return None
