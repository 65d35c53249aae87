"""From paths and options to a recipe of which only the sources and `deduplicate` matter."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.deduplication import Deduplicate
from data.errors import RecipeError, UsageError
from data.recipe import Source
from data.recipe_file import RecipeFile, recipe_of

KINDS = ("jsonl", "parquet")


def recipe_for(inputs: Sequence[Path], settings: Mapping[str, Any], text: str, identity: str) -> RecipeFile:
    """Returns a recipe with a source for each input and kind of file; of an earlier input the priority is higher.

    Args:
        inputs: files or folders.
        settings: fields of the recipe's `deduplicate`.
        text: the column that holds the text.
        identity: the column that holds the input's own id.

    Raises:
        UsageError: nothing to read, or a setting is wrong.
    """
    sources = []
    for number, path in enumerate(inputs):
        kinds = _kinds(path)
        for kind in kinds:
            name = f"input-{number + 1}" + (f"-{kind}" if len(kinds) > 1 else "")
            sources.append(
                {
                    "name": name,
                    "kind": kind,
                    "path": os.path.abspath(path),
                    "text_column": text,
                    "id_column": identity,
                    "priority": len(inputs) - number,
                }
            )
    return _recipe(sources, settings)


def settings_of(settings: Mapping[str, Any]) -> Deduplicate:
    """Returns a recipe's `deduplicate` with some fields other than by default.

    Raises:
        UsageError: one is wrong.
    """
    found = _recipe([{"name": "nothing", "kind": "jsonl", "path": "nothing"}], settings).recipe.deduplicate
    return found or Deduplicate()


def _recipe(sources: list[dict[str, Any]], settings: Mapping[str, Any]) -> RecipeFile:
    values = {"name": "dedup", "language": None, "sources": sources, "deduplicate": dict(settings)}
    try:
        return recipe_of(values, (), Path("dedup"))
    except RecipeError as error:
        raise UsageError(f"{error.key.removeprefix('deduplicate.') or 'dedup'}: {error.message}") from None


def check_out(inputs: Sequence[Path], out: Path) -> None:
    """Makes sure that what is written would not be read the next time.

    Raises:
        UsageError: the out folder is an input, stands in one, or is a file.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; choose another out folder")
    for path in inputs:
        if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            raise UsageError(f"{out}: stands in the input {path} and would be read with it; choose another out folder")


def _kinds(path: Path) -> list[str]:
    from data.sources import list_units
    from data.sources.choosing import FOLDER_PATTERNS

    if path.is_file():
        ends = {kind: tuple(pattern.lstrip("*") for pattern in FOLDER_PATTERNS[kind]) for kind in KINDS}
        found = [kind for kind in KINDS if path.name.lower().endswith(ends[kind])]
        if not found:
            raise UsageError(f"{path}: expected .jsonl, .jsonl.gz, .jsonl.zst or .parquet")
        return found
    if not path.is_dir():
        raise UsageError(f"{path}: no such file or folder")
    found = []
    for kind in KINDS:
        source = Source.model_validate({"name": "input", "kind": kind, "path": os.path.abspath(path)})
        try:
            list_units(source, path, lambda file: "")
        except RecipeError:  # no file of this kind
            continue
        found.append(kind)
    if not found:
        raise UsageError(f"{path}: holds no JSONL or Parquet file")
    return found
