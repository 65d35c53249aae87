"""The calls in an exercise's tests: which function is tried, and with which arguments."""

from __future__ import annotations

import ast
import collections
from dataclasses import dataclass
from typing import Any, Sequence

from synth.parsing import parse_code
from synth.sandbox.values import claim_of
from synth.shapes import Shape, join, shapes_of_calls, shapes_of_signature

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Subject:
    """The function that an exercise is about.

    Attributes:
        name: as the program calls it.
        examples: the arguments of the tests' calls, as far as they are plain data; no two alike.
        shapes: of the arguments; None where arguments of no shape could be made.
    """

    name: str
    examples: tuple[Arguments, ...] = ()
    shapes: tuple[Shape, ...] | None = None


def find_subject(program: str, tests: Sequence[str]) -> Subject | None:
    """Returns the function that tests call most, or the program's only function; None where there is none.

    Calls count where they stand, within other expressions too. A name that the tests bind once
    to a literal is read as that literal.
    """
    tree, script = parse_code(program), parse_code("\n".join(tests))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)} if tree else {}
    if not functions or script is None:
        return None
    calls: dict[str, list[Arguments]] = collections.defaultdict(list)
    bound = _literals(script)
    called: collections.Counter[str] = collections.Counter()
    found = [node for node in ast.walk(script) if isinstance(node, ast.Call)]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node.func, ast.Name) and node.func.id in functions:
            called[node.func.id] += 1
            arguments = _arguments(node, functions[node.func.id], bound)
            if arguments is not None:
                calls[node.func.id].append(arguments)
    name = called.most_common(1)[0][0] if called else next(reversed(functions))
    examples = _different(calls[name])
    return Subject(name, examples, _shapes(functions[name], examples))


def _shapes(function: ast.FunctionDef, examples: tuple[Arguments, ...]) -> tuple[Shape, ...] | None:
    """Returns the arguments' shapes: as the examples show them, and as the annotations say where they show nothing."""
    shown, promised = shapes_of_calls(examples), shapes_of_signature(function)
    if shown is None:
        return promised
    if promised is None or len(promised) != len(shown):
        return shown
    return tuple(_better(one, other) for one, other in zip(shown, promised, strict=True))


def _better(shown: Shape, promised: Shape) -> Shape:
    """Returns what examples show, with what only the annotation knows, such as the items of lists that were empty."""
    if shown.kind in ("any", "none"):
        return promised
    if shown.kind == promised.kind and len(shown.parts) == len(promised.parts):
        return Shape(shown.kind, tuple(_better(*pair) for pair in zip(shown.parts, promised.parts, strict=True)))
    return join([shown, promised]) if {shown.kind, promised.kind} == {"int", "float"} else shown


def _literals(script: ast.Module) -> dict[str, Any]:
    """Returns the names that are assigned once, to a literal."""
    times: collections.Counter[str] = collections.Counter(
        node.id for node in ast.walk(script) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    bound: dict[str, Any] = {}
    for node in ast.walk(script):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if times[name] == 1 and _is_literal(node.value):
                bound[name] = ast.literal_eval(node.value)
    return bound


def _arguments(call: ast.Call, function: ast.FunctionDef, bound: dict[str, Any]) -> Arguments | None:
    """Returns a call's arguments in the order of the function's own, if they are plain data."""
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    given: dict[int, Any] = {}
    placed = [*enumerate(call.args)]
    for keyword in call.keywords:
        if keyword.arg not in names:
            return None
        placed.append((names.index(keyword.arg), keyword.value))
    for place, node in placed:
        if isinstance(node, ast.Name) and node.id in bound:
            given[place] = bound[node.id]
        elif _is_literal(node):
            given[place] = ast.literal_eval(node)
        else:
            return None
    return tuple(given[place] for place in range(len(given))) if sorted(given) == [*range(len(given))] else None


def _is_literal(node: ast.expr) -> bool:
    try:
        claim_of(ast.literal_eval(node))
    except (ValueError, TypeError, RecursionError, MemoryError):
        return False
    return True


def _different(calls: list[Arguments]) -> tuple[Arguments, ...]:
    found: dict[str, Arguments] = {}
    for call in calls:
        found.setdefault(repr(call), call)
    return tuple(found.values())
