"""The functions that a benchmark asks for: its solutions, and inputs like those of its tests.

A line of a benchmark file is read whatever its fields are called: a program is a string that
defines a function, by itself or behind a prompt; examples are calls of that function, or of
`candidate`, anywhere in the line. The solutions are foreign code and run in the sandbox only.
"""

from __future__ import annotations

import ast
import collections
from dataclasses import dataclass
from typing import Any, Iterator, Sequence

from data.syntax import parse_expression
from synth.behaviour import digest_of, is_telling
from synth.examples import Arguments
from synth.fragments import functions_in
from synth.parsing import parse_code
from synth.probes import similar_probes, typical_probes
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.values import claim_of
from synth.shapes import Shape, shapes_of_calls
from synth.single_operations import single_operation
from synth.trying import try_inputs

#: Inputs that a document's function is tried with for one item.
INPUTS = 64

_MAX_EXAMPLES = 60
_MAX_PROMPTS = 4


@dataclass(frozen=True)
class BenchmarkFunction:
    """One item's solution, as far as it can be run.

    Attributes:
        name, program: the function and source that defines it.
        inputs: those that gave a result, the examples' own and their like first.
        digests: of the results, none 0.
        shapes: of the arguments.
        operation: the single operation that does the same; "" if none does.
        problem: why it cannot be compared; "" if it can.
    """

    name: str
    program: str
    inputs: tuple[Arguments, ...] = ()
    digests: tuple[int, ...] = ()
    shapes: tuple[Shape, ...] = ()
    operation: str = ""
    problem: str = ""


def learn_function(record: dict[str, Any], sandbox: Sandbox) -> BenchmarkFunction | None:
    """Returns what an item's solution does; None where the item has no Python function.

    Args:
        record: one line of a benchmark file.
        sandbox: where to run the solution.
    """
    texts = [text for text in _strings(record) if text.strip()]
    found = _solution(texts, str(record.get("entry_point", "")))
    if found is None:
        return None
    name, program, least, most, promised = found
    examples = [call for call in _examples(record, texts, name) if least <= len(call) <= most]
    width = max({len(call) for call in examples}, key=[len(call) for call in examples].count) if examples else least
    examples = [call for call in examples if len(call) == width]
    shapes = shapes_of_calls(examples) or (promised if promised and len(promised) == width else None)
    if shapes is None:
        return BenchmarkFunction(name, program, problem="no examples, and nothing says what it takes")
    similar = similar_probes(examples[:_MAX_EXAMPLES], 2 * INPUTS)
    trials = try_inputs(program, name, [*similar, *typical_probes(shapes)], sandbox)
    if trials is None:
        return BenchmarkFunction(name, program, shapes=shapes, problem="its solution cannot be run")
    results = [(place, trials.inputs[place], digest_of(trials.claims[place])) for place in trials.useful]
    given, digests = _varied([(arguments, digest) for place, arguments, digest in results if place < len(similar)])
    if not is_telling(given, digests):  # beyond what the examples show, programs for one task may differ
        given, digests = _varied([(arguments, digest) for _, arguments, digest in results])
    problem = "" if is_telling(given, digests) else "too few inputs give results, or these say nothing"
    operation = "" if problem else single_operation(given, digests, sandbox)
    return BenchmarkFunction(name, program, given, digests, shapes, operation, problem)


def _varied(results: list[tuple[Arguments, int]]) -> tuple[tuple[Arguments, ...], tuple[int, ...]]:
    """Returns up to INPUTS inputs and their results, so that as many different results occur as often as can be."""
    times: collections.Counter[int] = collections.Counter()
    ranked: list[tuple[int, int]] = []
    for place, (_, digest) in enumerate(results):
        ranked.append((times[digest], place))
        times[digest] += 1
    chosen = [results[place] for _, place in sorted(ranked)[:INPUTS]]
    return tuple(arguments for arguments, _ in chosen), tuple(digest for _, digest in chosen)


def _solution(texts: Sequence[str], entry: str) -> tuple[str, str, int, int, tuple[Shape, ...] | None] | None:
    """Returns the name, program and arity of the function that an item asks for."""
    prompts = [text for text in texts if "def " in text][:_MAX_PROMPTS]
    whole = [
        *texts,
        *(prompt + text for prompt in prompts for text in texts if text is not prompt and text[:1] in " \t\n"),
    ]
    best = None
    for text in whole:
        if "def " not in text or parse_code(text) is None or "def check(" in text:
            continue
        for fragment in functions_in(text):
            is_stub = _is_stub(fragment.program, fragment.name)
            if is_stub or (entry and fragment.name != entry):
                continue
            best = (fragment.name, fragment.program, fragment.least, fragment.most, fragment.shapes)
    return best


def _is_stub(program: str, name: str) -> bool:
    """Whether a function has no body but its docstring."""
    tree = parse_code(program)
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return all(isinstance(line, (ast.Pass, ast.Expr)) for line in node.body)
    return True


def _examples(record: dict[str, Any], texts: Sequence[str], name: str) -> Iterator[Arguments]:
    for text in texts:
        for called in (name, "candidate"):
            for start in _starts(text, f"{called}("):
                call = _read_call(text[start : start + 4000])
                if call is not None:
                    yield call
    inputs = record.get("base_input")
    if isinstance(inputs, list) and all(isinstance(one, list) for one in inputs):
        yield from (tuple(one) for one in inputs)


def _starts(text: str, wanted: str) -> Iterator[int]:
    start = text.find(wanted)
    while start >= 0:
        if start == 0 or not (text[start - 1].isalnum() or text[start - 1] == "_"):
            yield start
        start = text.find(wanted, start + 1)


def _read_call(text: str) -> Arguments | None:
    """Returns the plain arguments of the call that a text begins with."""
    for end in [place + 1 for place, sign in enumerate(text) if sign == ")"][:40]:
        try:
            node = parse_expression(text[:end])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if not isinstance(node, ast.Call) or node.keywords:
            return None
        try:
            arguments = tuple(ast.literal_eval(argument) for argument in node.args)
            claim_of(arguments)
        except (ValueError, TypeError, RecursionError, MemoryError):
            return None
        return arguments or None
    return None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.replace("\r\n", "\n")
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        if value and all(isinstance(inner, str) for inner in value):
            yield "\n".join(value)
        else:
            for inner in value:
                yield from _strings(inner)
