"""Takes tests apart: what the child computes, and what the parent expects.

`assert CALL == LITERAL` (either way round, `is` with None, True or False, several joined by
`and`) becomes an expression for the child and a value that never leaves the parent. Lines
between the asserts run in the child in their order. Functions `test_…()` and
`check(candidate)` are unrolled, and so is `if __name__ == "__main__":`. One assert of any
other form, a bare `assert CALL` among them, and the child has to judge the whole.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import Callable, Iterator

from data.syntax import parse_program
from synth.sandbox.program import Step
from synth.sandbox.values import Claim, canonical, claim_of

_NOT_UNROLLED = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an expression should give."""

    expression: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Tests that the parent judges: steps for the child and, by `value` step, what to expect."""

    steps: tuple[Step, ...]
    expected: tuple[Expectation, ...]


class _OtherForm(Exception):
    """A test is not of a form that can be taken apart."""


def take_apart(tests: ast.Module) -> Comparisons | None:
    """Returns the tests' steps and expectations; None if only the child could judge them.

    Asserts of what is always true say nothing and are left out, so `expected` may be empty.
    """
    steps: list[Step] = []
    expected: list[Expectation] = []
    try:
        for statement in _unrolled(_script(tests)):
            if isinstance(statement, ast.Assert):
                for expectation in _expectations(statement.test):
                    steps.append(("value", expectation.expression))
                    expected.append(expectation)
            elif _has_asserts(statement):
                return None
            else:
                steps.append(("test", ast.unparse(statement)))
    except _OtherForm:
        return None
    return Comparisons(tuple(steps), tuple(expected))


def count_asserts(tests: ast.Module) -> int:
    """Returns how many assert statements there are, at any depth, that could fail."""
    return sum(isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant) for node in ast.walk(tests))


def with_counter(tests: ast.Module, counter: str) -> str:
    """Returns tests as a script that appends to the list `counter` after each assert that held.

    Functions `test_…()` that nothing calls are called at the end, as pytest would.
    """
    body = [copy.deepcopy(statement) for statement in _script(tests)]
    body += [
        ast.Expr(ast.Call(ast.Name(function.name, ast.Load()), [], []))
        for function in _test_functions(body)
        if not function.args.args and _mentions(body, function.name) == 0
    ]
    module = ast.fix_missing_locations(_Counting(counter).visit(ast.Module(body, [])))
    return ast.unparse(module)


class _Counting(ast.NodeTransformer):
    def __init__(self, counter: str) -> None:
        self.counter = counter

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        if isinstance(node.test, ast.Constant):
            return [node]
        return [node, *parse_program(f"{self.counter}.append(1)").body]


def _script(tests: ast.Module) -> list[ast.stmt]:
    """Returns the statements that would run if the tests were a script."""
    body: list[ast.stmt] = []
    for statement in tests.body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'":
            body += statement.body
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            body.append(statement)
    return body


def _unrolled(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yields the statements with the test functions' bodies in the place of their calls.

    Raises:
        _OtherForm: a test function is used in another way than by a plain call.
    """
    functions = {function.name: function for function in _test_functions(body)}
    called = {name: sum(_called(statement) == name for statement in body) for name in functions}
    for name, function in functions.items():
        simple = not any(isinstance(node, _NOT_UNROLLED) for node in ast.walk(function))
        if not simple or _mentions(body, name) != called[name]:
            raise _OtherForm
    for statement in body:
        if isinstance(statement, ast.FunctionDef) and functions.get(statement.name) is statement:
            if not called[statement.name] and not statement.args.args:
                yield from _without_docstring(statement)
        elif (name := _called(statement)) in functions:
            yield from _bound(functions[name], statement)
            yield from _without_docstring(functions[name])
        else:
            yield statement


def _test_functions(body: list[ast.stmt]) -> list[ast.FunctionDef]:
    """Returns the functions that hold asserts, are named as tests are, and take at most a candidate."""
    return [
        statement
        for statement in body
        if isinstance(statement, ast.FunctionDef)
        and statement.name.startswith(("test", "check"))
        and _has_asserts(statement)
        and not statement.decorator_list
        and len(statement.args.args) <= 1
        and not (statement.args.defaults or statement.args.kwonlyargs or statement.args.posonlyargs)
        and not (statement.args.vararg or statement.args.kwarg)
    ]


def _called(statement: ast.stmt) -> str:
    """Returns the name of the function that a statement does nothing but call, with plain arguments."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.keywords:
        return ""
    return "" if any(isinstance(argument, ast.Starred) for argument in call.args) else call.func.id


def _bound(function: ast.FunctionDef, statement: ast.stmt) -> list[ast.stmt]:
    """Returns the assignment that stands for handing a call's argument to a function."""
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    arguments, parameters = statement.value.args, function.args.args
    if len(arguments) != len(parameters):
        raise _OtherForm
    targets = [ast.Name(parameter.arg, ast.Store()) for parameter in parameters]
    return [
        ast.fix_missing_locations(ast.Assign([target], value))
        for target, value in zip(targets, arguments, strict=True)
        if not (isinstance(value, ast.Name) and value.id == target.id)
    ]


def _without_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    return [line for line in function.body if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))]


def _mentions(body: list[ast.stmt], name: str) -> int:
    return sum(isinstance(node, ast.Name) and node.id == name for line in body for node in ast.walk(line))


def _has_asserts(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(statement))


def _expectations(test: ast.expr) -> list[Expectation]:
    """Returns what an assert's condition expects of which expressions; [] if it is always true.

    Raises:
        _OtherForm: it is no comparison of one expression with one literal.
    """
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [expectation for value in test.values for expectation in _expectations(value)]
    if _is_literal(test) and ast.literal_eval(test):
        return []
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        raise _OtherForm
    sides = [test.left, test.comparators[0]]
    literals = [side for side in sides if _is_literal(side)]
    others = [side for side in sides if side not in literals]
    accepted: Callable[[ast.expr], bool] = (
        (lambda side: True)
        if isinstance(test.ops[0], ast.Eq)
        else (lambda side: isinstance(test.ops[0], ast.Is) and _is_singleton(side))
    )
    if not literals or not all(map(accepted, literals)):
        raise _OtherForm
    if not others and ast.literal_eval(literals[0]) == ast.literal_eval(literals[1]):
        return []
    if not others:
        raise _OtherForm  # it always fails, and is left to do so
    if any(isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)) for node in ast.walk(others[0])):
        raise _OtherForm
    try:
        claim = claim_of(ast.literal_eval(literals[0]))
        canonical(claim)
    except ValueError as error:  # an ellipsis, or nested deeper than the child reports
        raise _OtherForm from error
    return [Expectation(ast.unparse(others[0]), claim)]


def _is_singleton(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):  # not a literal, or a set of lists
        return False
    return True
