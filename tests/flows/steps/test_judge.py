from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import RecipeError
from data.parts import Part
from data.recipe import Source
from flows.steps import judge


def test_records_that_lack_a_given_signal_are_counted_and_named(tmp_path: Path) -> None:
    said: list[str] = []
    source = Source(name="a", kind="jsonl", path="x", signals={"edu": "level", "full": "f"})
    parts = []
    for number, values in enumerate(([1.0, None], [None, None, None])):
        table = pa.table({"edu": pa.array(values, pa.float64()), "full": pa.array([0.0] * len(values))})
        pq.write_table(table, tmp_path / f"{number}.parquet")
        parts.append(Part(f"a/{number}", "a", {}, {"measure": str(tmp_path / f"{number}.parquet")}))
    run: Any = SimpleNamespace(
        recipe=SimpleNamespace(sources=[source]),
        parts=parts,
        progress=SimpleNamespace(say=said.append),
        file=SimpleNamespace(error=lambda place, message: RecipeError(message, key=".".join(map(str, place)))),
    )
    judge._check_given(run)
    assert said == ['  edu           a: 4 of 5 records have no number in "level"; no rule on it judges them']
    run.parts = parts[1:]
    with pytest.raises(RecipeError, match=r"sources\.0\.signals\.edu: no record of a has a number in"):
        judge._check_given(run)
