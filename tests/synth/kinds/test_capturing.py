from __future__ import annotations

from typing import Any

import pytest

from synth.builtin.tracing import TooLong, Tracer
from synth.kinds.capturing import level, printing, tracing


def passes(program: str, test: str) -> bool:
    scope: dict[str, Any] = {}
    exec(program, scope)
    try:
        exec(test, scope)
    except AssertionError:
        return False
    return True


def test_each_block_is_held_against_its_own_output() -> None:
    blocks = ["a = 2\nprint('a is', a)", "a += 1", "print(a, end='')\nprint('!', sep='')"]
    assert passes(*printing(blocks, ["a is 2", "", "3!"]))
    assert not passes(*printing(blocks, ["a is 2", "3!", ""]))
    assert passes(*printing(["print('x  ')\nprint()"], ["x\n"]))
    assert level("x  \n\ny \n\n") == "x\n\ny"


def test_what_goes_to_another_stream_is_not_printed() -> None:
    program = "import io\nprint('hidden', file=io.StringIO())\nprint('seen')"
    assert passes(*printing([program], ["seen"]))


def test_a_main_guard_is_entered() -> None:
    assert passes(*printing(["if __name__ == '__main__':\n    print(1)"], ["1"]))


PROGRAM = "total = 0\nfor n in [3, 4]:\n    if n > 3:\n        total += n\nprint(total)"
TRACE = [(1, "total", "0"), (2, "n", "3"), (2, "n", "4"), (4, "total", "4")]


def test_a_trace_worked_out_by_hand_holds() -> None:
    assert passes(*tracing(PROGRAM, TRACE))


@pytest.mark.parametrize("place", range(4))
def test_a_trace_with_a_wrong_missing_or_moved_entry_does_not_hold(place: int) -> None:
    line, name, value = TRACE[place]
    assert not passes(*tracing(PROGRAM, [*TRACE[:place], (line, name, "77"), *TRACE[place + 1 :]]))
    assert not passes(*tracing(PROGRAM, [*TRACE[:place], *TRACE[place + 1 :]]))
    assert not passes(*tracing(PROGRAM, [*TRACE[:place], (line + 1, name, value), *TRACE[place + 1 :]]))


def test_values_may_be_written_in_another_way() -> None:
    assert passes(*tracing("a = ['x', 1]", [(1, "a", '["x",1]')]))


@pytest.mark.parametrize(
    ("program", "trace"),
    [
        ("a = []\na.append(1)\ndel a", [(1, "a", "[]"), (2, "a", "[1]")]),
        (
            "a = {}\nif 1 in a.setdefault(1, []):\n    b = 1\nc = 2",
            [(1, "a", "{}"), (2, "a", "{1: []}"), (4, "c", "2")],
        ),
        ("n = 2\nwhile n:\n    n -= 1", [(1, "n", "2"), (3, "n", "1"), (3, "n", "0")]),
        ("def f(x):\n    y = x\n    return y\nz = f(1)", [(4, "z", "1")]),
        ("import re\na = re.findall('b', 'abb')", [(2, "a", "['b', 'b']")]),
        (
            "for c in 'ab':\n    if c == 'b':\n        break\nelse:\n    d = 1",
            [(1, "c", "'a'"), (1, "c", "'b'")],
        ),
        (
            "try:\n    n = int('x')\nexcept ValueError:\n    n = -1",
            [(4, "n", "-1")],
        ),
    ],
)
def test_both_ways_of_tracing_agree_with_what_was_worked_out_by_hand(program: str, trace: Any) -> None:
    assert passes(*tracing(program, trace))
    assert Tracer().run(program).trace == trace


def test_walking_through_a_script_also_gives_its_output_and_has_an_end() -> None:
    assert Tracer().run(PROGRAM).output == "4\n"
    with pytest.raises(TooLong):
        Tracer().run("n = 0\nwhile True:\n    n += 1")


@pytest.mark.parametrize("script", ["import os", "open('x')", "eval('1')", "import sys", "__import__('os')"])
def test_a_script_that_is_walked_through_finds_only_what_the_grammar_uses(script: str) -> None:
    with pytest.raises((ImportError, NameError)):
        Tracer().run(script)
