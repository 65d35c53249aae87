from __future__ import annotations

from collections.abc import Iterator

import pytest

from synth.behaviour import digest_of, is_telling
from synth.calling import call_functions
from synth.fragments import functions_in
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.values import claim_of
from synth.single_operations import single_operation


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        if opened.tier is None:
            pytest.skip("no sandbox here passes its canaries")
        yield opened


def digests(*values: object) -> list[int]:
    return [digest_of(claim_of(value)) for value in values]


def test_every_function_is_called_with_its_own_inputs(sandbox: Sandbox) -> None:
    fragments = functions_in("def f(x):\n    return x + 1\ndef g(x, y):\n    return x * y\n")
    found = call_functions(fragments, [[(1,), ("a",), (3,)], [(2, 3)]], sandbox)
    assert found == [[digests(2)[0], 0, digests(4)[0]], digests(6)]


def test_a_function_that_ends_the_process_takes_no_other_with_it(sandbox: Sandbox) -> None:
    text = (
        "def f(x):\n    return x\ndef g(x):\n    while True:\n        try: x += 1\n        except BaseException: pass\n"
        "def h(x):\n    return -x\n"
    )
    assert call_functions(functions_in(text), [[(1,)]] * 3, sandbox) == [digests(1), [0], digests(-1)]


def test_a_program_that_does_not_load_has_no_results(sandbox: Sandbox) -> None:
    text = "import nothing_here\ndef f(x):\n    return nothing_here.f(x)\ndef g(x):\n    return x\n"
    assert call_functions(functions_in(text), [[(1,)]] * 2, sandbox) == [[0], digests(1)]


def test_no_functions_are_no_launch(sandbox: Sandbox) -> None:
    assert call_functions([], [], sandbox) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(1, True, True), (1, 1.0, True), ([1], (1,), True), (0.1 + 0.2, 0.3, True), (0.1, 0.10001, False), ("1", 1, False),
     ({1, 2}, frozenset({2, 1}), True), ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True), (None, 0, False), ([], {}, False)],
)  # fmt: skip
def test_results_are_compared_as_people_would(one: object, other: object, same: bool) -> None:
    assert (digests(one) == digests(other)) is same


def test_what_tells_little_is_not_telling() -> None:
    inputs = [(n, f"t{n}") for n in range(64)]
    assert is_telling(inputs, [n % 3 + 1 for n in range(64)])
    assert not is_telling(inputs, [1] * 64)
    assert not is_telling(inputs, [1] * 57 + [2] * 7)
    assert is_telling(inputs, [1] * 56 + [2] * 8)
    assert not is_telling(inputs, digests(*(n for n, _ in inputs)))
    assert not is_telling(inputs, digests(*(text for _, text in inputs)))
    assert not is_telling(inputs, [n + 1 if n < 39 else 0 for n in range(64)])
    assert is_telling(inputs, [n + 1 if n < 40 else 0 for n in range(64)])


@pytest.mark.parametrize(
    ("function", "inputs", "operation"),
    [
        (lambda a: a[::-1], [([n, n + 2, n + 1],) for n in range(9)], "a[::-1]"),
        (lambda a, b: a * b, [(n, n + 3) for n in range(9)], "a * b"),
        (lambda a: a * a + 1, [(n,) for n in range(9)], ""),
        (lambda a, b, c: a + b + c, [(n, 1, 2) for n in range(9)], "a + b + c"),
    ],
)
def test_single_operations_are_recognised(
    sandbox: Sandbox, function: object, inputs: list[tuple[object, ...]], operation: str
) -> None:
    found = tuple(digests(*(function(*one) for one in inputs)))  # type: ignore[operator]
    assert single_operation(tuple(inputs), found, sandbox) == operation
