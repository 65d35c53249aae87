"""The JSON object of a reply, read field by field, with a reason where it is not what was asked for."""

from __future__ import annotations

import ast
from typing import Any

from data.syntax import literal_of, parse_program
from synth.parsing import parse_code, strip_controls
from synth.screening import find_unsafe

MAX_ITEMS = 64


class Unreadable(Exception):
    """A reply is not of its kind; `reason` is one of `synth.parsing.REASONS`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Fields:
    """A JSON object whose fields are asked for by type; control characters are gone from what is given."""

    def __init__(self, values: dict[str, Any], place: str = "") -> None:
        self._values, self._place = values, place

    def text(self, key: str, default: str | None = None, *, keep_ends: bool = False) -> str:
        """Returns a string, without white space at its ends unless these matter.

        Raises:
            Unreadable: it is missing, empty (unless there is a default) or no string.
        """
        value = self._values.get(key, default)
        value = default if value is None else value
        if not isinstance(value, str):
            raise Unreadable("bad_response", f"{self._name(key)} is no string")
        clean = strip_controls(value)
        if default is None and not clean.strip():
            raise Unreadable("bad_response", f"{self._name(key)} is empty")
        return clean if keep_ends else clean.strip()

    def code(self, key: str) -> str:
        """Returns Python source that parses and asks for nothing that it has no business with."""
        source = self.text(key, keep_ends=True).strip("\n")
        tree = parse_code(source)
        if tree is None:
            raise Unreadable("bad_response", f"{self._name(key)} is not Python")
        unsafe = find_unsafe(tree)
        if unsafe:
            raise Unreadable("unsafe_code", unsafe)
        return source

    def program(self, key: str) -> str:
        """Returns Python source that, beside all that, defines a function or a class."""
        source = self.code(key)
        body = parse_program(source).body
        if not any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for node in body):
            raise Unreadable("bad_response", f"{self._name(key)} defines nothing")
        return source

    def texts(self, key: str) -> tuple[str, ...]:
        """Returns a list of strings; empty ones are left out."""
        value = self._list(key)
        if not all(isinstance(item, str) for item in value):
            raise Unreadable("bad_response", f"{self._name(key)} is no list of strings")
        return tuple(strip_controls(item).strip() for item in value if item.strip())

    def tests(self, key: str = "tests") -> tuple[str, ...]:
        """Returns assert statements; a string is taken for one in each line.

        Raises:
            Unreadable: `no_tests` if there is none, else as `texts`.
        """
        value = self._values.get(key)
        lines = Fields({key: value.splitlines()}, self._place).texts(key) if isinstance(value, str) else self.texts(key)
        if not lines:
            raise Unreadable("no_tests", "no tests at all")
        tree = parse_code("\n".join(lines))
        if tree is None:
            raise Unreadable("bad_response", f"{self._name(key)} is not Python")
        unsafe = find_unsafe(tree)
        if unsafe:
            raise Unreadable("unsafe_code", unsafe)
        return lines

    def objects(self, key: str) -> tuple[Fields, ...]:
        """Returns a list of objects."""
        value = self._list(key)
        if not all(isinstance(item, dict) for item in value):
            raise Unreadable("bad_response", f"{self._name(key)} is no list of objects")
        return tuple(Fields(item, f"{self._name(key)}[{number}]") for number, item in enumerate(value))

    def integer(self, key: str) -> int:
        """Returns a whole number; one in a string or as a float with nothing after the point counts."""
        value = self._values.get(key)
        if isinstance(value, str) and value.strip().isdigit():
            value = int(value.strip())
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unreadable("bad_response", f"{self._name(key)} is no whole number")
        return value

    def literal(self, key: str) -> str:
        """Returns a Python literal as its canonical source; plain JSON numbers count, too."""
        value = self._values.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return repr(value)
        try:
            return repr(literal_of(self.text(key)))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise Unreadable("bad_response", f"{self._name(key)} is no Python literal") from None

    def rows(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Returns a list of lists of strings; numbers in them are written out."""
        found = []
        for row in self._list(key):
            if not isinstance(row, list) or not all(isinstance(cell, (str, int, float)) for cell in row):
                raise Unreadable("bad_response", f"{self._name(key)} is no list of rows")
            found.append(tuple(strip_controls(str(cell)).strip() for cell in row[:MAX_ITEMS]))
        return tuple(found)

    def _list(self, key: str) -> list[Any]:
        value = self._values.get(key)
        if not isinstance(value, list):
            raise Unreadable("bad_response", f"{self._name(key)} is no list")
        if len(value) > MAX_ITEMS:
            raise Unreadable("bad_response", f"more than {MAX_ITEMS} in {self._name(key)}")
        return value

    def _name(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key
