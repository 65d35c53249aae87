"""`phimill bench survival`: what recipes and presets keep of known documents, and which rule kills the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data.recipe import Recipe, Source
from data.recipe_file import SHIPPED, RecipeFile, read_recipe, recipe_of
from flows.benches.known_documents import Sort, read_sorts
from flows.preflight import resolve_plan
from flows.recipe_testing import Waiting
from flows.survival import Judge, Survival
from flows.terminal import new_table, open_console, print_json, styled

#: Rules shown for each sort of documents.
SHOWN = 3

#: Presets that look at addresses; none of the documents has one, and their lists take seconds to read.
NEEDS_URL = "url-filter"

#: Kinds of prose, those first that recipes filter most.
PROSE = ("web", "text", "textbook")


@dataclasses.dataclass
class Result:
    """What a recipe or preset makes of the documents: by sort, None where it has no rule for them."""

    name: str
    survivals: dict[str, Survival | None]
    left_out: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON has it."""
        found = {sort: None if one is None else _as_json(one) for sort, one in self.survivals.items()}
        return {"name": self.name, "survival": found, "left_out": self.left_out}


def _as_json(one: Survival) -> dict[str, Any]:
    rules = [
        {
            "rule": address,
            "failed": number,
            "first": one.first[address],
            "only": one.only[address],
            "only_share": one.only[address] / one.documents,
        }
        for address, number in one.failed.most_common()
    ]
    return {"documents": one.documents, "kept": one.kept, "share": one.share, "rules": rules}


def bench_survival(
    names: Sequence[str], presets: Sequence[str], folder: Path | None, most: int, as_json: bool
) -> list[Result]:
    """Judges known documents by recipes and presets, prints a table, returns the results.

    Args:
        names: recipes, files or shipped ones; none, and no presets: all shipped ones.
        presets: names of presets, each judged by itself; "all" is every one.
        folder: see `survival_documents.read_sorts`.
        most: documents of each sort, at most.
        as_json: print JSON instead.
    """
    sorts = read_sorts(folder, most)
    waiting = Waiting()
    results = []
    for name, file in _files(names, presets):
        waiting.tell(name, sum(len(sort.rows) for sort in sorts))
        results.append(survive(name, file, sorts))
    waiting.end()
    if as_json:
        counts = {sort.name: len(sort.rows) for sort in sorts}
        print_json({"documents": counts, "results": [result.to_json() for result in results]})
    else:
        _print(results, sorts)
    return results


def _files(names: Sequence[str], presets: Sequence[str]) -> Iterator[tuple[str, RecipeFile]]:
    """Yields the recipes, and each preset as a recipe of its own, by their names."""
    from filters.judging.presets import list_presets, load_preset

    shipped = [] if names or presets else sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    for name in [*names, *shipped]:
        yield name, read_recipe(name)
    # Word lists are the user's own, and addresses there are none.
    every = [preset.full_name for preset in list_presets() if preset.probe not in ("word-lists", "url-lists")]
    for name in every if "all" in presets else presets:
        preset = load_preset(name)
        kind = preset.where.get("kind", ["web"])[0]
        values = {
            "name": preset.name,
            "sources": [{"name": "documents", "kind": "jsonl", "path": ".", "document_kind": kind}],
            "filters": [{"preset": preset.full_name}],
            "quality": {"reference": ["none.jsonl"]} if preset.name == "quality" else None,
        }
        yield preset.full_name, recipe_of(values, (), Path(preset.full_name))


def survive(name: str, file: RecipeFile, sorts: Iterable[Sort]) -> Result:
    """Returns what a recipe's filters make of each sort of documents.

    They are judged as documents of the recipe's first source of code, or of prose: a page of the web where there
    is such a source, else a text, else a textbook.
    """
    recipe, left_out = _without_urls(file.recipe)
    plan = resolve_plan(RecipeFile(recipe, file.path, {}))
    judge = Judge(plan, recipe, file.root)
    survivals: dict[str, Survival | None] = {}
    for sort in sorts:
        source = source_for(sort, recipe)
        judged = Survival()
        if source is not None and any(_looks_at(rule.scope, source) for rule in judge.plan.rules):
            for portion in judge.portions(sort.as_documents(source)):
                judged.add(portion.fates)
        survivals[sort.name] = judged if judged.documents else None
    return Result(name, survivals, {**left_out, **judge.left_out})


def _without_urls(recipe: Recipe) -> tuple[Recipe, dict[str, str]]:
    """Returns a recipe without filters that look at addresses, and why they were left out."""
    going = [entry.name for entry in recipe.filters if (entry.preset or "").startswith(NEEDS_URL)]
    kept = [entry for entry in recipe.filters if entry.name not in going]
    return recipe.model_copy(update={"filters": kept}), dict.fromkeys(going, "no document here has an address")


def source_for(sort: Sort, recipe: Recipe) -> Source | None:
    """Returns the recipe's source that documents of a sort would be from, if there is one."""
    kinds = ("code",) if sort.code else PROSE
    ranked = [source for kind in kinds for source in recipe.sources if source.documents_are == kind]
    return ranked[0] if ranked else None


def _looks_at(scope: Any, source: Source) -> bool:
    """Whether a rule's scope has documents of a source in it."""
    return (scope.kind is None or source.documents_are in scope.kind) and (
        scope.source is None or source.name in scope.source
    )


def _print(results: Sequence[Result], sorts: Sequence[Sort]) -> None:
    console = open_console()
    table = new_table("kept of", *(sort.name.replace(" ", "\n") + ">" for sort in sorts))
    table.add_row("", *(f"{len(sort.rows):,}" for sort in sorts), style="dim")
    for result in results:
        table.add_row(result.name, *(_share(result.survivals[sort.name]) for sort in sorts))
    console.print(table)
    console.print(styled("What kills: documents that fail a rule, and the share that fails no other.", "dim"))
    for result in results:
        console.print(styled(f"\n{result.name}", "bold"))
        for sort in sorts:
            one = result.survivals[sort.name]
            if one is not None and one.kept < one.documents:
                console.print(styled(f"  {sort.name:<12} {_killers(one)}"), soft_wrap=True)
        for why, rules in _grouped(result.left_out).items():
            console.print(styled(f"  not judged: {', '.join(rules)}: {why}", "dim"), soft_wrap=True)


def _share(one: Survival | None) -> str:
    return "–" if one is None else f"{one.share:.1%}"


def _killers(one: Survival) -> str:
    top = one.failed.most_common(SHOWN)
    return "; ".join(
        f"{address} {number:,} ({one.only[address] / one.documents:.1%} by it alone)" for address, number in top
    )


def _grouped(left_out: dict[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for address, why in left_out.items():
        groups.setdefault(why, []).append(address)
    return groups
