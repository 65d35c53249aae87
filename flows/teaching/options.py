"""The options that all commands share which ask a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_TEACHER = (
    click.option("--base-url", metavar="URL", help="builtin (the default), an OpenAI-compatible endpoint ending in "
                 "/v1 (or OPENAI_BASE_URL), or recorded:FILE."),
    click.option("--model", help="The model's name there."),
    click.option("--api-key-file", metavar="FILE", type=click.Path(exists=True, dir_okay=False),
                 help="Holds the key; default: OPENAI_API_KEY in the environment."),
    click.option("--max-usd", type=click.FloatRange(0), help="Hard stop; the model's price must be known."),
    click.option("--max-requests", type=click.IntRange(1), help="Hard stop."),
    click.option("--max-total-tokens", type=click.IntRange(1), help="Hard stop, prompts and replies together."),
    click.option("--max-seconds", type=click.FloatRange(0, min_open=True), help="Hard stop for the time of asking."),
    click.option("--usd-per-million-input", type=click.FloatRange(0), help="The price of prompts."),
    click.option("--usd-per-million-output", type=click.FloatRange(0), help="The price of replies."),
    click.option("--prices", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="A price table."),
    click.option("--temperature", type=click.FloatRange(0)),
    click.option("--max-output-tokens", type=click.IntRange(16), help="Longest reply."),
    click.option("--concurrency", type=click.IntRange(1, 256), help="Calls at a time at most; fewer where it "
                 "complains."),
    click.option("--timeout", "timeout_s", type=click.FloatRange(0, min_open=True), help="For one call, in seconds."),
    click.option("--batch/--no-batch", default=None, help="Use the endpoint's Batch API."),
    click.option("--replay", is_flag=True, default=None, help="Use only what the journal holds; fail on a miss."),
    click.option("--resend-in-doubt", is_flag=True, default=None, help="Ask again for what a killed run may have "
                 "paid for."),
    click.option("--repair/--no-repair", default=None, help="Ask once more for what could not be read."),
)  # fmt: skip

_WISHES = (
    click.option("-n", "--number", "exercises", type=click.IntRange(1),
                 help="Requests to make; default: 100, or what the --spec comes to."),
    click.option("--prompts", metavar="DIR", type=click.Path(exists=True, file_okay=False),
                 help="Your prompts, which go before the shipped ones."),
    click.option("--seed", default=1, show_default=True, type=int, help="Another one gives other exercises."),
    click.option("--preview", metavar="N", default=0, type=click.IntRange(0), help="Show so many with their verdicts "
                 "and ask before more is spent."),
    click.option("--yes", is_flag=True, help="Do not ask after the preview; go on."),
    click.option("--min-level", type=click.Choice(["parses", "runs", "passes", "strong", "agreed"]),
                 help="Evidence that is needed to be kept; default: strong."),
    click.option("--shipped", metavar="DIR", type=click.Path(file_okay=False),
                 help="Knows what earlier runs shipped; nothing like it is kept, and what is kept goes into it."),
    click.option("--shared/--not-shared", default=True, help="Use answers that other runs on this machine paid for."),
    click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The out folder."),
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


class ManyValues(click.Command):
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
