"""What there is to run of a solution and its tests, once both are known to be harmless to read."""

from __future__ import annotations

import ast
import secrets
import warnings
from dataclasses import dataclass, replace

from data.syntax import parse_program
from synth import assertions
from synth.assertions import Expectation
from synth.chance import orders_sets, sources_of_chance
from synth.sandbox.program import Step
from synth.screening import find_unsafe

MAX_BYTES = 100_000
_DETAIL_CHARS = 300
_ALL = ("globals", "locals", "vars")  # through these any name can be bound
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Trial:
    """What to run and how to judge it.

    Attributes:
        steps: the solution, then the tests.
        expected: by `value` step; None where the child judges itself.
        tests: asserts that could fail.
        nonce: what the child gives back after the last test, where it judges itself.
        chance: what solution and tests leave to chance (`synth.chance`).
        orders_sets: whether they go through a set in the order in which it happens to be.
    """

    steps: tuple[Step, ...]
    expected: tuple[Expectation, ...] | None
    tests: int
    nonce: str = ""
    chance: tuple[str, ...] = ()
    orders_sets: bool = False

    @property
    def evidence(self) -> str:
        """What a passed trial is worth."""
        return "self_asserted" if self.expected is None else "io_compared"


class Fault(Exception):
    """The exercise has failed; the arguments are the reason and its details."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason, details)
        self.reason, self.details = reason, cleaned(details)


def read_trial(solution: str, tests: str) -> Trial:
    """Returns what there is to run, once both texts are known to be harmless to read."""
    program, script = parse_small("solution", solution), parse_small("tests", tests)
    try:
        unsafe = find_unsafe(program) or find_unsafe(script)
        if unsafe:
            raise Fault("unsafe_code", unsafe)
        if replaced := _replaced(program, script):
            raise Fault("no_tests", f"the tests give {replaced!r} another meaning instead of testing it")
        comparisons = assertions.take_apart(script)
        if comparisons is None:
            nonce = secrets.token_hex(8)
            counter = f"_held_{nonce}"
            counted = f"{counter} = []\n{assertions.with_counter(script, counter)}"
            steps: tuple[Step, ...] = (("test", counted), ("value", f"({nonce!r}, len({counter}))"))
            trial = Trial(steps, None, assertions.count_asserts(script), nonce)
        else:
            trial = Trial(comparisons.steps, comparisons.expected, len(comparisons.expected))
        chance, orders = sources_of_chance(program, script), orders_sets(program, script)
    except (RecursionError, MemoryError) as error:
        raise Fault("too_deep", "nested too deeply to be read") from error
    if not trial.tests:
        raise Fault("no_tests", "no assert that could fail")
    return replace(trial, steps=(("solution", solution), *trial.steps), chance=chance, orders_sets=orders)


def _replaced(program: ast.Module, script: ast.Module) -> str:
    """Returns the first function or class of a program that its tests bind anew; "" if they leave all alone."""
    own = {node.name for node in program.body if isinstance(node, _DEFINITIONS)}
    own |= {
        target.id
        for node in program.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return next((name for node in ast.walk(script) for name in _bindings(node) if name in own or name in _ALL), "")


def _bindings(node: ast.AST) -> list[str]:
    """Returns the names that a node binds or could bind, or whose attributes it sets."""
    if isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        while isinstance(node, ast.Attribute):
            node = node.value
        return [node.id] if isinstance(node, ast.Name) else []
    if isinstance(node, _DEFINITIONS):
        return [node.name]
    if isinstance(node, ast.alias):
        return [node.asname or node.name.split(".")[0]]
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return [node.name or ""]
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return []
    if node.func.id in _ALL and not node.args:
        return [node.func.id]
    if node.func.id in ("setattr", "delattr"):
        return [part.id for argument in node.args[:1] for part in ast.walk(argument) if isinstance(part, ast.Name)]
    return []


def parse_small(name: str, text: str) -> ast.Module:
    """Returns a text's syntax tree; the length bounds what parsing can cost."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Fault("too_large", f"{name}: longer than {MAX_BYTES} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_program(text)
    except (RecursionError, MemoryError) as error:
        raise Fault("too_deep", f"{name}: nested too deeply to be read") from error
    except (SyntaxError, ValueError, OverflowError) as error:  # ValueError: a NUL byte, a lone surrogate
        raise Fault("syntax_error", f"{name}: {error}") from error


def cleaned(text: str) -> str:
    """Returns the beginning of a text in ASCII, with control characters escaped."""
    return text[:_DETAIL_CHARS].encode("unicode_escape").decode("ascii")[:_DETAIL_CHARS]
