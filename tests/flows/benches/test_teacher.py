from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import PhimillError
from flows.benches.teacher import bench_teacher


@pytest.mark.slow
def test_a_killed_client_never_makes_a_misbehaving_server_charge_more_than_the_cap(tmp_path: Path) -> None:
    found = bench_teacher(300, 3, 32, 0.15, 7, tmp_path)
    assert (found["exit"], found["repeated"]) == (0, 0)
    assert 1 <= found["kills"] <= 3  # a client may end while nobody looks
    assert found["server_usd"] <= found["journal_usd"] <= found["cap_usd"]
    assert found["server_calls"] > 200
    assert {"429", "500", "no_usage"} <= set(found["actions"])
    assert found["attempts"].get("in_doubt", 0) <= 3 * 32
    with pytest.raises(PhimillError, match="already"):
        bench_teacher(1, 0, 1, None, 7, tmp_path)
