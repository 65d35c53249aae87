"""Short scripts with their trace and output."""

from __future__ import annotations

import dataclasses
from typing import Any

from data.syntax import literal_of
from synth.builtin.code import merged_imports, write_script
from synth.builtin.docstrings import phrases
from synth.builtin.faults import core_of, hostile_prelude
from synth.builtin.grammar import body_of, head_of
from synth.builtin.kinds.values import wrong_value
from synth.builtin.tracing import TooLong, Tracer
from synth.builtin.writing import Draft, draft_exercise
from synth.draws import Draws
from synth.specs import ExerciseSpec

MAX_LINES, MAX_ENTRIES, MAX_VALUE_CHARS = 24, 40, 120


@dataclasses.dataclass(frozen=True)
class _Walk:
    program: str
    output: str
    trace: tuple[tuple[int, str, str], ...]


def write(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a program to predict."""
    core = core_of(key) if fault == "near_duplicate" else None
    draft = draft_exercise(spec, core, accept=lambda found: _walk(found) is not None)
    walk = _walk(draft)
    if walk is None:  # nothing that is short enough to follow was found
        walk = _plain_loop(Draws(0, "plain loop", spec.to_block()))
    output, trace = walk.output, list(walk.trace)
    if fault == "wrong_solution":
        line, name, value = trace[-1]
        trace[-1] = (line, name, repr(wrong_value(literal_of(value))))
    listed = phrases(draft.chain, draft.layout, Draws(0, "prediction", draft.draws_key))
    return {
        "title": f"Reading a program about {spec.setting or 'numbers'}",
        "program": (hostile_prelude(key) if fault == "hostile" else "") + walk.program,
        "trace": [] if fault == "no_tests" else [_entry(*change) for change in trace],
        "output": output,
        "explanation": f"The program starts from `{draft.layout.argument}`. What it does: {', then '.join(listed)}.",
    }


def _entry(line: int, variable: str, value: str) -> dict[str, Any]:
    return {"line": line, "variable": variable, "value": value}


def _walk(draft: Draft) -> _Walk | None:
    """Returns a draft as a script with its trace, or None if nobody would want to follow that."""
    layout = draft.layout
    idioms = tuple(
        next((i for i in (known, *step.operation.idioms) if _is_plain(i)), "")
        for step, known in zip(draft.chain, layout.idioms, strict=True)
    )
    if "" in idioms or layout.lifted:
        return None
    visits = tuple(1 if visit == 2 else visit for visit in layout.visits)
    layout = dataclasses.replace(layout, idioms=idioms, visits=visits)
    steps = write_script(Draws(0, "script", draft.draws_key), draft.chain, layout)
    definitions = [text for step in steps for text in step.definitions]
    imports = merged_imports(line for step in steps for line in step.imports)
    walks = list[_Walk]()
    for case in draft.cases:
        lines = [f"{layout.argument} = {case.arguments[0]!r}", *(line for step in steps for line in step.lines)]
        body = "\n".join([*lines, f"print({steps[-1].result})"])
        program = ("\n\n" if definitions else "\n").join(part for part in (imports, *definitions, body) if part)
        walked = _followed(program)
        if walked is not None:
            walks.append(walked)
    return max(walks, key=lambda walk: len(walk.trace)) if walks else None


def _followed(program: str) -> _Walk | None:
    if program.count("\n") >= MAX_LINES or "set(" in program or "lambda" in program:
        return None
    try:
        tracer = Tracer().run(program)
    except TooLong:
        return None
    if len(tracer.trace) > MAX_ENTRIES or not tracer.output.strip():
        return None
    if any(len(value) > MAX_VALUE_CHARS or not _is_literal(value) for _, _, value in tracer.trace):
        return None
    return _Walk(program, tracer.output.rstrip("\n"), tuple(tracer.trace))


def _is_plain(idiom: str) -> bool:
    """Whether an idiom keeps clear of what makes a trace hard to read."""
    text = f"{head_of(idiom)}\n{body_of(idiom)}"
    return not any(word in text for word in ("iter(", "range($x)", "set(", "lambda"))


def _plain_loop(draws: Draws) -> _Walk:
    """Returns a loop over a few numbers."""
    numbers, factor = [draws.between(1, 9) for _ in range(draws.between(3, 5))], draws.between(2, 4)
    program = f"total = 0\nfor number in {numbers}:\n    total += {factor} * number\nprint(total)"
    tracer = Tracer().run(program)
    return _Walk(program, tracer.output.rstrip("\n"), tuple(tracer.trace))


def _is_literal(value: str) -> bool:
    try:
        literal_of(value)
    except (ValueError, SyntaxError):
        return False
    return not value.startswith("{") or ":" in value or value == "{}"
