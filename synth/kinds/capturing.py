"""Programs that keep what they print, or what their variables hold line by line, so that a test can compare it."""

from __future__ import annotations

import ast
import hashlib
import textwrap
from typing import Sequence

from data.syntax import literal_of, parse_program

#: (line, variable, its value's repr) for each variable that a statement changed, in the order of execution.
Trace = Sequence[tuple[int, str, str]]

_PRINT = """
__name__ = "__main__"
{log} = [""]


def print(*values, sep=" ", end="\\n", file=None, flush=False):
    if file is None:
        {log}[-1] += (" " if sep is None else sep).join(map(str, values)) + ("\\n" if end is None else end)
"""

_NOTE = """
__name__ = "__main__"
{log}, {log}_known, print = [], {{}}, lambda *values, **settings: None


def {log}_note(line, scope):
    for name, value in list(scope.items()):
        if name.startswith("_") or callable(value) or type(value).__name__ == "module":
            continue
        shown = repr(value)
        if {log}_known.get(name) != shown:
            {log}_known[name] = shown
            {log}.append((line, name, shown))
"""


def printing(blocks: Sequence[str], outputs: Sequence[str]) -> tuple[str, str]:
    """Returns a program that runs blocks one after another, and an assert that each printed what is claimed.

    White space at the ends of lines and line feeds at the end make no difference.
    """
    log = _name("printed", blocks)
    steps = [f"{block}\n{log}.append('')" for block in blocks]
    program = textwrap.dedent(_PRINT).format(log=log) + "\n" + "\n".join(steps)
    levelled = f"['\\n'.join(map(str.rstrip, text.split('\\n'))).rstrip() for text in {log}[:-1]]"
    return program, f"assert {levelled} == {[level(output) for output in outputs]!r}"


def tracing(program: str, trace: Trace) -> tuple[str, str]:
    """Returns a program that notes how its variables change, and an assert that they change as claimed.

    Only what stands outside of functions is noted; a loop's variable changes on the line of its `for`.
    """
    log = _name("trace", [program])
    tree = parse_program(program)
    tree.body = _noted(tree.body, f"{log}_note")
    traced = ast.unparse(ast.fix_missing_locations(tree))
    wanted = [(line, name, _levelled_value(value)) for line, name, value in trace]
    return textwrap.dedent(_NOTE).format(log=log) + "\n" + traced, f"assert {log} == {wanted!r}"


def level(output: str) -> str:
    """Returns printed text without white space at the ends of its lines and without line feeds at its end."""
    return "\n".join(line.rstrip() for line in output.split("\n")).rstrip()


def _name(what: str, sources: Sequence[str]) -> str:
    """Returns a name that the sources cannot hold, since it depends on them."""
    return f"_{what}_{hashlib.sha256(chr(0).join(sources).encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _levelled_value(value: str) -> str:
    try:
        return repr(literal_of(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


def _noted(body: list[ast.stmt], note: str) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            continue
        inner = [name for name in ("body", "orelse", "finalbody") if getattr(statement, name, None)]
        for name in inner:
            setattr(statement, name, _noted(getattr(statement, name), note))
        for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            part.body = _noted(part.body, note)
        if isinstance(statement, (ast.If, ast.While)):  # its condition may change something, also where it is false
            statement.orelse = [_call(note, statement.lineno), *statement.orelse]
        if "body" in inner:
            statement.body = [_call(note, statement.lineno), *statement.body]  # type: ignore[attr-defined]
        else:
            found.append(_call(note, statement.lineno))
    return found


def _call(note: str, line: int) -> ast.stmt:
    return parse_program(f"{note}({line}, globals())").body[0]
