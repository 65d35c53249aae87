"""The text of an exercise as a document for training, and the way back to its halves."""

from __future__ import annotations

import ast
import textwrap

from synth.parsing import Exercise, parse_code


def write_text(exercise: Exercise) -> str:
    """Returns a program: the function under its docstring, then its tests.

    The task becomes the docstring if the function has none.
    """
    solution = exercise.solution.strip("\n")
    tree = parse_code(solution)
    function = _main_function(tree)
    if function is not None and ast.get_docstring(function) is None:
        solution = _with_docstring(solution, function, exercise.task)
    return f"{solution}\n\n\n" + "\n".join(exercise.tests) + "\n"


def split_text(text: str) -> tuple[str, str, str]:
    """Returns what stands before the answer (the function's head and docstring), the solution, the tests."""
    tree = parse_code(text)
    function = _main_function(tree)
    if tree is None or function is None:
        return "", text, ""
    lines = text.split("\n")
    after = function.end_lineno or 0
    asserts = [node.lineno for node in tree.body if isinstance(node, ast.Assert) and node.lineno > after]
    end = asserts[0] - 1 if asserts else len(lines)
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    head_end = (body[0].lineno if body else function.end_lineno or end) - 1
    head = lines[function.lineno - 1 : head_end]
    return "\n".join(head).rstrip(), "\n".join(lines[:end]).rstrip(), "\n".join(lines[end:]).rstrip()


def _main_function(tree: ast.Module | None) -> ast.FunctionDef | None:
    """Returns the last public function at the top level, or the last one."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)] if tree else []
    public = [function for function in functions if not function.name.startswith("_")]
    return public[-1] if public else functions[-1] if functions else None


def _with_docstring(solution: str, function: ast.FunctionDef, task: str) -> str:
    lines = solution.split("\n")
    first = function.body[0]
    text = task.replace("\\", "\\\\").replace('"""', "'''")
    text = text + " " if text.endswith('"') else text
    if first.lineno == function.lineno or not lines[first.lineno - 1][: first.col_offset].isspace():
        return f'"""{text}"""\n\n\n{solution}'  # the body stands on the line of its head
    docstring = f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'
    indented = textwrap.indent(docstring, " " * first.col_offset, lambda line: line.strip() != "")
    place = min([first.lineno, *(node.lineno for node in getattr(first, "decorator_list", []))]) - 1
    return "\n".join([*lines[:place], *indented.split("\n"), *lines[place:]])
