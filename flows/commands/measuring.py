"""The commands under `phimill bench`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import click

from flows.commands.options import AS_JSON, Decorated, folder_option, number_option, seed_option

_FILES = click.option(
    "--documents", multiple=True, metavar="PATH", type=click.Path(path_type=Path, exists=True),
    help="JSONL, Parquet and WARC files, or folders of them; may be repeated; default: the quickstart's corpus.",
)  # fmt: skip
_RUNS = click.option(
    "--runs", metavar="N", default=3, show_default=True, type=click.IntRange(1), help="Turns; the median counts."
)


def _longest(default: int, what: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        "--max-bytes", metavar="N", default=default, show_default=True, type=int, help=f"Longer {what} are left out."
    )


@click.group()
def bench() -> None:
    """Measure and torture phimill itself."""


@bench.command()
@number_option(10, "Kills.")
@seed_option("Of the moments.")
@folder_option("out/bench-kills")
def kills(number: int, seed: int, out: Path) -> None:
    """Kill the quickstart, finish it, compare the bytes.

    At random moments; what it then publishes is held against an uninterrupted run.

    \b
    phimill bench kills -n 3
    """
    from flows.benches.kills import bench_kills

    bench_kills(number, seed, out)


@bench.command("teacher")
@number_option(10_000, "Requests wished for.", name="calls")
@click.option(
    "--kills",
    metavar="N",
    default=50,
    show_default=True,
    type=click.IntRange(0),
    help="How often the client is killed.",
)
@click.option(
    "--parallel", metavar="N", default=32, show_default=True, type=click.IntRange(1, 256), help="Calls at a time."
)
@click.option("--max-usd", metavar="USD", type=float, help="The cap; default: the price of all if nothing fails.")
@seed_option("Of the server's moods.")
@folder_option("out/bench-teacher")
@AS_JSON
def bench_teacher(
    calls: int, kills: int, parallel: int, max_usd: float | None, seed: int, out: Path, as_json: bool
) -> None:
    """Compare a misbehaving server's account with the cap.

    The client is killed again and again while it asks.

    \b
    phimill bench teacher -n 500 --kills 5
    """
    from flows.benches.teacher import bench_teacher as play

    found = play(calls, kills, parallel, max_usd, seed, out)
    if as_json:
        click.echo(json.dumps(found, indent=1, sort_keys=True))


@bench.command("synth")
@number_option(10_000, "Requests.")
@click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, default=("function",), show_default=True, help="What to ask for."
)
@seed_option("Of the exercises.")
@click.option(
    "--benchmark", "benchmarks", multiple=True, type=click.Path(path_type=Path, exists=True), metavar="FILE",
    help="JSONL whose solutions no exercise may do; then some that do are planted.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Keep answers and verdicts there: a run that was killed goes on where it was.",
)  # fmt: skip
@AS_JSON
def bench_synth(as_json: bool, number: int, kinds: tuple[str, ...], seed: int, **places: Any) -> None:
    """Compare what verification finds with known faults.

    A teacher plants them in its exercises, and says where.

    \b
    phimill bench synth -n 200
    """
    from flows.benches.synth import bench_synth as compare

    compare(number, kinds, seed, places["benchmarks"], as_json, places["out"])


@bench.command("extract")
@click.option(
    "--pages", multiple=True, metavar="PATH", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folders of WARC files, with extraction_gt.jsonl.gz where texts are known; default: "
    "../shared/data/web-thirdparty, or the sample corpus.",
)  # fmt: skip
@number_option(300, "Pages.")
@_RUNS
@_longest(3_000_000, "pages")
@AS_JSON
def bench_extract(pages: tuple[Path, ...], number: int, runs: int, max_bytes: int, as_json: bool) -> None:
    """Compare extraction with other tools, on the same pages.

    Speed and quality, beside trafilatura, justext and readability.

    \b
    phimill bench extract -n 50 --runs 1
    """
    from flows.benches.extract import bench_extract as compare

    compare(pages, number, runs, max_bytes, as_json)


@bench.command("filters")
@_FILES
@number_option(1500, "Documents.")
@_RUNS
@_longest(100_000, "documents")
@AS_JSON
def bench_filters(documents: tuple[Path, ...], number: int, runs: int, max_bytes: int, as_json: bool) -> None:
    """Compare the filters with datatrove's, on the same documents.

    Speed and decisions.

    \b
    phimill bench filters -n 200 --runs 1
    """
    from flows.benches.filters import bench_filters as compare

    compare(documents, number, runs, max_bytes, as_json)


@bench.command()
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...")
@click.option("--preset", "presets", multiple=True, metavar="NAME", help="A preset by itself; `all` is every one.")
@click.option(
    "--documents", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder; each JSONL file in it is a sort of documents. Default: ../shared/data, or the sample corpus.",
)  # fmt: skip
@number_option(3000, "Documents of a sort.", name="most")
@AS_JSON
def survival(
    recipes: tuple[str, ...], presets: tuple[str, ...], documents: Path | None, most: int, as_json: bool
) -> None:
    """Say what recipes keep of good and bad documents.

    Textbooks, tutorials, code, pages that people labelled; and which rule takes the rest.

    \b
    phimill bench survival fineweb phi-3 -n 200
    phimill bench survival --preset gopher-quality
    """
    from flows.benches.survival import bench_survival

    bench_survival(recipes, presets, documents, most, as_json)


@bench.command("ingest")
@click.option(
    "--documents", multiple=True, metavar="PATH", type=click.Path(exists=True, path_type=Path),
    help="JSONL, Parquet and WARC files, or folders of them; default: files that are made.",
)  # fmt: skip
@click.option(
    "--megabytes", metavar="N", default=60, show_default=True, type=click.IntRange(1), help="Text in each made file."
)
@_RUNS
@AS_JSON
def bench_ingest(documents: tuple[Path, ...], megabytes: int, runs: int, as_json: bool) -> None:
    """Compare reading with other tools.

    Speed and memory, against fastwarc's own loop and datatrove's readers.

    \b
    phimill bench ingest --megabytes 5 --runs 1
    """
    from flows.benches.ingest import bench_ingest as compare

    compare(documents, megabytes, runs, as_json)


@bench.command("dedup")
@_FILES
@number_option(4000, "Documents, copies too.", 20)
@_RUNS
@_longest(100_000, "documents")
@click.option("--only", multiple=True, metavar="TOOL", help="Only this one, beside phimill; may be repeated.")
@seed_option("Of the planted copies.")
@click.option(
    "--slow", metavar="N", type=click.IntRange(20), help="Documents for datatrove and text-dedup, in a table apart."
)
@click.option("--growth", is_flag=True, help="Also run phimill over a tenth of the documents.")
@click.option(
    "--signatures", metavar="N", type=click.IntRange(1000), help="Instead, cluster so many synthetic signatures."
)
@AS_JSON
def bench_dedup(documents: tuple[Path, ...], signatures: int | None, as_json: bool, **wishes: Any) -> None:
    """Compare finding duplicates with other tools.

    Speed, memory, recall and precision on planted copies, against datatrove, datasketch, rensa and text-dedup
    where installed.

    \b
    phimill bench dedup -n 500 --runs 1 --only datasketch
    """
    from flows.benches.dedup import Wishes, bench_signatures
    from flows.benches.dedup import bench_dedup as compare

    if signatures is not None:
        bench_signatures(signatures, as_json)
    else:
        compare(documents, Wishes(**wishes), as_json)
