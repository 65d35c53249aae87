"""Replies that another program got: read as far as they can be, and run as far as they can be read.

They answer prompts that are not ours and follow no schema: a reply is a program, fenced or bare, or
a JSON object of ours. A program need not bring tests along; then the best that can be said is that it
runs. What it says about itself (asserts, doctests) counts as its own tests.
"""

from __future__ import annotations

import ast
import dataclasses
import doctest
import re

from data.syntax import literal_of
from synth.kinds.function import FunctionExercise
from synth.parsing import Exercise, find_object, parse_code, strip_controls, strong_tests

LEVELS = ("no_code", "not_python", "parses", "unsafe", "fails", "runs", "fails_its_tests", "passes_its_tests")

_FENCED = re.compile(r"```[ \t]*([A-Za-z0-9+#]*)[^\n]*\n(.*?)(?:\n```|\Z)", re.DOTALL)
_CODE = re.compile(r"^\s*(?:def |class |import |from \w+ import |for |while |if |print\(|@|\w+ = )", re.MULTILINE)
_OTHER = re.compile(
    r"^\s*(?:#include|<\?php|<!DOCTYPE|<html|function \w+\(|const |let |var |public (?:class|static)|using \w+;"
    r"|package \w|fetch\(|console\.|SELECT |CREATE |#!/bin/(?:ba)?sh|func \w)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class ForeignReply:
    """What a foreign reply holds.

    Attributes:
        level: `no_code`, `not_python` or `parses`; running it can only raise or lower `parses`.
        exercise: the program and its own tests, where it parses.
        path: how it was found: `object`, `fence` or `bare`.
    """

    level: str
    exercise: Exercise | None = None
    path: str = ""


def read_foreign(prompt: str, reply: str) -> ForeignReply:
    """Returns what a reply to somebody else's prompt holds; never raises.

    Args:
        prompt: the task, as it was put.
        reply: the assistant's text.
    """
    text = strip_controls(reply)
    found, path = find_object(text)
    if found is not None and isinstance(found.get("solution"), str):
        tests = found.get("tests")
        listed = tuple(test for test in tests if isinstance(test, str)) if isinstance(tests, list) else ()
        return _program(prompt, found["solution"], listed, f"object+{path}")
    fenced = [(language.lower(), code) for language, code in _FENCED.findall(text)]
    if fenced:
        python = [code for language, code in fenced if language in ("python", "py", "python3", "")]
        if not python:
            return ForeignReply("not_python", path="fence")
        return _program(prompt, "\n\n".join(python), (), "fence")
    if not _CODE.search(text) and not _OTHER.search(text):
        return ForeignReply("no_code", path="bare")
    return _program(prompt, text, (), "bare")


def _program(prompt: str, code: str, tests: tuple[str, ...], path: str) -> ForeignReply:
    tree = parse_code(code)
    if tree is None:
        return ForeignReply("not_python", path=path)
    if not any(isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Call)) for node in ast.walk(tree)):
        return ForeignReply("no_code", path=path)  # a word or two of prose are Python by accident
    own = [node for node in tree.body if isinstance(node, ast.Assert)]
    lines = code.split("\n")
    asserted = tuple("\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in own)
    kept = [
        line for number, line in enumerate(lines, 1) if not any(n.lineno <= number <= (n.end_lineno or 0) for n in own)
    ]
    program = "\n".join(kept) if own else code
    found = FunctionExercise("", prompt.strip(), program.strip("\n"), (*tests, *asserted, *_doctests(tree)))
    return ForeignReply("parses", dataclasses.replace(found, tests=strong_tests(found.tests)), path)


def _doctests(tree: ast.Module) -> list[str]:
    """Returns the examples in docstrings, as asserts, where what is shown is a literal."""
    found: list[str] = []
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module))]
    for node in nodes:
        try:
            examples = doctest.DocTestParser().get_examples(ast.get_docstring(node) or "")
        except ValueError:
            continue
        for example in examples:
            call, shown = example.source.strip(), example.want.strip()
            if not shown or "\n" in call or not _is_literal(shown) or not _is_expression(call):
                continue
            found.append(f"assert {call} == {shown}")
    return found


def _is_literal(text: str) -> bool:
    try:
        literal_of(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return False
    return True


def _is_expression(text: str) -> bool:
    tree = parse_code(text)
    return tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
