from __future__ import annotations

import errno
import io
import os
import pty
import termios

import pytest

from flows.progress import Progress, bar, fitting

LINE = f"  ingest        {bar(3, 6)} 3/6  157.8 of 237.2 MB  110.2 MB/s  0.8 s left  80,000 documents, 166.0 MB of text"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (0, LINE),
        (len(LINE) + 1, LINE),
        (len(LINE), LINE.replace(bar(3, 6), "━━━━╌╌╌╌")),
        (80, "  ingest        ━━━━╌╌╌╌ 3/6  157.8 of 237.2 MB  110.2 MB/s  0.8 s left"),
        (40, "  ingest        ━━━━╌╌╌╌ 3/6"),
        (10, "  ingest"),
        (5, "  in"),
    ],
)
def test_a_moving_line_never_wraps_and_keeps_the_time_left_as_long_as_it_can(columns: int, shown: str) -> None:
    assert fitting(LINE, columns) == shown
    assert not columns or len(shown) < columns


def test_a_terminal_is_asked_how_wide_it_is() -> None:
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as stream:
        termios.tcsetwinsize(terminal, (20, 60))
        Progress(stream).line(LINE, moving=True)
        told = os.read(controller, 4096).decode()
    os.close(controller)
    assert told == "\r\x1b[2K  ingest        ━━━━╌╌╌╌ 3/6  157.8 of 237.2 MB  110.2 MB/s"


class Refusing(io.StringIO):
    """A stream that cannot be written."""

    def __init__(self, failure: OSError) -> None:
        super().__init__()
        self.failure = failure

    def write(self, text: str) -> int:
        raise self.failure


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_log_that_cannot_be_written_does_not_end_the_work(number: int) -> None:
    done: list[int] = []
    progress = Progress(Refusing(OSError(number, "refused")))
    with progress.step("ingest", 2, 2) as tell:
        tell(2)
        done.append(2)
    assert done == [2]


def test_a_reader_that_went_away_ends_it() -> None:
    with pytest.raises(BrokenPipeError), Progress(Refusing(BrokenPipeError())).step("ingest", 1, 1):
        pass
