"""Published settings of near-duplicate search by name; the values stand in `duplicate_presets.yaml`."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_suffix(".yaml")


@dataclasses.dataclass(frozen=True)
class DuplicatePreset:
    """A published setting.

    Attributes:
        name: what a recipe calls it.
        values: fields of the recipe's `deduplicate`.
        source: project or paper, and the place in it.
        remark: what is to be known before it is used.
    """

    name: str
    values: dict[str, Any]
    source: str
    remark: str


def describe_duplicate_presets() -> str:
    """Returns all presets as plain text, with values, sources and remarks."""
    lines = ["Published settings of near-duplicate search: `deduplicate: {preset: NAME}`", ""]
    for preset in duplicate_presets().values():
        values = ", ".join(f"{key}: {str(value).lower()}" for key, value in preset.values.items())
        lines += [f"{preset.name}", f"    {values}", f"    {preset.remark}", f"    Source: {preset.source}", ""]
    return "\n".join(lines).rstrip()


@functools.cache
def duplicate_presets() -> dict[str, DuplicatePreset]:
    """Returns all presets by name, in the file's order."""
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: DuplicatePreset(name, **entry) for name, entry in read.items()}
