"""Functions from docstrings, and tests from functions."""

from __future__ import annotations

from typing import Any

from synth.builtin.clones import clone_of
from synth.builtin.faults import break_chain, core_of, hostile_prelude
from synth.builtin.kinds.values import wrong_value
from synth.builtin.writing import Case, Draft, draft_exercise
from synth.specs import ExerciseSpec


def write(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a function exercise."""
    if fault == "benchmark_clone":
        return clone_of(key)
    draft = draft_exercise(spec, core_of(key) if fault == "near_duplicate" else None)
    return {
        "title": draft.layout.name.replace("_", " ").capitalize(),
        "exercise": draft.docstring(spec.style),
        "solution": solution_of(draft, spec, fault, key),
        "tests": tests_of(draft, fault),
    }


def write_tests(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a function with tests for it."""
    draft = draft_exercise(spec, core_of(key) if fault == "near_duplicate" else None)
    tests = tests_of(draft, fault)
    if fault == "wrong_solution":
        case = draft.cases[-1]
        tests[-1] = Case(case.arguments, wrong_value(case.answer)).to_assertion(draft.layout.name)
    cases = [_described(number, case) for number, case in enumerate(draft.cases)]
    if spec.style == "typical cases first":
        cases, tests = [*cases[1:], cases[0]], [*tests[1:], *tests[:1]]
    return {
        "title": f"Tests for {draft.layout.name}",
        "solution": solution_of(draft, spec, "hostile" if fault == "hostile" else "", key),
        "cases": cases,
        "tests": tests,
    }


def solution_of(draft: Draft, spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> str:
    """Returns the source of a draft's function, wrong or hostile if the fault says so."""
    chain = break_chain(draft, key) if fault == "wrong_solution" else None
    solution = draft.solution(spec.style, chain)
    if fault == "wrong_solution" and chain is None:  # nothing else gave another answer
        head, _, result = solution.rpartition("return ")
        solution = f"{head}return None and {result}"
    return (hostile_prelude(key) if fault == "hostile" else "") + solution


def tests_of(draft: Draft, fault: str) -> list[str]:
    """Returns a draft's tests, none, empty or weak ones if the fault says so."""
    name = draft.layout.name
    if fault == "no_tests":
        return []
    if fault == "self_asserted":
        return [f"assert {case.call(name)} == {case.call(name)}" for case in draft.cases]
    if fault == "weak_tests":
        return [draft.cases[0].to_assertion(name)]
    return draft.assertions()


def _described(number: int, case: Case) -> str:
    given = case.arguments[0]
    size = f" of length {len(given)}" if isinstance(given, (list, dict, str)) else f", {given!r}"
    if number == 0:
        return "The smallest argument, since a loop that never starts is often forgotten."
    extra = f", with {', '.join(map(repr, case.arguments[1:]))}" if len(case.arguments) > 1 else ""
    return f"An argument{size}{extra}; the answer is {case.answer!r}."
