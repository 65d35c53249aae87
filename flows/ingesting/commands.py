"""The commands `phimill ingest` and `phimill cc select`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from flows.commands.options import AS_JSON, FORMAT, MAX_QUARANTINED, OUT, SAMPLE, WORKERS


@click.command()
@click.argument("source", metavar="SOURCE")
@OUT
@click.option(
    "--kind",
    metavar="KIND",
    help="How it is read, if not as it looks: warc, html, jsonl, json, csv, parquet, arrow, files, git, books, "
    "documents, stackexchange, wikipedia, arxiv, huggingface.",
)
@click.option("--text", metavar="COLUMN", help="The column that holds the text.")
@click.option("--id", "identity", metavar="COLUMN", help="The column that holds the documents' own ids.")
@click.option("--columns", metavar="LAYOUT", help="A known table layout, such as the-stack.")
@click.option("--revision", metavar="REVISION", help="git, huggingface: commit, tag or branch.")
@click.option(
    "--host", "hosts", metavar="HOST", multiple=True, help="A host that http(s) addresses may name; may be repeated."
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any key of a recipe's source or of `extract`, such as salvage=true, extract.engine=plain; may be repeated.",
)
@FORMAT
@MAX_QUARANTINED
@SAMPLE
@WORKERS
@AS_JSON
def ingest(source: str, out: Path, as_json: bool, changes: tuple[str, ...], **wishes: Any) -> None:
    """Read a source into documents.

    SOURCE is a file, a folder, a repository, a dump or an address; a folder of several kinds of files is read as a
    source of each. DIR gets the documents, and tables of what was quarantined and dropped, with place and reason.

    \b
    phimill ingest crawl/ --out out/crawl
    phimill ingest table.csv.gz --text body --id key --out out/table
    phimill ingest repositories/ --kind git --out out/code
    phimill ingest the-stack/ --columns the-stack --out out/stack
    """
    from flows.ingesting.tool import closing_words, parse_settings, run_ingest
    from flows.road import parse_sample

    named = {
        "text_column": wishes["text"],
        "id_column": wishes["identity"],
        "columns": wishes["columns"],
        "revision": wishes["revision"],
        "hosts": list(wishes["hosts"]) or None,
    }
    settings = {**{key: value for key, value in named.items() if value is not None}, **parse_settings(changes)}
    summary = run_ingest(
        source,
        out,
        wishes["kind"],
        settings,
        form=wishes["form"],
        max_quarantined=wishes["max_quarantined"],
        sample=parse_sample(wishes["sample"]),
        workers=wishes["workers"],
    )
    click.echo(json.dumps(summary, indent=1, sort_keys=True) if as_json else closing_words(summary, out))


@click.group()
def cc() -> None:
    """Read Common Crawl by its index: only what is wanted."""


@cc.command()
@click.argument("index", nargs=-1, required=True, metavar="INDEX...")
@click.option(
    "--archives",
    metavar="ROOT",
    required=True,
    help="The folder, or listed host's address, that the index's WARC paths start from.",
)
@OUT
@click.option(
    "--domain",
    "domains",
    metavar="DOMAIN",
    multiple=True,
    help="A host and all below it: example.org, .edu; may be repeated.",
)
@click.option("--language", "languages", metavar="CODE", multiple=True, help="Such as eng, or en; may be repeated.")
@click.option(
    "--mime",
    "mimes",
    metavar="TYPE",
    multiple=True,
    help="Type of the page; default: text/html; `*` is any; may be repeated.",
)
@click.option("--status", metavar="N", multiple=True, type=int, help="HTTP status; default: 200; may be repeated.")
@click.option("--url", metavar="REGEX", help="A regular expression that the URL must match.")
@click.option("--any-language", is_flag=True, help="A language counts also if most of the page is in another.")
@click.option("--share", metavar="SHARE", type=click.FloatRange(0, 1), help="Only this share, chosen by keyed hash.")
@click.option("--max-records", metavar="N", type=click.IntRange(1), help="At most this many of each index file.")
@click.option(
    "--host", "hosts", metavar="HOST", multiple=True, help="A host that http(s) addresses may name; may be repeated."
)
@click.option("--list", "only_list", is_flag=True, help="Only write selection.parquet; read nothing of the archives.")
@FORMAT
@MAX_QUARANTINED
@WORKERS
@AS_JSON
def select(index: tuple[str, ...], archives: str, out: Path, as_json: bool, **wishes: Any) -> None:
    """Pick records from a crawl's index, and read just those.

    INDEX is columnar Parquet, CDXJ or CDX; only the ranges wanted of its WARC files are read.

    \b
    phimill cc select cc-index/ --archives crawl/ --domain example.org --language en --out out/picked
    phimill cc select cdx-00000.gz --host data.example --archives https://data.example/ --domain .edu --out out/edu
    """
    from flows.ingesting.selecting import select as run_select
    from flows.ingesting.selecting import selection_words
    from flows.ingesting.tool import closing_words

    selection = {name: list(wishes.pop(name)) for name in ("domains", "languages", "mimes", "status")}
    chosen: dict[str, Any] = {name: value for name, value in selection.items() if value}
    chosen |= {name: value for name in ("url", "share", "max_records") if (value := wishes.pop(name)) is not None}
    if wishes.pop("any_language"):
        chosen["first_language_only"] = False
    summary = run_select(index, archives, out, chosen, **wishes)
    if as_json:
        click.echo(json.dumps(summary, indent=1, sort_keys=True))
        return
    if not wishes["only_list"]:
        click.echo(closing_words(summary, out))
    click.echo(selection_words(summary, out))
