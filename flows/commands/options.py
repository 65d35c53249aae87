"""Arguments and options that many commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any] | click.Command)


class FolderPath(click.Path):
    """A folder's path; an empty one, as an unset variable gives, is refused: it would mean the folder one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the path."""
        if not os.fspath(value):
            self.fail("is empty; expected the path of a folder, `.` for this one", param, ctx)
        return super().convert(value, param, ctx)


#: The folder of a run.
FOLDER = click.argument("folder", metavar="DIR", type=FolderPath(path_type=Path))
OUT = click.option("--out", required=True, metavar="DIR", type=FolderPath(path_type=Path), help="The out folder.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
SET = click.option("--set", "changes", multiple=True, metavar="A.B=VALUE", help="Change the recipe; may be repeated.")
WORKERS = click.option("--workers", metavar="N", type=int, help="Processes; default: one for each processor.")
SAMPLE = click.option("--sample", metavar="SHARE", help="Take only a share of the documents, such as 1%.")
NO_SERVER = click.option("--no-server", is_flag=True, help="Run the same steps without Prefect.")
FORMAT = click.option(
    "--format", "form", type=click.Choice(["parquet", "jsonl"]), default="parquet", show_default=True,
    help="How documents are written.",
)  # fmt: skip
MAX_QUARANTINED = click.option(
    "--max-quarantined", metavar="SHARE", default=0.01, show_default=True, type=click.FloatRange(0, 1),
    help="Share of records that may be unreadable.",
)  # fmt: skip


def folder_option(default: str, says: str = "The out folder.") -> Callable[[Decorated], Decorated]:
    """Returns an option `--out` that has a default."""
    return click.option(
        "--out", default=default, show_default=True, metavar="DIR", type=FolderPath(path_type=Path), help=says
    )


def number_option(
    default: int, says: str, least: int = 1, most: int | None = None, name: str = "number"
) -> Callable[[Decorated], Decorated]:
    """Returns an option `-n` within bounds."""
    kind = click.IntRange(least, most)
    return click.option("-n", name, metavar="N", default=default, show_default=True, type=kind, help=says)


def seed_option(says: str) -> Callable[[Decorated], Decorated]:
    """Returns an option `--seed`, 1 by default."""
    return click.option("--seed", metavar="N", default=1, show_default=True, type=int, help=says)
