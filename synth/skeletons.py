"""What two programs have in common when names, and then constants, are disregarded."""

from __future__ import annotations

import ast
import hashlib

from synth.parsing import parse_code


def exact_form(source: str) -> str:
    """Returns a digest that renaming, comments, docstrings, type hints and layout do not change; "" for no Python."""
    return _digest(source, mask_constants=False)


def skeleton(source: str) -> str:
    """Returns a digest that, beside all of that, other constants do not change; "" for no Python."""
    return _digest(source, mask_constants=True)


def _digest(source: str, mask_constants: bool) -> str:
    tree = parse_code(source)
    if tree is None:
        return ""
    levelled = _Leveller(_own_names(tree), mask_constants).visit(tree)
    return hashlib.sha256(_written(levelled).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _written(value: object) -> str:
    """Returns a tree as text: the same under every Python, where `ast.dump` has more empty fields or fewer.

    Earlier sets keep their programs' digests, and may have been made under another one.
    """
    if isinstance(value, ast.AST):
        fields = [(name, inner) for name, inner in ast.iter_fields(value) if inner is not None and inner != []]
        return f"{type(value).__name__}({', '.join(f'{name}={_written(inner)}' for name, inner in fields)})"
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, list) else repr(value)


def _own_names(tree: ast.Module) -> set[str]:
    """Returns the names that the program itself binds; those of builtins and modules carry meaning."""
    own = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            own |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            own.add(node.name)
    return own


class _Leveller(ast.NodeTransformer):
    """Numbers a program's own names in the order of their appearance and drops what does nothing."""

    def __init__(self, own: set[str], mask_constants: bool) -> None:
        self.own, self.mask_constants, self.numbers = own, mask_constants, dict[str, str]()

    def _number(self, name: str) -> str:
        return self.numbers.setdefault(name, f"v{len(self.numbers)}") if name in self.own else name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._number(node.arg), None)

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        # The names of keyword arguments belong to what is called: sorted(key=…) stays.
        return ast.keyword(node.arg, self.visit(node.value))

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(type(node.value).__name__) if self.mask_constants else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name, node.returns = self._number(node.name), None
        node.body = _without_docstring(node.body)
        self.generic_visit(node)
        return node

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = _without_docstring(node.body)
        self.generic_visit(node)
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_docstring = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return body[1:] if is_docstring else body
