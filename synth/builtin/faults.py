"""What the built-in teacher gets wrong on purpose, how often, and for which requests.

Replies do not say so. `fault_of` does, so that tests can measure what verification catches.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from data.errors import UsageError, did_you_mean
from data.recipe import Teacher
from synth.builtin.composition import Chain, evaluate, fits
from synth.builtin.operations import OPERATIONS
from synth.builtin.writing import Case, Draft, with_lifted
from synth.draws import Draws
from synth.specs import KIND, ExerciseSpec

#: Fault → the reason under which a reply must be rejected; "" where it must be accepted all the same.
EXPECTED_REASONS = {
    "wrong_solution": "failed_tests",
    "no_tests": "no_tests",
    "self_asserted": "self_asserted",
    "truncated": "truncated_response",
    "refusal": "refused",
    "hostile": "unsafe_code",
    "near_duplicate": "duplicate_exercise",  # except for the first of its kind in a run
    "weak_tests": "weak_tests",
    "benchmark_clone": "contaminated",
    "fenced": "",
    "think": "",
    "": "",
}

#: Kinds for which a fault has another reason than EXPECTED_REASONS says: nothing of them is run, or has tests.
_OTHER_REASONS = {
    ("lesson", "wrong_solution"): "unfaithful",
    ("fix-the-bug", "self_asserted"): "failed_tests",  # such tests do not see the bug
    **{
        (f"rephrase-{name}", "wrong_solution"): "unfaithful" for name in ("faq", "qa", "tutorial", "table", "wikipedia")
    },
    **{
        (kind, "no_tests"): "bad_response"
        for kind in ("section", "predict-output", "lesson", "rephrase-faq", "rephrase-qa")
    },
}

_PROSE = ("lesson", "rephrase-faq", "rephrase-qa", "rephrase-tutorial", "rephrase-table", "rephrase-wikipedia")

#: Faults that some kinds cannot have, with those kinds.
_IMPOSSIBLE = {
    "self_asserted": ("section", "predict-output", *_PROSE),
    "no_tests": ("rephrase-tutorial", "rephrase-table", "rephrase-wikipedia"),
    "weak_tests": ("section", "predict-output", "multi-step", *_PROSE),
    "hostile": _PROSE,
    "near_duplicate": _PROSE,
}

#: How the names of those begin that befall a reply on its way.
_ON_THE_WAY = ("http", "usage", "batch")

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
    """Shares of requests.

    At most one of those whose names begin with neither `http` nor `usage` nor `batch` befalls a
    reply's text. `http_429` to `http_drop` befall the first attempt at a request, `http_html`,
    `http_null` and the `usage` ones every attempt; `batch_missing` requests of a batch stay undone.
    """

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
    weak_tests: float = 0.0
    benchmark_clone: float = 0.0
    http_slow: float = 0.0
    http_drop: float = 0.0
    http_html: float = 0.0
    http_null: float = 0.0
    usage_absent: float = 0.0
    usage_absurd: float = 0.0
    batch_missing: float = 0.0

    def to_json(self) -> dict[str, float]:
        """Returns the rates as a plain dictionary; part of the teacher's identity."""
        return dataclasses.asdict(self)


#: What each does, in a line.
MEANINGS = {
    "wrong_solution": "a program that fails one of its tests, or prose that says what is not so",
    "no_tests": "no tests at all",
    "self_asserted": "tests that compare no call with a literal",
    "fenced": "JSON within a Markdown fence",
    "think": "a <think> block before the JSON",
    "truncated": "cut off, with finish_reason length",
    "refusal": "declines",
    "near_duplicate": "one of three compositions again, in other words",
    "hostile": "a program that reaches for the machine",
    "http_429": "429 with Retry-After, at the first attempt",
    "http_500": "500, at the first attempt, billed",
    "weak_tests": "one test that kills next to nothing",
    "benchmark_clone": "a benchmark's task with new names and words",
    "http_slow": "an answer that takes its time, at the first attempt",
    "http_drop": "a connection that ends without an answer, at the first attempt, billed",
    "http_html": "200 with a gateway's page",
    "http_null": "200 with choices null",
    "usage_absent": "no usage",
    "usage_absurd": "a usage that cannot be true",
    "batch_missing": "a line that is missing in a batch's answers",
}

DEFAULT_RATES = FaultRates()
NO_FAULTS = FaultRates(*(0.0,) * 11)


def rates_of(teacher: Teacher) -> FaultRates:
    """Returns how often a teacher is to be wrong on purpose; only the built-in one can be told.

    Raises:
        UsageError: an unknown fault, shares of faults of the text that come to more than 1, or another teacher.
    """
    told, known = dict(teacher.faults), [field.name for field in dataclasses.fields(FaultRates)]
    if told and teacher.base_url != "builtin":
        raise UsageError(f"faults: only the built-in teacher is wrong when told to be, found {teacher.base_url}")
    for name in told:
        if name not in known:
            raise UsageError(
                f"faults: no fault is named {name!r}.{did_you_mean(name, known)} There are: {', '.join(known)}."
            )
    rates = dataclasses.replace(DEFAULT_RATES, **told)
    of_text = sum(rate for name, rate in rates.to_json().items() if not name.startswith(_ON_THE_WAY))
    if of_text > 1.0 + 1e-9:
        raise UsageError(
            f"faults: a reply's text has one fault at most, and the shares come to {of_text:g}, those that were not "
            "named included; expected 1 at most"
        )
    return rates


def fault_of(spec: ExerciseSpec, rates: FaultRates = DEFAULT_RATES) -> str:
    """Returns what is wrong on purpose with the text of the reply to a specification; "" if nothing is."""
    draws = _draws(spec, "fault")
    place = (draws.bits() >> 11) * 2.0**-53
    for name, rate in rates.to_json().items():
        if name.startswith(_ON_THE_WAY):
            continue
        if place < rate:
            possible = spec.kind == KIND if name == "benchmark_clone" else spec.kind not in _IMPOSSIBLE.get(name, ())
            return name if possible else ""
        place -= rate
    return ""


def expected_reason(fault: str, kind: str = KIND) -> str:
    """Returns the reason under which a reply of a kind with a fault must be rejected; "" if it must be accepted."""
    return _OTHER_REASONS.get((kind, fault), EXPECTED_REASONS[fault])


def http_faults_of(spec: ExerciseSpec, rates: FaultRates = DEFAULT_RATES) -> list[str]:
    """Returns what goes wrong on the way: fields of FaultRates that begin with `http`, `usage` or `batch`."""
    names = [name for name in rates.to_json() if name.startswith(_ON_THE_WAY)]
    return [name for name in names if _draws(spec, name).chance(getattr(rates, name))]


def core_of(spec: ExerciseSpec) -> ExerciseSpec:
    """Returns the specification whose composition a near-duplicate takes over."""
    number = _draws(spec, "near").below(NEAR_DUPLICATE_CORES)
    return ExerciseSpec("", (), "medium", "", "", "orchard", "", number)


def break_chain(draft: Draft, spec: ExerciseSpec) -> Chain | None:
    """Returns a chain that differs from a draft's and fails at least one of its tests; None if none was found."""
    draws = _draws(spec, "wrong")
    options = _all_variants(draft)
    while options:
        chain = options.pop(draws.below(len(options)))
        if _fails(draft, chain):
            return chain
    return None


def broken_chains(draft: Draft) -> list[Chain]:
    """Returns up to a dozen chains that differ from a draft's and fail at least one of its tests, in drawn order."""
    draws, options, found = Draws(0, "broken", draft.draws_key), _all_variants(draft), list[Chain]()
    while options and len(found) < 12:
        chain = options.pop(draws.below(len(options)))
        if _fails(draft, chain):
            found.append(chain)
    return found


def _all_variants(draft: Draft) -> list[Chain]:
    lifted = {number for number, _ in draft.layout.lifted}
    return [chain for n in range(len(draft.chain)) if n not in lifted for chain in _variants(draft.chain, n)]


def _fails(draft: Draft, chain: Chain) -> bool:
    return any(answer_of(draft, chain, case) != case.answer for case in draft.cases)


def answer_of(draft: Draft, chain: Chain, case: Case) -> Any:
    """Returns what a chain answers to a case's arguments."""
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
