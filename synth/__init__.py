"""What a teacher writes: prompts, replies, and exercises run before they are believed.

    from synth import teach, verify

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.teaching import Taught, teach
    from synth.verification import Verdict, verify

__all__ = ["Taught", "Verdict", "teach", "verify"]

_PLACES = {"Taught": "teaching", "teach": "teaching", "Verdict": "verification", "verify": "verification"}


def __getattr__(name: str) -> object:
    if name in _PLACES:
        return getattr(import_module(f"synth.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
