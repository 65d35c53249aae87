"""Hostile programs against every tier that this machine has, and what is left after them."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from synth.sandbox import canaries, landlock, launch
from synth.sandbox.program import Limits, Outcome, Program, Tier
from synth.sandbox.tiers import usable_tier

REPOSITORY = Path(__file__).parents[2]
LIMITS = Limits(cpu_s=2, wall_s=10)


@pytest.fixture(params=["landlock", "bubblewrap"])
def tier(request: pytest.FixtureRequest) -> Tier:
    found = usable_tier(request.param)
    if found is None:
        pytest.skip(f"the tier {request.param} is missing here, or its canaries do not pass")
    return found


def attack(python: str, repository: Path, tier: Tier, *kinds: str, user: int | None = None) -> dict[str, Any]:
    """Runs every hostile program from another interpreter, as another user."""
    identity: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run(
        [python, "-P", "-B", str(repository / "tests/synth/hostile_run.py"), tier.name, *kinds],
        env={"PYTHONPATH": str(repository), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        **identity,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def run(tier: Tier, solution: str, *values: str, limits: Limits = LIMITS) -> Outcome:
    steps = (("solution", solution), *(("value", value) for value in values))
    return launch.run(tier, Program(steps), limits)  # type: ignore[arg-type]


@pytest.mark.slow
def test_no_hostile_program_gets_out_or_leaves_anything(tier: Tier) -> None:
    report = attack(sys.executable, REPOSITORY, tier, "escapes", "endless")
    assert report["programs"] >= 90
    assert report["wrong"] == {}
    assert report["left"] == ["sleep"] or report["left"] == []


@pytest.fixture(scope="module")
def system_python() -> Iterator[tuple[str, Path]]:
    """An interpreter that every user may start, and a copy of what it needs from here."""
    python = shutil.which("python3", path="/usr/bin")
    version = python and subprocess.run([python, "-c", "import sys; print(sys.version_info >= (3, 11))"],
                                        capture_output=True, text=True).stdout  # fmt: skip
    if python is None or version != "True\n":
        pytest.skip("no Python >= 3.11 in /usr/bin")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(
            REPOSITORY / "synth/sandbox", copy / "synth/sandbox", ignore=shutil.ignore_patterns("__pycache__")
        )
        for name in ("synth/__init__.py", "data/__init__.py", "data/errors.py"):
            (copy / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPOSITORY / name, copy / name)
        (copy / "tests/synth").mkdir(parents=True)
        for name in ("hostile_run.py", "hostile.toml"):
            shutil.copy(Path(__file__).with_name(name), copy / "tests/synth" / name)
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755)
        yield python, copy


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can become another user")
@pytest.mark.parametrize("user", [None, 65534], ids=["root", "nobody"])
def test_no_hostile_program_gets_out_for_other_users(
    tier: Tier, user: int | None, system_python: tuple[str, Path]
) -> None:
    report = attack(*system_python, tier, "escapes", user=user)
    assert report["programs"] >= 80
    assert report["wrong"] == {}
    # A superuser hands programs to nobody if nobody can start the interpreter.
    assert report["user"] == (65534 if user is None else None)


def test_canaries_get_out_where_there_are_no_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_everything = {"landlock": None, "filter": b"\x06\0\0\0\0\0\xff\x7f", "placeholder": 1, "roots": ()}
    monkeypatch.setattr(launch, "_walls", lambda: allow_everything)
    failed = canaries.failures(Tier("none"))
    assert {"read a file", "write a file", "connect over TCP", "fork", "start a program", "signal the parent"} <= {
        *failed
    }
    assert "write a file, seen from outside" in failed
    assert "honest" not in failed


def test_the_filter_alone_holds_what_an_old_landlock_does_not_know(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    old = landlock.rules(launch._walls()["roots"], version=1)
    monkeypatch.setattr(launch, "_walls", lambda walls=launch._walls(): {**walls, "landlock": old})  # noqa: B008
    assert canaries.failures(tier) == []


def test_a_tier_whose_walls_cannot_be_built_runs_nothing(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_walls", lambda walls=launch._walls(): {**walls, "filter": b"\xff" * 8})  # noqa: B008
    outcome = run(tier, "print('ran')", "1")
    assert outcome.ended == "unconfined"
    assert outcome.reports == []
    assert b"ran\n" not in outcome.output


HONEST = {
    "asyncio": ("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 1", "asyncio.run(f())"),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\ndef f():\n    with ThreadPoolExecutor(8) as pool:\n"
        "        return sum(pool.map(int, '0100'))",
        "f()",
    ),
    "math": ("import math\nfrom fractions import Fraction\nfrom decimal import Decimal", "math.gcd(2, 3)"),
    "dataclasses": (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass(order=True)\nclass A:\n"
        "    x: int = 1",
        "A().x",
    ),
    "re": ("import re, string, textwrap", "len(re.findall('a+', 'baac'))"),
    "json": ("import json", "json.loads('{\"a\": 1}')['a']"),
    "random": ("import random\nrandom.seed(7)", "random.Random(1).randint(1, 1)"),
    "datetime": ("import datetime, calendar, time, zoneinfo", "datetime.date(2024, 2, 29).year - 2023"),
    "functools": ("import functools, itertools, operator\n@functools.cache\ndef f(n): return n", "f(1)"),
    "collections": ("from collections import *\nfrom collections import deque", "len(deque([1]))"),
    "typing": ("import typing, enum, abc, contextlib, copy, heapq, bisect", "typing.cast(int, 1)"),
    "hashlib": ("import hashlib, base64, uuid, secrets", "len(hashlib.sha256(b'').digest()) - 31"),
    "sqlite": ("import sqlite3", "sqlite3.connect(':memory:').execute('select 1').fetchone()[0]"),
    "unittest": ("import unittest, logging, io, csv", "len(list(csv.reader(io.StringIO('a,b'))))"),
    "statistics": ("import statistics, struct, pprint", "statistics.mean([1, 1])"),
    "recursion": ("def f(n): return f(n - 1) if n else 1", "f(900)"),
    "memory": ("x = [0] * 5_000_000", "len(x) // 5_000_000"),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_run(tier: Tier, name: str) -> None:
    outcome = run(tier, *HONEST[name])
    assert outcome.reports == [["value", 1, ["i", "1"]], ["done"]], (outcome, name)


def test_the_child_sees_nothing_of_the_parents_environment(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIMILL_TEST_SECRET", "x")
    assert run(tier, "import os", "len(os.environ)").reports[0] == ["value", 1, ["i", "0"]]


@pytest.mark.parametrize(
    "solution",
    [
        "open('/etc/passwd')",
        "open('x', 'w')",
        "__builtins__['op' + 'en']('/etc/passwd')",
        "import os\nos.system('true')",
        "import socket\nsocket.create_connection(('127.0.0.1', 9))",
        "import subprocess\nsubprocess.run(['true'])",
        "import ctypes",
        "import os\ntry:\n    os.fork()\nexcept OSError:\n    pass",
        "import gc\ngc.get_objects()",
        "import sys\nsys.settrace(None)",
    ],
)
def test_reaching_for_the_machine_ends_a_watched_program(tier: Tier, solution: str) -> None:
    outcome = run(tier, solution, "1")
    assert [report[0] for report in outcome.reports] == ["unsafe"], outcome


def test_endless_programs_end_at_their_processor_time(tier: Tier) -> None:
    started = time.monotonic()
    outcome = run(tier, "while True: pass", limits=Limits(cpu_s=1, wall_s=300))
    assert outcome.ended == "timeout"
    assert time.monotonic() - started < 100  # 1 s where nothing else runs


def test_waiting_programs_end_at_the_clock_and_are_not_called_busy(tier: Tier) -> None:
    outcome = run(tier, "import time\ntime.sleep(100)", limits=Limits(cpu_s=5, wall_s=0.7))
    assert (outcome.ended, outcome.was_busy) == ("timeout", False)
    outcome = run(tier, "while True: pass", limits=Limits(cpu_s=5, wall_s=0.7))
    assert (outcome.ended, outcome.was_busy) == ("timeout", True)


def test_output_and_results_are_capped(tier: Tier) -> None:
    assert run(tier, "while True: print('x' * 9999)").ended == "output_too_large"
    assert run(tier, "", "'x' * 3_000_000").reports == [["large", 1]]
    assert run(tier, "", "'x' * 100_000").reports[-1] == ["done"]
    flood = (
        "import os\nwhile True:\n    for n in range(3, 64):\n"
        "        try: os.write(n, b'x' * 60000)\n        except OSError: pass"
    )
    assert run(tier, flood).ended == "output_too_large"


def test_a_crowd_of_threads_is_ended(tier: Tier) -> None:
    solution = "import threading, time\nthreading.stack_size(32768)\nfor _ in range(20000):\n" \
               "    threading.Thread(target=time.sleep, args=(99,)).start()"  # fmt: skip
    assert run(tier, solution).ended == "too_many_threads"


def test_programs_with_long_texts_reach_the_child_whole(tier: Tier) -> None:
    assert run(tier, f"x = {'a' * 300_000!r}", "len(x)").reports[0] == ["value", 1, ["i", f"{300_000:x}"]]


def test_many_runs_at_once_do_not_disturb_each_other(tier: Tier) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: run(tier, f"x = {n}", "x"), range(24)))
    assert [outcome.reports[0][2] for outcome in outcomes] == [["i", f"{n:x}"] for n in range(24)]


def test_nothing_is_left_of_a_run(tier: Tier) -> None:
    gc.collect()  # what other tests forgot to close
    descriptors, children = len(os.listdir("/proc/self/fd")), children_of_this_process()
    run(tier, "import time\ntime.sleep(100)", limits=Limits(cpu_s=5, wall_s=0.5))
    run(tier, "1")
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert children_of_this_process() <= children  # other tests leave a resource tracker, say


def children_of_this_process() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_the_program_dies_with_its_parent(tier: Tier) -> None:
    script = (
        "import sys\nfrom synth.sandbox.launch import run\nfrom synth.sandbox.program import Limits, Program\n"
        "from synth.sandbox.tiers import candidate\nprint('going', flush=True)\n"
        "run(candidate(sys.argv[1]), Program((('solution', 'import time\\ntime.sleep(1000)'),)), Limits(9, 1000.0))"
    )
    parent = subprocess.Popen([sys.executable, "-P", "-c", script, tier.name], stdout=subprocess.PIPE, cwd=REPOSITORY,
                              env={**os.environ, "PYTHONPATH": str(REPOSITORY)})  # fmt: skip
    assert parent.stdout is not None
    parent.stdout.readline()
    family: list[int] = []
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and not (family and len(family) == len(_descendants(parent.pid))):
        family = _descendants(parent.pid)
        time.sleep(0.4)
    assert family
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    while time.monotonic() < deadline and any(map(_is_alive, family)):
        time.sleep(0.05)
    assert not [pid for pid in family if _is_alive(pid)]


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # it has just ended
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
            found += [child, *_descendants(child)]
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
