"""What a compressed file is made of, as it is handed out: members, runs of small ones, and damaged stretches."""

from __future__ import annotations

import dataclasses
from typing import Callable, Iterator

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True)
class Damage:
    """A stretch of a file that cannot be read: bytes [offset, end); a note tells people more about the reason."""

    offset: int
    end: int
    reason: str
    note: str = ""


class Member:
    """A checked stretch of a file: bytes [offset, end), which unpack to `size` bytes.

    Attributes:
        content: all of them, where they are at most BUFFER_BYTES; else null.
        plain: the file is not compressed.
        salvaged: what could be had of a damaged member; a Damage follows.
        is_vouched_for: its checksum was checked; zstd frames need not have one.
    """

    # No dataclass: that would take as long as all else about a small one.
    __slots__ = ("_pieces", "content", "end", "is_vouched_for", "offset", "plain", "salvaged", "size")

    def __init__(
        self,
        offset: int,
        end: int,
        size: int,
        content: bytes | bytearray | None,
        is_vouched_for: bool,
        pieces: Callable[[], Iterator[bytes]] | None = None,
        plain: bool = False,
        salvaged: bool = False,
    ) -> None:
        """Takes the content, or what yields it in pieces."""
        self.offset = offset
        self.end = end
        self.size = size
        self.content = content
        self.is_vouched_for = is_vouched_for
        self._pieces = pieces
        self.plain = plain
        self.salvaged = salvaged

    def unpack(self) -> Iterator[bytes]:
        """Returns the content in pieces."""
        if self._pieces is not None:
            return self._pieces()
        return iter((bytes(self.content),) if self.content else ())


class Run:
    """Small gzip members that follow one another, each checked, each with a WARC record at its beginning.

    Attributes:
        offset: where the first begins in the file.
        content: of all of them; valid until the run after the next is read.
        content_ends: where each one's ends in it.
        ends: where each member ends in the file.
    """

    __slots__ = ("content", "content_ends", "ends", "offset")

    def __init__(
        self,
        offset: int,
        content: npt.NDArray[np.uint8],
        content_ends: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
    ) -> None:
        self.offset, self.content, self.content_ends, self.ends = offset, content, content_ends, ends

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def end(self) -> int:
        """Where the last one ends."""
        return int(self.ends[-1])

    def member(self, number: int) -> Member:
        """Returns one of them by itself."""
        begin, offset = (self.content_ends[number - 1], self.ends[number - 1]) if number else (0, self.offset)
        content = self.content[begin : self.content_ends[number]].tobytes()
        return Member(int(offset), int(self.ends[number]), len(content), content, True)

    def pop(self) -> Member:
        """Takes the last one out."""
        last = self.member(len(self) - 1)
        self.content_ends, self.ends = self.content_ends[:-1], self.ends[:-1]
        self.content = self.content[: len(self.content) - last.size]
        return last
