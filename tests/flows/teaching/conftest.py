"""Lends the misbehaving server of the teacher client's tests to the commands'."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_path = Path(__file__).parents[2] / "synth" / "conftest.py"
_spec = importlib.util.spec_from_file_location("synth_conftest", _path)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

misbehaving = _module.misbehaving
