"""The `phimill` command. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from data.errors import PhimillError
from flows.commands.looking import diff, explain, explore, report, sample, stats, whatif
from flows.commands.making import clean, presets, quickstart, recipe, run, sample_corpus, serve, test, verify
from flows.commands.measuring import bench
from flows.dedup.commands import dedup
from flows.ingesting.commands import cc, ingest
from flows.teaching.commands import synth

#: What a person wants → the commands for it, as `phimill --help` lists them.
SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Make": (quickstart, run, test, recipe, presets, serve, verify, clean, sample_corpus),
    "Look": (stats, sample, explain, whatif, explore, diff, report),
    "Teach": (synth,),
    "Read and compare": (ingest, cc, dedup),
    "Measure": (bench,),
}


class Commands(click.Group):
    """Lists commands by section; turns phimill's own errors into one line and the right exit code."""

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

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands under the names of their sections."""
        longest = max(len(name) for name in self.commands)
        room = formatter.width - 6 - longest
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(
                    [(str(command.name).ljust(longest), command.get_short_help_str(room)) for command in commands]
                )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="phimill")
def main() -> None:
    """Raw web and code corpora in, verified training shards out.

    Exit codes: 0 done; 1 failed; 2 the recipe or command is wrong; 3 more records were
    unreadable than max_quarantined allows; 11 another run holds the folder.
    """
    # Children must never import a `data` or `filters` that happens to lie in the user's folder.
    os.environ.setdefault("PYTHONSAFEPATH", "1")


for _commands in SECTIONS.values():
    for _command in _commands:
        main.add_command(_command)


if __name__ == "__main__":
    main()
