from __future__ import annotations

from collections.abc import Iterator

import pytest

from synth.examples import Subject, find_subject
from synth.sandbox.sandbox import Sandbox
from synth.strength import Strength, measure_strength, run_each
from synth.trials import read_trial
from synth.trying import try_subject

CLAMP = (
    "def clamp(x: int, low: int, high: int) -> int:\n    if x < low:\n        return low\n"
    "    return high if x > high else x"
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        if opened.tier is None:
            pytest.skip("no sandbox here passes its canaries")
        yield opened


def strength(sandbox: Sandbox, program: str, *tests: str) -> Strength:
    subject = find_subject(program, tests)
    trials = try_subject(program, subject, sandbox)
    return measure_strength(program, read_trial(program, "\n".join(tests)), subject, trials, sandbox)


def test_strong_tests_need_nothing(sandbox: Sandbox) -> None:
    found = strength(
        sandbox, "def double(x: int) -> int:\n    return 2 * x", "assert double(7) == 14", "assert double(-1) == -2"
    )
    assert (found.score, found.final_score, found.added, found.survivors) == (1.0, 1.0, (), 0)
    assert found.mutants == found.killed == found.killable == 4  # 3 * x, 1 * x, 2 + x, None


def test_weak_tests_are_made_strong_by_inputs_that_kill(sandbox: Sandbox) -> None:
    weak = ("assert clamp(5, 0, 10) == 5",)
    found = strength(sandbox, CLAMP, *weak)
    assert found.score is not None
    assert found.score < 1
    assert found.final_score == 1.0
    assert found.added
    again = strength(sandbox, CLAMP, *weak, *found.added)
    assert (again.score, again.added) == (1.0, ())
    assert again.killable == found.killable


def test_mutants_that_no_input_tells_apart_count_for_nothing(sandbox: Sandbox) -> None:
    """x * 1 may as well be x ** 1; and the loop may as well begin at 1."""
    program = (
        "def total(xs: list[int]) -> int:\n    t = 0\n    for i in range(len(xs)):\n        t += xs[i] * 1\n"
        "    return t ** 1"
    )
    found = strength(sandbox, program, "assert total([3, 4]) == 7", "assert total([]) == 0", "assert total([5]) == 5")
    assert found.killable < found.mutants
    assert found.final_score == 1.0


def test_endless_and_crashing_mutants_are_killed_and_spoil_no_others(sandbox: Sandbox) -> None:
    program = (
        "def count(n: int) -> int:\n    steps = 0\n    while n > 1:\n        n = n // 2 if n % 2 == 0 else 3 * n + 1\n"
        "        steps += 1\n        if steps > 500:\n            break\n    return steps"
    )
    found = strength(sandbox, program, "assert count(6) == 8", "assert count(1) == 0")
    assert found.mutants > 15
    assert found.killed >= found.mutants // 2


def test_a_program_that_ends_the_process_is_the_only_one_lost(sandbox: Sandbox) -> None:
    sources = ["def f(x): return x", "import os\ndef f(x): os._exit(0)", "def f(x): return -x", "raise SystemExit",
               "def f(x):\n    while True:\n        try: x += 1\n        except BaseException: pass",
               "def f(x): return 9"]  # fmt: skip
    found = run_each(sources, [("try", "f(1)")], sandbox, 0.05)
    values = [reports[2][0][2][1] if reports and reports.get(2, [[""]])[0][0] == "value" else None for reports in found]
    assert values == ["1", None, "-1", None, None, "9"]


def test_forged_reports_are_not_believed_and_do_no_harm(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.trials.find_unsafe", lambda tree: "")
    forged = [
        b'["value", 2]',
        b'["value"]',
        b'["called", 1, 0, ["i"]]',
        b'["called", 1, "x", {}]',
        b"[]",
        b"null",
        b"{",
    ]
    program = (
        "import os\nfor line in " + repr(forged) + ":\n    os.write(3, line + b'\\n')\n"
        "def f(x: int) -> int:\n    return x + 1"
    )
    found = strength(sandbox, program, "assert f(1) == 2")
    assert found.survivors == 0


def test_a_function_that_nobody_can_make_inputs_for_is_judged_by_its_tests(sandbox: Sandbox) -> None:
    program = "def apply(f, x):\n    return f(x)[0]"
    found = strength(sandbox, program, "assert apply(lambda v: [v, 2], 1) == 1")
    assert found.killable >= found.killed >= 1


def test_tests_that_change_what_they_test_are_said_to_be_unmeasurable(sandbox: Sandbox) -> None:
    program = (
        "import string\ndef f(x: int) -> int:\n    string.seen = getattr(string, 'seen', 0) + 1\n"
        "    return x + string.seen"
    )
    found = strength(sandbox, program, "assert f(1) == 2", "assert f(1) == 3")
    assert found.killed == 0
    assert "many times" in found.details


@pytest.mark.parametrize(
    ("program", "tests", "subject"),
    [
        ("def f(x): ...", ["assert f([1]) == 2"], Subject("f", (([1],),))),
        ("def f(x): ...", ["assert len(f('a')) == 2", "assert 3 in f('b')"], Subject("f", (("a",), ("b",)))),
        ("def f(x, y=0): ...", ["assert f(1, y=2) == 2"], Subject("f", ((1, 2),))),
        ("def f(x): ...", ["data = [1, 2]", "assert f(data) == 2"], Subject("f", (([1, 2],),))),
        ("def g(): ...\ndef f(x): ...", ["assert f(g()) == 2"], Subject("f", ())),
        ("def f(x): ...", ["assert f(open) == 2"], Subject("f", ())),
    ],
)
def test_the_subject_and_its_examples_are_read_from_the_tests(program: str, tests: list[str], subject: Subject) -> None:
    found = find_subject(program, tests)
    assert found is not None
    assert (found.name, found.examples) == (subject.name, subject.examples)


def test_a_program_without_functions_has_no_subject() -> None:
    assert find_subject("x = 1", ["assert x == 1"]) is None
