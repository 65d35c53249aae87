"""Recipes as files: YAML in, models out, every complaint with file, line and nearest name."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, Iterable, Mapping, cast, get_args

import yaml
from pydantic import BaseModel, ValidationError

from data.errors import RecipeError, did_you_mean, together
from data.recipe import Recipe, filter_name
from data.sources.settings import without_secrets
from data.yaml_file import Place, error_at, nearest, read_yaml

SHIPPED = Path(__file__).parent / "recipes"


class RecipeFile:
    """A recipe as it was read, which can say on which line a key stands."""

    def __init__(self, recipe: Recipe, path: Path, lines: dict[Place, int]) -> None:
        self.recipe, self.path, self._lines = recipe, path, lines

    @property
    def root(self) -> Path:
        """The folder that relative paths start from."""
        base = self.path.resolve().parent
        return (base / self.recipe.root).resolve() if self.recipe.root else base

    def error(self, place: Place, message: str) -> RecipeError:
        """Returns an error that names the file, the nearest known line and the key."""
        return error_at(self.path, self._lines, place, message)


def find_recipe(name: str | Path) -> Path:
    """Returns the path of a recipe file, or of a shipped recipe given by its name."""
    return find_file(name, SHIPPED, "recipe")


def find_file(name: str | Path, folder: Path, what: str) -> Path:
    """Returns the path of a file, or of a shipped one given by its name.

    Raises:
        RecipeError: neither is there.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = folder / f"{name}.yaml"
    if shipped.is_file() and "/" not in str(name):
        return shipped
    known = sorted(file.stem for file in folder.glob("*.yaml"))
    raise RecipeError(
        f"no such file, and no shipped {what} of that name (shipped: {', '.join(known)})."
        + did_you_mean(str(name), known),
        file=str(name),
    )


def read_recipe(name: str | Path, changes: Iterable[str] = ()) -> RecipeFile:
    """Returns the recipe in a file, with changes of the form `a.b=value` applied.

    Entries of lists are addressed by their `name` or number: `filters.gopher-quality.min_words=30`.

    Raises:
        RecipeError: not YAML, an unknown key, a value of the wrong type, a name that is missing.
    """
    path = find_recipe(name)
    values, lines = read_yaml(path, "a recipe is a mapping with the keys name, sources, …")
    return _checked(values, changes, path, lines)


def recipe_of(values: Mapping[str, Any], changes: Iterable[str], path: Path) -> RecipeFile:
    """Returns the recipe in plain values, such as a manifest's, with changes as `read_recipe` takes them.

    Args:
        values: left as they are.
        changes: of the form `a.b=value`.
        path: the file that complaints name.

    Raises:
        RecipeError: an unknown key, a value of the wrong type, a name that is missing.
    """
    return _checked(copy.deepcopy(dict(values)), changes, path, {})


def _checked(values: dict[str, Any], changes: Iterable[str], path: Path, lines: dict[Place, int]) -> RecipeFile:
    for change in changes:
        _apply(values, change, path)
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as failure:
        raise explain(failure, path, lines) from None
    return RecipeFile(recipe, path, lines)


def write_recipe(recipe: Recipe) -> str:
    """Returns a resolved recipe as YAML, defaults included."""
    values = recipe.model_dump(mode="json")
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)


def _apply(values: dict[str, Any], change: str, path: Path) -> None:
    key, separator, raw = change.partition("=")
    if not separator or not key.strip():
        raise RecipeError(f"--set {change}: expected a.b=value", file=str(path))
    steps = key.strip().split(".")
    try:
        value = yaml.safe_load(raw)
    except yaml.YAMLError:
        value = raw
    target: Any = values
    for number, step in enumerate(steps[:-1]):
        target = _descend(target, step, ".".join(steps[: number + 1]), path)
        if number == 1 and steps[0] == "filters" and isinstance(target, dict):
            bounds = _own_bounds(target)
            if (own := ".".join(steps[2:])) in bounds:
                rule, side = bounds[own]
                rule[side] = value
                return
    if isinstance(target, list):
        target[_index_of(target, steps[-1], key, path)] = value
    else:
        target[steps[-1]] = value


def _own_bounds(entry: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Returns the bounds of a filter's own rules by the names that ledger and report give them: `min_SIGNAL`."""
    found: dict[str, tuple[dict[str, Any], str]] = {}
    rules = entry.get("rules")
    for rule in rules if isinstance(rules, list) and not entry.get("preset") else []:
        sides = [side for side in ("at_least", "at_most") if isinstance(rule, dict) and side in rule]
        if len(sides) == 1:
            name = f"{'min' if sides[0] == 'at_least' else 'max'}_{rule.get('signal')}"
            same = sum(known == name or known.startswith(f"{name}-") for known in found)
            found[f"{name}-{same + 1}" if same else name] = (rule, sides[0])
    return found


def _descend(target: Any, step: str, where: str, path: Path) -> Any:
    if isinstance(target, list):
        return target[_index_of(target, step, where, path)]
    inner = target.setdefault(step, {})
    if inner is None:
        inner = target[step] = {}
    if not isinstance(inner, (dict, list)):
        raise RecipeError(f"--set: {where} is a single value, nothing can be set inside it", file=str(path))
    return inner


def _index_of(entries: list[Any], step: str, where: str, path: Path) -> int:
    names = [filter_name(entry) if isinstance(entry, dict) else "" for entry in entries]
    if step in names:
        return names.index(step)
    if step.isdigit() and int(step) < len(entries):
        return int(step)
    raise RecipeError(
        f"--set: no entry named {step!r} (there are: {', '.join(filter(None, names))}).{did_you_mean(step, names)}",
        key=where, file=str(path),
    )  # fmt: skip


def explain(
    failure: ValidationError, path: Path, lines: dict[Place, int], model: type[BaseModel] = Recipe
) -> RecipeError:
    """Returns what is wrong with a file's values in words for people: file, line, key, what is known there.

    Args:
        failure: what Pydantic says; of each key its first complaint counts.
        path: the file.
        lines: where its keys stand.
        model: what the values should have been.
    """
    found: dict[Place, Any] = {}
    for complaint in failure.errors(include_url=False):
        place = complaint["loc"]
        if complaint["type"] not in ("extra_forbidden", "missing"):  # of what a key may be, each complains
            place = nearest(place, lines) if lines else place
        found.setdefault(place, complaint)
    return cast(RecipeError, together(_mistake(complaint, path, lines, model) for complaint in found.values()))


def _mistake(complaint: Any, path: Path, lines: dict[Place, int], model: type[BaseModel]) -> RecipeError:
    place: Place = tuple(complaint["loc"])
    if complaint["type"] == "extra_forbidden":
        known = _known_keys(model, place[:-1])
        message = f'unknown key "{place[-1]}".{did_you_mean(str(place[-1]), known)}'
        return error_at(path, lines, place, f"{message} Known here: {', '.join(known)}.")
    if complaint["type"] == "missing":
        return error_at(path, lines, place, "is missing")
    if complaint["type"] == "misplaced":  # seen from further out than where it stands
        return error_at(path, lines, tuple(complaint["ctx"]["place"]), complaint["msg"])
    found = complaint.get("input")
    shown = "" if isinstance(found, (dict, list)) else f" (found: {without_secrets(repr(found))})"
    hint = ""
    if complaint["type"] == "literal_error" and isinstance(found, str):
        hint = did_you_mean(found, re.findall(r"'([^']*)'", complaint.get("ctx", {}).get("expected", "")))
    stop = "." if hint else ""
    said = complaint["msg"].removeprefix("Value error, ")
    if complaint["type"] in ("model_type", "dict_type"):
        known = _known_keys(model, place)
        said = "expected a mapping" + (f" with such keys as {', '.join(known)}" if known else " of keys to values")
    return error_at(path, lines, place, said + shown + stop + hint)


def _known_keys(model: Any, place: Place) -> list[str]:
    """Returns the field names of the model that stands at a place below `model`."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        if not place:
            return list(model.model_fields)
        field = model.model_fields.get(str(place[0]))
        return _known_keys(field.annotation, place[1:]) if field else []
    for inner in get_args(model):
        found = _known_keys(inner, place[1:] if place and isinstance(place[0], int) else place)
        if found:
            return found
    return []
