"""Many threads may parse at once, which Python's own parser gets wrong in 3.11 and 3.12."""

from __future__ import annotations

import ast
import gc
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.syntax import compile_tree, literal_of, parse_expression, parse_program

PROGRAM = "\n".join(f"def f{i}(a, b):\n    return [a + {i} for c in b if (lambda d: d > c)(a)]" for i in range(200))


def test_threads_that_parse_at_once_all_get_the_same_tree():
    expected = ast.dump(ast.parse(PROGRAM))
    before = gc.get_threshold()
    gc.set_threshold(1)  # collections amid parsing are where the interpreter changes threads
    gc.callbacks.append(_python_code)
    try:
        with ThreadPoolExecutor(8) as pool:
            trees = list(pool.map(parse_program, [PROGRAM] * 16))
    finally:
        gc.callbacks.remove(_python_code)
        gc.set_threshold(*before)
    assert {ast.dump(tree) for tree in trees} == {expected}


def _python_code(phase: str, info: dict[str, int]) -> None:
    sum(range(50))


def test_expressions_literals_and_code_are_those_of_python():
    assert ast.dump(parse_expression("a + 1")) == ast.dump(ast.parse("a + 1", mode="eval").body)
    assert literal_of(" {'a': [1, (2.5, None)]}") == {"a": [1, (2.5, None)]}
    assert eval(compile_tree(ast.Expression(parse_expression("6 * 7")), "<here>")) == 42
    with pytest.raises(SyntaxError):
        parse_program("def")
    with pytest.raises(ValueError, match="malformed"):
        literal_of("f()")
