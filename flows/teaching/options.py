"""The options that all commands share which ask a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from flows.commands.options import FolderPath, seed_option


class GroupedOption(click.Option):
    """An option that `--help` lists under a heading of its group."""

    def __init__(self, *names: Any, group: str, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.group = group


class TeacherCommand(click.Command):
    """A command that asks a teacher; its options are listed in groups."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes each group's options under its heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(context):
            record = option.get_help_record(context)
            if record is not None:
                groups.setdefault(getattr(option, "group", "Options"), []).append(record)
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def shares_of_faults(context: click.Context, option: click.Parameter, told: tuple[str, ...]) -> dict[str, float] | None:
    """Returns faults with their shares, as `--fault` names them; None where it names none."""
    found: dict[str, float] = {}
    for one in told:
        name, _, share = one.partition("=")
        try:
            found[name] = float(share)
        except ValueError:
            raise click.BadParameter(
                f"{one!r}: expected NAME=SHARE, such as wrong_solution=0.2", context, option
            ) from None
    return found or None


_FILE = click.Path(exists=True, dir_okay=False)
_SECONDS = click.FloatRange(0, min_open=True)


def _asking(*names: str, **settings: Any) -> Any:
    return click.option(*names, cls=GroupedOption, group="Whom to ask", **settings)


def _paying(*names: str, **settings: Any) -> Any:
    return click.option(*names, cls=GroupedOption, group="What it may cost", **settings)


_TEACHER = (
    _asking("--base-url", metavar="URL", help="builtin (the default), an OpenAI-compatible endpoint ending in /v1 (or "
            "OPENAI_BASE_URL), or recorded:FILE."),
    _asking("--model", metavar="MODEL", help="The model's name there."),
    _asking("--api-key-file", metavar="FILE", type=_FILE, help="Holds the key; default: OPENAI_API_KEY in the "
            "environment."),
    _asking("--temperature", metavar="T", type=click.FloatRange(0), help="How freely it draws its words."),
    _asking("--max-output-tokens", metavar="N", type=click.IntRange(16), help="Longest reply."),
    _asking("--concurrency", metavar="N", type=click.IntRange(1, 256), help="Calls at a time at most; fewer where it "
            "complains."),
    _asking("--timeout", "timeout_s", metavar="SECONDS", type=_SECONDS, help="For one call."),
    _asking("--batch/--no-batch", default=None, help="Use the endpoint's Batch API."),
    _asking("--replay", is_flag=True, default=None, help="Use only what the journal holds; fail on a miss."),
    _asking("--resend-in-doubt", is_flag=True, default=None, help="Ask again for what a killed run may have paid for."),
    _asking("--repair/--no-repair", default=None, help="Ask once more for what could not be read."),
    _asking("--fault", "faults", metavar="NAME=SHARE", multiple=True, callback=shares_of_faults,
            help="How often the built-in teacher is wrong on purpose (`phimill synth faults`); may be repeated."),
    _paying("--max-usd", metavar="USD", type=click.FloatRange(0), help="Hard stop; the model's price must be known."),
    _paying("--max-requests", metavar="N", type=click.IntRange(1), help="Hard stop."),
    _paying("--max-total-tokens", metavar="N", type=click.IntRange(1), help="Hard stop, prompts and replies together."),
    _paying("--max-seconds", metavar="SECONDS", type=_SECONDS, help="Hard stop for the time of asking."),
    _paying("--usd-per-million-input", metavar="USD", type=click.FloatRange(0), help="The price of prompts."),
    _paying("--usd-per-million-output", metavar="USD", type=click.FloatRange(0), help="The price of replies."),
    _paying("--prices", metavar="FILE", type=_FILE, help="A price table."),
)  # fmt: skip

_WISHES = (
    click.option("-n", "--number", "exercises", metavar="N", type=click.IntRange(1),
                 help="Requests to make; default: 100, or what the --spec comes to."),
    click.option("--prompts", metavar="DIR", type=click.Path(exists=True, file_okay=False),
                 help="Your prompts, which go before the shipped ones."),
    seed_option("Another one gives other exercises."),
    click.option("--preview", metavar="N", default=0, type=click.IntRange(0), help="Show so many with their verdicts "
                 "and ask before more is spent."),
    click.option("--yes", is_flag=True, help="Do not ask after the preview; go on."),
    click.option("--min-level", type=click.Choice(["parses", "runs", "passes", "strong", "agreed"]),
                 help="Evidence that is needed to be kept; default: strong."),
    click.option("--shipped", metavar="DIR", type=click.Path(file_okay=False),
                 help="Knows what earlier runs shipped; nothing like it is kept, and what is kept goes into it."),
    click.option("--benchmarks", metavar="FILE", multiple=True, type=click.Path(path_type=Path, exists=True,
                 dir_okay=False), help="Nothing is kept that has the words of a test item in this JSONL file, or does "
                 "what its solution does; may be repeated."),
    click.option("--shared/--not-shared", default=True, help="Use answers that other runs on this machine paid for."),
    click.option("--out", required=True, metavar="DIR", type=FolderPath(path_type=Path, file_okay=False),
                 help="The out folder."),
)  # fmt: skip


def with_teacher(function: Any) -> Any:
    """Adds the options that say whom to ask, and how much may be spent."""
    for option in reversed(_TEACHER):
        function = option(function)
    return function


def with_wishes(function: Any) -> Any:
    """Adds the options that say how much to make, and where."""
    for option in reversed(_WISHES):
        function = option(function)
    return with_teacher(function)


class ManyValues(TeacherCommand):
    """A command some of whose options take all the words up to the next option: --models M1 M2 -n 50."""

    greedy = ("--prompts", "--models")

    def parse_args(self, context: click.Context, words: list[str]) -> list[str]:
        """Repeats the option before each of its words."""
        spread: list[str] = []
        option = ""
        for word in words:
            if word.startswith("-"):
                option = word if word in self.greedy else ""
                spread += [] if option else [word]
            else:
                spread += [option, word] if option else [word]
        return super().parse_args(context, spread)


def go_on(yes: bool) -> Any:
    """Returns the way to ask a person whether to go on; without one, only --yes does."""
    from flows.on_demand import is_watched

    def ask(question: str) -> bool:
        if yes:
            click.echo(f"\n{question} yes (--yes)", err=True)
            return True
        if is_watched():
            return click.confirm(f"\n{question}", default=False, err=True)
        click.echo(f"\n{question} Nobody is here to ask: add --yes and run the same command again.", err=True)
        return False

    return ask
