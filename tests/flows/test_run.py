from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.run import LEAST_TOGETHER_BYTES, MOST_TOGETHER_BYTES, PartCall, put_together

LEAST, MOST = LEAST_TOGETHER_BYTES, MOST_TOGETHER_BYTES


@pytest.mark.parametrize(
    ("sizes", "workers", "expected"),
    [
        ([300, 0, 500], 2, [[300, 0, 500]]),  # less than what is worth a call of its own
        ([LEAST // 2] * 5, 1, [[LEAST // 2] * 5]),
        ([LEAST] * 6, 3, [[LEAST] * 2] * 3),  # a share for each worker
        ([LEAST, LEAST + 1], 2, [[LEAST], [LEAST + 1]]),
        ([MOST + 1, 1, 2, MOST, 3], 1, [[MOST + 1], [1, 2], [MOST], [3]]),  # large ones alone
        ([MOST // 2] * 5, 1, [[MOST // 2] * 2, [MOST // 2] * 2, [MOST // 2]]),
    ],
)
def test_small_parts_are_done_together_and_large_ones_alone(
    sizes: list[int], workers: int, expected: list[list[int]], tmp_path: Path
) -> None:
    calls: list[PartCall] = []
    for number, size in enumerate(sizes):
        path = tmp_path / str(number)
        path.touch()
        with path.open("r+b") as file:
            file.truncate(size)
        part: dict[str, Any] = {"files": {"ingest": str(path), "extract": "none"}}
        calls.append((part, f"target-{number}", {}))
    groups = put_together(calls, "ingest", workers)
    assert [call for group in groups for call in group] == calls
    assert [[Path(part["files"]["ingest"]).stat().st_size for part, _, _ in group] for group in groups] == expected
