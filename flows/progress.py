"""What a person sees while a run goes on: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

#: A log that nobody watches gets a line this often.
QUIET_SECONDS = 10.0
#: Widths of a bar; short where the terminal is narrow.
BAR, SHORT_BAR = 24, 8
_BAR = re.compile(f"[━╌]{{{BAR}}}")


class Progress:
    """Prints one line a step: parts done, rate, time left, and what was reused."""

    def __init__(self, stream: TextIO | None = None, observer: Callable[[str, float], None] | None = None) -> None:
        self.stream = stream or sys.stderr
        self.observer = observer

    @contextmanager
    def step(self, name: str, parts: int, todo: int) -> Iterator[Callable[[int], None]]:
        """Shows a step of `todo` pieces of work; yields a function to call with the number done."""
        begin = shown = time.monotonic()
        moving = self.stream.isatty()

        def done(number: int) -> None:
            nonlocal shown
            now = time.monotonic()
            if self.observer:
                self.observer(name, number / max(1, todo))
            if now - shown < (0.1 if moving else QUIET_SECONDS) and number < todo:
                return
            shown = now
            if number < todo:
                left = (now - begin) / number * (todo - number)
                self.line(f"  {name:<13} {bar(number, todo)} {number}/{todo}  {span(left)} left", moving)

        if todo and moving:
            self.line(f"  {name:<13} {bar(0, todo)} 0/{todo}", moving)
        yield done
        spent = time.monotonic() - begin
        if not todo:
            what = f"reused ({parts})" if parts > 1 else "reused"
        else:
            what = f"{todo} of {parts} parts" if todo < parts else f"{parts} parts" if parts > 1 else "done"
        self.line(f"  {name:<13} {what:<22} {span(spent):>8}", moving, end=True)
        if self.observer:
            self.observer(name, 1.0)

    def say(self, text: str = "") -> None:
        """Prints a line; what a file's name could do to a terminal is written out."""
        from flows.report.excerpts import visible

        print(visible(text), file=self.stream, flush=True)

    def line(self, text: str, moving: bool, end: bool = False) -> None:
        """Prints a line; on a terminal it takes the place of the one that moves."""
        try:
            if moving:
                # A line that wraps would not go away again: only its last row is taken back.
                shown = text if end else fitting(text, _columns(self.stream))
                print(f"\r\x1b[2K{shown}", end="\n" if end else "", file=self.stream, flush=True)
            else:
                print(text, file=self.stream, flush=True)
        except BrokenPipeError:
            raise  # who reads along wants no more of it
        except OSError:
            pass  # a log on a full disk, a terminal that is gone: no reason for the work to end


class Silent(Progress):
    """Shows nothing; for tests and for callers with a display of their own."""

    def say(self, text: str = "") -> None:
        """Prints nothing."""

    def line(self, *_: Any, **__: Any) -> None:
        """Prints nothing."""


def fitting(text: str, columns: int) -> str:
    """Returns as much of a moving line as a terminal's row holds: its bar gets shorter, then what stands last goes.

    Args:
        text: words, with two spaces between what belongs together.
        columns: of the terminal; 0: not known.
    """
    if 0 < columns <= len(text):
        text = _BAR.sub(lambda found: found[0][:: len(found[0]) // SHORT_BAR], text)
        while len(text) >= columns and "  " in text.strip():
            text = text.rstrip().rpartition("  ")[0]
    return text[: columns - 1].rstrip() if columns else text


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # no terminal, or none that tells
        return 0


def bar(number: int, total: int, width: int = BAR) -> str:
    """Returns a bar that shows how much of a total is done."""
    filled = round(width * number / max(1, total))
    return "━" * filled + "╌" * (width - filled)


def span(seconds: float) -> str:
    """Returns a time in words."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
