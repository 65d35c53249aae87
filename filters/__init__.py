"""Judgements: text in, numbers and decisions out.

The functions that notebooks use are importable from here and loaded when first asked for:

    from filters import judge, deduplicate, find_contamination
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from filters.contamination.ngrams import find_contamination
    from filters.duplicates.search import deduplicate
    from filters.judging.verdicts import judge

__all__ = ["deduplicate", "find_contamination", "judge"]

_OWNERS = {
    "deduplicate": "filters.duplicates.search",
    "find_contamination": "filters.contamination.ngrams",
    "judge": "filters.judging.verdicts",
}


def __getattr__(name: str) -> Any:
    """Loads one of the public functions."""
    if name not in _OWNERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_OWNERS[name]), name)
