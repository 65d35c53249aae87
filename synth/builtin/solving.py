"""A second solution from the words of a task alone: the grammar read backwards.

The teacher's own docstrings name each operation in fixed words, so that a docstring can be read
as a chain of operations again and be written out in other idioms. Words that are not the
grammar's own are honestly given up; nothing of what comes in is run.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from string import Template
from typing import Iterator

from data.syntax import parse_program
from synth.builtin.code import Layout, write_function
from synth.builtin.composition import OVER_MEMBERS, Chain, Step, fits
from synth.builtin.docstrings import FOR_EACH, MEMBERS
from synth.builtin.grammar import Operation
from synth.builtin.operations import OPERATIONS
from synth.draws import Draws

MAX_CHARS, MAX_OPERATIONS = 2000, 24

_TASK = re.compile(r"<<<task ([0-9a-f]{32})\n(.*?)\n\1 task>>>", re.DOTALL)
_AFTER_TASK = re.compile(r"\bArgs:|\bParameters -{4}|>>>|(?:\bHere )?`\w+` is (?:a|True)\b")


@dataclasses.dataclass(frozen=True)
class _Found:
    """An operation's words at a place in a text, with what stands for its parameters."""

    start: int
    end: int
    operation: Operation
    values: tuple[tuple[str, str], ...]
    member: str


def solve(prompt: str) -> str | None:
    """Returns a program for the function whose head a prompt holds; None if its words are not understood."""
    task = _TASK.search(prompt)
    function = _head(task[2]) if task else None
    if function is None:
        return None
    words = " ".join((ast.get_docstring(function) or "").split())
    cut = _AFTER_TASK.search(words)
    found = _occurrences((words[: cut.start()] if cut else words)[:MAX_CHARS])[:MAX_OPERATIONS]
    chains = sorted(_chains(found, "", 0), key=lambda chain: -sum(part.end - part.start for part, _ in chain))
    arguments = [argument.arg for argument in function.args.args]
    if not chains or not arguments:
        return None
    return _written(function.name, arguments, chains[0])


def _head(source: str) -> ast.FunctionDef | None:
    try:
        body = parse_program(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], ast.FunctionDef) else None


@functools.cache
def _patterns() -> list[tuple[Operation, re.Pattern[str]]]:
    """Returns for each operation a pattern of its words, with a group for each parameter."""
    return [(operation, re.compile(_pattern_of(operation))) for operation in OPERATIONS.values()]


def _pattern_of(operation: Operation) -> str:
    marks = {name: f"\x00{name}\x00" for name in operation.parameters}
    text, seen = Template(operation.phrase).substitute(marks), set[str]()
    pattern = ""
    for number, part in enumerate(text.split("\x00")):
        if number % 2 == 0:
            pattern += re.escape(part)
        elif part in seen:
            pattern += f"(?P={part})"
        else:
            seen.add(part)
            values = "|".join(re.escape(str(value)) for value in sorted(operation.parameters[part], key=str)[::-1])
            pattern += f"(?P<{part}>`\\w+`|{values})"
    return rf"(?i:{pattern[0]}){pattern[1:]}(?!\w)" if pattern[0].isalpha() else pattern


def _occurrences(text: str) -> list[_Found]:
    found = []
    for operation, pattern in _patterns():
        for match in pattern.finditer(text):
            values = tuple((name, match[name]) for name in operation.parameters)
            found.append(_Found(match.start(), match.end(), operation, values, _member(text[: match.start()])))
    return sorted(found, key=lambda one: (one.start, -one.end, one.operation.name))


def _member(before: str) -> str:
    """Returns the member that an operation is applied to each of, by the words before it; "" for none."""
    for form in FOR_EACH:
        for member in set(MEMBERS.values()):
            if before.lower().endswith(form.format(member)):
                return member
    return ""


def _chains(found: list[_Found], given: str, place: int) -> Iterator[list[tuple[_Found, Step]]]:
    """Yields sequences of operations in the text's order whose types fit together.

    An operation that fits is passed over for none that begins behind it, so that only what
    overlaps is tried in turn.
    """
    end: int | None = None
    for number, one in enumerate(found):
        if one.start < place:
            continue
        if end is not None and one.start >= end:
            return
        for step in _steps(one):
            if given and not fits(given, step.takes):
                continue
            end = one.end if end is None else min(end, one.end)
            for rest in _chains(found[number + 1 :], step.gives, one.end):
                yield [(one, step), *rest]
    if given and end is None:
        yield []


def _steps(one: _Found) -> Iterator[Step]:
    values = dict(one.values)
    if not one.member:
        yield Step(one.operation, values)
        return
    for container, takes, gives in OVER_MEMBERS:
        if MEMBERS.get(container) == one.member and (takes, gives) == (one.operation.takes, one.operation.gives):
            yield Step(one.operation, values, container)


def _written(name: str, arguments: list[str], parts: list[tuple[_Found, Step]]) -> str | None:
    lifted: dict[tuple[int, str], str] = {}
    chain: Chain = tuple(step for _, step in parts)
    for number, step in enumerate(chain):
        for parameter, value in step.values.items():
            if str(value).startswith("`"):
                lifted[number, parameter] = str(value).strip("`")
    if sorted(lifted.values()) != sorted(arguments[1:]):
        return None
    ordered = {place: name for argument in arguments[1:] for place, name in lifted.items() if name == argument}
    draws = Draws(0, "second solution", name + repr([step.operation.name for step in chain]))
    layout = Layout(
        name=name,
        argument=arguments[0],
        typed=False,
        inline=False,
        helper=-1,
        guard=False,
        lifted=ordered,
        idioms=tuple(draws.choice(step.operation.idioms) for step in chain),
        visits=tuple(draws.below(3) for _ in chain),
    )
    return write_function(draws, chain, layout, None, "Do as the task says.")
