"""Commands that look at a run: in the terminal, in the browser, beside another run."""

from __future__ import annotations

from pathlib import Path

import click

from flows.commands.options import AS_JSON, FOLDER, number_option
from flows.without_pandas import leave_pandas_out


@click.command()
@FOLDER
@click.option("--against", metavar="DIR_B", type=click.Path(path_type=Path), help="A run to compare with.")
def report(folder: Path, against: Path | None) -> None:
    """Draw the report of a published dataset again.

    \b
    phimill report out/mine
    phimill report out/mine --against out/before
    """
    from flows.inspect import redraw

    click.echo(redraw(folder, against))


@click.command()
@FOLDER
@AS_JSON
def stats(folder: Path, as_json: bool) -> None:
    """Show the funnel, and why documents left it.

    \b
    phimill stats out/mine
    """
    leave_pandas_out()
    import flows.views as views

    views.stats(folder, as_json)


@click.command()
@FOLDER
@click.option("--reason", metavar="REASON", help="Only documents that left for this reason.")
@click.option("--status", type=click.Choice(["kept", "dropped", "quarantined", "not_sampled"]),
              help="Only documents that ended so; default: all but the kept ones.")  # fmt: skip
@click.option("--source", metavar="NAME", help="Only documents of this source.")
@number_option(5, "Documents shown.", most=1000)
@AS_JSON
def sample(
    folder: Path, reason: str | None, status: str | None, source: str | None, number: int, as_json: bool
) -> None:
    """Read documents that were dropped, or kept.

    \b
    phimill sample out/mine --reason too_few_words
    phimill sample out/mine --status kept --source crawl -n 20
    """
    leave_pandas_out()
    import flows.views as views
    from flows.inspect import texts_of_rows

    views.sample(folder, reason, number, texts_of_rows(folder), as_json, status=status, source=source)


@click.command()
@FOLDER
@click.argument("key", metavar="ID")
@AS_JSON
def explain(folder: Path, key: str, as_json: bool) -> None:
    """Show one document's road: every verdict, value and bound.

    ID is the document's id, or the one that the input gave it.

    \b
    phimill explain out/mine 0a1b2c3d4e5f60718293a4b5c6d7e8f9
    """
    leave_pandas_out()
    import flows.views as views
    from flows.inspect import texts_of_rows

    views.explain(folder, key, texts_of_rows(folder), as_json)


@click.command()
@FOLDER
@click.option("--set", "changes", multiple=True, metavar="A.B=VALUE", help="A bound as it might be; may be repeated.")
@click.option(
    "--sweep", "sweeps", multiple=True, metavar="NAME.KEY=START:STOP:STEP", help="A bound at many values; on top."
)
@number_option(3, "Documents shown.", 0, 1000)
@AS_JSON
def whatif(folder: Path, changes: tuple[str, ...], sweeps: tuple[str, ...], number: int, as_json: bool) -> None:
    """Say what other bounds would keep, gain and lose.

    It asks the ledger alone: nothing is measured again.

    \b
    phimill whatif out/mine --set filters.gopher-quality.min_words=30
    phimill whatif out/mine --set filters.quality.min_quality=p40 --set filters.c4.min_sentences=null
    phimill whatif out/mine --sweep gopher-quality.min_words=20:100:10
    """
    leave_pandas_out()
    from flows.whatif.show import whatif as show

    show(folder, changes, sweeps, number, as_json)


@click.command()
@FOLDER
@click.argument("other", metavar="DIR_B", type=click.Path(path_type=Path))
@number_option(5, "Documents shown.", 0, 1000)
@AS_JSON
def diff(folder: Path, other: Path, number: int, as_json: bool) -> None:
    """Say what differs between two runs.

    Counts, thresholds, and documents gained, lost and moved.

    \b
    phimill diff out/before out/mine
    """
    leave_pandas_out()
    from flows.comparison.show import diff as show

    show(folder, other, number, as_json)


@click.command()
@FOLDER
@click.option(
    "--against", multiple=True, type=click.Path(path_type=Path), metavar="DIR_B", help="A run to compare with."
)
@click.option(
    "--labels", metavar="FILE", type=click.Path(path_type=Path), help="The labels file.  [default: DIR/labels.jsonl]"
)
@click.option(
    "--port",
    metavar="PORT",
    default=0,
    type=click.IntRange(0, 65535),
    help="Where to listen.  [default: any free port]",
)
@click.option("--open/--no-open", "opens", default=False, help="Open a browser.")
def explore(folder: Path, against: tuple[Path, ...], labels: Path | None, port: int, opens: bool) -> None:
    """Look at a run in the browser.

    Search, read, move thresholds, compare, label. It answers on this machine only.

    \b
    phimill explore out/mine --open
    phimill explore out/mine --against out/before
    """
    leave_pandas_out()
    from flows.explore.serve import explore as serve_pages

    serve_pages(folder, against=list(against), labels=labels, port=port, opens=opens)
