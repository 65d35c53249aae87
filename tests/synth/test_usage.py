from __future__ import annotations

import pytest

from synth.parsing import Reply
from synth.usage import MOST_TOKENS, told

SIZE, LONGEST = 100, 50


@pytest.mark.parametrize(
    ("usage", "charged", "overrun"),
    [
        (None, None, 1.0),
        ((40, 20), (40, 20), 1.0),
        ((100, 50), (100, 50), 1.0),
        ((101, 50), (101, 50), 1.01),
        ((40, 200), (40, 200), 4.0),
        ((0, 20), None, 1.0),
        ((40, 0), None, 1.0),
        ((1, MOST_TOKENS - 1), (1, MOST_TOKENS - 1), (MOST_TOKENS - 1) / LONGEST),
        ((1, MOST_TOKENS), None, 1.0),
    ],
)
def test_what_a_server_tells_is_charged_unless_no_call_can_have_taken_it(
    usage: tuple[int, int] | None, charged: tuple[int, int] | None, overrun: float
) -> None:
    found = told(Reply(content="{}", usage=usage), SIZE, LONGEST)
    assert (found.usage, found.overrun) == (charged, pytest.approx(overrun))
    assert bool(found.note) == (found.usage is None or overrun > 1)
