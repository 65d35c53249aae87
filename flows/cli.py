"""The `phimill` command. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
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


#: What writing fails with, which does not say where.
_DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Commands(click.Group):
    """Lists commands by section; turns phimill's own errors into one line and the right exit code."""

    def invoke(self, context: click.Context) -> Any:
        """Runs a command."""
        _open_closed_streams()
        try:
            with _ending_in_order():
                return super().invoke(context)
        except PhimillError as error:
            from flows.report.excerpts import visible  # messages name files, whose names may hold anything

            click.echo(visible(f"phimill: {error}"), err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt as interrupt:
            click.echo("\nphimill: interrupted; what was finished is kept, run the same command again", err=True)
            sys.exit(128 + (interrupt.args[0] if interrupt.args else signal.SIGINT))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except UnicodeEncodeError as error:  # what Arrow and SQLite say of a path with other bytes
            if error.reason != "surrogates not allowed":
                raise
            from flows.report.excerpts import visible

            name = error.object.encode("utf-8", "backslashreplace").decode()
            said = "the name is not UTF-8; rename it, or set PYTHONUTF8=1 where the locale is another"
            click.echo(visible(f"phimill: {name}: {said}"), err=True)
            sys.exit(2)
        except OSError as error:  # a folder that cannot be written, a full disk, a file that is gone
            if error.filename is None and error.errno not in _DISK_IS_FULL:
                raise
            from flows.report.excerpts import visible

            place = f"{error.filename}: " if error.filename is not None else ""
            click.echo(visible(f"phimill: {place}{error.strerror or error}"), err=True)
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


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """Has SIGTERM and SIGHUP end a command as Ctrl-C does: else Prefect's server would outlive it."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL]
    for one in signals:
        signal.signal(one, interrupt)
    try:
        yield
    finally:
        for one in signals:
            signal.signal(one, signal.SIG_DFL)


def _open_closed_streams() -> None:
    """Gives what a caller has closed of 0, 1 and 2 to the null device.

    Else the next file of ours has that number, and whatever a library prints stands in it.
    """
    for number in range(3):
        with contextlib.suppress(OSError):
            os.fstat(number)
            continue
        os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


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
