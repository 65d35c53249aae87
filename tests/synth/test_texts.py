from __future__ import annotations

import ast

import pytest

from synth.parsing import Exercise
from synth.texts import split_text, write_text

TESTS = ("assert f(2) == 4", "assert f(0) == 0")


def test_a_task_becomes_the_docstring_that_is_missing() -> None:
    text = write_text(Exercise("", "Double x.", "def f(x):\n    return 2 * x", TESTS))
    expected = 'def f(x):\n    """Double x."""\n    return 2 * x\n\n\nassert f(2) == 4\nassert f(0) == 0\n'
    assert text == expected


def test_a_docstring_that_is_there_stays() -> None:
    solution = 'def _g(x):\n    return x\n\n\ndef f(x):\n    """Mine."""\n    return _g(x) * 2'
    assert write_text(Exercise("", "Double x.", solution, TESTS)).startswith(solution + "\n\n\nassert")


@pytest.mark.parametrize(
    "task", ['Say """hello""".', 'Ends with a quote "', "A backslash \\", "Two\nlines.", "Tab\\there \\N{DASH} \\x"]
)
@pytest.mark.parametrize(
    "solution",
    [
        "def f(x): return 2 * x",
        "def f(x):\n    return 2 * x",
        "def f(x):\n    def g(y):\n        return y\n    return g(2 * x)",
        "import math\n\ndef f(x):\n  # why\n  return 2 * x",
        "async def g():\n    pass\n\nclass A:\n    pass",
    ],
)
def test_whatever_the_task_says_the_text_remains_python(task: str, solution: str) -> None:
    tree = ast.parse(write_text(Exercise("", task, solution, TESTS)))
    assert sum(isinstance(node, ast.Assert) for node in tree.body) == 2


def test_a_text_comes_apart_again() -> None:
    solution = 'import math\n\n\ndef f(x):\n    """Double x."""\n    return 2 * x'
    prompt, again, tests = split_text(write_text(Exercise("", "", solution, TESTS)))
    assert prompt == 'def f(x):\n    """Double x."""'
    assert again == solution
    assert tests.split("\n") == list(TESTS)
