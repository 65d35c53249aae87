"""The river: bands that begin where their documents enter, whether they flow alone or with others."""

from __future__ import annotations

from collections import Counter

import pytest

from data.schema import STAGES
from flows.report.river import River


@pytest.mark.parametrize("others", [1, 7, 9])
def test_what_a_teacher_writes_enters_where_it_is_written_however_many_sources_there_are(others: int) -> None:
    amounts: Counter[tuple[str, ...]] = Counter()
    for number in range(others):
        amounts["judge", "dropped", f"source-{number}"] = 10
        amounts["", "kept", f"source-{number}"] = 10
    amounts["synthesise", "dropped", "synth/builtin"] = 1
    amounts["", "kept", "synth/builtin"] = 3
    river = River(amounts, STAGES, "documents")
    said = [word["text"] for word in river.words]
    counts = {name: said[said.index(name) + 1] for name in ("judge", "synthesise", "kept")}
    assert counts == {"judge": str(20 * others), "synthesise": str(10 * others + 4), "kept": str(10 * others + 3)}


@pytest.mark.parametrize(("sources", "said"), [(8, "1 further source"), (10, "3 further sources")])
def test_the_sources_without_a_band_are_counted(sources: int, said: str) -> None:
    amounts = Counter({("", "kept", f"source-{number}"): 1 for number in range(sources)})
    assert River(amounts, STAGES, "documents").legend[-1][0] == said
