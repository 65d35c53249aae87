"""Mutants: programs with one small fault each, as people make them. Good tests tell every one from the original.

The operators are those of mutation testing (DeMillo, Lipton & Sayward 1978; Offutt et al. 1996 found that
relations, arithmetic, logic, constants and dropped statements suffice) with those that Python's own idioms
ask for: slices, ranges, comprehensions' conditions, `min` for `max`, `any` for `all`.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
import warnings
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Callable, Hashable, Iterator

from data.syntax import compile_tree
from synth.draws import Draws
from synth.parsing import parse_code
from synth.sandbox.program import packed

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

Change = tuple[str, Callable[[], ast.AST]]


@dataclass(frozen=True)
class Mutant:
    """One fault: which operator, in which line, and the program with it, compiled and marshalled."""

    operator: str
    line: int
    code: bytes
    _tree: _Changed = dataclasses.field(compare=False, repr=False)

    @property
    def source(self) -> str:
        """The program with the fault as text."""
        return self._tree.source()


def mutants_of(source: str, limit: int = MAX_MUTANTS) -> list[Mutant]:
    """Returns a program's mutants, no two alike and none like the program; the same ones on every machine.

    Programs are alike if they are compiled to the same instructions: such a mutant could never be told apart.
    """
    tree = parse_code(source)
    original = _compiled(tree) if tree else None
    if tree is None or original is None:
        return []
    seen, found = {_instructions(original)}, list[Mutant]()
    for node, name, index in [*_places(tree)]:
        old = getattr(node, name) if index is None else getattr(node, name)[index]
        for operator, change in _changes(old):
            changed = _Changed(tree, node, name, index, _located(change(), old))
            code = changed.code()
            marks = _instructions(code) if code else None
            if code and marks not in seen:
                seen.add(marks)
                found.append(Mutant(operator, _line(old), packed(code), changed))
    if len(found) <= limit:
        return found
    draws = Draws(1, "mutants", source)
    chosen = draws.sample(range(len(found)), limit)
    return [found[number] for number in sorted(chosen)]


@dataclass(frozen=True)
class _Changed:
    """A syntax tree in which one place holds something else; the tree itself stays as it is."""

    tree: ast.Module
    node: ast.AST
    field: str
    index: int | None
    replacement: ast.AST

    def source(self) -> str:
        """Returns it as text."""
        with self._changed():
            return ast.unparse(self.tree)

    def code(self) -> CodeType | None:
        """Returns it compiled; None if it is no program."""
        with self._changed():
            return _compiled(self.tree)

    @contextlib.contextmanager
    def _changed(self) -> Iterator[None]:
        held = getattr(self.node, self.field)
        items = held if self.index is None else [*held[: self.index], self.replacement, *held[self.index + 1 :]]
        setattr(self.node, self.field, self.replacement if self.index is None else items)
        try:
            yield
        finally:
            setattr(self.node, self.field, held)


def _compiled(tree: ast.Module) -> CodeType | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile_tree(tree, "<solution>")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _instructions(code: CodeType) -> Hashable:
    """Returns what a program does, without where it stands in the text."""
    constants = tuple(
        _instructions(one) if isinstance(one, CodeType) else (type(one).__name__, repr(one)) for one in code.co_consts
    )
    arguments = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return code.co_name, code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, arguments


def _located(new: ast.AST, old: ast.AST) -> ast.AST:
    """Returns a node whose new parts stand where the old one stood."""
    for node in [new, *ast.iter_child_nodes(new)]:
        if "lineno" in node._attributes and not hasattr(node, "lineno"):
            ast.copy_location(node, old)
            if node is not new:
                _located(node, old)
    return new


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
