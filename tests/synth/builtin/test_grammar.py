"""The grammar's two halves, held against each other: what operations mean and how they are written."""

from __future__ import annotations

import ast
from itertools import pairwise
from string import Template
from typing import Any

import pytest

from synth.builtin.composition import OVER_MEMBERS, Step, draw_chain, evaluate, fits
from synth.builtin.grammar import HINTS, Operation, body_of, head_of, is_expression
from synth.builtin.operations import OPERATIONS
from synth.builtin.samples import EMPTY, draw_argument
from synth.builtin.vocabulary import INTERMEDIATE, LOCALS, VOCABULARIES
from synth.draws import Draws
from synth.prompts import axes, known_topics

SAMPLES: dict[str, list[Any]] = {"real": [0.5], "flag": [True]}


def arguments(kind: str, name: str) -> list[Any]:
    draws = Draws(0, "test", name)
    chain = (Step(OPERATIONS[name], {}),)
    vocabulary = VOCABULARIES["harbour"]
    return [EMPTY[kind], *(draw_argument(draws, chain, vocabulary) for _ in range(25))]


def run(idiom: str, values: dict[str, Any], argument: Any) -> Any:
    """Executes one idiom of phimill's own grammar on an argument."""
    names = Template(idiom).get_identifiers()
    places = (
        {name: f"_{name}" for name in names} | {"x": "given", "y": "result"} | {k: str(v) for k, v in values.items()}
    )
    head, body = (Template(part).substitute(places) for part in (head_of(idiom), body_of(idiom)))
    scope: dict[str, Any] = {"given": argument, "__name__": "__main__"}
    exec(f"{head}\nresult = {body}" if is_expression(idiom) else f"{head}\n{body}", scope)
    return scope["result"]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_idiom_computes_what_the_operation_means(name: str) -> None:
    operation = OPERATIONS[name]
    for values in (
        {key: choices[0] for key, choices in operation.parameters.items()},
        {key: choices[-1] for key, choices in operation.parameters.items()},
    ):
        for argument in arguments(operation.takes, name):
            before = repr(argument)
            expected = operation.reference(argument, **values)
            for idiom in operation.idioms:
                found = run(idiom, values, argument)
                assert (found, type(found)) == (expected, type(expected)), (idiom, argument)
            assert repr(argument) == before, "an idiom changed its argument"


def test_idioms_differ_and_their_names_are_known() -> None:
    for operation in OPERATIONS.values():
        assert len(set(operation.idioms)) == len(operation.idioms) >= 2
        for idiom in operation.idioms:
            assert set(operation.places(idiom)) <= set(LOCALS), operation.name
        Template(operation.phrase).substitute(dict.fromkeys(operation.parameters, 1))


def test_the_grammar_is_as_large_as_the_documents_say() -> None:
    concepts = {operation.concept for operation in OPERATIONS.values()}
    assert len(OPERATIONS) == 232
    assert concepts == {concept for concepts in known_topics().values() for concept in concepts}
    assert len(concepts) == 35
    assert set(axes()["settings"]) == set(VOCABULARIES)
    assert set(INTERMEDIATE) == set(HINTS)


def test_as_many_operations_fit_together_as_the_documents_say() -> None:
    pairs, concepts = set(), set()
    for left in OPERATIONS.values():
        for right in OPERATIONS.values():
            if left is not right and any(map(fits, *zip(*_joints(left, right), strict=True))):
                pairs.add((left.name, right.name))
                concepts.add(frozenset((left.concept, right.concept)))
    assert (len(pairs), len(concepts)) == (10_995, 526)


def _joints(left: Operation, right: Operation) -> list[tuple[str, str]]:
    """Returns what one operation gives and what the next one takes, also where one of them is mapped over members."""
    over = [
        (c, gives) for (c, takes, inner), gives in OVER_MEMBERS.items() if (takes, inner) == (left.takes, left.gives)
    ]
    into = [c for c, takes, inner in OVER_MEMBERS if (takes, inner) == (right.takes, right.gives)]
    plain = [(left.gives, right.takes), *((left.gives, container) for container in into)]
    return plain + [(gives, right.takes) for _, gives in over]


def test_a_chain_practises_its_first_concept_and_fits_together() -> None:
    for number in range(400):
        draws = Draws(1, "chain", str(number))
        concept = draws.choice(sorted({operation.concept for operation in OPERATIONS.values()}))
        chain = draw_chain(draws, (concept,), "hard")
        assert concept in {step.operation.concept for step in chain}
        assert 1 <= len(chain) <= 4
        for left, right in pairwise(chain):
            assert left.gives == right.takes or (left.gives, right.takes) == ("natural", "int")
        argument = draw_argument(draws, chain, VOCABULARIES["library"])
        if len(repr(argument)) < 60:
            ast.literal_eval(repr(evaluate(chain, argument)))


def test_a_mapped_step_visits_every_member() -> None:
    total = OPERATIONS["total"]
    assert evaluate((Step(total, {}, "matrix"),), [[1, 2], [3, 4]]) == [3, 7]
    assert evaluate((Step(total, {}, "series"),), {"a": [1, 2], "b": []}) == {"a": 3, "b": 0}
    assert Step(total, {}, "series").gives == "counts"
