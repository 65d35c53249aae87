"""The commands under `phimill dedup`. `phimill dedup INPUT…` itself is the one that needs no name."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from flows.commands.options import AS_JSON, MAX_QUARANTINED, OUT, WORKERS

#: What decides how likely a pair is found; each is a field of the recipe's `deduplicate`.
_BANDING = (
    click.option("--preset", metavar="NAME", help="fineweb, slimpajama, starcoder, refinedweb or nemotron-cc."),
    click.option(
        "--threshold",
        metavar="SHARE",
        type=click.FloatRange(0, 1),
        help="True Jaccard similarity that makes a duplicate.",
    ),
    click.option(
        "--permutations", metavar="N", type=click.IntRange(1), help="Cut into the bands that suit the threshold best."
    ),
    click.option("--bands", metavar="N", type=click.IntRange(1), help="Bands of the signature."),
    click.option("--rows", metavar="N", type=click.IntRange(1), help="Rows of a band; bands × rows permutations."),
)


class DefaultCommand(click.Group):
    """A group whose first word may be an argument: what is no command's name goes to the command `run`."""

    def parse_args(self, context: click.Context, words: list[str]) -> list[str]:
        """Puts `run` in front where no command is named."""
        if words and words[0] not in self.commands and words[0] not in context.help_option_names:
            words = ["run", *words]
        return super().parse_args(context, words)

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Says that the command may be left out."""
        formatter.write_usage(context.command_path, "INPUT... --out DIR [OPTIONS]")
        formatter.write_usage(context.command_path, "COMMAND [ARGS]...")


def _with_banding(function: Any) -> Any:
    for option in reversed(_BANDING):
        function = option(function)
    return function


@click.group(cls=DefaultCommand)
def dedup() -> None:
    """Find the duplicates among JSONL and Parquet files.

    \b
    phimill dedup corpus/ more.jsonl.zst --out out/dedup
    phimill dedup run --help

    An INPUT that is called like a command is written ./curve.
    """


TEXT = click.option(
    "--text", metavar="COLUMN", default="text", show_default=True, help="The column that holds the text."
)
ID = click.option(
    "--id",
    "identity",
    metavar="COLUMN",
    default="id",
    show_default=True,
    help="The column that holds the documents' ids.",
)


@dedup.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path(path_type=Path))
@OUT
@TEXT
@ID
@_with_banding
@click.option("--shingles", metavar="KIND", help="words, characters, code or masked_code.")
@click.option("--ngram", metavar="N", type=click.IntRange(1), help="How many of them make a shingle.")
@click.option("--no-confirm", is_flag=True, help="Believe MinHash; do not compute the true similarity of pairs.")
@click.option("--exact-only", is_flag=True, help="Only texts that are equal after levelling.")
@click.option("--survivor", metavar="KEY,…", help="Which copy survives: priority (an earlier INPUT), length, …")
@click.option("--copies", metavar="WHICH", help="keep_one or drop_all.")
@click.option(
    "--against", type=click.Path(path_type=Path), metavar="INDEX", help="Documents shipped before; they stay."
)
@click.option("--lines", type=click.IntRange(2), metavar="N", help="Cut lines that N documents of a domain share.")
@click.option("--paragraphs", type=click.IntRange(2), metavar="N", help="Cut paragraphs that N of them share.")
@click.option(
    "--within", metavar="GROUP", help="--lines, --paragraphs: domain (of the column url), source (an INPUT) or corpus."
)
@click.option("--substrings", type=click.IntRange(2), metavar="N", help="Cut runs of N words that stand there twice.")
@click.option(
    "--max-memory-gb", metavar="GB", type=float, help="--substrings: stop before it starts if it would take more."
)
@click.option("--seed", metavar="N", type=int, help="Seed of the permutations.")
@MAX_QUARANTINED
@WORKERS
@AS_JSON
def run(inputs: tuple[Path, ...], out: Path, as_json: bool, **wishes: Any) -> None:
    """Write the documents that are no duplicates.

    Beside them stands a table of those that are: who matched whom, and how nearly.

    \b
    phimill dedup run corpus/ more.jsonl.zst --out out/dedup
    phimill dedup run corpus/ --preset slimpajama --lines 7 --out out/dedup
    """
    from flows.dedup.tool import closing_words, run_dedup

    plain = {name: wishes.pop(name) for name in ("text", "identity", "max_quarantined", "workers")}
    summary = run_dedup(inputs, out, _settings(wishes), **plain)
    click.echo(json.dumps(summary, indent=1, sort_keys=True) if as_json else closing_words(summary, out))


def _settings(wishes: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields of `deduplicate` that options name; the rest keeps its default."""
    negative = {"no_confirm": ("confirm", False), "exact_only": ("near", False)}
    settings = {name: value for name, value in wishes.items() if value is not None and name not in negative}
    settings |= dict(field for name, field in negative.items() if wishes.get(name))
    within = {"within": settings.pop("within")} if "within" in settings else {}
    memory = {"max_memory_gb": settings.pop("max_memory_gb")} if "max_memory_gb" in settings else {}
    for name in ("lines", "paragraphs"):
        if name in settings:
            settings[name] = {"min_documents": settings[name], **within}
    if "substrings" in settings:
        settings["substrings"] = {"min_tokens": settings["substrings"], **memory}
    if "against" in settings:
        settings["against"] = os.path.abspath(settings["against"])
    if "survivor" in settings:
        settings["survivor"] = settings["survivor"].split(",")
    return settings


@dedup.command()
@_with_banding
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Draw it: .png, .svg or .html."
)
@AS_JSON
def curve(out: Path | None, as_json: bool, **wishes: Any) -> None:
    """Show which similarity is found with which chance.

    \b
    phimill dedup curve --preset fineweb
    phimill dedup curve --bands 9 --rows 13 --out curve.png
    phimill dedup curve --threshold 0.8 --permutations 128
    """
    from flows.dedup.curve import Curve, describe, draw
    from flows.dedup.inputs import settings_of

    found = Curve.of(settings_of(_settings(wishes)))
    if out is not None:
        draw(found, out)
        click.echo(f"Drawn   {out}", err=True)
    click.echo(json.dumps(found.to_json(), indent=1) if as_json else describe(found))


@dedup.group()
def index() -> None:
    """Keep what was shipped, so that it is not shipped again.

    A recipe names the index under `deduplicate.against`, `phimill dedup` by --against.
    """


FOLDER = click.argument("folder", metavar="INDEX", type=click.Path(path_type=Path))


@index.command()
@FOLDER
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path(path_type=Path))
@TEXT
@ID
@_with_banding
@click.option("--shingles", metavar="KIND", help="words, characters, code or masked_code.")
@click.option("--ngram", metavar="N", type=click.IntRange(1), help="How many of them make a shingle.")
@click.option("--seed", metavar="N", type=int, help="Seed of the permutations.")
@click.option("--recipe", metavar="RECIPE", help="Sign as this recipe's `deduplicate` does.")
@AS_JSON
def add(
    folder: Path, inputs: tuple[Path, ...], text: str, identity: str, recipe: str | None, as_json: bool, **wishes: Any
) -> None:
    """Add documents; the index is made if it is not there.

    A published dataset's documents are in DIR/data.

    \b
    phimill dedup index add out/index out/mine/data
    """
    from flows.dedup.shipped import add_to_index

    _print(add_to_index(folder, inputs, _settings(wishes), text=text, identity=identity, recipe=recipe), as_json)


@index.command()
@FOLDER
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--from", "listed", metavar="FILE", type=click.File(), help="A file with one id in each line; - is standard input."
)
@AS_JSON
def remove(folder: Path, ids: tuple[str, ...], listed: Any, as_json: bool) -> None:
    """Remove documents by id, their texts included.

    \b
    phimill dedup index remove out/index --from ids.txt
    """
    from flows.dedup.shipped import remove_from_index

    lines = [line.rstrip("\r\n") for line in listed or ()]
    _print(remove_from_index(folder, [*ids, *filter(None, lines)]), as_json)


@index.command()
@FOLDER
@click.option("--deep", is_flag=True, help="Read every byte and compare it with its digest.")
@AS_JSON
def info(folder: Path, deep: bool, as_json: bool) -> None:
    """Say what an index holds, and whether it is whole.

    \b
    phimill dedup index info out/index --deep
    """
    from flows.dedup.shipped import facts_of

    _print(facts_of(folder, deep), as_json)


@index.command()
@FOLDER
@AS_JSON
def compact(folder: Path, as_json: bool) -> None:
    """Join an index's small parts.

    \b
    phimill dedup index compact out/index
    """
    from flows.dedup.shipped import compact as join

    _print(join(folder), as_json)


def _print(facts: dict[str, Any], as_json: bool) -> None:
    from flows.dedup.shipped import describe

    click.echo(json.dumps(facts, indent=1, sort_keys=True) if as_json else describe(facts))
