"""Programs with a bug, and clumsy programs, each with the better one."""

from __future__ import annotations

import dataclasses
from typing import Any

from synth.builtin.composition import Chain, Step
from synth.builtin.docstrings import phrases
from synth.builtin.faults import answer_of, broken_chains, core_of, hostile_prelude
from synth.builtin.grammar import is_expression
from synth.builtin.kinds.functions import tests_of
from synth.builtin.writing import Draft, draft_exercise
from synth.draws import Draws
from synth.skeletons import exact_form
from synth.specs import ExerciseSpec


def write(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a program with a bug, and the mended one."""
    core = core_of(key) if fault == "near_duplicate" else None
    draft = draft_exercise(spec, core, accept=lambda found: bool(broken_chains(found)))
    draws = Draws(0, "bug", draft.draws_key)
    options = broken_chains(draft)
    bug = _likeliest(draws, draft.chain, options)
    buggy, solution = draft.solution(spec.style, bug), draft.solution(spec.style)
    if fault == "wrong_solution":
        buggy, solution = solution, buggy
    return {
        "title": draft.layout.name.replace("_", " ").capitalize(),
        "task": draft.docstring(spec.style),
        "buggy": buggy,
        "explanation": _explained(draws, draft, bug),
        "solution": (hostile_prelude(key) if fault == "hostile" else "") + solution,
        "tests": tests_of(draft, fault),
    }


def _likeliest(draws: Draws, chain: Chain, options: list[Chain]) -> Chain:
    """Returns a bug that a person could have made: a bound off by one if there is such a one, else any other."""
    near = [option for option in options if _is_off_by_one(chain, option)]
    return draws.choice(near or options)


def _is_off_by_one(chain: Chain, option: Chain) -> bool:
    for old, new in zip(chain, option, strict=True):
        for name, value in new.values.items():
            known = old.values.get(name)
            same = old.operation is new.operation and isinstance(value, int) and isinstance(known, int)
            if same and abs(value - old.values[name]) == 1:
                return True
    return False


def _explained(draws: Draws, draft: Draft, bug: Chain) -> str:
    number = next(n for n, (old, new) in enumerate(zip(draft.chain, bug, strict=True)) if old != new)
    should, does = phrases(draft.chain, draft.layout, draws)[number], phrases(bug, draft.layout, draws)[number]
    case = next(case for case in draft.cases if answer_of(draft, bug, case) != case.answer)
    found = answer_of(draft, bug, case)
    place = "The program" if len(bug) == 1 else f"Step {number + 1} of the program"
    return (
        f"{place} should {should}, but what is written makes it {does}. For example, "
        f"`{case.call(draft.layout.name)}` gives {found!r} instead of {case.answer!r}. "
        "The mended program differs in nothing else."
    )


def write_refactoring(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a program in loops, and the same in expressions."""
    core = core_of(key) if fault == "near_duplicate" else None
    draft = draft_exercise(spec, core, accept=_can_be_better)
    before, after = _written(draft, True), _written(draft, False)
    chain = broken_chains(draft)[0] if fault == "wrong_solution" else None
    solution = after.solution(spec.style, chain)
    draws = Draws(0, "reasons", draft.draws_key)
    listed = phrases(draft.chain, draft.layout, draws)
    changed = [n for n, step in enumerate(draft.chain) if before.layout.idioms[n] != after.layout.idioms[n]]
    return {
        "title": f"A shorter {draft.layout.name}",
        "task": draft.docstring(spec.style),
        "before": before.solution(spec.style),
        "after": (hostile_prelude(key) if fault == "hostile" else "") + solution,
        "reasons": [f"One expression says what the loop did step by step: {listed[number]}." for number in changed],
        "tests": tests_of(draft, fault),
    }


def _can_be_better(draft: Draft) -> bool:
    if not broken_chains(draft) or not any(map(_has_both, draft.chain)):
        return False
    return exact_form(_written(draft, True).solution("plain")) != exact_form(_written(draft, False).solution("plain"))


def _has_both(step: Step) -> bool:
    return len({is_expression(idiom) for idiom in step.operation.idioms}) == 2


def _written(draft: Draft, in_loops: bool) -> Draft:
    """Returns a draft whose steps are loops where they can be, or expressions where they can be."""
    idioms = tuple(
        next((idiom for idiom in step.operation.idioms if is_expression(idiom) != in_loops), known)
        for step, known in zip(draft.chain, draft.layout.idioms, strict=True)
    )
    layout = dataclasses.replace(draft.layout, idioms=idioms, inline=not in_loops, helper=-1)
    return dataclasses.replace(draft, layout=layout)
