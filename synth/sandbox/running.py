"""Runs one program's steps and reports what its expressions gave; `child.py` has given up every right before.

This file is shipped to the sandbox beside `child.py`, so it imports nothing of phimill either.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import marshal
import os
import sys
import types
from typing import Any

MAX_DEPTH = 100


#: Results that are read for their items, since nothing else of them can be compared.
LAZY = frozenset({"generator", "map", "filter", "zip", "enumerate", "reversed", "list_reverseiterator", "range",
                  "chain", "accumulate", "islice", "dict_keys", "dict_values", "dict_items"})  # fmt: skip


class TooLarge(Exception):
    """A value is longer than may be reported."""


class Reports:
    """Writes reports, one JSON list of ASCII a line, to the parent's pipe."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.write = os.write

    def send(self, *fields: str | int) -> None:
        """Sends numbers and ready-made JSON texts as one report."""
        data = f"[{','.join(map(str, fields))}]\n".encode("ascii")
        while data:
            data = data[self.write(self.descriptor, data) :]


def quoted(text: object, limit: int = 300) -> str:
    """Returns a JSON string of the text's UTF-8 bytes in hexadecimal digits; "" if it is no plain text."""
    return f'"{text[:limit].encode("utf-8", "surrogatepass").hex()}"' if type(text) is str else '""'


def encode(value: object, room: list[int], depth: int = 0) -> str:
    """Returns a value as JSON that names every type; what is not plain data gives only its type's name."""
    kind = type(value)
    if value is None:
        text = '["n"]'
    elif kind is bool:
        text = f'["b",{value:d}]'
    elif kind is int:
        text = f'["i","{value:x}"]'
    elif kind is float:
        text = f'["f","{value!r}"]'
    elif kind is complex:
        text = f'["c","{value.real!r}","{value.imag!r}"]'  # type: ignore[attr-defined]
    elif kind is str:
        text = f'["s",{quoted(value, room[0])}]'
    elif kind is bytes:
        text = f'["y","{value[: room[0]].hex()}"]'  # type: ignore[index]
    elif depth < MAX_DEPTH and kind in (list, tuple, set, frozenset):
        items = [encode(item, room, depth + 1) for item in value]  # type: ignore[attr-defined]
        text = f'["{kind.__name__}",[{",".join(items)}]]'
    elif depth < MAX_DEPTH and kind is dict:
        pairs = [
            f"[{encode(key, room, depth + 1)},{encode(item, room, depth + 1)}]"
            for key, item in value.items()  # type: ignore[attr-defined]
        ]
        text = f'["dict",[{",".join(pairs)}]]'
    else:
        text = f'["o",{quoted(kind.__name__)}]'
    room[0] -= len(text)
    if room[0] < 0:
        raise TooLarge
    return text


def describe(error: BaseException) -> tuple[str, str]:
    """Returns an exception's type and message, as JSON strings."""
    try:
        return quoted(type(error).__name__), quoted(str(error))
    except BaseException:  # noqa: BLE001 - a hostile __str__ may raise anything
        return quoted(type(error).__name__), '""'


class TooSlow(BaseException):
    """A step or a call took more than its share of the time."""


def run(steps: list[tuple[str, Any]], reports: Reports, max_bytes: int) -> None:
    """Runs the steps in order in one module and reports the value of each `value` step.

    What goes wrong ends the run. After a step `fresh`, which begins another module, it ends that
    module only: the run goes on at the next `fresh`.
    """
    space, seconds, skips = new_module(), 0.0, False
    for index, (kind, source) in enumerate(steps):
        if kind == "fresh":
            space, seconds, skips = new_module(), source, False
        if skips or kind == "fresh":
            continue
        try:
            with_alarm(0.0 if kind == "calls" else seconds, do_step, index, kind, source, space, reports, max_bytes)
        except TooLarge:
            reports.send('"large"', index)
            skips = True
        except BaseException as error:  # noqa: BLE001 - SystemExit is the program's too
            reports.send('"slow"' if type(error) is TooSlow else '"raised"', index, *describe(error))
            skips = True
        if skips and not seconds:
            return
    reports.send('"done"')


def new_module() -> dict[str, Any]:
    """Returns the names of an empty module, which dataclasses and typing can look up."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    return module.__dict__


def do_step(index: int, kind: str, source: Any, space: dict[str, Any], reports: Reports, max_bytes: int) -> None:
    """Does one step; `try` is a `value` that may raise."""
    if kind == "calls":
        call_all(index, space, source, reports, max_bytes)
    elif kind == "try":
        try:
            found = eval(compile(source, "<test>", "eval", dont_inherit=True), space)
        except Exception as error:  # noqa: BLE001 - whatever the program raises
            reports.send('"raised"', index, *describe(error))
        else:
            reports.send('"value"', index, encode(found, [max_bytes]))
    elif kind == "value":
        found = eval(compile(source, "<test>", "eval", dont_inherit=True), space)
        reports.send('"value"', index, encode(found, [max_bytes]))
    else:
        exec(compile(source, f"<{kind}>", "exec", dont_inherit=True), space)


def with_alarm(seconds: float, function: Any, *arguments: Any) -> Any:
    """Calls a function; raises TooSlow in it after so much processor time, unless that is 0."""
    if not seconds:
        return function(*arguments)

    def stop(number: int, frame: object) -> None:
        raise TooSlow

    _signal.signal(_signal.SIGVTALRM, stop)
    _signal.setitimer(_signal.ITIMER_VIRTUAL, seconds)
    try:
        return function(*arguments)
    finally:
        _signal.setitimer(_signal.ITIMER_VIRTUAL, 0.0)


def call_all(index: int, space: dict[str, Any], step: dict[str, Any], reports: Reports, max_bytes: int) -> None:
    """Calls one expression's value with each tuple of arguments and reports what each call gave.

    A function that returns nothing is judged by what it made of its arguments.
    """
    arguments: list[Any] = []
    patience = step["patience"]

    def call() -> tuple[str, str]:
        found, how = eval(step["function"], space)(*arguments), '"called"'
        if found is None:
            found, how = arguments, '"changed"'
        elif type(found).__name__ in LAZY and type(found).__module__ in ("builtins", "itertools"):
            found, how = first_items(found), '"items"'
        return how, encode(found, [min(max_bytes, step["bytes"])])

    for number, packed in enumerate(step["arguments"]):
        arguments = marshal.loads(packed)
        try:
            how, text = with_alarm(step["seconds"], call)
            reports.send(how, index, number, text)
        except TooLarge:
            reports.send('"large"', index, number)
        except TooSlow:
            reports.send('"slow"', index, number)
            patience -= 1
            if not patience:
                return
        except BaseException as error:  # noqa: BLE001 - SystemExit is the program's too
            reports.send('"raised"', index, number, describe(error)[0])


def first_items(iterator: Any) -> list[Any]:
    """Returns the first items of what may never end."""
    return [item for item, _ in zip(iterator, range(100), strict=False)]
