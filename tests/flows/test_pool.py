from __future__ import annotations

import concurrent.futures
import errno
from typing import Any, NoReturn

import pytest

from flows.pool import Pool


@pytest.mark.parametrize("failure", [OSError(errno.EROFS, "Read-only file system"), NotImplementedError("no sem_open")])
def test_without_locks_for_workers_one_process_does_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: Exception
) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise failure

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", refuse)
    told: list[int] = []
    with Pool(4) as pool:
        assert pool.run(max, [(1, 2), (5, 4), (3, 3)], told.append) == [2, 5, 3]
        assert pool.run(min, [(1, 2), (5, 4)]) == [1, 4]
    assert told == [1, 2, 3]
    assert capsys.readouterr().err.count("no worker processes here") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_calls_that_do_several_parts_count_as_so_many(workers: int) -> None:
    told: list[int] = []
    with Pool(workers) as pool:
        sums = pool.run(sum, [([1, 2],), ([3],), ([4, 5, 6],)], told.append, lambda values: len(values[0]))
    assert sums == [3, 3, 15]
    assert (told[-1], len(told), told == sorted(told)) == (6, 3, True)
