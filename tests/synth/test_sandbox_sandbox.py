"""Many programs in one sandbox: none can tell, or change, what runs before or after it."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth.sandbox.launch import Nursery
from synth.sandbox.program import Limits, Outcome, Program, Step, calls
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.tiers import usable_tier

LIMITS = Limits(cpu_s=2, wall_s=10)


@pytest.fixture(params=["landlock", "bubblewrap"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    tier = usable_tier(request.param)
    if tier is None:
        pytest.skip(f"the tier {request.param} is missing here, or its canaries do not pass")
    with Sandbox(tier) as opened:
        yield opened


def run(sandbox: Sandbox, solution: str, *values: str, limits: Limits = LIMITS, watch: bool = False) -> Outcome:
    steps: list[Step] = [("solution", solution), *(("value", value) for value in values)]  # type: ignore[list-item]
    return sandbox.run(Program(tuple(steps), watch=watch), limits)


LEFT_BEHIND = {
    "patched builtins": "import builtins\nbuiltins.len = lambda x: 7\nbuiltins.__dict__['sorted'] = None",
    "patched modules": "import json, os, sys\njson.dumps = None\nos.write = lambda *a: 0\nsys.modules['math'] = None",
    "closed descriptors": "import os\nos.closerange(0, 4096)",
    "written descriptors": (
        'import os\nfor n in range(0, 200):\n    try: os.write(n, b\'["value",1,["i","7"]]\\n\')\n'
        "    except OSError: pass"
    ),
    "threads": "import threading, time\nfor _ in range(5): threading.Thread(target=time.sleep, args=(9,)).start()",
    "left at once": "import os\nos._exit(0)",
    "killed itself": "import os\nos.kill(os.getpid(), 9)",
    "killed its parent": "import os\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass",
    "stopped its parent": "import os\ntry: os.kill(os.getppid(), 19)\nexcept OSError: pass",
    "traced its parent": "import ctypes, os\nctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)",
    "limited its parent": "import os, resource\ntry: resource.prlimit(os.getppid(), 7, (0, 0))\nexcept OSError: pass",
    "crashed": "import ctypes\nctypes.string_at(0)",
    "took all memory": "x = []\nwhile True: x.append(bytearray(1 << 20))",
    "left a file": "for p in ('/tmp/x', '/dev/shm/x', 'x'):\n    try: open(p, 'w')\n    except OSError: pass",
}


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_a_program_leaves_nothing_for_the_next(sandbox: Sandbox, name: str) -> None:
    first = run(sandbox, "x = 1", "len([1, 2])")
    assert first.reports == [["value", 1, ["i", "2"]], ["done"]]
    run(sandbox, LEFT_BEHIND[name])
    asked = ("len(sorted([2, 1]))", "json.dumps([math.floor(1.5)])", "threading.active_count()", "os.getppid() > 0")
    after = run(sandbox, "import json, math, os, sys, threading", *asked)
    values = [report[2] for report in after.reports[:-1]]
    assert values == [["i", "2"], ["s", b"[1]".hex()], ["i", "1"], ["b", 1]]
    assert after.reports[-1] == ["done"]


def test_nothing_of_a_program_is_in_the_memory_of_the_next(sandbox: Sandbox) -> None:
    run(sandbox, "secret = 'cafe' + 'babe' * 9")
    looks = "import gc\nfound = [o for o in gc.get_objects() if isinstance(o, dict) and 'secret' in o]"
    assert run(sandbox, looks, "len(found)").reports[0] == ["value", 1, ["i", "0"]]


def test_a_process_is_used_again_and_replaced_when_it_is_spoilt(sandbox: Sandbox) -> None:
    run(sandbox, "")
    (nursery,) = sandbox._idle[0]
    run(sandbox, "")
    assert sandbox._idle[0] == [nursery]
    stuck = run(sandbox, "import time\ntime.sleep(100)", limits=Limits(cpu_s=5, wall_s=0.5))
    assert (stuck.ended, stuck.was_busy) == ("timeout", False)
    assert not nursery.usable
    assert run(sandbox, "", "1").reports[-1] == ["done"]


def test_a_process_that_died_while_it_was_idle_is_replaced(sandbox: Sandbox) -> None:
    run(sandbox, "")
    (nursery,) = sandbox._idle[0]
    os.killpg(nursery._process.pid, signal.SIGKILL)
    nursery._process.wait()
    assert run(sandbox, "", "1").reports[-1] == ["done"]


def test_threads_that_end_do_not_take_processes_with_them(sandbox: Sandbox) -> None:
    thread = threading.Thread(target=run, args=(sandbox, ""))
    thread.start()
    thread.join()
    (nursery,) = sandbox._idle[0]
    assert run(sandbox, "", "1").reports[-1] == ["done"]
    assert sandbox._idle[0] == [nursery]


def test_many_threads_share_it(sandbox: Sandbox) -> None:
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda n: run(sandbox, f"x = {n}", "x"), range(40)))
    assert [outcome.reports[0][2] for outcome in outcomes] == [["i", f"{n:x}"] for n in range(40)]
    assert len(sandbox._idle[0]) <= 6


def test_closing_it_ends_every_process(sandbox: Sandbox) -> None:
    run(sandbox, "")
    pids = [nursery._process.pid for nursery in sandbox._idle[0]]
    sandbox.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_processor_time_can_be_a_part_of_a_second(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "while True: pass", limits=Limits(cpu_s=0.2, wall_s=20))
    assert outcome.ended == "timeout"
    assert outcome.cpu_s < 1.0


def test_calls_go_on_after_exceptions_and_end_after_too_many_slow_ones(sandbox: Sandbox) -> None:
    solution = "def f(n):\n    if n == 1: raise KeyError(n)\n    while n > 5: pass\n    return n"
    step = calls("f", [(0,), (1,), (2,), (9,), (3,), (9,), (4,)], 0.05, patience=2)
    outcome = sandbox.run(Program((("solution", solution), step, ("value", "'after'"))), LIMITS)
    told = [(report[0], *report[1:3]) for report in outcome.reports[:-2]]
    assert told == [
        ("called", 1, 0),
        ("raised", 1, 1),
        ("called", 1, 2),
        ("slow", 1, 3),
        ("called", 1, 4),
        ("slow", 1, 5),
    ]
    assert outcome.reports[-2:] == [["value", 2, ["s", b"after".hex()]], ["done"]]


def test_calls_tell_changed_arguments_from_values_and_read_iterators(sandbox: Sandbox) -> None:
    solution = "def f(x):\n    x.append(1)\ndef g(x):\n    yield from x\ndef h(x):\n    return x"
    steps = (("solution", solution), calls("f", [([],)]), calls("g", [([5],)]), calls("h", [([],)]))
    reports = sandbox.run(Program(steps), LIMITS).reports  # type: ignore[arg-type]
    assert reports[0] == ["changed", 1, 0, ["list", [["list", [["i", "1"]]]]]]
    assert reports[1] == ["items", 2, 0, ["list", [["i", "5"]]]]
    assert reports[2] == ["called", 3, 0, ["list", []]]


def test_fresh_modules_know_nothing_of_each_other_and_may_fail(sandbox: Sandbox) -> None:
    steps = (("fresh", 0.2), ("solution", "x = 1"), ("try", "y"), ("try", "x"), ("fresh", 0.2), ("solution", "1 / 0"),
             ("try", "1"), ("fresh", 0.2), ("solution", "while True: pass"), ("fresh", 0.2), ("try", "x"))  # fmt: skip
    reports = sandbox.run(Program(steps), LIMITS).reports  # type: ignore[arg-type]
    assert [(report[0], *report[1:2]) for report in reports] == [
        ("raised", 2), ("value", 3), ("through", 3), ("raised", 5), ("left", 6), ("slow", 8), ("left", 8),
        ("raised", 10), ("through", 10), ("done",)]  # fmt: skip


def test_of_a_module_that_comes_again_only_what_differs_is_reported_up_to_where_that_is_clear(sandbox: Sandbox) -> None:
    tests: list[Step] = [("try", "f(1)"), ("try", "{f(2)}"), ("try", "f(3)"), calls("f", [(1,), (5,)], whole=True)]
    programs = ["x", "x", "x + (x == 2)", "x + (x > 2)", "1 // (x - 1)"]
    steps: list[Step] = []
    for number, program in enumerate(programs):
        steps += [("again" if number else "fresh", 0.2), ("solution", f"f = lambda x: {program}"), *tests]
    reports = sandbox.run(Program(tuple(steps)), LIMITS).reports
    of_program = [[one for one in reports if len(one) > 1 and one[1] // 6 == number] for number in range(5)]
    found = [[(report[0], report[1] % 6, *report[2:-1]) for report in one] for one in of_program]
    assert [one[0] for one in found[0]] == ["value"] * 3 + ["called"] * 2 + ["through"]
    assert found[1] == [("through", 5)]
    assert found[2] == [("value", 3), ("through", 5)]  # a set may be in another order: that is judged outside
    assert found[3] == [("value", 4), ("left", 5)]
    assert [one[:2] for one in found[4]] == [("raised", 2), ("left", 5)]


def test_a_launch_takes_no_longer_than_it_may(sandbox: Sandbox) -> None:
    """Cold starts stay below 120 ms where nothing else runs; one of twenty on a busy machine below four times that."""
    tier = sandbox.tier
    assert tier is not None
    cold, warm = [9.0], []
    while len(cold) < 6 or (min(cold) > 0.12 * 4 and len(cold) < 21):
        begin = time.perf_counter()
        with Nursery(tier, 1) as nursery:
            nursery.run(Program((("value", "1"),)), LIMITS)
        cold.append(time.perf_counter() - begin)
    for _ in range(20):
        begin = time.perf_counter()
        run(sandbox, "", "1")
        warm.append(time.perf_counter() - begin)
    assert min(cold) < 0.12 * 4
    assert min(warm) < min(cold)
