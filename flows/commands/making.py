"""Commands that make a dataset, or look after what makes it: recipes, presets, deployments, folders."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote

import click

from data.errors import PhimillError
from flows.commands.options import AS_JSON, FOLDER, NO_SERVER, OUT, SAMPLE, SET, WORKERS, folder_option


@click.command()
@click.argument("recipe", metavar="RECIPE")
@OUT
@SET
@WORKERS
@SAMPLE
@NO_SERVER
def run(
    recipe: str, out: Path, changes: tuple[str, ...], workers: int | None, sample: str | None, no_server: bool
) -> None:
    """Run a recipe into a folder: the whole road.

    RECIPE is a file, or the name of a shipped one. The same command again finishes what was
    interrupted, and does only what has changed.

    \b
    phimill run mine.yaml --out out/mine --sample 1%
    phimill run mine.yaml --out out/mine --set filters.quality.min_quality=0.4
    phimill run fineweb --set root=crawl --out out/fineweb
    """
    from flows.launch import launch

    launch(recipe, out, changes, workers, sample, server=not no_server)


@click.command()
@folder_option("out/quickstart")
@SET
@WORKERS
@NO_SERVER
def quickstart(out: Path, changes: tuple[str, ...], workers: int | None, no_server: bool) -> None:
    """Run the whole road on text found on this machine.

    It needs no key, account or download.

    \b
    phimill quickstart
    phimill quickstart --out /tmp/quickstart --no-server
    """
    from data.sample_corpus import write_sample_corpus
    from flows.launch import launch

    corpus = out.parent / f"{out.name}-corpus"
    click.echo(f"phimill quickstart: writing a sample corpus to {corpus}", err=True)
    write_sample_corpus(corpus)
    launch("quickstart", out, (f"root={json.dumps(str(corpus.absolute()))}", *changes), workers, None, not no_server)


@click.command("sample-corpus")
@FOLDER
def sample_corpus(folder: Path) -> None:
    """Write the quickstart's input, with the truth about it.

    Real text found on this machine, with planted difficulties: copies, benchmark items, damaged
    records, spam.

    \b
    phimill sample-corpus out/corpus
    """
    from data.sample_corpus import write_sample_corpus

    facts = write_sample_corpus(folder)
    click.echo(json.dumps(facts, indent=1, sort_keys=True))


@click.group()
def recipe() -> None:
    """Check a recipe, or print what one can hold."""


@recipe.command()
def schema() -> None:
    """Print every field of a recipe as JSON Schema.

    \b
    phimill recipe schema
    """
    from data.recipe import Recipe

    click.echo(json.dumps(Recipe.model_json_schema(), indent=2))


@recipe.command()
@click.argument("file", metavar="FILE")
@SET
@click.option("--resolved", is_flag=True, help="Print the recipe with all defaults.")
def check(file: str, changes: tuple[str, ...], resolved: bool) -> None:
    """Check a recipe as a run would, before any work.

    \b
    phimill recipe check mine.yaml
    phimill recipe check mine.yaml --resolved
    """
    from data.recipe_file import read_recipe, write_recipe
    from flows.preflight import check_all
    from flows.report.formatting import plural

    read = read_recipe(file, changes)
    if resolved:
        click.echo(write_recipe(read.recipe))
    plan = check_all(read, with_tests=True)
    tests = f", {len(read.recipe.expect)} tests (phimill test {quote(file)})" if read.recipe.expect else ""
    parts = f"{plural(len(read.recipe.sources), 'source')}, {plural(len(plan.rules), 'rule')}"
    click.echo(f"{file}: good: {parts}{tests}", err=resolved)


@click.command()
@click.argument("recipe", metavar="RECIPE")
@SET
@AS_JSON
def test(recipe: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Run a recipe's own tests.

    Judges the documents that its `expect` says must be kept, or dropped. Exits with 1 on a miss.

    \b
    phimill test mine.yaml
    phimill test mine.yaml --set filters.gopher-quality.min_words=30
    """
    from flows.recipe_testing import run_and_print

    run_and_print(recipe, changes, as_json)


@click.command()
@FOLDER
@click.option("--deep", is_flag=True, help="Read every byte and count every row.")
def verify(folder: Path, deep: bool) -> None:
    """Check that a dataset is what its manifest says.

    \b
    phimill verify out/mine --deep
    """
    from data.verification import verify as find_problems

    problems = find_problems(folder, deep=deep)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise PhimillError(f"{folder}: {len(problems)} problem(s)")
    click.echo(f"{folder}: whole" + ("" if deep else " (sizes and manifest; --deep reads every byte)"))


@click.command()
@FOLDER
def clean(folder: Path) -> None:
    """Remove what the published dataset does not need.

    Working parts and snapshots of earlier runs; what the last one rests on stays.

    \b
    phimill clean out/mine
    """
    from flows.inspect import clean as remove

    removed, freed = remove(folder)
    click.echo(f"{folder}: removed {removed} folders, {freed / 1e6:,.1f} MB")


@click.command()
@click.argument("name", required=False)
def presets(name: str | None) -> None:
    """List the published rules, or print a preset.

    A preset's rules, bounds, reasons and sources. `dedup` prints those of `deduplicate`.

    \b
    phimill presets
    phimill presets gopher-quality@datatrove
    phimill presets dedup
    """
    import filters.judging.presets as shelf

    if name == "dedup":
        from data.duplicate_presets import describe_duplicate_presets

        click.echo(describe_duplicate_presets())
        return
    click.echo(shelf.describe(name) if name else shelf.overview())


@click.command()
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...")
@folder_option("out", "Where datasets go.")
@click.option(
    "--port", metavar="PORT", default=4200, show_default=True, type=int, help="For the Prefect server, if none is set."
)
def serve(recipes: tuple[str, ...], out: Path, port: int) -> None:
    """Serve recipes as deployments on Prefect.

    The deployments are curate/scheduled and synth/on-demand; Prefect's pages are at 127.0.0.1.

    \b
    phimill serve mine.yaml --out out
    """
    from flows.serving import serve_deployments

    serve_deployments(list(recipes) or ["quickstart"], out, port)
