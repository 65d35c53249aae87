"""Braces of a style sheet: where they stand, and how deep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Braces(NamedTuple):
    """Braces of a style sheet, in order.

    Attributes:
        places: where they stand.
        opens: whether they open a block.
        depths: how many blocks are open after each.
    """

    places: npt.NDArray[np.int64]
    opens: npt.NDArray[np.bool_]
    depths: npt.NDArray[np.int64]

    def around(self, places: Sequence[int]) -> list[tuple[int, int, int]]:
        """Returns for each place how deep it is, and where the last brace and the one before it stand.

        A last brace that closes a block counts as -1, as one that is not there does.
        """
        found = []
        for last in (self.places.searchsorted(places) - 1).tolist():
            if last < 0:
                found.append((0, -1, -1))
                continue
            opening = self.places.item(last) if self.opens.item(last) else -1
            found.append((self.depths.item(last), opening, self.places.item(last - 1) if last else -1))
        return found

    def opened_twice(self) -> list[tuple[int, int]]:
        """Returns where braces stand after which another opens before any closes, each after the one before it."""
        found = (self.opens[:-1] & self.opens[1:]).nonzero()[0].tolist()
        return [(self.places.item(number - 1) if number else -1, self.places.item(number)) for number in found]


def braces_of(sheet: bytes) -> Braces:
    """Returns a sheet's braces."""
    codes = np.frombuffer(sheet, dtype=np.uint8)
    places = ((codes == ord("{")) | (codes == ord("}"))).nonzero()[0]
    opens = codes[places] == ord("{")
    return Braces(places, opens, (2 * opens.view(np.int8) - 1).cumsum(dtype=np.int64))
