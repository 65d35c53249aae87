"""Mutants: programs with one small fault each, as people make them. Good tests tell every one from the original.

The operators are those of mutation testing (DeMillo, Lipton & Sayward 1978; Offutt et al. 1996 found that
relations, arithmetic, logic, constants and dropped statements suffice) with those that Python's own idioms
ask for: slices, ranges, comprehensions' conditions, `min` for `max`, `any` for `all`.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from functools import partial
from typing import Callable, Iterator

from synth.draws import Draws
from synth.parsing import parse_code

#: More say little that is new; they are chosen by a keyed hash.
MAX_MUTANTS = 60

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Add,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.BitXor: (ast.BitOr,),
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "sum": "len", "lower": "upper",
          "upper": "lower", "startswith": "endswith", "endswith": "startswith", "lstrip": "rstrip", "rstrip": "lstrip",
          "find": "rfind", "union": "intersection", "intersection": "union", "append": "extend", "keys": "values",
          "isupper": "islower", "islower": "isupper", "isdigit": "isalpha", "isalpha": "isdigit"}  # fmt: skip

Change = tuple[str, Callable[[], ast.AST | list[ast.stmt]]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: which operator, in which line, and the program with it."""

    operator: str
    line: int
    source: str


def mutants_of(source: str, limit: int = MAX_MUTANTS) -> list[Mutant]:
    """Returns a program's mutants, no two alike and none like the program; the same ones on every machine."""
    tree = parse_code(source)
    if tree is None:
        return []
    places = [(node, field, index) for node, field, index in _places(tree)]
    seen, found = {ast.unparse(tree)}, list[Mutant]()
    for node, field, index in places:
        original = getattr(node, field) if index is None else getattr(node, field)[index]
        for operator, change in _changes(original):
            replacement = change()
            text = _with(tree, node, field, index, replacement)
            if text not in seen:
                seen.add(text)
                found.append(Mutant(operator, _line(original), text))
    if len(found) <= limit:
        return found
    draws = Draws(1, "mutants", source)
    chosen = draws.sample(range(len(found)), limit)
    return [found[number] for number in sorted(chosen)]


def _with(tree: ast.Module, node: ast.AST, field: str, index: int | None, replacement: ast.AST | list[ast.stmt]) -> str:
    """Returns the source of a tree in which one place holds something else; the tree is as before afterwards."""
    if index is None:
        original = getattr(node, field)
        setattr(node, field, replacement)
        text = ast.unparse(ast.fix_missing_locations(tree))
        setattr(node, field, original)
        return text
    items = getattr(node, field)
    original = list(items)
    items[index : index + 1] = replacement if isinstance(replacement, list) else [replacement]
    text = ast.unparse(ast.fix_missing_locations(tree))
    items[:] = original
    return text


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Yields where something could be changed: not in annotations, docstrings, imports, decorators and messages."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_comment", "type_params"):
            continue
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            if not isinstance(item, ast.AST) or isinstance(item, (ast.Import, ast.ImportFrom, ast.Assert)):
                continue
            if field == "body" and index == 0 and _is_docstring(item):
                continue
            yield node, field, index if isinstance(value, list) else None
            if not isinstance(item, (ast.Raise, ast.JoinedStr)):
                yield from _places(item)


def _changes(node: ast.AST) -> Iterator[Change]:
    """Yields the faults that can be made in place of a node."""
    if isinstance(node, ast.Compare):
        yield from _compare(node)
    elif isinstance(node, (ast.BinOp, ast.AugAssign)):
        for operator in _ARITHMETIC.get(type(node.op), ()):
            yield "arithmetic", partial(_changed, node, op=operator())
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield "logic", lambda: _changed(node, op=other())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield "sign", lambda: node.operand
    elif isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, ast.Slice):
        yield from _slice(node)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.comprehension):
        for number in range(len(node.ifs)):
            rest = [*node.ifs[:number], *node.ifs[number + 1 :]]
            yield "condition", partial(_changed, node, ifs=rest)
    elif isinstance(node, ast.IfExp):
        yield "condition", lambda: _changed(node, body=node.orelse, orelse=node.body)
    if isinstance(node, ast.stmt):
        yield from _statement(node)


def _compare(node: ast.Compare) -> Iterator[Change]:
    for number, operator in enumerate(node.ops):
        for other in _COMPARISONS.get(type(operator), ()):
            ops = [*node.ops[:number], other(), *node.ops[number + 1 :]]
            yield "comparison", partial(_changed, node, ops=ops)


def _constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", lambda: ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", lambda: ast.Constant(value + 1)
        yield "constant", lambda: ast.Constant(value - 1)
    elif isinstance(value, float):
        yield "constant", lambda: ast.Constant(value + 1.0)
    elif isinstance(value, str):
        yield "constant", lambda: ast.Constant(value + "_" if value else "_")


def _slice(node: ast.Slice) -> Iterator[Change]:
    for side in ("lower", "upper", "step"):
        bound = getattr(node, side)
        if bound is not None:
            yield "slice", partial(_changed, node, **{side: None})
            if side != "step" and not isinstance(bound, ast.Constant):
                yield "slice", partial(_changed, node, **{side: _plus_one(bound)})


def _call(node: ast.Call) -> Iterator[Change]:
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name in _CALLS and isinstance(function, ast.Name):
        yield "call", lambda: _changed(node, func=ast.Name(_CALLS[name], ast.Load()))
    elif name in _CALLS and isinstance(function, ast.Attribute):
        yield "call", lambda: _changed(node, func=_changed(function, attr=_CALLS[name]))
    if len(node.args) == 2 and name != "isinstance" and ast.dump(node.args[0]) != ast.dump(node.args[1]):
        yield "arguments", lambda: _changed(node, args=node.args[::-1])
    if name == "range" and not isinstance(node.args[-1] if node.args else None, (ast.Constant, type(None))):
        yield "range", lambda: _changed(node, args=[*node.args[:-1], _plus_one(node.args[-1])])
        if len(node.args) == 1:
            yield "range", lambda: _changed(node, args=[ast.Constant(1), *node.args])
    for number, keyword in enumerate(node.keywords):
        if keyword.arg in ("key", "default", "reverse"):
            rest = [*node.keywords[:number], *node.keywords[number + 1 :]]
            yield "arguments", partial(_changed, node, keywords=rest)


def _statement(node: ast.stmt) -> Iterator[Change]:
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "return", lambda: ast.Return(ast.Constant(None))
    if isinstance(node, (ast.If, ast.While)) and not isinstance(node.test, (ast.UnaryOp, ast.Constant)):
        yield "condition", lambda: _changed(node, test=ast.UnaryOp(ast.Not(), node.test))
    droppable = isinstance(node, (ast.AugAssign, ast.Break, ast.Continue, ast.Raise)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
    if droppable or (isinstance(node, ast.If) and not node.orelse):
        yield "statement", lambda: ast.Pass()


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _plus_one(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Add(), ast.Constant(1))


def _line(node: ast.AST) -> int:
    place = node.target if isinstance(node, ast.comprehension) else node
    return int(getattr(place, "lineno", 0))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
