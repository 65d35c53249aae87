"""Runs one program's steps and reports what its expressions gave; `child.py` has given up every right before.

This file is shipped to the sandbox beside `child.py`, so it imports nothing of phimill either.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import marshal
import os
import sys
import types
from time import process_time
from typing import Any

MAX_DEPTH = 100

#: Results that are read for their items, since nothing else of them can be compared.
LAZY = frozenset({"generator", "map", "filter", "zip", "enumerate", "reversed", "list_reverseiterator", "range",
                  "chain", "accumulate", "islice", "dict_keys", "dict_values", "dict_items"})  # fmt: skip

COMPILED: dict[tuple[str, str, str], types.CodeType] = {}


class TooLarge(Exception):
    """A value is longer than may be reported."""


class Reports:
    """Writes reports, one JSON list of ASCII a line, to the parent's pipe.

    Attributes:
        held: those that are to go out together; None where each goes at once.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.write = os.write
        self.held: list[str] | None = None

    def send(self, *fields: str | int) -> None:
        """Sends numbers and ready-made JSON texts as one report."""
        line = f"[{','.join(map(str, fields))}]\n"
        if self.held is not None:
            self.held.append(line)
        else:
            self._write(line)

    def hold(self) -> None:
        """Keeps what is sent from here on until `let_go`: a system call for many reports instead of one for each."""
        self.held = []

    def let_go(self) -> None:
        """Sends what was kept."""
        held, self.held = self.held, None
        if held:
            self._write("".join(held))

    def _write(self, text: str) -> None:
        data = text.encode("ascii")
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


class Module:
    """One of the modules that a run's steps are done in, and what its results are compared with.

    Attributes:
        begin: the place of its first step; -1 where no step has begun it.
        seconds: that each of its steps may take; 0: as long as it likes.
        known: results of the first module, by the step's distance from the module's begin and the call's number.
        compares: whether results equal to those are left out, and the module ends where it is clear that it differs.
    """

    def __init__(self, begin: int, seconds: float, known: dict[Any, str], compares: bool) -> None:
        self.begin, self.seconds, self.known, self.compares = begin, seconds, known, compares
        self.space = new_module()
        self.skips = False

    def is_news(self, index: int, number: int, text: str) -> bool:
        """Whether a result must be reported; one of the first module is noted for those after it."""
        place = (index - self.begin, number)
        if not self.compares:
            self.known.setdefault(place, text)
            return True
        return self.known.get(place) != text

    def differs(self, text: str) -> bool:
        """Whether a result that is news differs for certain: the order of dicts and sets, and -0.0, mean nothing."""
        return self.compares and not any(kind in text for kind in ('"dict"', 'set"', '"f"', '"c"'))


def run(steps: list[tuple[str, Any]], reports: Reports, max_bytes: int) -> None:
    """Runs the steps in order in one module and reports the value of each `value` step.

    What goes wrong ends the run. After a step `fresh` or `again`, which begin another module, it ends that
    module only: the run goes on at the next of them, and says of each whether it came through. `again` leaves
    out what is as it was in the first module.
    """
    known: dict[Any, str] = {}
    module = Module(-1, 0.0, known, False)
    for index, (kind, source) in enumerate(steps):
        if kind in ("fresh", "again"):
            module = Module(index, source, known, kind == "again")
        elif not module.skips:
            do_safely(index, kind, source, module, reports, max_bytes)
            if module.skips and not module.seconds:
                return
        if module.seconds and (index + 1 == len(steps) or steps[index + 1][0] in ("fresh", "again")):
            reports.send('"left"' if module.skips else '"through"', index)
    reports.send('"done"')


def do_safely(index: int, kind: str, source: Any, module: Module, reports: Reports, max_bytes: int) -> None:
    """Does one step; says what went wrong, if anything did, and that the module's other steps are to be skipped."""
    seconds = 0.0 if kind == "calls" else module.seconds
    try:
        with_alarm(seconds, do_step, index, kind, source, module, reports, max_bytes)
    except TooLarge:
        reports.send('"large"', index)
        module.skips = True
    except BaseException as error:  # noqa: BLE001 - SystemExit is the program's too
        reports.send('"slow"' if type(error) is TooSlow else '"raised"', index, *describe(error))
        module.skips = True


def new_module() -> dict[str, Any]:
    """Returns the names of an empty module, which dataclasses and typing can look up."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    return module.__dict__


def do_step(index: int, kind: str, source: Any, module: Module, reports: Reports, max_bytes: int) -> None:
    """Does one step; `try` is a `value` that may raise."""
    if kind == "calls":
        call_all(index, source, module, reports, max_bytes)
    elif kind == "try":
        try:
            found = eval(compiled(source, "eval"), module.space)
        except Exception as error:  # noqa: BLE001 - whatever the program raises
            reports.send('"raised"', index, *describe(error))
            module.skips = module.compares
        else:
            report_value(index, found, module, reports, max_bytes)
    elif kind == "value":
        report_value(index, eval(compiled(source, "eval"), module.space), module, reports, max_bytes)
    elif type(source) is bytes:
        exec(marshal.loads(source), module.space)
    else:
        exec(compiled(source, "exec", f"<{kind}>"), module.space)


def report_value(index: int, value: object, module: Module, reports: Reports, max_bytes: int) -> None:
    """Reports a step's value, if it is news."""
    text = encode(value, [max_bytes])
    if module.is_news(index, -1, text):
        reports.send('"value"', index, text)
        module.skips = module.differs(text)


def compiled(source: str, mode: str, name: str = "<test>") -> types.CodeType:
    """Returns a step's code; the same tests are run with many programs, and compiled once."""
    key = (source, mode, name)
    if key not in COMPILED:
        COMPILED[key] = compile(source, name, mode, dont_inherit=True)
    return COMPILED[key]


def with_alarm(seconds: float, function: Any, *arguments: Any) -> Any:
    """Calls a function; raises TooSlow in it after so much processor time, unless that is 0."""
    if not seconds:
        return function(*arguments)
    end = process_time() + seconds

    def stop(number: int, frame: object) -> None:
        # Kernels count timers' time in ticks, each for whoever runs then; a busy machine may give one many.
        left = end - process_time()
        if left <= 0:
            raise TooSlow
        _signal.setitimer(_signal.ITIMER_VIRTUAL, left)

    _signal.signal(_signal.SIGVTALRM, stop)
    _signal.setitimer(_signal.ITIMER_VIRTUAL, seconds)
    try:
        return function(*arguments)
    finally:
        _signal.setitimer(_signal.ITIMER_VIRTUAL, 0.0)


def call_all(index: int, step: dict[str, Any], module: Module, reports: Reports, max_bytes: int) -> None:
    """Calls one expression's value with each tuple of arguments and reports what each call gave.

    A function that returns nothing is judged by what it made of its arguments.
    """
    arguments: list[Any] = []
    patience, space = step["patience"], module.space
    if step["whole"]:
        reports.hold()

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
            if module.is_news(index, number, how + text):
                reports.send(how, index, number, text)
        except TooLarge:
            reports.send('"large"', index, number)
        except TooSlow:
            reports.send('"slow"', index, number)
            patience -= 1
            if not patience:
                break
        except BaseException as error:  # noqa: BLE001 - SystemExit is the program's too
            reports.send('"raised"', index, number, describe(error)[0])
    reports.let_go()


def first_items(iterator: Any) -> list[Any]:
    """Returns the first items of what may never end."""
    return [item for item, _ in zip(iterator, range(100), strict=False)]
