"""What a person sees while a teacher works: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from typing import Any, TextIO

from flows.terminal import draw_bar, new_table, one_line, styled
from synth.tally import Tally

QUIET_SECONDS = 10.0
_MOVING_SECONDS = 0.2
_CELLS = 10


class Watch(AbstractContextManager["Watch"]):
    """Shows a tally whenever it changes; hand `show` to a Generation.

    Args:
        noun: what is made, in the plural.
        stream: default: stderr.
    """

    def __init__(self, noun: str = "exercises", stream: TextIO | None = None) -> None:
        self.noun, self.stream = noun, stream or sys.stderr
        self.begin = self._shown = time.monotonic()
        self._live: Any = None

    def __enter__(self) -> Watch:
        if self.stream.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(file=self.stream, highlight=False, markup=False, emoji=False)
            self._live = Live(console=console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Takes the live table away; lines may be printed after it."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, tally: Tally) -> None:
        """Shows a tally, not more often than anybody can read."""
        now = time.monotonic()
        if now - self._shown < (_MOVING_SECONDS if self._live else QUIET_SECONDS):
            return
        self._shown = now
        if self._live is not None:
            self._live.update(self.drawn(tally, now - self.begin), refresh=True)
        else:
            print(f"  {self.line(tally, now - self.begin)}", file=self.stream, flush=True)

    def line(self, tally: Tally, seconds: float) -> str:
        """Returns a tally in one line: done, rate, time left, kept, spent."""
        done = tally.steps
        rate = done / seconds if seconds > 0 else 0.0
        left = f", {duration((tally.total - done) / rate)} left" if rate > 0 and done < tally.total else ""
        worst = max(tally.rejected.items(), key=lambda pair: pair[1], default=None)
        why = f", mostly {worst[0]}" if worst else ""
        return (
            f"{self.noun}: {done}/{tally.total} ({rate * 60:,.0f} a minute{left}); {tally.kept} kept, "
            f"{sum(tally.rejected.values())} rejected{why}; {spending(tally)}"
        )

    def drawn(self, tally: Tally, seconds: float) -> Any:
        """Returns a tally as tables: how far, which cells, which reasons."""
        from rich.console import Group

        bar = draw_bar(tally.steps / max(1, tally.total), 30).ljust(30, "·")
        cells = new_table("cell", "kind", "decided>", "kept>", "yield>")
        largest = sorted(tally.cells.items(), key=lambda pair: (-pair[1][0], pair[0]))
        for (topic, kind), (decided, kept) in largest[:_CELLS]:
            cells.add_row(one_line(topic or "—")[:40], kind, str(decided), str(kept), f"{kept / max(1, decided):.0%}")
        if len(largest) > _CELLS:
            cells.add_row(f"and {len(largest) - _CELLS} more", "", "", "", "")
        reasons = new_table("rejected for", "times>")
        for reason, count in sorted(tally.rejected.items(), key=lambda pair: (-pair[1], pair[0])):
            reasons.add_row(reason, str(count))
        return Group(styled(f"{bar}  {self.line(tally, seconds)}"), cells, *([reasons] if tally.rejected else []))


def spending(tally: Tally) -> str:
    """Returns what was spent, and what the whole will cost if it goes on like this."""
    tokens = f"{tally.tokens:,} tokens"
    if not tally.usd_known:
        return f"{tokens}, price unknown"
    if not tally.nano_usd:
        return f"{tokens}, no money spent"
    forecast = tally.forecast_usd()
    whole = f", about {dollars(forecast)} for all" if forecast is not None and tally.decided < tally.total else ""
    open_calls = f" and {dollars(tally.reserved / 1e9)} reserved" if tally.reserved else ""
    return f"{tokens}, {dollars((tally.nano_usd - tally.reserved) / 1e9)} spent{open_calls}{whole}"


def dollars(amount: float) -> str:
    """Returns US dollars with as many places as say something."""
    return f"{amount:,.2f} USD" if amount >= 1 else f"{amount:.4f} USD"


def duration(seconds: float) -> str:
    """Returns a time as people say it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = int(seconds) // 60
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
