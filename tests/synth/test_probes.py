from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest

from synth.probes import PROBES, similar_probes, typical_probes
from synth.shapes import Shape, annotated, shape_of, shapes_of_calls


def shape(text: str) -> Shape:
    return annotated(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    "text", ["int", "float", "str", "list[int]", "list[str]", "list[list[int]]", "dict[str,int]", "set[int]",
             "tuple[int,str]", "any", "list[tuple[str,int]]", "dict[str,list[int]]"],
)  # fmt: skip
def test_there_are_at_least_forty_different_inputs_of_every_shape(text: str) -> None:
    found = typical_probes((shape(text),))
    assert 40 <= len(found) <= PROBES
    assert len({repr(one) for one in found}) == len(found)
    assert all(len(one) == 1 for one in found)


@pytest.mark.parametrize("text", ["int", "str", "list[int]", "dict[str,int]", "list[list[int]]", "tuple[int,str]"])
def test_inputs_have_the_shape_that_was_asked_for(text: str) -> None:
    def fits(value: Any, wanted: Shape) -> bool:
        if type(value).__name__ != wanted.kind:
            return False
        if wanted.kind == "tuple":
            return len(value) == len(wanted.parts) and all(map(fits, value, wanted.parts))
        if wanted.kind == "dict":
            return all(fits(key, wanted.parts[0]) and fits(item, wanted.parts[1]) for key, item in value.items())
        return all(fits(item, wanted.parts[0]) for item in value) if wanted.parts else True

    wanted = shape(text)
    assert all(fits(one, wanted) for (one,) in typical_probes((wanted,)))


def test_edge_cases_are_among_them() -> None:
    assert {(0,), (1,), (-1,)} <= set(typical_probes((shape("int"),)))
    assert ("",) in typical_probes((shape("str"),))
    assert ([],) in typical_probes((shape("list[int]"),))
    assert ({},) in typical_probes((shape("dict[str,int]"),))


def test_matrices_are_mostly_rectangular() -> None:
    found = [one for (one,) in typical_probes((shape("list[list[int]]"),))]
    assert sum(len({len(row) for row in rows}) <= 1 for rows in found) > len(found) / 2


def test_similar_inputs_begin_with_the_examples_and_stay_in_their_domain() -> None:
    examples = [("(()) ()",), ("()()",), ("((()))",)]
    found = similar_probes(examples)
    assert list(found[:3]) == examples
    assert len(found) == PROBES
    assert all(set(text) <= set("() ") for (text,) in found)
    numbers = similar_probes([([3, 4, 5], 2), ([7], 0)])
    assert all(type(k) is int and all(type(x) is int for x in items) for items, k in numbers)


def test_examples_are_not_changed() -> None:
    examples = [([3, 4, 5], {"a": [1]}), ([7], {"b": [2, 3]})]
    before = repr(examples)
    similar_probes(examples)
    assert repr(examples) == before


def test_inputs_are_the_same_in_every_process() -> None:
    code = (
        "from synth.probes import *\nfrom synth.shapes import *\n"
        "s = (shape_of({'a', 'b'}), shape_of({'k': {1, 2}}))\nprint(typical_probes(s)[5][1])\n"
        "print(len(similar_probes([({'x', 'yy', 'zzz'}, 'q')])), similar_probes([(['x', 'y'], {'k': 1})])[20])"
    )
    runs = [
        subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}).stdout
        for seed in ("1", "77")
    ]  # fmt: skip
    assert runs[0].split("\n")[1] == runs[1].split("\n")[1]


@pytest.mark.parametrize(
    ("calls", "shapes"),
    [
        ([(1, "a"), (2, "b")], "int,str"),
        ([([],), ([1, 2],)], "list[int]"),
        ([([1, 2.5],)], "list[float]"),
        ([({"a": [1]},), ({},)], "dict[str,list[int]]"),
        ([((1, "a"),)], "tuple[int,str]"),
        ([((1,),), ((1, 2),)], "list[int]"),
        ([(None,), (3,)], "int"),
        ([(1,), ("a",)], "any"),
    ],
)
def test_shapes_are_read_from_calls(calls: list[tuple[Any, ...]], shapes: str) -> None:
    found = shapes_of_calls(calls)
    assert found is not None
    assert ",".join(map(str, found)) == shapes


def test_calls_of_different_width_have_no_shape() -> None:
    assert shapes_of_calls([(1,), (1, 2)]) is None
    assert shapes_of_calls([]) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("List[int]", "list[int]"), ("Optional[str]", "str"), ("int | None", "int"), ("Tuple[int, ...]", "list[int]"),
     ("typing.Dict[str, List[float]]", "dict[str,list[float]]"), ("Sequence[int]", "list[int]"),
     ("set[int]", "set[int]"),     ("'list[str]'", "list[str]"), ("Node", "any"), ("list", "list[any]"),
     ("Iterable[Tuple[int, str]]", "list[tuple[int,str]]")],
)  # fmt: skip
def test_shapes_are_read_from_annotations(text: str, found: str) -> None:
    assert str(shape(text)) == found


def test_a_boolean_is_no_number() -> None:
    assert str(shape_of([True, False])) == "list[bool]"
