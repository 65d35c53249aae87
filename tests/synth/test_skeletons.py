from __future__ import annotations

import hashlib

import pytest

from synth.skeletons import exact_form, skeleton

BASE = 'def f(values, k):\n    """Doc."""\n    return [v * 2 for v in values if v > k]'


@pytest.mark.parametrize(
    ("other", "same_form", "same_skeleton"),
    [
        ("def g(a, b):\n    return [c * 2 for c in a if c > b]  # other names", True, True),
        ("def f(values: list[int], k: int) -> list[int]:\n    return [v * 2 for v in values if v > k]", True, True),
        ("def f(values, k):\n    return [v * 3 for v in values if v > k]", False, True),
        ("def f(values, k):\n    return [v + 2 for v in values if v > k]", False, False),
        ("def f(values, k):\n    return [k * 2 for v in values if v > k]", False, False),
        ("def f(values, k):\n    return sorted([v * 2 for v in values if v > k])", False, False),
    ],
)
def test_what_two_programs_share(other: str, same_form: bool, same_skeleton: bool) -> None:
    assert (exact_form(BASE) == exact_form(other)) is same_form
    assert (skeleton(BASE) == skeleton(other)) is same_skeleton


def test_names_that_a_program_does_not_bind_carry_meaning() -> None:
    assert skeleton("def f(x):\n    return max(x)") != skeleton("def f(x):\n    return min(x)")
    assert skeleton("def f(x):\n    return sorted(x, key=len)") != skeleton("def f(x):\n    return sorted(x, key=str)")


def test_what_is_no_python_has_no_form() -> None:
    assert (exact_form("def f(:"), skeleton("def f(:")) == ("", "")


def test_every_python_gives_a_program_the_same_digest() -> None:
    name = "Name(id='v1', ctx=Load())"
    arguments = "args=arguments(args=[arg(arg='v1')])"
    body = f"body=[Return(value=BinOp(left={name}, op=Add(), right=Constant(value=%s)))]"
    written = f"Module(body=[FunctionDef(name='v0', {arguments}, {body})])"
    for digest, constant in ((exact_form, "1"), (skeleton, "'int'")):
        expected = hashlib.sha256((written % constant).encode()).hexdigest()[:32]
        assert digest("def more(x):\n    return x + 1\n") == expected
