"""Functions in any text, ready to be called: with the imports, constants and helpers that they need, and nothing else.

A text need not be a program: functions within prose, or in a file that does not parse, are found
by their indentation. What reaches for the machine, needs an object or a name that nobody
defines, or asks a person, is left out.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from dataclasses import dataclass
from typing import Iterator

from data.syntax import parse_program
from synth.parsing import parse_code
from synth.screening import find_unsafe
from synth.shapes import Shape, shapes_of_signature

#: A text with more functions is a library's; the first are taken.
MAX_FUNCTIONS = 200
MAX_LINES = 120
MAX_ARGUMENTS = 6
_MAX_ENDS = 20

_DEF = re.compile(r"^([ \t]*)def ([A-Za-z_]\w*)[ \t]*\(", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*((?:from [\w.]+ )?import [\w ,.*()]+)[ \t]*$", re.MULTILINE)
_DROPPED_DECORATORS = frozenset({"cache", "lru_cache", "staticmethod"})
_NOT_PURE = frozenset({"input", "print", "exit", "quit", "help", "breakpoint", "globals", "locals", "vars"})
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Fragment:
    """One function that can be called by position.

    Attributes:
        name: of the function.
        program: source that defines it and what it needs.
        least, most: how many arguments it takes.
        shapes: what its annotations say of those that it needs.
    """

    name: str
    program: str
    least: int
    most: int
    shapes: tuple[Shape, ...] | None


def functions_in(text: str) -> list[Fragment]:
    """Returns the functions of a text that can be run on their own, in order."""
    if "def " not in text:
        return []
    found: list[Fragment] = []
    functions, imports, constants = _parts(text)
    for function in list(functions.values())[:MAX_FUNCTIONS]:
        positions = [*function.args.posonlyargs, *function.args.args]
        if not 0 < len(positions) <= MAX_ARGUMENTS or positions[0].arg in ("self", "cls"):
            continue
        shapes = shapes_of_signature(function)
        needed = _needed(function, functions, imports, constants)
        if shapes is None or needed is None:
            continue
        module = ast.Module([_bare(part) for part in needed], [])
        try:
            program = ast.unparse(ast.fix_missing_locations(module))
        except (ValueError, RecursionError):
            continue
        if not find_unsafe(parse_program(program)):
            least = len(positions) - len(function.args.defaults)
            found.append(Fragment(function.name, program, least, len(positions), shapes))
    return found


def _parts(text: str) -> tuple[dict[str, ast.FunctionDef], dict[str, ast.stmt], dict[str, ast.stmt]]:
    """Returns a text's functions, imports and constants, each by the name that it binds."""
    functions: dict[str, ast.FunctionDef] = {}
    imports: dict[str, ast.stmt] = {}
    constants: dict[str, ast.stmt] = {}
    tree = parse_code(text)
    for node in tree.body if tree is not None else _pieces(text):
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imports |= {(alias.asname or alias.name.split(".")[0]): node for alias in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_literal(node.value):
            constants[node.targets[0].id] = node
    if tree is not None:
        _add_inner(tree, text, functions)
    return functions, imports, constants


def _add_inner(tree: ast.Module, text: str, functions: dict[str, ast.FunctionDef]) -> None:
    """Adds the functions that a program has in its classes, and those that its docstrings and comments show."""
    inner = [one for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for one in node.body]
    for node in inner:
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, node)
    known = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    if {place[2] for place in _DEF.finditer(text)} - known:
        for node in _pieces(text):
            if isinstance(node, ast.FunctionDef) and node.name not in known:
                functions.setdefault(node.name, node)


def _pieces(text: str) -> Iterator[ast.stmt]:
    """Yields what can be read of a text that is no program: import lines, and functions with what is indented below."""
    for line in _IMPORT.finditer(text):
        tree = parse_code(line[1])
        yield from tree.body if tree else ()
    for place in _DEF.finditer(text):
        lines = text[place.start() :].expandtabs(8).split("\n", MAX_LINES)[:MAX_LINES]
        indent = len(place[1].expandtabs(8))
        end = next((n for n, line in enumerate(lines) if n and line.strip() and _indent(line) <= indent), len(lines))
        # What follows may be something else with the same indentation: then it ends at a blank line.
        blank = [number for number in range(end - 1, 0, -1) if not lines[number].strip()]
        for last in (end, *blank[:_MAX_ENDS]):
            tree = parse_code(textwrap.dedent("\n".join(lines[:last])))
            if tree is not None and tree.body:
                yield from tree.body
                break


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _needed(
    function: ast.FunctionDef,
    functions: dict[str, ast.FunctionDef],
    imports: dict[str, ast.stmt],
    constants: dict[str, ast.stmt],
) -> list[ast.stmt] | None:
    """Returns a function with all that it uses, in an order that can be run; None if something is missing."""
    chosen: dict[str, ast.stmt] = {}
    waiting, seen = [function], {function.name}
    while waiting:
        node = waiting.pop()
        if (node.end_lineno or 0) - node.lineno > MAX_LINES or not _decorators_may_go(node):
            return None
        chosen[node.name] = node
        for name in _free_names(node):
            if name in seen:
                continue
            seen.add(name)
            if name in functions:
                waiting.append(functions[name])
            elif name in imports or name in constants:
                chosen[name] = imports.get(name) or constants[name]
            elif name not in _BUILTINS or name in _NOT_PURE:
                return None
    order = sorted(set(chosen.values()), key=lambda node: (isinstance(node, ast.FunctionDef), ast.unparse(node)))
    return order


def _free_names(function: ast.FunctionDef) -> list[str]:
    """Returns the names that a function reads and does not bind, annotations and decorators aside."""
    bare = _bare(function)
    bound = {node.arg for node in ast.walk(bare) if isinstance(node, ast.arg)}
    bound |= {node.id for node in ast.walk(bare) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(bare):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    reads = [node.id for node in ast.walk(bare) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    return [name for name in dict.fromkeys(reads) if name not in bound]


def _decorators_may_go(function: ast.FunctionDef) -> bool:
    names = [ast.unparse(node).split("(")[0].split(".")[-1] for node in function.decorator_list]
    return all(name in _DROPPED_DECORATORS for name in names)


def _bare(node: ast.stmt) -> ast.stmt:
    """Returns a statement without what does not matter when it runs and may name what is not there."""
    return _Baring().visit(parse_program(ast.unparse(node)).body[0])  # type: ignore[no-any-return]


class _Baring(ast.NodeTransformer):
    """Drops annotations, decorators, docstrings, and what stands behind a return."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.decorator_list, node.returns = [], None
        self.generic_visit(node)
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(node.body) > 1:
            node.body = node.body[1:]
        ends = [place for place, line in enumerate(node.body) if isinstance(line, (ast.Return, ast.Raise))]
        node.body = node.body[: ends[0] + 1] if ends else node.body
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value is not None else ast.Pass()


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return False
    return True
