"""What everybody's code does: single operations. A function that is one of them is nobody's benchmark solution.

Left out is what is one line too, but somebody's task: areas, sums of squares, "are all different". Of the 1,069
items of HumanEval and MBPP that can be run on 40 inputs 72 are one of these.
"""

from __future__ import annotations

from synth.behaviour import digest_of
from synth.examples import Arguments
from synth.sandbox.program import Limits, Program, Step, calls
from synth.sandbox.sandbox import Sandbox
from synth.trying import RESULTS

#: Share of results that must be the operation's.
_EQUAL_SHARE = 0.95

#: Inputs that nearly every operation is refuted by.
_FIRST = 6

# fmt: off
_OPERATIONS = {
    1: (
        "len(a)", "sum(a)", "min(a)", "max(a)", "sorted(a)", "sorted(a, reverse=True)", "a[::-1]", "len(set(a))",
        "str(a)", "int(a)", "float(a)", "abs(a)", "-a", "not a", "bool(a)", "a + 1", "a - 1", "a * a", "a * 2",
        "a / 2", "a // 2", "a % 2", "a % 2 == 0", "a % 2 == 1", "a > 0", "a >= 0", "a < 0", "a.lower()",
        "a.upper()", "a.title()", "a.swapcase()", "a.capitalize()", "a.strip()", "a.split()", "list(a)",
        "''.join(a)", "' '.join(a)", "a[0]", "a[-1]", "a[1:]", "a[:-1]", "list(a.keys())", "list(a.values())",
        "list(a.items())", "a.isdigit()", "a.isalpha()", "a.isupper()", "a.islower()", "ord(a)", "bin(a)",
        "bin(a)[2:]", "hex(a)", "type(a)", "any(a)", "all(a)", "a.replace(' ', '_')", "len(set(a)) == 1",
        "len(set(a)) <= 1", "round(a)", "sum(a) / len(a)", "a[0], a[-1]", "dict(a)", "a.replace(' ', '')",
        "[str(x) for x in a]",
    ),
    2: (
        "a + b", "a - b", "b - a", "a * b", "a / b", "a // b", "a % b", "a ** b", "a == b", "a != b", "a < b",
        "a <= b", "a > b", "a >= b", "max(a, b)", "min(a, b)", "a in b", "b in a", "(b, a)", "a[b]", "b[a]",
        "a.index(b)", "a and b", "a or b", "a & b", "a | b", "a ^ b", "{**a, **b}", "set(a) & set(b)",
        "set(a) | set(b)", "dict(zip(a, b))", "list(zip(a, b))", "a.split(b)", "a.get(b)", "a[:b]", "a[b:]",
        "abs(a - b)", "a % b == 0", "a.startswith(b)", "a.endswith(b)", "list(range(a, b))", "sorted(a + b)",
        "(a + b) / 2",
    ),
    3: (
        "a + b + c", "max(a, b, c)", "min(a, b, c)", "a.replace(b, c)", "(a + b + c) / 3", "a[b:c]", "b <= a <= c",
    ),
}
# fmt: on


def single_operation(inputs: tuple[Arguments, ...], digests: tuple[int, ...], sandbox: Sandbox) -> str:
    """Returns the single operation that gives the same results, as an expression of a, b and c; "" if none does."""
    width = len(inputs[0]) if inputs else 0
    operations = _OPERATIONS.get(width, ())
    for tried in (_FIRST, len(inputs)):
        found = _equal(operations, inputs[:tried], digests[:tried], sandbox)
        operations = tuple(one for one, equal in zip(operations, found, strict=True) if equal >= _EQUAL_SHARE * tried)
    return operations[0] if operations else ""


def _equal(
    operations: tuple[str, ...], inputs: tuple[Arguments, ...], digests: tuple[int, ...], sandbox: Sandbox
) -> list[int]:
    """Returns for each operation how many results it shares."""
    found = [0] * len(operations)
    if not operations:
        return found
    names = "a, b, c"[: 3 * len(inputs[0]) - 2]
    steps: tuple[Step, ...] = tuple(calls(f"lambda {names}: {one}", inputs, patience=1) for one in operations)
    outcome = sandbox.run(Program(steps, 1), Limits(cpu_s=10, wall_s=120, result_bytes=64 << 20))
    for report in outcome.reports:
        if report[0] in RESULTS:
            found[report[1]] += digest_of(report[3]) == digests[report[2]]
    return found
