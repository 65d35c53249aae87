from __future__ import annotations

import pyarrow as pa

from flows.report.survey import _canonical


def test_a_language_that_tables_write_otherwise_is_counted_as_one() -> None:
    given = pa.chunked_array([["Python", "python"], ["Protocol Buffer", "C++", "unknown", "cpp"]])
    assert _canonical(given).to_pylist() == ["python", "python", "protobuf", "c++", "unknown", "c++"]
