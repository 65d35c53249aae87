from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.explore.ledger import Ledger
from flows.explore.query import Query


def test_programming_languages_are_chosen_by_one_name_however_tables_spell_them(tmp_path: Path) -> None:
    rows = [("code", "Python"), ("code", "python"), ("exercise", "python"), ("code", "cpp"), ("code", "It's"),
            ("web", "cpp"), ("web", "Python"), ("code", "C++"), ("text", None), ("code", "")]  # fmt: skip
    kinds, languages = (list(column) for column in zip(*rows, strict=True))
    table = pa.table({"id": [*map(str, range(10))], "kind": kinds, "language": languages, "tokens": [1] * 10})
    pq.write_table(table, tmp_path / "ledger.parquet")
    published: Any = SimpleNamespace(ledger_files=[tmp_path / "ledger.parquet"], signals={}, rows=lambda: 10)
    ledger = Ledger(published)
    assert ledger.facets("language") == [("python", 3), ("c++", 2), ("Python", 1), ("cpp", 1), ("it's", 1)]
    found = {name: ledger.rows(Query(language=name), {}).tolist() for name in ("python", "Python", "c++", "cpp", "x")}
    assert found == {"python": [0, 1, 2], "Python": [6], "c++": [3, 7], "cpp": [5], "x": []}
