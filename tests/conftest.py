"""The order of the tests, and how Hypothesis makes texts for them: the same ones each time, however slow the machine.

Files that take longest come first, so that no worker begins one when the others are done.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Nothing of a run may depend on chance or the clock; `--hypothesis-profile=explore` looks for new cases.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", derandomize=False, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

LONGEST = ("test_prefect.py", "test_kills.py", "test_own_filters.py", "test_e2e_dev.py", "test_survival.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the longest files to the front; within a file, and among the others, the order stays."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
