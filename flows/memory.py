"""Memory that a step is done with, given back: allocators keep what they once got, and a run's steps would add up."""

from __future__ import annotations

from data.memory import trim


def let_go() -> None:
    """Gives back to the system what nothing uses any more; takes some milliseconds."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    trim()
