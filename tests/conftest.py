"""The order of the tests: files that take longest come first, so that no worker begins one when the others are done."""

from __future__ import annotations

import pytest

LONGEST = ("test_prefect.py", "test_kills.py", "test_own_filters.py", "test_e2e_dev.py", "test_bench_survival.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the longest files to the front; within a file, and among the others, the order stays."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
