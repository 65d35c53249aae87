"""Do two programs that should do the same give the same, whatever their functions are called?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from synth.examples import Subject, find_subject
from synth.parsing import parse_code
from synth.probes import MIN_PROBES
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.values import canonical
from synth.trying import Trials, try_inputs

#: Share of inputs for which two solutions must give the same; where a task says nothing they may differ.
AGREEING_SHARE = 0.95


@dataclass(frozen=True)
class Agreement:
    """What two programs that should do the same gave for the same inputs.

    Attributes:
        agrees: None if there was nothing to compare.
        compared: inputs for which both gave a value.
        equal: those for which they gave the same.
    """

    agrees: bool | None = None
    compared: int = 0
    equal: int = 0


def compare(trials: Trials, subject: Subject | None, other: str, tests: Sequence[str], sandbox: Sandbox) -> Agreement:
    """Returns whether another program's function, whatever its name, gives what the first gave.

    Inputs like those of the tests decide, where there are any: beyond them programs for one task may differ.
    """
    tree = parse_code(other)
    useful = [place for place in trials.useful if place < trials.similar] or trials.useful
    found = find_subject(other, tests)
    if tree is None or subject is None or found is None or not useful:
        return Agreement()
    theirs = try_inputs(other, found.name, [trials.inputs[place] for place in useful], sandbox)
    if theirs is None:
        return Agreement(False)
    pairs = [(trials.claims[place], claim, place < trials.similar and place < len(subject.examples))
             for place, claim, output in zip(useful, theirs.claims, theirs.outputs, strict=True)
             if output is not None]  # fmt: skip
    same = [canonical(one, loose=True, digits=9) == canonical(two, loose=True, digits=9) for one, two, _ in pairs]
    examples = all(equal for equal, (_, _, is_example) in zip(same, pairs, strict=True) if is_example)
    enough = len(pairs) >= max(1, min(MIN_PROBES, len(useful) // 2))
    return Agreement(enough and examples and sum(same) >= AGREEING_SHARE * len(same), len(same), sum(same))
