"""What a teacher writes: prompts, replies, and exercises run before they are believed.

    from synth import verify

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.verification import Verdict, verify

__all__ = ["Verdict", "verify"]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module("synth.verification"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
