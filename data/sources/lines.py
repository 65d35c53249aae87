"""A stream of pieces cut into lines that are numbered from 1; only "\\n" ends one."""

from __future__ import annotations

from typing import Iterator, TypeAlias

#: To copy a line takes as long as to find its end, so that views are taken, of short lines as well as long ones; but
#: a view of a short line takes more memory than a copy, and where lines are this short no more than so many are taken.
SHORT_LINE_BYTES, VIEWS = 256, 1024

#: A line, or a view of where it stands in a piece of the file.
Line: TypeAlias = bytes | memoryview

#: A line's number and the line; null for one beyond the limit.
NumberedLine: TypeAlias = tuple[int, bytes | None]


class Lines:
    """Cuts pieces of a stream into numbered lines; one that is too long for memory comes as null."""

    def __init__(self, limit: int) -> None:
        self._limit, self._number = limit, 0
        self.drop_open_line()

    @property
    def is_whole(self) -> bool:
        """Whether what was fed ends with a line."""
        return not self._size

    def drop_open_line(self) -> None:
        """Forgets the line whose end has not come yet."""
        self._open: list[Line] = []
        self._size = 0

    def feed(self, piece: bytes) -> tuple[int, list[Line | None]]:
        """Returns the lines that this piece ends, and the first one's number."""
        ended = _cut(piece)
        rest = ended.pop()
        first = self._number + 1
        if ended:
            self._append(ended[0] or b"")
            ended[0] = self._close()
            self._number += len(ended)
        self._append(rest or b"")
        return first, ended

    def passes_over(self, piece: bytes) -> bool:
        """Takes a piece of nothing but line ends, which only counts; returns whether it was one."""
        if self._size or not piece.endswith(b"\n") or piece.strip(b"\r\n"):
            return False
        self._number += piece.count(b"\n")
        return True

    def end(self) -> tuple[int, list[Line | None]]:
        """Returns the last line if no line end follows it, and its number."""
        return self._number + 1, [self._close()] if self._size else []

    def _append(self, part: Line) -> None:
        self._size += len(part)
        if self._size > self._limit + 4:  # the limit is the record's, without byte order mark and "\r"
            self._open.clear()
        elif part:
            self._open.append(bytes(part))

    def _close(self) -> bytes | None:
        line = b"".join(self._open) if self._size <= self._limit + 4 else None
        self.drop_open_line()
        return line


def _cut(piece: bytes) -> list[Line | None]:
    """Returns what stands between line ends."""
    lines: list[Line | None] = []
    whole, find, start = memoryview(piece), piece.find, 0
    while (end := find(b"\n", start)) >= 0:
        lines.append(whole[start:end])
        start = end + 1
        if len(lines) * SHORT_LINE_BYTES > start + VIEWS * SHORT_LINE_BYTES:
            return [*lines, *piece[start:].split(b"\n")]
    return [*lines, whole[start:]]


class LinesWithEnds:
    """Cuts pieces of a stream into numbered lines with their ends."""

    def __init__(self, limit: int) -> None:
        self._limit, self.number = limit, 0
        self._drop_open_line()

    @property
    def is_open(self) -> bool:
        """Whether the end of a line has not come yet."""
        return self._size > 0

    def _drop_open_line(self) -> None:
        self._open: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[NumberedLine]:
        """Yields the lines that this piece ends."""
        start = 0
        while (end := piece.find(b"\n", start) + 1) > 0:
            self._append(piece[start:end])
            yield self._close()
            start = end
        self._append(piece[start:])

    def end(self) -> Iterator[NumberedLine]:
        """Yields the last line if no line end follows it."""
        if self._size:
            yield self._close()

    def _append(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit + 2:
            self._open.clear()
        elif part:
            self._open.append(part)

    def _close(self) -> NumberedLine:
        line = b"".join(self._open) if self._size <= self._limit + 2 else None
        self.number += 1
        self._drop_open_line()
        return self.number, line
