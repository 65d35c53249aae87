"""What can be checked before work begins: names, bounds, files, keys. Nothing is changed."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Iterable, Iterator

from data.errors import RecipeError, UsageError, did_you_mean, together
from data.fingerprint import file_sha256
from data.recipe_file import RecipeFile
from data.sources import check_source
from data.sources.settings import is_address
from flows.given_signals import word_mistakes
from flows.named_files import content_mistakes, named_files

if TYPE_CHECKING:
    from filters.judging.plan import Plan


def resolve_plan(file: RecipeFile, measures: bool = True) -> Plan:
    """Returns the recipe's filters with presets and bounds resolved.

    Args:
        file: the recipe.
        measures: whether the plan shall measure; if it only judges, no file that a filter names is looked at.

    Raises:
        RecipeError: unknown presets, bounds and signals, each with file, line and nearest name.
    """
    from filters.judging.rules import resolve_filters

    given = {name for source in file.recipe.sources for name in source.signals}
    if file.recipe.quality is not None:
        if "quality" in given:
            raise file.error(("sources",), "the input's signal \"quality\" has the name of the model's; rename it")
        given.add("quality")
    mistakes: list[Exception] = [*_scope_mistakes(file)]
    try:
        plan = resolve_filters(file.recipe.filters, given, file.error, file.root if measures else None)
    except RecipeError as mistake:
        mistakes.append(mistake)
    mistakes += _language_mistakes(file, plan) if not mistakes else []
    if mistakes:
        raise together(mistakes)
    return plan


def _language_mistakes(file: RecipeFile, plan: Plan) -> Iterator[RecipeError]:
    """Yields the wanted languages that the model never finds: one of them would drop every document."""
    from filters.classifiers.language import LID_176_LANGUAGES
    from filters.classifiers.language_codes import names

    settings = file.recipe.language
    if settings is None or settings.file is not None:
        return
    found = [settings.languages.get(language, language) for language in LID_176_LANGUAGES.split()]
    known = {name for language in found for name in names(language)}
    for number, entry in enumerate(file.recipe.filters):
        wanted = {name: None for rule in plan.rules if rule.filter == entry.name for name in rule.wanted}
        for name in wanted:
            if name not in known:
                message = f'lid.176 never finds "{name}"; it finds {", ".join(sorted(known))}'
                yield file.error(("filters", number, "keep"), message)


def _scope_mistakes(file: RecipeFile) -> Iterator[RecipeError]:
    known = [source.name for source in file.recipe.sources]
    for number, entry in enumerate(file.recipe.filters):
        for name in entry.where.source or ():
            if name not in known:
                place = ("filters", number, "where", "source")
                hint = f"{did_you_mean(name, known)} There are: {', '.join(known)}."
                yield file.error(place, f'unknown source "{name}".{hint}')


def _contradictions(file: RecipeFile, plan: Plan) -> Iterator[RecipeError]:
    """Yields filters of which one bound contradicts another, so that nothing could pass."""
    for number, entry in enumerate(file.recipe.filters):
        rules = [rule for rule in plan.rules if rule.filter == entry.name and isinstance(rule.bound, float)]
        for low, high in itertools.permutations(rules, 2):
            alike = all(getattr(low, what) == getattr(high, what) for what in ("signal", "scope", "unless"))
            if alike and (low.compare, high.compare) == ("at_least", "at_most") and low.bound > high.bound:  # type: ignore[operator]
                keys = [rule.address.removeprefix(f"{entry.name}.") for rule in (low, high)]
                place = ("filters", number, next((key for key in keys if key in entry.bounds), keys[0]))
                said = f"{keys[0]} ({low.bound:g}) is above {keys[1]} ({high.bound:g}), so nothing could pass"
                yield file.error(place, f"{said}; change one of them, or switch it off with null")


def check_all(file: RecipeFile, with_tests: bool = False) -> Plan:
    """Returns the resolved plan of a recipe in which no mistake can be found before work begins.

    Args:
        file: the recipe.
        with_tests: look at its tests too, of which a run takes no notice.

    Raises:
        RecipeError: all mistakes, each with file and line.
    """
    from flows.expectations import check_expectations

    mistakes: list[Exception] = []
    plan: Plan | None = None
    try:
        plan = resolve_plan(file)
    except RecipeError as mistake:
        mistakes.append(mistake)
    mistakes += path_mistakes(file)
    mistakes += _contradictions(file, plan) if plan is not None else []
    if plan is not None and with_tests:
        try:
            check_expectations(file, plan)
        except RecipeError as mistake:
            mistakes.append(mistake)
    if plan is None or mistakes:
        raise together(mistakes)
    return plan


def path_mistakes(file: RecipeFile) -> Iterator[RecipeError]:
    """Yields what is wrong with the files, folders and keys that a recipe names."""
    recipe = file.recipe
    if not file.root.is_dir():
        yield file.error(("root",), f"no such folder: {file.root}")
        return
    missing = set()
    for place, path in named_files(recipe):
        if not (file.root / path).is_file():
            missing.add(path)
            found = "a folder, not a file" if (file.root / path).is_dir() else "no such file"
            yield file.error(place, f"{found}: {file.root / path}")
    if recipe.quality is not None and recipe.quality.model is not None and recipe.quality.model not in missing:
        yield from _sha256_mistakes(file, "quality", recipe.quality.model, recipe.quality.sha256)
    if recipe.language is not None and recipe.language.file is not None and recipe.language.file not in missing:
        yield from _sha256_mistakes(file, "language", recipe.language.file, recipe.language.sha256)
    yield from content_mistakes(file)
    for number, source in enumerate(recipe.sources):
        for mistake in check_source(source, file.root):
            yield file.error(("sources", number, "path"), mistake.message)
        archives = file.root / (source.archives or "")
        if not is_address(source.archives or "") and not archives.is_dir():
            yield file.error(("sources", number, "archives"), f"no such folder: {archives}")
        for name, message in word_mistakes(source, file.root):
            yield file.error(("sources", number, "signals", name), message)
    yield from _substring_mistakes(file)
    yield from _mixture_mistakes(file)
    yield from _sandbox_mistakes(file)
    yield from _teacher_mistakes(file)


def _sha256_mistakes(file: RecipeFile, part: str, model: str, expected: str | None) -> Iterator[RecipeError]:
    found = file_sha256(file.root / model)
    if found != expected:
        yield file.error((part, "sha256"), f"the model's SHA-256 is {found}, expected {expected}")


def _substring_mistakes(file: RecipeFile) -> Iterator[RecipeError]:
    if file.recipe.deduplicate is not None and file.recipe.deduplicate.substrings is not None:
        from filters.cuts.substrings import PACKAGE, is_installed

        if not is_installed():
            message = f"needs the package {PACKAGE}, which is not installed: pip install {PACKAGE}"
            yield file.error(("deduplicate", "substrings"), message)


def _sandbox_mistakes(file: RecipeFile) -> Iterator[RecipeError]:
    """Makes sure that functions can be run, where a benchmark's behaviour is looked for in them."""
    chosen = file.recipe.decontaminate
    if chosen.behaviour and not chosen.benchmarks:
        yield file.error(("decontaminate", "behaviour"), "needs `benchmarks` whose solutions are to be kept out")
    if chosen.behaviour:
        from synth.sandbox.tiers import choose_tier

        if choose_tier() == "none":
            message = "runs functions, and no sandbox here holds what tries to get out of it: install bubblewrap"
            yield file.error(("decontaminate", "behaviour"), f"{message} (apt install bubblewrap), or set it to false")


def _mixture_mistakes(file: RecipeFile) -> Iterator[RecipeError]:
    recipe = file.recipe
    if recipe.mixture.repeat and recipe.deduplicate is None:
        message = "goes by the size of clusters of duplicates, and `deduplicate` is null: there are none"
        yield file.error(("mixture", "repeat"), message)
    taught = _taught(file) if recipe.mixture.by == "kind" else {"synth"} if recipe.synthesise else set()
    known = taught | {source.documents_are if recipe.mixture.by == "kind" else source.name for source in recipe.sources}
    for group in recipe.mixture.shares:
        if group not in known and not (recipe.mixture.by == "source" and group.startswith("synth/")):
            hint = did_you_mean(group, known)
            message = f'no documents are "{group}" here.{hint} There will be: {", ".join(sorted(known))}.'
            yield file.error(("mixture", "shares", group), message)


def _taught(file: RecipeFile) -> set[str]:
    """Returns what the documents of the teacher are: exercises, textbooks, …"""
    settings = file.recipe.synthesise
    if settings is None:
        return set()
    from synth.kinds.registry import KINDS

    wanted: Iterable[str] = settings.kinds
    if settings.spec is not None:
        from synth.variety.files import find_variety, read_variety

        path = file.root / settings.spec
        with suppress(UsageError):  # named by _variety_mistakes
            wanted = read_variety(path if path.is_file() else find_variety(settings.spec)).variety.kinds
    return {KINDS[kind].document_kind for kind in wanted if kind in KINDS}


def _teacher_mistakes(file: RecipeFile) -> Iterator[RecipeError]:
    settings = file.recipe.synthesise
    if settings is None:
        return
    from synth.budget import price_of
    from synth.kinds.registry import find_kind

    for name, teacher in (("teacher", settings.teacher), ("second_teacher", settings.second_teacher)):
        if teacher is None or teacher.base_url == "builtin" or teacher.base_url.startswith("recorded:"):
            continue
        if teacher.api_key_file is None and not os.environ.get(teacher.api_key_env):
            yield file.error(
                ("synthesise", name, "api_key_env"),
                f"the environment variable {teacher.api_key_env} is not set; "
                "put the endpoint's key there (any word, for a server that wants none)",
            )
        try:
            price_of(teacher)
        except UsageError as error:
            yield file.error(("synthesise", name, "max_usd"), str(error))
    for number, kind in enumerate(settings.kinds):
        try:
            find_kind(kind)
        except UsageError as error:
            yield file.error(("synthesise", "kinds", number), str(error))
    if settings.prompts and not (file.root / settings.prompts).is_dir():
        yield file.error(("synthesise", "prompts"), f"no such folder: {file.root / settings.prompts}")
    yield from _variety_mistakes(file, settings.spec)


def _variety_mistakes(file: RecipeFile, spec: str | None) -> Iterator[RecipeError]:
    if spec is None:
        return
    from synth.variety.files import find_variety, read_variety

    try:
        path = file.root / spec
        read_variety(path if path.is_file() else find_variety(spec))
    except UsageError as error:
        yield file.error(("synthesise", "spec"), str(error))
