"""What a document is, where it comes from, how it is kept and shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.extraction import Extracted, extract_html

__all__ = ["Extracted", "extract_html"]


def __getattr__(name: str) -> Any:
    """Resolves the public names when they are first used; importing `data` stays free."""
    if name in __all__:
        import data.extraction

        return getattr(data.extraction, name)
    raise AttributeError(f"module 'data' has no attribute {name!r}")
