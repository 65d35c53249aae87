from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from synth.evidence import LEVELS, Evidence, SolutionCheck, examine, reaches
from synth.kinds.protocol import Check
from synth.sandbox.program import Limits, Program
from synth.sandbox.sandbox import Sandbox

MEAN = "def middle(xs: list[int]) -> int:\n    if not xs:\n        return 0\n    return sorted(xs)[len(xs) // 2]"
TESTS = (
    "assert middle([3, 1, 2]) == 2",
    "assert middle([]) == 0",
    "assert middle([4, 1]) == 4",
    "assert middle([5]) == 5",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        if opened.tier is None:
            pytest.skip("no sandbox here passes its canaries")
        yield opened


def look(sandbox: Sandbox, program: str, *tests: str, **more: Any) -> Evidence:
    return examine([SolutionCheck(program, tests)], sandbox=sandbox, **more)


def test_levels_are_reached_in_their_order(sandbox: Sandbox) -> None:
    found = [
        look(sandbox, "def middle(:", *TESTS),
        look(sandbox, "import nothing_here\n" + MEAN, *TESTS),
        look(sandbox, MEAN.replace("// 2", "// 3"), *TESTS),
        look(sandbox, MEAN, "assert middle([3, 1, 2]) <= 2"),
        look(sandbox, MEAN, *TESTS),
        look(sandbox, MEAN, *TESTS, second="def m(v):\n    v = sorted(v)\n    return v[len(v) // 2] if v else 0"),
    ]
    assert tuple(one.level for one in found) == LEVELS
    assert [one.level_number for one in found] == [0, 1, 2, 3, 4, 5]


def test_evidence_holds_what_a_row_needs(sandbox: Sandbox) -> None:
    found = look(sandbox, MEAN, "assert middle([3, 1, 2]) == 2")
    columns = found.metadata()
    assert columns["evidence_level"] == "strong"
    assert columns["mutation_score"] < 1.0 == columns["final_mutation_score"]
    assert columns["added_tests"]
    assert columns["probes"] >= 40
    assert columns["shapes"] == "list[int]"
    assert len(columns["behaviour"]) == len(columns["skeleton"]) == 32
    assert found.verdict.passed


@pytest.mark.parametrize("tests", ["assert 2 * 4 == 8", "def check(f):\n    assert f(2) == 8\ncheck(lambda n: 4 * n)"])
def test_tests_that_kill_nothing_do_not_become_strong_by_ours(sandbox: Sandbox, tests: str) -> None:
    found = look(sandbox, "def fourfold(n: int) -> int:\n    return n * 5", tests)
    assert (found.level, found.reason, found.metadata()["killed"]) == ("passes", "weak_tests", 0)
    assert found.metadata()["killable"] > 0


def test_evidence_is_the_same_every_time(sandbox: Sandbox) -> None:
    assert look(sandbox, MEAN, TESTS[0]) == look(sandbox, MEAN, TESTS[0])


def test_a_second_solution_that_does_something_else_is_noticed(sandbox: Sandbox) -> None:
    other = look(sandbox, MEAN, *TESTS, second="def middle(xs):\n    return max(xs, default=0)")
    assert (other.level, other.second.agrees) == ("strong", False)
    assert 0 < other.second.equal < other.second.compared
    broken = look(sandbox, MEAN, *TESTS, second="def middle(xs):\n    return nothing")
    assert broken.second.agrees is False
    assert look(sandbox, MEAN, *TESTS, second="no program").second.agrees is None


def test_behaviour_is_that_of_every_function_that_does_the_same(sandbox: Sandbox) -> None:
    other = "def pick(values: list[int]) -> int:\n    values = list(values)\n    values.sort()\n" \
            "    if values:\n        return values[len(values) // 2]\n    return 0"  # fmt: skip
    one, two = look(sandbox, MEAN, *TESTS), look(sandbox, other, *(test.replace("middle", "pick") for test in TESTS))
    assert one.behaviour == two.behaviour != ""
    assert one.skeleton != two.skeleton
    third = look(sandbox, MEAN.replace("// 2", "// 3"), "assert middle([3, 1, 2]) == 2")
    assert third.behaviour not in ("", one.behaviour)


@pytest.mark.parametrize(
    "program",
    [
        "def f(x: int) -> int:\n    return 7",
        "def f(x: int) -> int:\n    return x",
        "def f(x: int) -> int:\n    raise KeyError",
    ],
)
def test_what_says_nothing_has_no_behaviour(sandbox: Sandbox, program: str) -> None:
    assert look(sandbox, program, "assert f(7) == 7").behaviour == ""


def test_a_bug_must_be_shown_by_the_tests(sandbox: Sandbox) -> None:
    fixed, buggy = Check("fixed", MEAN, TESTS, strong=True), Check("buggy", MEAN.replace("// 2", "// 3"), TESTS, "fail")
    assert examine([fixed, buggy], sandbox=sandbox).level == "strong"
    harmless = examine([fixed, Check("buggy", MEAN, TESTS, "fail")], sandbox=sandbox)
    assert (harmless.verdict.passed, harmless.reason, harmless.level) == (False, "failed_tests", "runs")
    unread = examine([fixed, Check("buggy", "def middle(:", TESTS, "fail")], sandbox=sandbox)
    assert (unread.reason, unread.level) == ("syntax_error", "none")


def test_a_refactoring_must_do_the_same_in_another_way(sandbox: Sandbox) -> None:
    before = "def middle(items):\n    copy = []\n    for item in items:\n        copy.append(item)\n    copy.sort()\n" \
             "    if len(copy) == 0:\n        return 0\n    return copy[len(copy) // 2]"  # fmt: skip
    assert look(sandbox, MEAN, *TESTS, original=before).level == "strong"
    wrong = look(sandbox, MEAN, TESTS[0], original=before.replace("return 0", "return -1"))
    assert wrong.level == "strong"  # one input of many: the tests are for that
    other = look(sandbox, MEAN, TESTS[0], original=before.replace("// 2", "- 1 if len(copy) != 3 else 1"))
    assert (other.reason, other.level) == ("failed_tests", "runs")
    assert look(sandbox, MEAN, *TESTS, original=MEAN.replace("xs", "ys")).reason == "failed_tests"


def test_programs_that_promise_no_strength_need_only_pass(sandbox: Sandbox) -> None:
    assert examine([Check("printed", "seen = [1]", ("assert seen == [1]",))], sandbox=sandbox).level == "strong"


def test_prose_has_no_level(sandbox: Sandbox) -> None:
    found = examine([], sandbox=sandbox)
    assert (found.level, found.level_number, found.metadata()["evidence_level"]) == ("", 0, None)


def test_what_looks_at_its_own_mutants_is_not_strong(sandbox: Sandbox) -> None:
    """A solution that breaks the interpreter for the programs after it would pass its tests and fail every mutant."""
    program = "import string\nif hasattr(string, 'used'):\n    raise KeyError\nstring.used = 1\n" + MEAN
    found = look(sandbox, program, "assert middle([1]) == 1")
    assert (found.reason, found.level) == ("weak_tests", "passes")


@pytest.mark.parametrize(
    ("level", "wanted", "enough"),
    [("strong", "passes", True), ("passes", "strong", False), ("agreed", "agreed", True), ("", "parses", False)],
)
def test_levels_are_compared(level: str, wanted: str, enough: bool) -> None:
    assert reaches(level, wanted) is enough


@pytest.mark.parametrize(
    ("program", "source"),
    [
        ("import random\ndef double(x: int) -> int:\n    return 0 if random.random() < 1e-9 else 2 * x",
         "random.random"),
        ("import datetime\ndef double(x: int) -> int:\n    return 2 * x * (datetime.date.today().year > 2000)",
         "datetime.date.today"),
        ("def double(x: int) -> int:\n    return 2 * x if hash('a') else 0", "hash"),
    ],
)  # fmt: skip
def test_what_hangs_on_luck_clock_or_machine_passes_and_is_not_strong(
    sandbox: Sandbox, program: str, source: str
) -> None:
    tests = ("assert double(7) == 14", "assert double(-1) == -2")
    found = examine([SolutionCheck(program, tests)], sandbox=sandbox)
    assert (found.verdict.passed, found.level, found.reason) == (True, "passes", "left_to_chance")
    assert found.metadata()["left_to_chance"] == [source]


def test_the_order_of_a_set_is_looked_at_under_more_hash_seeds(sandbox: Sandbox) -> None:
    """Two words keep their order under hash seeds 1 and 2, by accident."""
    words = next((one, two) for one in "abcdefgh" for two in "ijklmnop" if _first(sandbox, one, two) == [one, one])
    program = "def first(words: list[str]) -> str:\n    return next(iter(set(words)))"
    test = f"assert first({[*words]}) == {words[0]!r}"
    found = examine([SolutionCheck(program, (test,))], sandbox=sandbox)
    assert found.reason == "nondeterministic"


def _first(sandbox: Sandbox, *words: str) -> list[str]:
    program = (("value", f"next(iter(set({[*words]})))"),)
    claims = [sandbox.run(Program(program, seed), Limits()).reports[0][2] for seed in (1, 2)]
    return [bytes.fromhex(claim[1]).decode() for claim in claims]
