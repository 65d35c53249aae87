"""What Prefect is told when a run ends: the event of a regression, once for each dataset that has one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

import flows.artifacts as artifacts

MANIFEST: dict[str, Any] = {
    "name": "mine",
    "snapshot": "b",
    "counts": {"stages": [], "reasons": []},
    "drift": {
        "against": "a",
        "beyond": 1,
        "rows": [{"measure": "yield", "name": "feed", "before": 0.9, "after": 0.1, "change": -0.8, "limit": 0.1,
                  "beyond": True}],
    },
}  # fmt: skip


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Returns the events that are raised; the artifacts, which need a server, are tried in test_prefect."""
    raised: list[dict[str, Any]] = []
    for name in ("create_table_artifact", "create_link_artifact", "create_markdown_artifact"):
        monkeypatch.setattr(artifacts, name, lambda *given, **named: None)
    monkeypatch.setattr(artifacts, "create_progress_artifact", lambda *given, **named: None)
    monkeypatch.setattr(artifacts, "closing_words", lambda manifest, out: "")
    monkeypatch.setattr(artifacts, "emit_event", lambda **event: raised.append(event))
    return raised


def test_a_new_dataset_beyond_its_limits_raises_one_event(events: list[dict[str, Any]], tmp_path: Path) -> None:
    showcase = artifacts.Showcase(["publish"], logging.getLogger("test"))
    showcase.finish(MANIFEST, tmp_path, is_new=True)
    assert [event["event"] for event in events] == ["phimill.dataset.regression"]
    assert events[0]["resource"]["prefect.resource.id"] == "phimill.dataset.mine"
    assert [row["name"] for row in events[0]["payload"]["beyond"]] == ["feed"]


def test_a_run_that_found_nothing_to_do_does_not_raise_it_again(events: list[dict[str, Any]], tmp_path: Path) -> None:
    artifacts.Showcase(["publish"], logging.getLogger("test")).finish(MANIFEST, tmp_path, is_new=False)
    assert events == []


def test_a_dataset_within_its_limits_raises_none(events: list[dict[str, Any]], tmp_path: Path) -> None:
    calm = {**MANIFEST, "drift": {**MANIFEST["drift"], "beyond": 0, "rows": []}}
    artifacts.Showcase(["publish"], logging.getLogger("test")).finish(calm, tmp_path, is_new=True)
    artifacts.Showcase(["publish"], logging.getLogger("test")).finish({**MANIFEST, "drift": None}, tmp_path)
    assert events == []
