"""Chooses how programs are walled off here: the strongest tier that passes its canaries."""

from __future__ import annotations

import os
from functools import cache

from data.errors import UsageError
from synth.sandbox import bubblewrap, canaries, interpreter, landlock, seccomp
from synth.sandbox.program import Tier

#: From the strongest to none; `none` runs nothing.
NAMES = ("bubblewrap", "landlock", "none")

#: Names the only tier to try; it is used only if it passes its canaries.
VARIABLE = "PHIMILL_SANDBOX"


def choose_tier() -> str:
    """Returns the tier that programs run under in this process: `bubblewrap`, `landlock` or `none`.

    The first call runs the canaries (about half a second); later ones remember.

    Raises:
        UsageError: PHIMILL_SANDBOX names no tier.
    """
    tier = current_tier()
    return tier.name if tier else "none"


def current_tier() -> Tier | None:
    """Returns the tier that `choose_tier` names, ready for use; None where there is none."""
    return usable_tier(os.environ.get(VARIABLE, ""))


@cache
def usable_tier(forced: str = "") -> Tier | None:
    """Returns the first tier that passes its canaries, or the forced one if it does; None: there is none."""
    if forced and forced not in NAMES:
        raise UsageError(f"{VARIABLE}={forced}: expected one of {', '.join(NAMES)}, or nothing to choose the best.")
    for name in [forced] if forced else NAMES:
        tier = candidate(name)
        if tier is not None and not canaries.failures(tier):
            return tier
    return None


def candidate(name: str) -> Tier | None:
    """Returns a tier as it would be set up here, not yet tried; None where a part of it is missing.

    A superuser becomes nobody first where nobody could start the interpreter; elsewhere it
    stays, and the child gives up its capabilities.
    """
    if not seccomp.is_known_machine():
        return None
    user = interpreter.NOBODY if os.geteuid() == 0 and interpreter.is_readable_by_nobody() else None
    if name == "landlock" and landlock.abi() >= 1:
        return Tier("landlock", user=user)
    command = bubblewrap.command() if name == "bubblewrap" else None
    return Tier("bubblewrap", command, user, watches_parent=False) if command else None
