"""The files that a recipe names beside its sources, and what is wrong in them, as far as it shows before work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from data.errors import PhimillError, RecipeError, UsageError
from data.objects import read_objects
from data.recipe import Recipe
from data.recipe_file import RecipeFile
from data.yaml_file import Place


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


def content_mistakes(file: RecipeFile) -> Iterator[RecipeError]:
    """Yields what is wrong in the named files; else it would show hours later, when a late step reads them.

    Files that are not there are left out: `path_mistakes` tells of them.
    """
    for place, paths, read in _readers(file):
        if all(path.is_file() for path in paths):
            try:
                read()
            except PhimillError as failure:
                yield file.error(place, str(failure))


def _readers(file: RecipeFile) -> Iterator[tuple[Place, list[Path], Callable[[], object]]]:
    """Yields a key, the files that it names, and what reads them as their step will."""
    from data.tokenizer import Tokenizer
    from data.truth import read_truth
    from filters.contamination.benchmarks import read_benchmark

    recipe, root = file.recipe, file.root
    if recipe.quality is not None and recipe.quality.reference:
        paths = [root / path for path in recipe.quality.reference]
        yield ("quality", "reference"), paths, partial(_read_some_references, paths, recipe.quality.text_column)
    for number, benchmark in enumerate(recipe.decontaminate.benchmarks):
        path = root / benchmark.path
        placed = benchmark.model_copy(update={"path": str(path)})
        yield ("decontaminate", "benchmarks", number), [path], partial(read_benchmark, placed)
    if recipe.tokenise.tokenizer:
        path = root / recipe.tokenise.tokenizer
        yield ("tokenise", "tokenizer"), [path], partial(Tokenizer, path)
    if recipe.truth:
        yield ("truth",), [root / recipe.truth], partial(read_truth, root / recipe.truth)


def _read_some_references(paths: list[Path], column: str) -> None:
    """Reads the beginning of each file: references may be large.

    Raises:
        UsageError: a line there is not a JSON object, or all together have too few texts to learn from.
    """
    from filters.classifiers.quality import LEAST_DOCUMENTS

    found: set[str] = set()
    for path in paths:
        here: set[str] = set()
        for _, row in read_objects(path):
            text = str(row.get(column) or "")
            here |= {text} if text.strip() else set()
            if len(here) == LEAST_DOCUMENTS:
                break
        found |= here
    if len(found) < LEAST_DOCUMENTS:
        where = f"under {column!r} in {', '.join(map(str, paths))}"
        raise UsageError(f"{len(found)} distinct texts {where}; expected at least {LEAST_DOCUMENTS}")
