"""How far reading has come: workers note what they have read, one line on the terminal adds it up."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from data.sources.compression import handed_out
from flows.progress import QUIET_SECONDS, Progress, bar, span

#: On a terminal the line moves this often.
TICK_SECONDS = 0.5
#: A worker notes its progress this often.
NOTE_SECONDS = 0.25


class Note:
    """What one worker has read of one unit, in a file that the parent looks at."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self._rows = self._text = 0
        self._begin = handed_out.bytes, _bytes_read()
        self._last = 0.0

    def add(self, rows: int, text: int) -> None:
        """Adds documents and bytes of text."""
        self._rows, self._text = self._rows + rows, self._text + text
        if time.monotonic() - self._last >= NOTE_SECONDS:
            self._write(False)

    def finish(self) -> None:
        """Says that the unit has been read."""
        self._write(True)

    def _read(self) -> int:
        """Returns the bytes that were used; of formats that are not read in order, those that were read."""
        handed, read = self._begin
        return handed_out.bytes - handed or _bytes_read() - read

    def _write(self, done: bool) -> None:
        self._last = time.monotonic()
        if self._path is not None:
            # It may be read half-written: then it counts the next time.
            with contextlib.suppress(OSError):
                self._path.write_text(json.dumps([self._rows, self._text, done, self._read()]))


def _bytes_read() -> int:
    """Returns how many bytes this process has read from files so far; 0 where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/io").read_text().split()[1])
    return 0


@contextlib.contextmanager
def listing_shown(progress: Progress) -> Iterator[Callable[[], None]]:
    """Shows while the body runs how many files were found and what was read of them; yields what counts one more."""
    found, begin, before, ended = 0, time.monotonic(), _bytes_read(), threading.Event()
    moving = progress.stream.isatty()

    def count() -> None:
        nonlocal found
        found += 1

    def show() -> None:
        while not ended.wait(TICK_SECONDS if moving else QUIET_SECONDS):
            spent, read = time.monotonic() - begin, (_bytes_read() - before) / 1e6
            words = f"{found:,} files found and digested, {read:,.1f} MB, {read / spent:,.1f} MB/s"
            progress.line(f"  {'inputs':<13} {words}", moving)

    thread = threading.Thread(target=show, daemon=True, name="listing")
    thread.start()
    try:
        yield count
    finally:
        ended.set()
        thread.join()


class Meter:
    """The sum of the notes.

    Args:
        folder: for the notes; it is made, and removed in the end.
        sizes: bytes of each unit, by the name of its note.
    """

    def __init__(self, folder: Path, sizes: dict[str, int]) -> None:
        self._folder, self._sizes = folder, sizes
        self._done: dict[str, tuple[int, int]] = {}
        self._running: dict[str, tuple[int, int, bool, int]] = {}
        self.rows = self.text = self.read = 0
        self.total = sum(sizes.values())

    @property
    def units_done(self) -> int:
        """Units that have been read."""
        return len(self._done)

    def note_path(self, name: str) -> str:
        """Returns the path of a unit's note."""
        return str(self._folder / name)

    def look(self) -> None:
        """Reads the notes."""
        for name in self._sizes:
            if name not in self._done and (note := self._note(name)) is not None:
                self._running[name] = note
                if note[2]:
                    del self._running[name]
                    self._done[name] = note[:2]
        notes = [*self._done.values(), *(note[:2] for note in self._running.values())]
        self.rows, self.text = sum(rows for rows, _ in notes), sum(text for _, text in notes)
        # Some formats are read in part twice; a unit that goes on has something left to be read.
        begun = sum(min(int(0.99 * self._sizes[name]), note[3]) for name, note in self._running.items())
        self.read = sum(self._sizes[name] for name in self._done) + begun

    def _note(self, name: str) -> tuple[int, int, bool, int] | None:
        try:
            rows, text, done, read = json.loads((self._folder / name).read_text())
        except (OSError, ValueError):
            return None
        return rows, text, done, read

    @contextlib.contextmanager
    def shown(self, progress: Progress, step: str) -> Iterator[None]:
        """Shows the sum while the body runs: units, bytes, rate, documents, time left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        ended = threading.Event()
        thread = threading.Thread(target=self._show, args=(progress, step, ended), daemon=True, name="meter")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.look()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _show(self, progress: Progress, step: str, ended: threading.Event) -> None:
        moving = progress.stream.isatty()
        begin = time.monotonic()
        while not ended.wait(TICK_SECONDS if moving else QUIET_SECONDS):
            self.look()
            spent = time.monotonic() - begin
            if progress.observer and self.total:
                progress.observer(step, self.read / self.total)
            progress.line(f"  {step:<13} {self._words(spent)}", moving)

    def _words(self, spent: float) -> str:
        words = [
            f"{bar(self.read, self.total)} {self.units_done}/{len(self._sizes)}",
            f"{self.read / 1e6:,.1f} of {self.total / 1e6:,.1f} MB" if self.total else "",
            f"{self.text / 1e6 / spent:,.1f} MB/s",
            f"{span(spent / self.read * (self.total - self.read))} left" if self.read else "",
            f"{self.rows:,} documents, {self.text / 1e6:,.1f} MB of text",  # last: a narrow terminal does without
        ]
        return "  ".join(word for word in words if word)
