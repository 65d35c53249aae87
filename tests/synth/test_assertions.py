from __future__ import annotations

import ast

import pytest

from synth.assertions import count_asserts, take_apart, with_counter
from synth.sandbox.values import show


def apart(tests: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]] | None:
    """Steps, and what to expect of which expression; None if not taken apart."""
    found = take_apart(ast.parse(tests))
    if found is None:
        return None
    return [*found.steps], [(item.expression, show(item.claim)) for item in found.expected]


@pytest.mark.parametrize(
    ("line", "expression", "literal"),
    [
        ("assert f(1) == 2", "f(1)", "2"),
        ("assert 2 == f(1)", "f(1)", "2"),
        ("assert f(1) == 2, 'because ' + str(3)", "f(1)", "2"),
        ("assert f(x=[1]) == -1.5", "f(x=[1])", "-1.5"),
        ("assert A().b[0] == (1,)", "A().b[0]", "(1,)"),
        ("assert f() is None", "f()", "None"),
        ("assert f() is True", "f()", "True"),
        ("assert False is f()", "f()", "False"),
        ("assert f() == None", "f()", "None"),
        ("assert f() == set()", "f()", "set()"),
        ("assert f() == {1: [None], 'a': (True, b'x')}", "f()", "{1: [None], 'a': (True, b'x')}"),
        ("assert f() == 'a' 'b'", "f()", "'ab'"),
        ("assert f() == 1 + 2j", "f()", "complex(1.0, 2.0)"),
        ("assert (f() == 3)", "f()", "3"),
        ("assert f(  # not 2 but\n  1) == 3", "f(1)", "3"),
    ],
)
def test_a_comparison_with_a_literal_is_taken_apart(line: str, expression: str, literal: str) -> None:
    assert apart(line) == ([("value", expression)], [(expression, literal)])


@pytest.mark.parametrize(
    "line",
    [
        "assert f(1)",
        "assert not f(1)",
        "assert f(1) != 2",
        "assert f(1) in (1, 2)",
        "assert f(1) == g(1)",
        "assert f(1) == x",
        "assert f(1) == 2 ** 3",
        "assert f(1) == float('inf')",
        "assert f(1) == ...",
        "assert f(1) is 2",
        f"assert f(1) == {'[' * 120}{']' * 120}",
        "assert f(1) is not None",
        "assert 1 < f(1) < 3",
        "assert f(1) == g(1) == 2",
        "assert f(1) == 2 or f(2) == 3",
        "assert abs(f(1) - 2) < 1e-6",
        "assert (f(1) == 2) == True",
        "assert (await f(1)) == 2",
        "assert False",
        "assert 1 == 2",
        "for x in (1, 2):\n    assert f(x) == 2",
        "try:\n    f(0)\n    assert False\nexcept ValueError:\n    pass",
        "def test_f(x=1):\n    assert f(x) == 2",
        "def test_f():\n    return 1\n    assert f(1) == 2",
        "def test_f():\n    assert f(1) == 2\nfor g in [test_f]:\n    g()",
        "def check(c):\n    assert c(1) == 2\ncheck(*[f])",
        "def check(c):\n    assert c(1) == 2\ncheck(f, f)",
        "class T:\n    def test(self):\n        assert f(1) == 2",
        "with_it = lambda: (_ for _ in ())\nif with_it():\n    assert f(1) == 2",
    ],
)  # fmt: skip
def test_one_assert_of_another_form_leaves_the_whole_to_the_child(line: str) -> None:
    if "= True" not in line:
        assert apart(line) is None
    assert apart(f"{line}\nassert f(9) != 9\nassert f(8) == 8") is None


def test_lines_between_asserts_run_in_their_order_without_their_literals_answers() -> None:
    tests = '"""Tests."""\nimport math\ns = Stack()\ns.push(7)\nassert s.pop() == 7\ns.push(8)\nassert s.size() == 1\n'
    assert apart(tests) == (
        [("test", "import math"), ("test", "s = Stack()"), ("test", "s.push(7)"), ("value", "s.pop()"),
         ("test", "s.push(8)"), ("value", "s.size()")],
        [("s.pop()", "7"), ("s.size()", "1")],
    )  # fmt: skip


def test_comparisons_joined_by_and_are_separate_comparisons() -> None:
    assert apart("assert f(1) == 1 and f(2) is None") == (
        [("value", "f(1)"), ("value", "f(2)")],
        [("f(1)", "1"), ("f(2)", "None")],
    )


@pytest.mark.parametrize("line", ["assert True", "assert 1", "assert 1 == 1", "assert 'x', 'y'", "x = 1", ""])
def test_what_is_always_true_expects_nothing(line: str) -> None:
    found = apart(line)
    assert found is not None
    assert found[1] == []


@pytest.mark.parametrize(
    "tests",
    [
        "def test_f():\n    '''Doc.'''\n    assert f(1) == 2",
        "def test_f():\n    assert f(1) == 2\ntest_f()",
        "def test_f():\n    assert f(1) == 2\nif __name__ == '__main__':\n    test_f()",
        "def check(f):\n    assert f(1) == 2\ncheck(f)",
        "if __name__ == '__main__':\n    assert f(1) == 2",
    ],
)
def test_test_functions_are_unrolled(tests: str) -> None:
    assert apart(tests) == ([("value", "f(1)")], [("f(1)", "2")])


def test_check_functions_are_unrolled_with_their_candidate() -> None:
    tests = "METADATA = {}\ndef check(candidate):\n    x = 1\n    assert candidate(x) == 2\n    assert True\ncheck(f)"
    assert apart(tests) == (
        [("test", "METADATA = {}"), ("test", "candidate = f"), ("test", "x = 1"), ("value", "candidate(x)")],
        [("candidate(x)", "2")],
    )


def test_helper_functions_without_asserts_go_to_the_child() -> None:
    found = apart("def twice(x):\n    return f(f(x))\nassert twice(1) == 3")
    assert found is not None
    assert found[0] == [("test", "def twice(x):\n    return f(f(x))"), ("value", "twice(1)")]


def test_no_literal_ever_goes_to_the_child() -> None:
    tests = "assert f(1) == 987654, 987654 # 987654\ndef test_x():\n    '''987654'''\n    assert f(2) == [987654]\n"
    found = take_apart(ast.parse(tests))
    assert found is not None
    assert "987654" not in str(found.steps)
    assert len(found.expected) == 2


def test_asserts_are_counted_at_any_depth_unless_they_are_constant() -> None:
    tests = ast.parse("assert f(1)\nassert True\nfor x in y:\n    assert x\ndef g():\n    assert False\n    assert g")
    assert count_asserts(tests) == 3


def test_the_counter_grows_with_each_assert_that_held() -> None:
    script = with_counter(
        ast.parse("for x in (1, 2):\n    assert x\nassert True\ndef test_a():\n    assert 1 < 2\nif 0:\n    assert 0"),
        "held",
    )
    space: dict[str, list[int]] = {"held": []}
    exec(script, space)
    assert len(space["held"]) == 3


def test_the_counter_stands_still_when_an_assert_fails() -> None:
    space: dict[str, list[int]] = {"held": []}
    with pytest.raises(AssertionError):
        exec(with_counter(ast.parse("assert 1 < 2\nassert 2 < 1\nassert 1 < 2"), "held"), space)
    assert len(space["held"]) == 1
