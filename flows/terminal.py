"""Drawing on a terminal: tables, bars, numbers; and nothing that a document says reaches it raw.

Control and bidirectional characters are written out, e-mail addresses and keys are masked.
rich is imported when something is drawn.
"""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def open_console() -> Console:
    """Returns a console that takes every text as it is."""
    from rich.console import Console

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(highlight=False, markup=False, emoji=False)


def new_table(*headings: str) -> Any:
    """Returns a table; a heading that ends in > is of a column of numbers, an empty one of bars, which never wrap."""
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", padding=(0, 1))
    for place, heading in enumerate(headings):
        is_number = heading.endswith(">")
        drawn.add_column(
            heading.rstrip(">"),
            justify="right" if is_number else "left",
            no_wrap=is_number or place == 0 or not heading,
            overflow="ellipsis" if place == 0 else "fold" if heading else "crop",
            min_width=12 if place == 0 and not is_number else None,
        )
    return drawn


def styled(words: str, style: str = "") -> Any:
    """Returns words as rich shows them, without markup."""
    from rich.text import Text

    return Text(words, style=style)


def draw_bar(share: float, width: int) -> str:
    """Returns a bar that fills a share of the width; something is shown for anything above 0."""
    full = share * width
    return "█" * int(full) + ("▌" if full % 1 >= 0.5 or 0 < full < 0.5 else "")


def one_line(words: str) -> str:
    """Returns a document's own words on one line, masked and visible."""
    from flows.report.excerpts import label

    return label(words, 160)


def show_number(value: float | None) -> str:
    """Returns a measured value as people read it."""
    from flows.report.formatting import THIN
    from flows.report.formatting import value as written

    return written(value).replace(THIN, ",")


def signed(number: int, sign: str = "") -> str:
    """Returns a count with a sign before it, none before 0."""
    return f"{sign if number else ''}{number:,}"


def fit(value: Any) -> Any:
    """Returns a ledger value fit to be printed or put into JSON."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list):
        return [fit(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_json(value: Any) -> None:
    """Prints JSON in ASCII; the one control character that JSON leaves as it is gets its escape."""
    print(json.dumps(value, indent=2, allow_nan=False).replace("\x7f", "\\u007f"))
