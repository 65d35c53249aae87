"""What the procedural teacher can do to a value: typed operations, each with several idioms.

An operation knows its meaning (`reference`, plain Python) and its wordings in code (`idioms`,
templates). The two are written apart, so that tests can hold one against the other; answers
of generated tests come from the meanings alone. What scripts print is found by walking through
them (`tracing`); nothing that came from elsewhere is ever run in this process.
"""

from __future__ import annotations

import dataclasses
from string import Template
from typing import Any, Callable, Mapping

#: What flows between operations, and how Python's type hints say it.
HINTS = {
    "natural": "int",
    "int": "int",
    "real": "float",
    "flag": "bool",
    "text": "str",
    "ints": "list[int]",
    "words": "list[str]",
    "pairs": "list[tuple[str, int]]",
    "counts": "dict[str, int]",
    "series": "dict[str, list[int]]",
    "groups": "dict[str, list[str]]",
    "matrix": "list[list[int]]",
    "tree": "list",
    "date": "str",
    "dates": "list[str]",
    "times": "list[str]",
    "records": "list[dict]",
}

#: How prose names a value of each type.
NOUNS = {
    "natural": "a non-negative integer",
    "int": "an integer",
    "real": "a float rounded to two decimal places",
    "flag": "True or False",
    "text": "a string",
    "ints": "a list of integers",
    "words": "a list of strings",
    "pairs": "a list of (name, number) tuples",
    "counts": "a dictionary from strings to integers",
    "series": "a dictionary from strings to lists of integers",
    "groups": "a dictionary from strings to lists of strings",
    "matrix": "a rectangular list of rows of integers",
    "tree": "a list that holds integers and further such lists",
    "date": 'a date such as "2024-03-07"',
    "dates": 'a list of dates such as "2024-03-07"',
    "times": 'a list of times of day such as "07:05"',
    "records": 'a list of dictionaries with the keys "name" (a string), "count" and "price" (integers)',
}

Parameter = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Operation:
    """One step that a composed function can take.

    Attributes:
        name: unique.
        concept: what a learner practises; one of the concepts in `prompt_files/axes.yaml`.
        takes, gives: keys of HINTS.
        phrase: an imperative, with `$k`-like places for parameters.
        reference: the meaning: called with the value and the parameters by name.
        idioms: templates; an expression over `$x`, or statements that set `$y`. Single-letter
            places that are not parameters become fresh local names. What stands before a line
            `---` goes to the head of the module: imports, classes (`$C`) and functions (`$F`).
        parameters: for each parameter the values it can have.
    """

    name: str
    concept: str
    takes: str
    gives: str
    phrase: str
    reference: Callable[..., Any]
    idioms: tuple[str, ...]
    parameters: Mapping[str, Parameter]

    def places(self, idiom: str) -> list[str]:
        """Returns the local names that an idiom needs, in order of appearance."""
        found = dict.fromkeys(Template(idiom).get_identifiers())
        return [place for place in found if place not in ("x", "y") and place not in self.parameters]


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    concept: str,
    takes: str,
    gives: str,
    phrase: str,
    reference: Callable[..., Any],
    *idioms: str,
    **parameters: Parameter,
) -> None:
    """Adds an operation to the grammar."""
    if name in OPERATIONS or takes not in HINTS or gives not in HINTS or not idioms:
        raise ValueError(f"operation {name!r} is declared twice or badly")
    OPERATIONS[name] = Operation(name, concept, takes, gives, phrase, reference, idioms, parameters)


def is_expression(idiom: str) -> bool:
    """Whether an idiom is a single expression over `$x`."""
    body = body_of(idiom)
    return "\n" not in body and not body.startswith("$y")


def head_of(idiom: str) -> str:
    """Returns what of an idiom belongs at the head of a module; "" for nothing."""
    return idiom.partition("---\n")[0].strip("\n") if "---\n" in idiom else ""


def body_of(idiom: str) -> str:
    """Returns an idiom without what belongs at the head of a module."""
    return idiom.partition("---\n")[2] if "---\n" in idiom else idiom


def between(low: int, high: int) -> Parameter:
    """Returns the integers from low to high as a parameter's values."""
    return tuple(range(low, high + 1))


def among(*values: Any) -> Parameter:
    """Returns the given values as a parameter's values."""
    return values
