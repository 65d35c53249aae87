from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import synth
from data.errors import UsageError
from synth import Verdict, verify
from synth.sandbox import tiers
from synth.sandbox.launch import Nursery
from synth.sandbox.program import Limits, Outcome, Program
from synth.sandbox.tiers import usable_tier
from synth.verification import MAX_BYTES

SHARED = Path(__file__).parents[2] / "../shared"
ADD = "def add(a, b):\n    return a + b\n"


@pytest.fixture(params=["landlock", "bubblewrap"])
def tier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if usable_tier(request.param) is None:
        pytest.skip(f"the tier {request.param} is missing here, or its canaries do not pass")
    monkeypatch.setenv(tiers.VARIABLE, request.param)
    return str(request.param)


def reason(solution: str, tests: str, timeout_s: float = 5.0) -> str:
    verdict = verify(solution, tests, timeout_s)
    assert verdict.passed == (verdict.reason == "")
    return verdict.reason


def test_a_right_solution_passes_and_says_how(tier: str) -> None:
    assert verify(ADD, "assert add(1, 2) == 3\nassert add('a', 'b') == 'ab'") == Verdict(
        passed=True, reason="", evidence="io_compared", sandbox=tier, tests=2, details=""
    )


def test_a_wrong_solution_fails_and_says_where(tier: str) -> None:
    assert verify("def add(a, b): return a - b", "assert add(1, 0) == 1\nassert add(1, 2) == 3") == Verdict(
        False, "failed_tests", "io_compared", tier, 2, "add(1, 2): expected 3, got -1"
    )


def test_tests_of_another_form_are_weaker_evidence(tier: str) -> None:
    assert verify(ADD, "assert add(1, 2) > 2\nassert add(1, 2) == 3") == Verdict(True, "", "self_asserted", tier, 2)
    failed = verify(ADD, "assert add(1, 2) > 3")
    assert (failed.reason, failed.evidence) == ("failed_tests", "self_asserted")


@pytest.mark.parametrize(
    ("solution", "tests"),
    [
        ("def f(): return 1", "assert f() == True"),
        ("def f(): return True", "assert f() == 1"),
        ("def f(): return 2.0", "assert f() == 2"),
        ("def f(): return (1, 2)", "assert f() == [1, 2]"),
        ("from collections import Counter\ndef f(): return Counter('aa')", "assert f() == {'a': 2}"),
        ("class S(str): pass\ndef f(): return S('x')", "assert f() == 'x'"),
        ("class A:\n    def __eq__(self, other): return True\ndef f(): return A()", "assert f() == 7"),
        ("class A:\n    def __eq__(self, other): return True\ndef f(): return [A()]", "assert f() == [7]"),
        ("class A(int):\n    def __eq__(self, other): return True\ndef f(): return A()", "assert f() == 7"),
        ("class A:\n    __class__ = int\ndef f(): return A()", "assert f() == 7"),
    ],
)
@pytest.mark.usefixtures("tier")
def test_types_are_compared_too(solution: str, tests: str) -> None:
    assert reason(solution, tests) == "wrong_type"


FORGERIES = {
    "leaves with success": "def f(): raise SystemExit(0)",
    "leaves at load": "raise SystemExit(0)",
    "leaves at once": "def f():\n    import os\n    os._exit(0)",
    "patches the comparison": "import builtins\nbuiltins.AssertionError = ValueError\ndef f(): return 1",
    "patches len, repr and sorted": "__builtins__.update(len=lambda x: 42, repr=lambda x: '42')\ndef f(): return 1",
    "patches json": "import json\njson.dumps = lambda *a, **k: '42'\ndef f(): return 1",
    "walks the frames": (
        "import sys\ndef f():\n    frame = sys._getframe()\n"
        "    while frame: frame.f_locals.clear(); frame = frame.f_back"
    ),
    "writes reports": (
        "import os\ndef f():\n    for n in range(3, 64):\n        try: os.write(n, b'[\"done\"]\\n')\n"
        "        except OSError: pass\n    os._exit(0)"
    ),
    "writes guesses": (
        "import os\ndef f():\n    for n in range(3, 64):\n"
        '        try: os.write(n, b\'["value",1,["i","1"]]\\n["done"]\\n\')\n'
        "        except OSError: pass\n    os._exit(0)"
    ),
    "swallows everything": (
        "class A:\n    def __getattr__(self, n): return self\n    def __call__(self, *a): return self\nf = A()"
    ),
    "leaves a thread": (
        "import threading, time\ndef f():\n    threading.Thread(target=time.sleep, args=(99,)).start()\n    return 1"
    ),
    "prints reports": 'def f():\n    print(\'["value",1,["i","2a"]]\\n["done"]\', flush=True)\n    return 1',
    "patches eval": "import builtins\nbuiltins.eval = builtins.compile = lambda *a, **k: 41\ndef f(): return 1",
    "replaces its own module": (
        "import sys, types\nsys.modules['solution'] = types.SimpleNamespace(f=lambda: 41)\ndef f(): return 1"
    ),
    "rewrites the runner": (
        'import sys\ndef claim(*a): return \'["i","29"]\'\nframe = sys._getframe()\nwhile frame:\n'
        "    frame.f_globals.update(encode=claim)\n    frame = frame.f_back\ndef f(): return 1"
    ),
    "registers an exit handler": "import atexit\ndef f():\n    atexit.register(print, 42)\n    return 1",
    "raises the assertion itself": "def f(): raise AssertionError(42)",
    "returns a generator": "def f(): yield 42",
    "returns what it is given": "def f(): return f",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_no_verdict_is_forged(tier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.trials.find_unsafe", lambda tree: "")  # the judge alone must hold
    verdict = verify(FORGERIES[name], "assert f() == 42")
    assert not verdict.passed
    assert verdict.reason in ("failed_tests", "wrong_type", "raises", "unsafe_code"), verdict


@pytest.mark.usefixtures("tier")
def test_the_child_never_sees_what_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.trials.find_unsafe", lambda tree: "")
    solution = (
        "import sys\ndef f():\n    seen, frame = [], sys._getframe()\n    while frame:\n"
        "        seen.append(repr(frame.f_locals) + repr(frame.f_globals)); frame = frame.f_back\n"
        "    return '987' + '654' in str(seen)"
    )
    assert (
        reason(solution, "x = 1\nassert f() == False\nassert 987654 == 987654\nassert abs(0) == 987654")
        == "failed_tests"
    )
    assert reason(solution, "assert f() == False") == ""


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        ("def f(): return list({'a', 'b', 'c', 'd', 'e'})", "nondeterministic"),
        ("def f(): return sorted({'a', 'b', 'c'})", "failed_tests"),
        ("import random\ndef f(): return random.random()", "nondeterministic"),
        ("import random\ndef f(): return random.Random(1).random()", "failed_tests"),
        ("def f(): return 1 / (hash('b') % 2)", "nondeterministic"),
        ("import time\ndef f(): return time.perf_counter_ns()", "nondeterministic"),
        ("def f(): return 1 / 0", "raises"),
        ("def f(): return float('nan')", "failed_tests"),
        ("import numpy", "raises"),
        ("def f(): return f()", "raises"),
        ("def f(): return bytearray(1 << 30)", "raises"),
        ("def f(): return 'x' * 3_000_000", "output_too_large"),
        ("def f():\n    while True: print('x' * 9999)", "output_too_large"),
        ("return 1", "syntax_error"),
        ("def f(): (yield)\nawait f()", "syntax_error"),
        ("getattr(print, '__se' + 'lf__').open('x')", "unsafe_code"),
    ],
)
@pytest.mark.usefixtures("tier")
def test_the_reason_names_the_fault(solution: str, expected: str) -> None:
    assert reason(solution, "assert f() == 42") == expected


@pytest.mark.parametrize(
    ("solution", "tests", "expected"),
    [
        ("def f(:", "assert f() == 1", "syntax_error"),
        (ADD, "assert add(1, 2 == 3", "syntax_error"),
        ("x = '\x00'", "assert f() == 1", "syntax_error"),
        ("x = '\ud800'", "assert f() == 1", "syntax_error"),
        (ADD, "", "no_tests"),
        (ADD, "add(1, 2)", "no_tests"),
        (ADD, "assert True", "no_tests"),
        (ADD, "assert 1 == 1", "no_tests"),
        ("import os\nos.system('x')", "assert True", "unsafe_code"),
        (ADD, "import subprocess\nassert add(1, 2) == 3", "unsafe_code"),
        ("x = 1\n" * MAX_BYTES, "assert f() == 1", "too_large"),
        (ADD, "assert add(1, 2) == 3\n" * 9000, "too_large"),
        ("é" * (MAX_BYTES // 2 + 1), "assert f() == 1", "too_large"),
        ("x = " + "-" * 90_000 + "1", "assert f() == 1", "too_deep"),
        ("x = " + "1+" * 40_000 + "1", "assert f() == 1", "too_deep"),
        ("x = a" + ".a" * 40_000, "assert f() == 1", "too_deep"),
        (ADD, "assert add(1, 2) == " + "-" * 50_000 + "1", "too_deep"),
        (ADD, "assert add(1, 2) == " + "[" * 150 + "]" * 150, "failed_tests"),
        ("x = " + "(" * 50_000, "assert f() == 1", "syntax_error"),
    ],
)
def test_faults_that_need_no_run_are_named(solution: str, tests: str, expected: str) -> None:
    verdict = verify(solution, tests)
    assert verdict.reason == expected, verdict
    if expected != "failed_tests":
        assert (verdict.evidence, verdict.sandbox, verdict.passed) == ("none", "none", False)


@pytest.mark.parametrize(
    "trick",
    [
        "assert True; double = lambda n: 2 * n",
        "def double(n): return 2 * n",
        "from operator import index as double",
        "(double := abs)",
        "globals()['double'] = abs",
        "double.__call__ = abs",
        "setattr(double, 'x', abs)",
        "for double in [abs]: pass",
    ],
)
def test_tests_that_replace_what_they_test_are_none(trick: str) -> None:
    verdict = verify("def double(n): return 3 * n", f"{trick}\nassert double(2) == 4")
    assert (verdict.passed, verdict.reason, verdict.sandbox) == (False, "no_tests", "none")


def test_tests_may_use_names_of_their_own(tier: str) -> None:
    tests = "values = [1, 2]\ntotal = add(*values)\nassert total == 3\nassert vars(add) == {}"
    assert reason(ADD, tests) == ""


def test_text_just_below_the_length_limit_is_read() -> None:
    padding = "#" * (MAX_BYTES - len(ADD))
    assert verify(ADD + padding, "assert True").reason == "no_tests"
    assert verify(ADD + padding + "#", "assert True").reason == "too_large"


@pytest.mark.parametrize(
    "tests",
    [
        "def test_add():\n    assert add(1, 2) > 2",
        "def check(c):\n    for x in range(3):\n        assert c(x, x) == 2 * x\ncheck(add)",
        "assert add(1, 2) in (3,)\nassert not add(0, 0)",
        "try:\n    add(1, '')\n    raise ValueError\nexcept TypeError:\n    assert add(0, 1)",
    ],
)
@pytest.mark.usefixtures("tier")
def test_scripts_pass_by_the_childs_word(tests: str) -> None:
    verdict = verify(ADD, tests)
    assert (verdict.passed, verdict.evidence) == (True, "self_asserted"), verdict


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ("if add(1, 2) == 4:\n    assert add(1, 2)", "no_tests"),
        ("def helper():\n    assert add(1, 2)", "no_tests"),
        ("assert add(1, 2) != 3", "failed_tests"),
        ("assert add(1, '') != 3", "raises"),
        ("assert add(1, 2)\nraise SystemExit(0)", "raises"),
        ("assert add(1, 2)\nassert False", "failed_tests"),
        ("assert hash('a') % 3 != hash('b') % 2 + hash('c') % 2", None),
    ],
)
@pytest.mark.usefixtures("tier")
def test_scripts_that_do_not_hold_fail(tests: str, expected: str | None) -> None:
    verdict = verify(ADD, tests)
    if expected is not None:
        assert (verdict.passed, verdict.reason) == (False, expected), verdict


def test_an_endless_program_times_out_once_its_processor_time_is_used(tier: str) -> None:
    started = time.monotonic()
    assert reason("def f():\n    while True: pass", "assert f() == 1", 0.5) == "timeout"
    assert time.monotonic() - started < 100  # 1 s where nothing else runs


def test_a_program_that_the_clock_stopped_while_computing_is_run_again_alone(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks: list[float] = []

    honest = Nursery.run

    def busy_at_first(nursery: Nursery, program: Program, limits: Limits) -> Outcome:
        clocks.append(limits.wall_s)
        return Outcome("timeout", was_busy=True) if len(clocks) == 1 else honest(nursery, program, limits)

    monkeypatch.setattr(Nursery, "run", busy_at_first)
    assert verify(ADD, "assert add(1, 2) == 3", 2.0).passed
    assert clocks == [6.0, 12.0, 6.0]


def test_without_a_sandbox_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tiers.VARIABLE, "none")
    verdict = verify(ADD, "assert add(1, 2) == 3")
    assert verdict == Verdict(False, "unverified", "none", "none", 0, verdict.details)
    assert verdict.details


@pytest.mark.usefixtures("tier")
def test_details_are_short_and_safe_to_print() -> None:
    verdict = verify("def f(): raise ValueError('\\x1b[31m' + 'é' * 9999)", "assert f() == 1")
    assert verdict.details.startswith("value: ValueError: \\x1b[31m\\xe9")
    assert len(verdict.details) <= 300
    assert verdict.details.isascii()
    assert verdict.details.isprintable()


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf")])
def test_a_timeout_must_be_a_number_of_seconds(timeout_s: float) -> None:
    with pytest.raises(UsageError, match="timeout_s"):
        verify(ADD, "assert add(1, 2) == 3", timeout_s)


def test_verdicts_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        verify(ADD, "").passed = True  # type: ignore[misc]


def test_the_package_exports_lazily() -> None:
    code = "import sys, synth; print('synth.verification' in sys.modules); synth.verify; print(callable(synth.verify))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
    with pytest.raises(AttributeError, match="no attribute 'verifi'"):
        _ = synth.verifi


def test_the_hostile_teacher_reply_is_unsafe_and_never_runs() -> None:
    path = SHARED / "badinputs/t10_hostile_code/response.json"
    if not path.exists():
        pytest.skip("shared/badinputs is not beside this repository")
    reply = json.loads(path.read_text("utf-8"))
    exercise = json.loads(reply["choices"][0]["message"]["content"])
    assert verify(exercise["solution"], "\n".join(exercise["tests"])).reason == "unsafe_code"
    assert not Path("/tmp/pwned_52e6b4").exists()


@pytest.mark.usefixtures("tier")
def test_the_hostile_teacher_reply_is_contained_when_it_does_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.trials.find_unsafe", lambda tree: "")
    solution = (
        "import os,socket\nos.system('touch /tmp/pwned_52e6b4')\n"
        "try: socket.create_connection(('127.0.0.1',80),1)\nexcept OSError: pass\nwhile True: os.fork()"
    )
    assert verify(solution, "assert f() == 1").reason == "unsafe_code"
    assert not Path("/tmp/pwned_52e6b4").exists()
