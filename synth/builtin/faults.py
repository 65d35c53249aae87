"""What the built-in teacher gets wrong on purpose, how often, and for which requests.

Replies do not say so. `fault_of` does, so that tests can measure what verification catches.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from synth.builtin.composition import Chain, evaluate, fits
from synth.builtin.operations import OPERATIONS
from synth.builtin.writing import Case, Draft, with_lifted
from synth.draws import Draws
from synth.specs import ExerciseSpec

#: Fault → the reason under which a reply must be rejected; "" where it must be accepted all the same.
EXPECTED_REASONS = {
    "wrong_solution": "failed_tests",
    "no_tests": "no_tests",
    "self_asserted": "self_asserted",
    "truncated": "truncated_response",
    "refusal": "refused",
    "hostile": "unsafe_code",
    "near_duplicate": "duplicate_exercise",  # except for the first of its kind in a run
    "fenced": "",
    "think": "",
    "": "",
}

#: Compositions that near-duplicates share.
NEAR_DUPLICATE_CORES = 3

_HOSTILE = (
    "import os\nos.system('touch /tmp/phimill-canary')\n",
    "import subprocess\nsubprocess.run(['id'])\n",
    "import socket\nsocket.create_connection(('127.0.0.1', 9))\n",
    "import shutil\nshutil.rmtree('/tmp/phimill-canary', ignore_errors=True)\n",
    "import ctypes\nctypes.CDLL(None)\n",
)


@dataclasses.dataclass(frozen=True)
class FaultRates:
    """Shares of requests; at most one of the first nine befalls a request. The HTTP faults befall its first attempt."""

    wrong_solution: float = 0.04
    no_tests: float = 0.01
    self_asserted: float = 0.01
    fenced: float = 0.05
    think: float = 0.03
    truncated: float = 0.02
    refusal: float = 0.01
    near_duplicate: float = 0.02
    hostile: float = 0.005
    http_429: float = 0.01
    http_500: float = 0.01

    def to_json(self) -> dict[str, float]:
        """Returns the rates as a plain dictionary; part of the teacher's identity."""
        return dataclasses.asdict(self)


DEFAULT_RATES = FaultRates()
NO_FAULTS = FaultRates(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def fault_of(spec: ExerciseSpec, rates: FaultRates = DEFAULT_RATES) -> str:
    """Returns what is wrong on purpose with the reply to a specification; "" if nothing is."""
    draws = _draws(spec, "fault")
    place = (draws.bits() >> 11) * 2.0**-53
    for name, rate in rates.to_json().items():
        if name.startswith("http"):
            continue
        if place < rate:
            return name
        place -= rate
    return ""


def http_fault_of(spec: ExerciseSpec, rates: FaultRates = DEFAULT_RATES) -> int:
    """Returns the HTTP status that the first attempt at a specification gets: 200, 429 or 500."""
    draws = _draws(spec, "http")
    if draws.chance(rates.http_429):
        return 429
    return 500 if draws.chance(rates.http_500) else 200


def core_of(spec: ExerciseSpec) -> ExerciseSpec:
    """Returns the specification whose composition a near-duplicate takes over."""
    number = _draws(spec, "near").below(NEAR_DUPLICATE_CORES)
    return ExerciseSpec("", (), "medium", "", "", "orchard", "", number)


def break_chain(draft: Draft, spec: ExerciseSpec) -> Chain | None:
    """Returns a chain that differs from a draft's and fails at least one of its tests; None if none was found."""
    draws = _draws(spec, "wrong")
    lifted = {number for number, _ in draft.layout.lifted}
    options = [chain for n in range(len(draft.chain)) if n not in lifted for chain in _variants(draft.chain, n)]
    while options:
        chain = options.pop(draws.below(len(options)))
        if any(_answer(draft, chain, case) != case.answer for case in draft.cases):
            return chain
    return None


def _answer(draft: Draft, chain: Chain, case: Case) -> Any:
    lifted = dict(zip(draft.layout.lifted, case.arguments[1:], strict=True))
    return evaluate(with_lifted(chain, lifted), case.arguments[0])


def hostile_prelude(spec: ExerciseSpec) -> str:
    """Returns statements that no exercise has any business with."""
    return _draws(spec, "hostile").choice(_HOSTILE)


def _variants(chain: Chain, number: int) -> list[Chain]:
    step = chain[number]
    changed = [
        dataclasses.replace(step, values={**step.values, name: value})
        for name, values in step.operation.parameters.items()
        for value in values
        if value != step.values[name]
    ]
    if not step.over:
        changed += [
            dataclasses.replace(step, operation=op, values={n: v[0] for n, v in op.parameters.items()})
            for op in OPERATIONS.values()
            if op.name != step.operation.name and op.takes == step.operation.takes and fits(op.gives, step.gives)
        ]
    return [(*chain[:number], new, *chain[number + 1 :]) for new in changed]


def _draws(spec: ExerciseSpec, stage: str) -> Draws:
    return Draws(0, stage, json.dumps(spec.to_json(), sort_keys=True, ensure_ascii=False))
