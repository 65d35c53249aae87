"""A run over hostile documents, made once, and a browser's stand-in inside its explorer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from flows.explore.app import Explorer, make_app
from flows.explore.guard import Session
from flows.progress import Silent
from flows.road import Request, drive

_spec = importlib.util.spec_from_file_location("hostile_run", Path(__file__).with_name("hostile_run.py"))
assert _spec is not None
assert _spec.loader is not None
made: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

PORT = 8123


def _run(folder: Path) -> None:
    recipe = made.write_hostile_corpus(folder)
    drive(Request(str(recipe), str(folder / "out"), (), 1), Silent())


@pytest.fixture(scope="session")
def hostile(once: Callable[[str, Callable[[Path], object]], Path]) -> tuple[Path, Path]:
    """Returns a recipe over hostile documents, and what a run of it published; tests leave both as they are."""
    folder = once("hostile", _run)
    return folder / "hostile.yaml", folder / "out"


@pytest.fixture
def explorer(hostile: tuple[Path, Path], tmp_path: Path) -> Explorer:
    return Explorer(hostile[1], labels=tmp_path / "labels.jsonl")


@pytest.fixture
def session() -> Session:
    return Session.new(PORT)


@pytest.fixture
def client(explorer: Explorer, session: Session) -> Iterator[TestClient]:
    """Yields a browser's stand-in that came in by the link."""
    with TestClient(make_app(explorer, session), base_url=f"http://127.0.0.1:{PORT}") as one:
        assert one.get(session.link).status_code == 200
        yield one
