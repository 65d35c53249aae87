"""Sections of a textbook: a concept, its steps in code with what they print, and the whole as a function."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

from synth.builtin.code import ScriptStep, merged_imports, write_script
from synth.builtin.docstrings import phrases
from synth.builtin.faults import core_of, hostile_prelude
from synth.builtin.grammar import NOUNS
from synth.builtin.kinds.values import wrong_value
from synth.builtin.tracing import Tracer
from synth.builtin.writing import Draft, draft_exercise
from synth.draws import Draws
from synth.specs import ExerciseSpec

Block = dict[str, str]


@functools.cache
def concept_texts() -> dict[str, dict[str, str]]:
    """Returns what can be said about each concept (`concept_texts.yaml`)."""
    path = Path(__file__).parents[1] / "concept_texts.yaml"
    loaded: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def write(spec: ExerciseSpec, fault: str, key: ExerciseSpec) -> dict[str, Any]:
    """Returns a section."""
    core = core_of(key) if fault == "near_duplicate" else None
    draft = draft_exercise(spec, core, accept=lambda found: len(found.chain) > 1 and not found.layout.lifted)
    draws = Draws(0, "section", draft.draws_key)
    told = concept_texts()[draft.chain[0].operation.concept if not spec.concepts else spec.concepts[0]]
    opening, closing = _prose(_opened(draws, spec, told)), _prose(f"{told['care']} {_closed(draws, spec)}")
    worked, whole = _worked(draws, draft), _whole(draft)
    blocks = [opening, *worked, *whole, closing]
    if spec.style == "example first":
        blocks = [*whole, opening, *worked, closing]
    _run(blocks)
    printing = [block for block in blocks if block["type"] == "code"]
    if fault == "wrong_solution":
        printing[-1]["output"] = str(wrong_value(draft.cases[3 if printing[-1] is whole[-1] else 2].answer))
    if fault == "hostile":
        printing[0]["text"] = hostile_prelude(key) + printing[0]["text"]
    if fault == "no_tests":
        blocks = [block for block in blocks if block["type"] == "prose"]
    return {"title": _titled(draws, spec), "blocks": blocks}


def _run(blocks: list[Block]) -> None:
    """Fills in what the blocks print, by walking through them one after another."""
    tracer = Tracer(most_statements=100_000)
    for block in blocks:
        if block["type"] == "code":
            start = len(tracer.output)
            tracer.run(block["text"])
            block["output"] = tracer.output[start:].rstrip("\n")


def _worked(draws: Draws, draft: Draft) -> list[Block]:
    """Returns the steps of a chain, each in prose and code, on one argument."""
    argument = draft.cases[2].arguments[0]
    blocks = list[Block]()
    listed = phrases(draft.chain, draft.layout, draws)
    steps = write_script(Draws(0, "script", draft.draws_key), draft.chain, draft.layout)
    for number, (step, script) in enumerate(zip(draft.chain, steps, strict=True)):
        start = f"{draft.layout.argument} = {argument!r}\n" if number == 0 else ""
        lead = ("First we", "Next we", "Then we", "Finally we")[min(number, 3) if number < len(steps) - 1 else 3]
        kind = f" The result is {NOUNS[step.gives]}." if draws.chance(0.5) else ""
        blocks.append(_prose(f"{lead} {listed[number]}.{kind}"))
        blocks.append(_code(_source(start, script)))
    return blocks


def _source(start: str, script: ScriptStep) -> str:
    parts = [merged_imports(script.imports), *script.definitions]
    body = f"{start}{chr(10).join(script.lines)}\nprint({script.result})"
    return "\n\n\n".join([*(part for part in parts if part), body])


def _whole(draft: Draft) -> list[Block]:
    """Returns the chain as one function, called once."""
    case = draft.cases[3]
    call = f"print({case.call(draft.layout.name)})"
    return [
        _prose(f"All of this fits into one function, `{draft.layout.name}`, which can be called with other data."),
        _code(f"{draft.solution('plain')}\n\n\n{call}"),
    ]


def _opened(draws: Draws, spec: ExerciseSpec, told: dict[str, str]) -> str:
    topic = spec.topic or "this topic"
    question = f"How does one go about {topic}?" if spec.style == "question and answer" else ""
    first = draws.choice((f"This section is about {topic}.", f"We now turn to {topic}.", f"Here we look at {topic}."))
    return " ".join(part for part in (question or first, told["idea"], told["why"]) if part)


def _closed(draws: Draws, spec: ExerciseSpec) -> str:
    return draws.choice(
        (
            "Change the data above and say what will be printed before you run it.",
            "Try the function on an empty argument, and on one of your own.",
            "Read each step aloud in your own words; if that is hard, read it again.",
        )
    )


def _titled(draws: Draws, spec: ExerciseSpec) -> str:
    topic = spec.topic or "a small program"
    place = spec.setting or "everyday life"
    forms = (f"{topic[0].upper()}{topic[1:]}", f"{topic[0].upper()}{topic[1:]}, step by step", f"{topic} ({place})")
    return draws.choice(forms)


def _prose(text: str) -> Block:
    return {"type": "prose", "text": text, "output": ""}


def _code(text: str) -> Block:
    return {"type": "code", "text": text, "output": ""}
