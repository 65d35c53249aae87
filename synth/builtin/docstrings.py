"""Docstrings of composed functions, in six styles."""

from __future__ import annotations

import textwrap
from string import Template
from typing import Any

from synth.builtin.code import Layout
from synth.builtin.composition import Chain, Step
from synth.builtin.grammar import HINTS, NOUNS
from synth.builtin.vocabulary import Vocabulary
from synth.draws import Draws

_WIDTH = 84
MEMBERS = {"matrix": "row", "series": "list", "groups": "list", "words": "string", "dates": "date"}
FOR_EACH = ("for each {} on its own, ", "take each {} by itself and ", "with every {} in turn, ")
_OPENERS = (
    "Work out what remains of `{}` after {}.",
    "Process `{}` in {}.",
    "Turn `{}` into {noun} in {}.",
    "Compute {noun} from `{}` in {}.",
    "Take `{}` through {}.",
)


def phrases(chain: Chain, layout: Layout, draws: Draws) -> list[str]:
    """Returns an imperative for each step of a chain."""
    return [_phrase(number, step, layout, draws) for number, step in enumerate(chain)]


def _phrase(number: int, step: Step, layout: Layout, draws: Draws) -> str:
    values = {
        name: f"`{layout.lifted[number, name]}`" if (number, name) in layout.lifted else value
        for name, value in step.values.items()
    }
    text = Template(step.operation.phrase).substitute(values)
    return draws.choice(FOR_EACH).format(MEMBERS[step.over]) + text if step.over else text


def write_docstring(
    draws: Draws,
    style: str,
    chain: Chain,
    layout: Layout,
    setting: tuple[str, Vocabulary],
    examples: list[tuple[str, Any]],
) -> str:
    """Returns the docstring's text, unindented, in lines of at most _WIDTH characters where prose allows.

    Args:
        draws: where wordings come from.
        style: plain, steps, google, numpy, examples or story; another counts as plain.
        chain: what the function does.
        layout: how it is written; its names are quoted.
        setting: the setting's name and vocabulary.
        examples: calls and their answers, for the styles that show some.
    """
    text = _styled(draws, style, chain, layout, setting, examples)
    lines = [line if line.startswith((">>>", " ")) else textwrap.fill(line, _WIDTH) for line in text.split("\n")]
    return "\n".join(lines)


def _styled(
    draws: Draws,
    style: str,
    chain: Chain,
    layout: Layout,
    setting: tuple[str, Vocabulary],
    examples: list[tuple[str, Any]],
) -> str:
    steps = phrases(chain, layout, draws)
    noun = NOUNS[chain[-1].gives]
    task = _prose(draws, steps)
    given = f"`{layout.argument}` is {NOUNS[chain[0].takes]}"
    if style == "steps" and len(steps) > 1:
        count = {2: "two steps", 3: "three steps", 4: "four steps"}[len(steps)]
        opener = draws.choice(_OPENERS).format(layout.argument, count, noun=noun)
        listed = "\n".join(f"{number}. {_sentence(step)}" for number, step in enumerate(steps, start=1))
        return f"{opener}\n\n{listed}\n\nHere {given}; the answer is {noun}."
    if style == "google":
        first = f"    {layout.argument}: {NOUNS[chain[0].takes]}."
        arguments = [first, *(f"    {name}: an integer." for name in _lifted(layout))]
        return f"{task}\n\nArgs:\n" + "\n".join(arguments) + f"\n\nReturns:\n    {noun[0].upper()}{noun[1:]}."
    if style == "numpy":
        arguments = [f"{layout.argument} : {HINTS[chain[0].takes]}", *(f"{name} : int" for name in _lifted(layout))]
        result = f"{HINTS[chain[-1].gives]}\n    {noun[0].upper()}{noun[1:]}."
        return f"{task}\n\nParameters\n----------\n" + "\n".join(arguments) + f"\n\nReturns\n-------\n{result}"
    if style == "examples":
        shown = "\n".join(f">>> {call}\n{answer!r}" for call, answer in examples[:2])
        return f"{task}\n\n{given[0].upper() if given[0] != '`' else given[0]}{given[1:]}.\n\n{shown}"
    if style == "story":
        return _story(draws, setting, layout, given, task)
    return f"{task}\n\n{given}; the answer is {noun}."


def _story(draws: Draws, setting: tuple[str, Vocabulary], layout: Layout, given: str, task: str) -> str:
    vocabulary = setting[1]
    who = vocabulary.who[0].upper() + vocabulary.who[1:]
    opening = draws.choice(
        (
            f"{who} keeps `{layout.argument}` and wants a report on it.",
            f"Every evening {vocabulary.who} looks at `{layout.argument}`.",
            f"Help {vocabulary.who} with `{layout.argument}`.",
            f"At the {setting[0]}, data arrive as `{layout.argument}`.",
        )
    )
    return f"{opening}\n\n{task} Here {given}, and the answer goes back to {vocabulary.who}."


def _prose(draws: Draws, steps: list[str]) -> str:
    if len(steps) == 1:
        return _sentence(steps[0])
    last = draws.choice(("and finally", "and at the end", "and then"))
    joined = ", then ".join(steps[:-1])
    if draws.chance(0.5):
        return f"First {joined}, {last} {steps[-1]}."
    return f"{_sentence(joined)[:-1]}; {draws.choice(('after that', 'with the result of that', 'next'))}, {steps[-1]}."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _lifted(layout: Layout) -> list[str]:
    return list(layout.lifted.values())
