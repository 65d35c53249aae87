"""Where a text stands in another, by compiled code as far as that is of use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

#: In so many bytes Python finds a text sooner than compiled code is called.
_NEAR_BYTES = 1024


class Find(Protocol):
    """As `bytes.find`."""

    def __call__(self, content: bytes, text: bytes, start: int = 0, /) -> int:
        """Returns where a text stands at or after a place; -1 if nowhere."""


def occurrences(content: bytes, text: bytes, find: Find) -> Iterator[int]:
    """Yields where a text stands; places do not overlap.

    Args:
        find: what looks for what is not near.
    """
    place = find(content, text)
    while place >= 0:
        yield place
        begin = place + len(text)
        place = content.find(text, begin, begin + _NEAR_BYTES)
        if place < 0:
            place = find(content, text, begin)
