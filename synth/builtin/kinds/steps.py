"""Larger tasks in steps: a function for each operation, and one that calls them all."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from synth.builtin.code import Layout, write_function
from synth.builtin.composition import Chain, evaluate
from synth.builtin.docstrings import phrases
from synth.builtin.faults import broken_chains, core_of, hostile_prelude
from synth.builtin.samples import EMPTY
from synth.builtin.writing import Case, Draft, draft_exercise
from synth.draws import Draws
from synth.specs import ExerciseSpec

_TESTS = 5


def write(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a task in steps."""
    core = core_of(key) if fault == "near_duplicate" else None
    draft = draft_exercise(spec, core, accept=lambda found: _can_be_cut(found, fault))
    wrong = broken_chains(draft)[0] if fault == "wrong_solution" and broken_chains(draft) else draft.chain
    listed = phrases(draft.chain, draft.layout, Draws(0, "steps", draft.draws_key))
    layouts = [_layout(draft, number, step.operation.name) for number, step in enumerate(draft.chain)]
    steps: list[dict[str, Any]] = []
    for number, layout in enumerate(layouts):
        given = [Case((evaluate(draft.chain[:number], case.arguments[0]),), None) for case in draft.cases]
        used = re.findall(r"^(?:class|def) (\w+)", "\n".join(str(step["solution"]) for step in steps), re.MULTILINE)
        chains = ((draft.chain[number],), (wrong[number],))
        steps.append(_step(draft, chains, layout, given, listed[number], fault, used))
    steps.append(_last(draft, layouts, fault))
    if fault == "hostile":
        steps[0]["solution"] = hostile_prelude(key) + str(steps[0]["solution"])
    who = draft.setting[1].who
    introduction = (
        f"{who[0].upper()}{who[1:]} wants a small tool that works on {draft.setting[1].about}, and it is built in "
        f"{len(steps)} steps. Each step is a function; the last one puts the others together."
    )
    return {"title": f"A tool for {who}: {draft.layout.name}", "introduction": introduction, "steps": steps}


def _can_be_cut(draft: Draft, fault: str) -> bool:
    return (
        len(draft.chain) > 1 and not draft.layout.lifted and (fault != "wrong_solution" or bool(broken_chains(draft)))
    )


def _layout(draft: Draft, number: int, name: str) -> Layout:
    argument = draft.layout.argument if number == 0 else "given"
    return dataclasses.replace(
        draft.layout,
        name=f"{name}_step",
        argument=argument,
        helper=-1,
        guard=False,
        idioms=(draft.layout.idioms[number],),
        visits=(draft.layout.visits[number],),
    )


def _step(
    draft: Draft,
    chains: tuple[Chain, Chain],
    layout: Layout,
    given: list[Case],
    phrase: str,
    fault: str,
    used: list[str],
) -> dict[str, Any]:
    """Returns one step; the first of the chains is what its task and tests say, the second what its code does."""
    chain, written = chains
    idiom = layout.idioms[0]
    if written[0].operation is not chain[0].operation:
        idiom = written[0].operation.idioms[0]
    task = f"Write `{layout.name}({layout.argument})`: {phrase}."
    draws = Draws(0, "step names", f"{draft.draws_key}{layout.name}")
    layout = dataclasses.replace(layout, idioms=(idiom,))
    docstring = f"{phrase[0].upper()}{phrase[1:]}."
    source = write_function(draws, written, layout, EMPTY.get(chain[0].takes), docstring, used)
    cases = {case.call("f"): Case(case.arguments, chain[0].apply(case.arguments[0])) for case in given}
    return {"task": task, "solution": source, "tests": _tests(list(cases.values()), layout.name, fault)}


def _last(draft: Draft, layouts: list[Layout], fault: str) -> dict[str, Any]:
    name, argument = draft.layout.name, draft.layout.argument
    lines = [f"def {name}({argument}):", '    """Call the steps one after another."""', f"    result = {argument}"]
    lines += [f"    result = {layout.name}(result)" for layout in layouts]
    source = "\n".join([*lines, "    return result"])
    called = ", then ".join(f"`{layout.name}`" for layout in layouts)
    task = f"Write `{name}({argument})`, which calls {called}, each with the result of the one before."
    return {"task": task, "solution": source, "tests": _tests(list(draft.cases), name, fault)}


def _tests(cases: list[Case], name: str, fault: str) -> list[str]:
    if fault == "no_tests":
        return []
    if fault == "self_asserted":
        return [f"assert {case.call(name)} == {case.call(name)}" for case in cases]
    return [case.to_assertion(name) for case in cases[:_TESTS]]
