"""What the tests of pages share."""

from __future__ import annotations

import pytest

from data.pages import reading


@pytest.fixture(params=["the readable reader", "compiled code"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has every page read by one of the two ways."""
    scanner = reading.load() if request.param == "compiled code" else None
    monkeypatch.setattr(reading._State, "scanner", scanner)
    monkeypatch.setattr(reading, "PAGES_BEFORE", 10**9)  # it stays at that
