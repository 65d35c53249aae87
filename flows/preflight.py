"""What can be checked before work begins: names, bounds, files, keys. Nothing is changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from data.errors import did_you_mean
from data.fingerprint import file_sha256
from data.recipe import Recipe
from data.recipe_file import Place, RecipeFile

if TYPE_CHECKING:
    from filters.plan import Plan


def resolve_plan(file: RecipeFile, measures: bool = True) -> Plan:
    """Returns the recipe's filters with presets and bounds resolved.

    Args:
        file: the recipe.
        measures: whether the plan shall measure; if it only judges, no file that a filter names is looked at.

    Raises:
        RecipeError: an unknown preset, bound or signal, with file, line and nearest name.
    """
    from filters.rules import resolve_filters

    given = {name for source in file.recipe.sources for name in source.signals}
    if file.recipe.quality is not None:
        if "quality" in given:
            raise file.error(("sources",), "the input's signal \"quality\" has the name of the model's; rename it")
        given.add("quality")
    _check_scopes(file)
    return resolve_filters(file.recipe.filters, given, file.error, file.root if measures else None)


def _check_scopes(file: RecipeFile) -> None:
    known = [source.name for source in file.recipe.sources]
    for number, entry in enumerate(file.recipe.filters):
        for name in entry.where.source or ():
            if name not in known:
                place = ("filters", number, "where", "source")
                raise file.error(place, f'unknown source "{name}".{did_you_mean(name, known)}')


def check_paths(file: RecipeFile) -> None:
    """Makes sure that every file that the recipe names exists and every key is there.

    Raises:
        RecipeError: naming the first that is missing, with file and line.
    """
    recipe = file.recipe
    for place, path in named_files(recipe):
        if not (file.root / path).is_file():
            raise file.error(place, f"no such file: {file.root / path}")
    if recipe.quality is not None and recipe.quality.model is not None:
        _check_sha256(file, "quality", recipe.quality.model, recipe.quality.sha256)
    if recipe.language is not None and recipe.language.file is not None:
        _check_sha256(file, "language", recipe.language.file, recipe.language.sha256)
    for number, source in enumerate(recipe.sources):
        _check_source(file, number, source.kind, [source.path] if isinstance(source.path, str) else source.path)
    _check_mixture(file)
    _check_teacher(file)


def _check_sha256(file: RecipeFile, part: str, model: str, expected: str | None) -> None:
    found = file_sha256(file.root / model)
    if found != expected:
        raise file.error((part, "sha256"), f"the model's SHA-256 is {found}, expected {expected}")


def named_files(recipe: Recipe) -> list[tuple[Place, str]]:
    """Returns every file that a recipe names beside its sources, with the key that names it."""
    named: list[tuple[Place, str]] = []
    if recipe.quality is not None:
        named += [(("quality", "reference"), path) for path in recipe.quality.reference]
        named += [(("quality", "model"), recipe.quality.model)] if recipe.quality.model else []
    if recipe.language is not None and recipe.language.file is not None:
        named.append((("language", "model"), recipe.language.file))
    named += [
        (("decontaminate", "benchmarks", number, "path"), benchmark.path)
        for number, benchmark in enumerate(recipe.decontaminate.benchmarks)
    ]
    if recipe.deduplicate is not None and recipe.deduplicate.against:
        named.append((("deduplicate", "against"), f"{recipe.deduplicate.against}/index.json"))
    named += [(("tokenise", "tokenizer"), recipe.tokenise.tokenizer)] if recipe.tokenise.tokenizer else []
    named += [(("truth",), recipe.truth)] if recipe.truth else []
    return named


def _check_source(file: RecipeFile, number: int, kind: str, paths: list[str]) -> None:
    if kind == "huggingface":
        return
    for path in paths:
        absolute = file.root / path
        pattern = any(sign in path for sign in "*?[")
        if not (any(file.root.glob(path)) if pattern and not os.path.isabs(path) else pattern or absolute.exists()):
            raise file.error(("sources", number, "path"), f"nothing there: {absolute}")


def _check_mixture(file: RecipeFile) -> None:
    recipe = file.recipe
    taught = {"exercise" if recipe.mixture.by == "kind" else "synth"} if recipe.synthesise else set()
    known = taught | {source.documents_are if recipe.mixture.by == "kind" else source.name for source in recipe.sources}
    for group in recipe.mixture.shares:
        if group not in known and not (recipe.mixture.by == "source" and group.startswith("synth/")):
            hint = did_you_mean(group, known)
            message = f'no documents are "{group}" here.{hint} There will be: {", ".join(sorted(known))}.'
            raise file.error(("mixture", "shares", group), message)


def _check_teacher(file: RecipeFile) -> None:
    if file.recipe.synthesise is None:
        return
    teacher = file.recipe.synthesise.teacher
    if teacher.base_url != "builtin" and not os.environ.get(teacher.api_key_env):
        raise file.error(
            ("synthesise", "teacher", "api_key_env"),
            f"the environment variable {teacher.api_key_env} is not set; "
            "put the endpoint's key there (any word, for a server that wants none)",
        )
