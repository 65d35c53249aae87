"""Python's own parser for the whole house: syntax trees of programs, made by one thread at a time.

CPython up to 3.11.7 and 3.12.1 counts the depth of the tree that it builds in a counter which all threads share: two
threads that parse at once raise `SystemError: AST constructor recursion depth mismatch` on sound programs (its issue
106905). The parser holds the interpreter's lock nearly all the time, so waiting here costs nothing.
"""

from __future__ import annotations

import ast
import threading
from types import CodeType
from typing import Any

_one_at_a_time = threading.Lock()


def parse_program(source: str) -> ast.Module:
    """Returns a program's syntax tree; raises what `ast.parse` raises on what is no Python."""
    with _one_at_a_time:
        return ast.parse(source)  # noqa: TID251


def parse_expression(source: str) -> ast.expr:
    """Returns one expression's syntax tree; raises what `ast.parse` raises on anything else."""
    with _one_at_a_time:
        return ast.parse(source, mode="eval").body  # noqa: TID251


def literal_of(source: str) -> Any:
    """Returns the value that a literal stands for; raises what `ast.literal_eval` raises on anything else."""
    return ast.literal_eval(parse_expression(source.lstrip(" \t")))


def compile_tree(tree: ast.Module | ast.Expression, name: str) -> CodeType:
    """Returns a syntax tree's code, for `exec` or `eval`; `name` is the file that tracebacks show."""
    mode = "eval" if isinstance(tree, ast.Expression) else "exec"
    with _one_at_a_time:
        return compile(tree, name, mode, dont_inherit=True)
