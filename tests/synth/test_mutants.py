from __future__ import annotations

import ast

import pytest

from synth.mutants import mutants_of


def lines(body: str, **settings: int) -> set[str]:
    """Returns what the mutants of a one-line function return."""
    found = mutants_of(f"def f(a, b, c=0):\n    return {body}", **settings)
    return {mutant.source.rpartition("return ")[2] for mutant in found if "c=0" in mutant.source}


@pytest.mark.parametrize(
    ("body", "mutants"),
    [
        ("a < b", {"a <= b", "a >= b", "None"}),
        ("a == b", {"a != b", "None"}),
        ("a in b", {"a not in b", "None"}),
        ("a is b", {"a is not b", "None"}),
        ("a + b", {"a - b", "None"}),
        ("a // b", {"a * b", "None"}),
        ("a and b", {"a or b", "None"}),
        ("not a", {"a", "None"}),
        ("-a", {"a", "None"}),
        ("a[1:]", {"a[:]", "a[2:]", "a[0:]", "None"}),
        ("a[:b]", {"a[:]", "a[:b + 1]", "None"}),
        ("min(a)", {"max(a)", "None"}),
        ("a.upper()", {"a.lower()", "None"}),
        ("pow(a, b)", {"pow(b, a)", "None"}),
        ("range(a)", {"range(a + 1)", "range(1, a)", "None"}),
        ("sorted(a, key=len)", {"list(a, key=len)", "sorted(a)", "None"}),
        ("[x for x in a if x]", {"[x for x in a]", "None"}),
        ("a if b else 'x'", {"'x' if b else a", "a if b else 'x_'", "None"}),
        ("2.5", {"3.5", "None"}),
        ("True", {"False", "None"}),
        ("''", {"'_'", "None"}),
    ],
)
def test_each_operator_makes_the_faults_that_it_should(body: str, mutants: set[str]) -> None:
    assert lines(body) == mutants


def test_statements_are_dropped_and_conditions_turned() -> None:
    source = "def f(n):\n    t = 0\n    while n:\n        t += n\n        if t > 9:\n            break\n    return t"
    found = {ast.unparse(ast.parse(mutant.source)) for mutant in mutants_of(source)}
    original = ast.unparse(ast.parse(source))
    assert {
        original.replace("t += n", "pass"),
        original.replace("break", "pass"),
        original.replace("if t > 9:\n            break", "pass"),
        original.replace("while n", "while not n"),
        original.replace("t += n", "t -= n"),
        original.replace("t = 0", "t = 1"),
    } <= found


def test_docstrings_annotations_decorators_and_imports_are_left_alone() -> None:
    source = 'from functools import cache\n\n@cache\ndef f(a: "int"=1) -> "str":\n    """Returns 3."""\n    return a'
    assert {mutant.source.split("\n")[-1].strip() for mutant in mutants_of(source)} <= {"return a", "return None"}
    assert all('"""Returns 3."""' in mutant.source and "-> 'str'" in mutant.source for mutant in mutants_of(source))


def test_mutants_differ_from_the_program_and_from_each_other_and_are_programs() -> None:
    source = (
        "def f(a, b):\n    for x in range(len(a)):\n        if a[x] > b and x != 2:\n            return x + 1\n"
        "    return -1"
    )
    found = [mutant.source for mutant in mutants_of(source)]
    assert len(found) == len(set(found)) > 12
    assert ast.unparse(ast.parse(source)) not in found
    for text in found:
        ast.parse(text)


def test_too_many_are_cut_to_the_same_choice_everywhere() -> None:
    source = "def f(a):\n    return [" + ", ".join(f"a + {number}" for number in range(50)) + "]"
    assert len(mutants_of(source, limit=10)) == 10
    assert mutants_of(source, limit=10) == mutants_of(source, limit=10)


def test_what_is_no_program_has_none() -> None:
    assert mutants_of("def f(:") == []
    assert mutants_of("") == []
