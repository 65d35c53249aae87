"""The `phimill` command. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from data.errors import PhimillError
from flows.dedup.commands import dedup
from flows.ingesting.commands import cc, ingest
from flows.teaching.commands import synth

OUT = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
SET = click.option("--set", "changes", multiple=True, metavar="A.B=VALUE", help="Change the recipe; may be repeated.")


class Commands(click.Group):
    """Turns phimill's own errors into one line and the right exit code."""

    def invoke(self, context: click.Context) -> Any:
        """Runs a command."""
        try:
            return super().invoke(context)
        except PhimillError as error:
            from flows.report.excerpts import visible  # messages name files, whose names may hold anything

            click.echo(visible(f"phimill: {error}"), err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("\nphimill: interrupted; what was finished is kept, run the same command again", err=True)
            sys.exit(130)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="phimill")
def main() -> None:
    """Raw web and code corpora in, verified training shards out.

    Exit codes: 0 done; 1 failed; 2 the recipe or command is wrong; 3 more records were
    unreadable than max_quarantined allows; 11 another run holds the folder.
    """
    # Children must never import a `data` or `filters` that happens to lie in the user's folder.
    os.environ.setdefault("PYTHONSAFEPATH", "1")


@main.command()
@click.argument("recipe", metavar="RECIPE")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The out folder.")
@SET
@click.option("--workers", type=int, help="Processes; default: one for each processor.")
@click.option("--sample", metavar="SHARE", help="Take only a share of the documents, such as 1%.")
@click.option("--no-server", is_flag=True, help="Run the same steps without Prefect.")
def run(
    recipe: str, out: Path, changes: tuple[str, ...], workers: int | None, sample: str | None, no_server: bool
) -> None:
    """Run a recipe (a file, or the name of a shipped one) into DIR."""
    from flows.launch import launch

    launch(recipe, out, changes, workers, sample, server=not no_server)


@main.command()
@click.option("--out", default="out/quickstart", type=click.Path(path_type=Path), show_default=True)
@SET
@click.option("--workers", type=int, help="Processes; default: one for each processor.")
@click.option("--no-server", is_flag=True, help="Run the same steps without Prefect.")
def quickstart(out: Path, changes: tuple[str, ...], workers: int | None, no_server: bool) -> None:
    """The whole road on text found on this machine; no key, account or download."""
    from data.sample_corpus import write_sample_corpus
    from flows.launch import launch

    corpus = out.parent / f"{out.name}-corpus"
    click.echo(f"phimill quickstart: writing a sample corpus to {corpus}", err=True)
    write_sample_corpus(corpus)
    launch("quickstart", out, (f"root={json.dumps(str(corpus.absolute()))}", *changes), workers, None, not no_server)


@main.command("sample-corpus")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def sample_corpus(folder: Path) -> None:
    """Write the quickstart's input: real text found on this machine, planted difficulties, the truth about them."""
    from data.sample_corpus import write_sample_corpus

    facts = write_sample_corpus(folder)
    click.echo(json.dumps(facts, indent=1, sort_keys=True))


@main.group()
def recipe() -> None:
    """Look at recipes."""


@recipe.command()
def schema() -> None:
    """Print every field of a recipe as JSON Schema."""
    from data.recipe import Recipe

    click.echo(json.dumps(Recipe.model_json_schema(), indent=2))


@recipe.command()
@click.argument("file", metavar="FILE")
@SET
@click.option("--resolved", is_flag=True, help="Print the recipe with all defaults.")
def check(file: str, changes: tuple[str, ...], resolved: bool) -> None:
    """Check a recipe as a run would, before any work."""
    from data.recipe_file import read_recipe, write_recipe
    from flows.expectations import check_expectations
    from flows.preflight import check_paths, resolve_plan

    read = read_recipe(file, changes)
    plan = resolve_plan(read)
    if resolved:
        click.echo(write_recipe(read.recipe))
    check_paths(read)
    check_expectations(read, plan)
    tests = f", {len(read.recipe.expect)} tests (phimill test {file})" if read.recipe.expect else ""
    click.echo(f"{file}: good: {len(read.recipe.sources)} sources, {len(plan.rules)} rules{tests}", err=resolved)


@main.command()
@click.argument("recipe", metavar="RECIPE")
@SET
@AS_JSON
def test(recipe: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Run a recipe's tests: the documents that its `expect` says must be kept, or dropped. Exits with 1 on a miss."""
    from flows.recipe_testing import run_and_print

    run_and_print(recipe, changes, as_json)


@main.command()
@OUT
@click.option("--against", type=click.Path(path_type=Path), help="Another run's folder, to be compared with.")
def report(folder: Path, against: Path | None) -> None:
    """Draw the report of a published dataset again."""
    from flows.inspect import redraw

    click.echo(redraw(folder, against))


@main.command()
@OUT
@AS_JSON
def stats(folder: Path, as_json: bool) -> None:
    """Show the funnel and why documents left it."""
    import flows.views as views

    views.stats(folder, as_json)


@main.command()
@OUT
@click.option("--reason", help="Only documents that left for this reason.")
@click.option("--status", type=click.Choice(["kept", "dropped", "quarantined", "not_sampled"]), default=None)
@click.option("--source", help="Only documents of this source.")
@click.option("-n", "number", default=5, show_default=True, type=click.IntRange(1, 1000))
@AS_JSON
def sample(
    folder: Path, reason: str | None, status: str | None, source: str | None, number: int, as_json: bool
) -> None:
    """Show a page of documents that left the road (or, with --status kept, stayed on it)."""
    import flows.views as views
    from flows.inspect import texts_of

    views.sample(folder, reason, number, texts_of(folder), as_json, status=status, source=source)


@main.command()
@OUT
@click.argument("key", metavar="ID")
@AS_JSON
def explain(folder: Path, key: str, as_json: bool) -> None:
    """Show one document's road: every verdict, value and bound (by id or by the input's own id)."""
    import flows.views as views
    from flows.inspect import texts_of

    views.explain(folder, key, texts_of(folder), as_json)


@main.command()
@OUT
@click.option("--set", "changes", multiple=True, metavar="A.B=VALUE", help="A bound as it might be; may be repeated.")
@click.option(
    "--sweep", "sweeps", multiple=True, metavar="NAME.KEY=START:STOP:STEP", help="A bound at many values; on top."
)
@click.option("-n", "number", default=3, show_default=True, type=click.IntRange(0, 1000), help="Documents shown.")
@AS_JSON
def whatif(folder: Path, changes: tuple[str, ...], sweeps: tuple[str, ...], number: int, as_json: bool) -> None:
    """Say what other bounds would keep, gain and lose, from the ledger alone; nothing is measured again.

    \b
    phimill whatif out/mine --set filters.gopher-quality.min_words=30
    phimill whatif out/mine --set filters.quality.min_quality=p40 --set filters.c4.min_sentences=null
    phimill whatif out/mine --sweep gopher-quality.min_words=20:100:10
    """
    from flows.whatif.show import whatif as show

    show(folder, changes, sweeps, number, as_json)


@main.command()
@OUT
@click.argument("other", metavar="OTHER_DIR", type=click.Path(path_type=Path))
@click.option("-n", "number", default=5, show_default=True, type=click.IntRange(0, 1000), help="Documents shown.")
@AS_JSON
def diff(folder: Path, other: Path, number: int, as_json: bool) -> None:
    """Say what differs between two runs: counts, thresholds, and documents gained, lost and moved."""
    from flows.comparison.show import diff as show

    show(folder, other, number, as_json)


@main.command()
@OUT
@click.option("--against", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="A run to compare with.")
@click.option("--labels", type=click.Path(path_type=Path), help="The labels file.  [default: DIR/labels.jsonl]")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Where to listen.  [default: any free port]")
@click.option("--open/--no-open", "opens", default=False, help="Open a browser.")
def explore(folder: Path, against: tuple[Path, ...], labels: Path | None, port: int, opens: bool) -> None:
    """Look at a run in the browser: filter, read, move thresholds, compare, label. On this machine only."""
    from flows.explore.serve import explore as serve_pages

    serve_pages(folder, against=list(against), labels=labels, port=port, opens=opens)


@main.command()
@OUT
@click.option("--deep", is_flag=True, help="Read every byte and count every row.")
def verify(folder: Path, deep: bool) -> None:
    """Check that a published dataset is what its manifest says."""
    from data.verification import verify as find_problems

    problems = find_problems(folder, deep=deep)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise PhimillError(f"{folder}: {len(problems)} problem(s)")
    click.echo(f"{folder}: whole" + ("" if deep else " (sizes and manifest; --deep reads every byte)"))


@main.command()
@OUT
def clean(folder: Path) -> None:
    """Remove working parts and old snapshots that the published dataset does not need."""
    from flows.inspect import clean as remove

    removed, freed = remove(folder)
    click.echo(f"{folder}: removed {removed} folders, {freed / 1e6:,.1f} MB")


@main.command()
@click.argument("name", required=False)
def presets(name: str | None) -> None:
    """List the presets, or print one: its rules, bounds, reasons and sources. `dedup`: those of `deduplicate`."""
    import filters.presets as shelf

    if name == "dedup":
        from data.duplicate_presets import describe_duplicate_presets

        click.echo(describe_duplicate_presets())
        return
    click.echo(shelf.describe(name) if name else shelf.overview())


@main.command()
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...")
@click.option("--out", default="out", type=click.Path(path_type=Path), show_default=True, help="Where datasets go.")
@click.option("--port", default=4200, show_default=True, type=int, help="For the Prefect server, if none is set.")
def serve(recipes: tuple[str, ...], out: Path, port: int) -> None:
    """Serve the deployments curate/scheduled and synth/on-demand on Prefect, with its pages at 127.0.0.1."""
    from flows.serving import serve_deployments

    serve_deployments(list(recipes) or ["quickstart"], out, port)


main.add_command(dedup)
main.add_command(synth)
main.add_command(ingest)
main.add_command(cc)


@main.group()
def bench() -> None:
    """Measure and torture phimill itself."""


@bench.command()
@click.option("-n", "number", default=10, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--out", default="out/bench-kills", type=click.Path(path_type=Path), show_default=True)
def kills(number: int, seed: int, out: Path) -> None:
    """Kill the quickstart at random moments, finish it, compare with an uninterrupted run."""
    from flows.bench_kills import bench_kills

    bench_kills(number, seed, out)


@bench.command("teacher")
@click.option("-n", "calls", default=10_000, show_default=True, type=click.IntRange(1), help="Requests wished for.")
@click.option("--kills", default=50, show_default=True, type=click.IntRange(0), help="How often the client is killed.")
@click.option("--parallel", default=32, show_default=True, type=click.IntRange(1, 256), help="Calls at a time.")
@click.option("--max-usd", type=float, help="The cap; default: the price of all if nothing fails.")
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--out", default="out/bench-teacher", type=click.Path(path_type=Path), show_default=True)
@AS_JSON
def bench_teacher(
    calls: int, kills: int, parallel: int, max_usd: float | None, seed: int, out: Path, as_json: bool
) -> None:
    """Ask a misbehaving server, kill the client again and again, compare the server's account with the cap."""
    from flows.bench_teacher import bench_teacher as play

    found = play(calls, kills, parallel, max_usd, seed, out)
    if as_json:
        click.echo(json.dumps(found, indent=1, sort_keys=True))


@bench.command("synth")
@click.option("-n", "number", default=10_000, show_default=True, type=click.IntRange(1), help="Requests.")
@click.option("--kind", "kinds", multiple=True, default=("function",), show_default=True, help="What to ask for.")
@click.option("--seed", default=1, show_default=True, type=int)
@click.option(
    "--benchmark", "benchmarks", multiple=True, type=click.Path(path_type=Path, exists=True), metavar="FILE",
    help="JSONL whose solutions no exercise may do; then some that do are planted.",
)  # fmt: skip
@AS_JSON
def bench_synth(number: int, kinds: tuple[str, ...], seed: int, benchmarks: tuple[Path, ...], as_json: bool) -> None:
    """Run a teacher's exercises whose faults are known, and compare what verification finds with the truth."""
    from flows.bench_synth import bench_synth as compare

    compare(number, kinds, seed, benchmarks, as_json)


@bench.command("extract")
@click.option(
    "--pages",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folders of WARC files, with extraction_gt.jsonl.gz where texts are known; default: ../shared/data, or the "
    "sample corpus.",
)
@click.option("-n", "number", default=150, show_default=True, type=click.IntRange(1), help="Pages.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Turns; the median counts.")
@click.option("--max-bytes", default=3_000_000, show_default=True, type=int, help="Longer pages are left out.")
@AS_JSON
def bench_extract(pages: tuple[Path, ...], number: int, runs: int, max_bytes: int, as_json: bool) -> None:
    """Compare speed and quality of extraction with trafilatura, justext and readability, on the same pages."""
    from flows.bench_extract import bench_extract as compare

    compare(pages, number, runs, max_bytes, as_json)


@bench.command("filters")
@click.option(
    "--documents",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="JSONL, Parquet and WARC files, or folders of them; default: the quickstart's corpus.",
)
@click.option("-n", "number", default=1500, show_default=True, type=click.IntRange(1), help="Documents.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Turns; the median counts.")
@click.option("--max-bytes", default=100_000, show_default=True, type=int, help="Longer documents are left out.")
@AS_JSON
def bench_filters(documents: tuple[Path, ...], number: int, runs: int, max_bytes: int, as_json: bool) -> None:
    """Compare speed and decisions of the filters with datatrove's, on the same documents."""
    from flows.bench_filters import bench_filters as compare

    compare(documents, number, runs, max_bytes, as_json)


@bench.command()
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...")
@click.option("--preset", "presets", multiple=True, metavar="NAME", help="A preset by itself; `all` is every one.")
@click.option(
    "--documents",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder; each JSONL file in it is a sort of documents. Default: ../shared/data, or the sample corpus.",
)
@click.option("-n", "most", default=3000, show_default=True, type=click.IntRange(1), help="Documents of a sort.")
@AS_JSON
def survival(
    recipes: tuple[str, ...], presets: tuple[str, ...], documents: Path | None, most: int, as_json: bool
) -> None:
    """Say what recipes keep of textbooks, code, good and bad pages, and which rule kills the rest."""
    from flows.bench_survival import bench_survival

    bench_survival(recipes, presets, documents, most, as_json)


@bench.command("ingest")
@click.option(
    "--documents",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="JSONL, Parquet and WARC files or folders of them; default: files that are made.",
)
@click.option("--megabytes", default=60, show_default=True, type=click.IntRange(min=1), help="Text in each made file.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(min=1), help="Turns; medians are shown.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def bench_ingest(documents: tuple[Path, ...], megabytes: int, runs: int, as_json: bool) -> None:
    """Speed and memory of reading, against fastwarc's own loop and datatrove's readers."""
    from flows.bench_ingest import bench_ingest as compare

    compare(documents, megabytes, runs, as_json)


@bench.command("dedup")
@click.option(
    "--documents",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="JSONL, Parquet and WARC files, or folders of them; default: the quickstart's corpus.",
)
@click.option("-n", "number", default=4000, show_default=True, type=click.IntRange(20), help="Documents, copies too.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Turns; the median counts.")
@click.option("--max-bytes", default=100_000, show_default=True, type=int, help="Longer documents are left out.")
@click.option("--only", multiple=True, metavar="TOOL", help="Only this one, beside phimill; may be repeated.")
@click.option("--seed", default=1, show_default=True, type=int, help="Of the planted copies.")
@click.option("--slow", type=click.IntRange(20), help="Documents for datatrove and text-dedup, in a table apart.")
@click.option("--growth", is_flag=True, help="Also run phimill over a tenth of the documents.")
@click.option("--signatures", type=click.IntRange(1000), help="Instead, cluster so many synthetic signatures.")
@AS_JSON
def bench_dedup(documents: tuple[Path, ...], signatures: int | None, as_json: bool, **wishes: Any) -> None:
    """Compare speed, memory, recall and precision of finding duplicates with other tools, on planted copies."""
    from flows.bench_dedup import Wishes, bench_signatures
    from flows.bench_dedup import bench_dedup as compare

    if signatures is not None:
        bench_signatures(signatures, as_json)
    else:
        compare(documents, Wishes(**wishes), as_json)


if __name__ == "__main__":
    main()
