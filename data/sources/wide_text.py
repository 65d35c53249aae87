"""Text in UTF-16 or UTF-32 as UTF-8, piece by piece; where a byte was lost, from the next line on.

After such a place the bytes of all characters are in other pairs: in UTF-16 they give other characters, mostly Chinese
ones, to the end of the file. But ends of lines can be seen still, where none may begin.
"""

from __future__ import annotations

import codecs

import numpy as np

#: Encoded as a byte that UTF-8 never has, so that the record which holds it is named `bad_encoding`.
NO_TEXT = "\udcff"
codecs.register_error("phimill.no_text", lambda error: (NO_TEXT, error.end))  # type: ignore[attr-defined]
#: Bytes behind what looks like a line's end that tell whether it is one; fewer characters than these tell nothing.
_LOOK_BYTES, _LEAST_CHARACTERS = 256, 8


def as_utf8(text: str) -> bytes:
    """Returns text as UTF-8, with the byte that NO_TEXT stands for."""
    return text.encode("utf-8", "surrogateescape")


class WideText:
    """Turns the pieces of one file into UTF-8.

    Args:
        encoding: utf-16-le, utf-16-be, utf-32-le or utf-32-be.
    """

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("phimill.no_text")
        self._size = 2 if encoding.startswith("utf-16") else 4
        self._numbers = np.dtype(f"{'<' if encoding.endswith('le') else '>'}u{self._size}")
        self._end = "\n".encode(encoding)
        lanes = range(self._size)
        self._lanes = lanes[::-1] if encoding.endswith("le") else lanes  # of a character's bytes, the highest first
        self._held = b""  # from the beginning of a character on

    def feed(self, piece: bytes) -> bytes:
        """Returns what a piece adds; what may be a line's end that stands wrong waits until more is known."""
        self._held += piece
        return self._read(is_all=False)

    def end(self) -> bytes:
        """Returns the rest; then the file may begin anew."""
        found = self._read(is_all=True) + as_utf8(self._decoder.decode(self._held, final=True))
        self._held = b""
        self._decoder.reset()
        return found

    def _read(self, is_all: bool) -> bytes:
        """Returns the text of what is held, as far as it is sure how it is to be read."""
        found, start = "", 0
        stop = len(self._held) if is_all else len(self._held) - self._begun_end()
        for end in self._ends_within():
            behind = end + self._size
            if end < start or not (end - start) % self._size:
                continue
            if not is_all and len(self._held) - behind < _LOOK_BYTES:
                stop = end
                break
            if self._begins_anew(start, behind):
                found += self._decoder.decode(self._held[start:end]) + NO_TEXT + "\n"
                self._decoder.reset()  # of half a character, the other half is lost
                start = behind
        stop = start + max(0, stop - start) // self._size * self._size
        found += self._decoder.decode(self._held[start:stop])
        self._held = self._held[stop:]
        return as_utf8(found)

    def _ends_within(self) -> list[int]:
        """Returns where lines may end within what would be a character."""
        found: list[int] = []
        for first in range(self._size):
            number = (len(self._held) - first) // self._size
            if number > 0:
                ends = np.frombuffer(self._held, self._numbers, number, first) == ord("\n")
                found += (first + self._size * np.flatnonzero(ends)).tolist()
        return sorted(found)

    def _begun_end(self) -> int:
        """Returns how many of the last bytes may be the first ones of a line's end that stands wrong."""
        within = range(self._size - 1, 0, -1)
        return next((n for n in within if len(self._held) % self._size != n and self._held.endswith(self._end[:n])), 0)

    def _begins_anew(self, start: int, behind: int) -> bool:
        """Returns whether what stands behind a line's end reads more like text if characters begin right there.

        The higher of a character's bytes have fewer values than the lower ones, if there are some characters.
        """
        if len(self._held) - behind < _LEAST_CHARACTERS * self._size:
            return False
        usual = behind + (start - behind) % self._size
        return self._likeness(behind) > self._likeness(usual)

    def _likeness(self, start: int) -> tuple[int, ...]:
        content = self._held[start : start + _LOOK_BYTES]
        lanes = [content[lane : len(content) // self._size * self._size : self._size] for lane in self._lanes]
        return tuple(-len({*lane}) for lane in lanes)
