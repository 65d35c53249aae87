"""Writes a program anew: other names, another docstring, other statements; it does what it did before.

Comprehensions become loops, loops over ranges become `while`, branches change places, comparisons
are turned round, results get a name of their own before they are returned.
"""

from __future__ import annotations

import ast
import builtins
from typing import Any

_WORDS = ("crate", "ledger", "spool", "anchor", "willow", "copper", "lantern", "meadow", "harbour", "timber", "saddle",
          "pebble", "thicket", "kettle", "marble", "orchard", "ribbon", "hollow", "granite", "ferry")  # fmt: skip
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}


def rewrite(source: str) -> str:
    """Returns a program in other words and by other means."""
    tree = _Renaming(_own_names(ast.parse(source))).visit(ast.parse(source))
    tree = _Restating().visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree))


def _own_names(tree: ast.Module) -> dict[str, str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.arg):
            names.append(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
    passed = {keyword.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for keyword in node.keywords}
    own = [name for name in dict.fromkeys(names) if name not in dir(builtins) and name not in passed]
    return {name: _WORDS[number % len(_WORDS)] + "_" * (number // len(_WORDS)) for number, name in enumerate(own)}


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.names.get(node.arg, node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.name, node.returns = self.names.get(node.name, node.name), None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        node.body.insert(0, ast.Expr(ast.Constant("Works out what the caller is after.")))
        return node


class _Restating(ast.NodeTransformer):
    def __init__(self) -> None:
        self.made = 0

    def _name(self) -> str:
        self.made += 1
        return f"outcome_{self.made}"

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        self.generic_visit(node)
        if len(node.ops) == 1 and type(node.ops[0]) in _TURNED:
            return ast.Compare(node.comparators[0], [_TURNED[type(node.ops[0])]()], [node.left])
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name) and isinstance(node.op, (ast.Sub, ast.Mult, ast.FloorDiv)):
            read = ast.Name(node.target.id, ast.Load())
            return ast.Assign([node.target], ast.BinOp(read, node.op, node.value))
        return node

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        if node.orelse:
            return ast.If(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)
        return node

    def visit_Return(self, node: ast.Return) -> Any:
        if isinstance(node.value, ast.ListComp) and len(node.value.generators) == 1:
            return self._loop(node.value)
        self.generic_visit(node)
        if node.value is None or isinstance(node.value, (ast.Name, ast.Constant)):
            return node
        name = self._name()
        return [ast.Assign([ast.Name(name, ast.Store())], node.value), ast.Return(ast.Name(name, ast.Load()))]

    def _loop(self, made: ast.ListComp) -> list[ast.stmt]:
        name, part = self._name(), made.generators[0]
        grown = ast.Call(ast.Attribute(ast.Name(name, ast.Load()), "append", ast.Load()), [made.elt], [])
        body: list[ast.stmt] = [ast.Expr(grown)]
        for condition in reversed(part.ifs):
            body = [ast.If(condition, body, [])]
        loop = ast.For(part.target, part.iter, body, [])
        start = ast.Assign([ast.Name(name, ast.Store())], ast.List([], ast.Load()))
        return [start, loop, ast.Return(ast.Name(name, ast.Load()))]
