"""What a script of the grammar prints, and how its variables change: statements are walked through one by one.

Only scripts that the grammar itself has composed come here, and they find no more of Python than the
grammar uses: the builtins and modules below. Compound statements are interpreted, so that the
trace does not come from the machinery that checks it (`synth.kinds.capturing`).
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import importlib
from typing import Any

from data.syntax import compile_tree, parse_program

MAX_STATEMENTS = 400


_MODULES = ("calendar", "collections", "dataclasses", "datetime", "itertools", "re", "typing")
_MODULES_OF_DATETIME = ("time", "_strptime")  # it imports them by way of whoever calls it
_NAMES = (
    "abs all any bin bool chr dict divmod enumerate filter float format int isinstance iter len list map max min next "
    "ord property range repr reversed round set sorted str sum tuple zip __build_class__ Exception IndexError KeyError "
    "LookupError StopIteration ValueError ZeroDivisionError"
)


def _import(name: str, *_: object) -> Any:
    if name not in _MODULES + _MODULES_OF_DATETIME:
        raise ImportError(name)
    return importlib.import_module(name)


_BUILTINS = {**{name: getattr(builtins, name) for name in _NAMES.split()}, "__import__": _import}


class TooLong(Exception):
    """A script runs for longer than anybody would follow."""


class _Broken(Exception):
    """`break` was reached."""


class _Continued(Exception):
    """`continue` was reached."""


@dataclasses.dataclass
class Tracer:
    """Walks through a script; afterwards holds what it printed and each change of a variable."""

    most_statements: int = MAX_STATEMENTS
    output: str = ""
    trace: list[tuple[int, str, str]] = dataclasses.field(default_factory=list)
    scope: dict[str, Any] = dataclasses.field(default_factory=dict)
    _known: dict[str, str] = dataclasses.field(default_factory=dict)
    _statements: int = 0

    def run(self, source: str) -> Tracer:
        """Walks through a script.

        Raises:
            TooLong: it takes more statements than `most_statements`.
        """
        self.scope |= {"print": self._print, "__name__": "__main__", "__builtins__": _BUILTINS}
        self._body(parse_program(source).body)
        return self

    def _print(self, *values: object, sep: str = " ", end: str = "\n") -> None:
        self.output += sep.join(map(str, values)) + end

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._statements += 1
            if self._statements > self.most_statements:
                raise TooLong
            self._one(statement)

    def _one(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.For):
            self._for(statement)
        elif isinstance(statement, ast.While):
            self._while(statement)
        elif isinstance(statement, ast.If):
            holds = self._value(statement.test)
            self._note(statement.lineno)
            self._body(statement.body if holds else statement.orelse)
        elif isinstance(statement, ast.Try):
            self._try(statement)
        elif isinstance(statement, ast.Break):
            raise _Broken
        elif isinstance(statement, ast.Continue):
            raise _Continued
        else:
            exec(compile_tree(ast.Module([statement], []), "<script>"), self.scope)
            self._note(statement.lineno)

    def _for(self, loop: ast.For) -> None:
        for item in self._value(loop.iter):
            self.scope["_item"] = item
            bind = ast.Assign([loop.target], ast.Name("_item", ast.Load()))
            module = ast.fix_missing_locations(ast.Module([ast.copy_location(bind, loop)], []))
            exec(compile_tree(module, "<script>"), self.scope)
            self._note(loop.lineno)
            try:
                self._body(loop.body)
            except _Continued:
                continue
            except _Broken:
                return
        self._body(loop.orelse)

    def _while(self, loop: ast.While) -> None:
        while self._holds(loop):
            try:
                self._body(loop.body)
            except _Continued:
                continue
            except _Broken:
                return
        self._body(loop.orelse)

    def _holds(self, loop: ast.While) -> bool:
        found = bool(self._value(loop.test))
        self._note(loop.lineno)
        return found

    def _try(self, statement: ast.Try) -> None:
        try:
            self._body(statement.body)
        except (_Broken, _Continued, TooLong):
            raise
        except Exception as error:
            for handler in statement.handlers:
                if handler.type is not None and isinstance(error, self._value(handler.type)):
                    if handler.name:
                        self.scope[handler.name] = error
                    self._body(handler.body)
                    self.scope.pop(handler.name or "", None)
                    return
            raise

    def _value(self, node: ast.expr) -> Any:
        return eval(compile_tree(ast.Expression(node), "<script>"), self.scope)

    def _note(self, line: int) -> None:
        for name, value in list(self.scope.items()):
            if name.startswith("_") or callable(value) or type(value).__name__ == "module":
                continue
            shown = repr(value)
            if self._known.get(name) != shown:
                self._known[name] = shown
                self.trace.append((line, name, shown))
