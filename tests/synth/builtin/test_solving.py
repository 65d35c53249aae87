from __future__ import annotations

import time
from typing import Any

import pytest

from synth.builtin.answers import answer, write_exercise
from synth.builtin.faults import NO_FAULTS
from synth.builtin.solving import solve
from synth.kinds.fields import Fields
from synth.kinds.function import FunctionExercise, read
from synth.parsing import Reply
from synth.prompts import PROMPTS, draw_spec
from synth.second import read_second, task_of
from synth.skeletons import skeleton


def prompt_for(head: str) -> str:
    mark = "0123456789abcdef" * 2
    return f"Write it.\n\n<<<task {mark}\n{head}\n{mark} task>>>"


def passes(program: str, exercise: FunctionExercise) -> bool:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(program, scope)
    try:
        exec("\n".join(exercise.tests), scope)
    except AssertionError:
        return False
    return True


def test_a_docstring_of_the_grammar_is_solved_again_in_other_words() -> None:
    others = 0
    for number in range(120):
        spec = draw_spec(41, number)
        exercise = read(Fields(write_exercise(spec)), spec)
        task = task_of(exercise)
        assert task is not None
        program = solve(prompt_for(task[1]))
        assert program is not None, task[1]
        assert passes(program, exercise), (task[1], program)
        others += skeleton(program) != skeleton(exercise.solution)
    assert others > 80  # 352 of 400 at scale


def test_a_wrong_solution_is_told_apart_by_the_second() -> None:
    for number in range(40):
        spec = draw_spec(42, number)
        exercise = read(Fields(write_exercise(spec, "wrong_solution")), spec)
        task = task_of(exercise)
        assert task is not None
        program = solve(prompt_for(task[1]))
        assert program is not None
        assert passes(program, exercise) and not passes(exercise.solution, exercise)  # noqa: PT018


def test_it_answers_the_prompt_that_asks_for_a_second_solution() -> None:
    head = 'def double_all(xs, k):\n    """Multiply every value by `k`, then add up all values."""'
    messages = PROMPTS.fill("second", name="double_all", task=prompt_for(head).partition("\n\n")[2])
    body = answer(messages, 2000, NO_FAULTS)
    program = read_second(Reply(content=body["choices"][0]["message"]["content"], finish="stop"))
    scope: dict[str, Any] = {}
    exec(program or "", scope)
    assert scope["double_all"]([1, 2, 3], 4) == 24


@pytest.mark.parametrize(
    "head",
    [
        'def f(x):\n    """Fold the paper into a crane."""',
        'def f(x, k):\n    """Add up all values."""',
        'def f():\n    """Add up all values."""',
        "x = 1",
        "def f(",
        "",
    ],
)
def test_words_that_are_not_the_grammars_are_given_up(head: str) -> None:
    assert solve(prompt_for(head)) is None


def test_operations_that_do_not_fit_together_are_no_solution() -> None:
    program = solve(
        prompt_for('def f(x):\n    """Add up all values, then split the text into words at white space."""')
    )
    assert program is None or "split" not in program


def test_a_text_full_of_the_grammars_words_takes_no_time() -> None:
    words = "sort the values from smallest to largest, reverse the order of the values, " * 60
    start = time.process_time()
    solve(prompt_for(f'def f(x):\n    """{words}"""'))
    assert time.process_time() - start < 2
