"""The order of the tests, what their workers share, and Hypothesis: the same texts, however slow the machine.

Files that take longest come first, so that no worker begins one when the others are done. Where nothing is compiled
yet, they do that too, two workers at a time for different kernels; all later ones find it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from data.sample_corpus import write_sample_corpus

# Nothing of a run may depend on chance or the clock; `--hypothesis-profile=explore` looks for new cases.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", derandomize=False, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

#: The files of such a folder go to one worker: each worker that had some would compile what they all need.
TOGETHER = ("tests/data/pages", "tests/filters/probes", "tests/filters/signals")
LONGEST = (
    "tests/flows/test_kills.py",
    "tests/data/pages",
    "tests/flows/test_prefect.py",
    "tests/data/test_sample_corpus.py",
    "tests/filters/probes",
    "tests/filters/signals",
    "tests/flows/test_own_filters.py",
    "tests/flows/test_e2e_dev.py",
    "tests/flows/benches/test_survival.py",
)


def scope(test: str) -> str:
    """Returns what is given to a worker as a whole: a test's file, or the folder that it stands in."""
    file = test.split("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves the longest to the front; within a file, and among the others, the order stays."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(scope(item.nodeid), len(places)))


class Scheduling(LoadFileScheduling):
    """Gives tests to the workers by their scopes."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Takes the place of `--dist loadfile`."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Returns what gives a folder that is made once in a session, also where several workers share the tests."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / f"once-{name}"
        with open(shared / f"once-{name}.lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return made


@pytest.fixture(scope="session")
def sample_corpus(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """Returns the quickstart's corpus; tests that change it copy it first."""
    return once("sample-corpus", lambda folder: write_sample_corpus(folder / "corpus")) / "corpus"


@pytest.fixture
def sample_corpus_at_hand(sample_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets `write_sample_corpus` find its corpus wherever it is called, look it through, and leave it as it is."""

    def find(folder: Path) -> object:
        shutil.copytree(sample_corpus, folder, dirs_exist_ok=True)
        return write_sample_corpus(folder)

    monkeypatch.setattr("data.sample_corpus.write_sample_corpus", find)
