"""What a function's arguments look like: read from annotations, or from example calls.

A shape is a type as far as arguments can be made for it: `int`, `list[int]`, `dict[str,list[int]]`.
Functions are compared by what they give for the same arguments, and those depend on the shapes
alone, so shapes are few and plain.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Iterable, Sequence

from data.syntax import parse_expression

_PLAIN = ("int", "float", "str", "bool", "none", "bytes", "any")
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "Collection", "MutableSequence", "Iterator", "Container"})
_SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet"})
_DICTS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "DefaultDict", "defaultdict", "Counter", "OrderedDict"}
)
_NAMES = {"int": "int", "float": "float", "str": "str", "bool": "bool", "None": "none", "bytes": "bytes",
          "Any": "any", "object": "any", "Number": "int", "complex": "float"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A type that arguments can be made for.

    Attributes:
        kind: `int`, `float`, `str`, `bool`, `none`, `bytes`, `any`, `list`, `set`, `tuple` or `dict`.
        parts: of a list or set its items' shape, of a dict those of key and value, of a tuple those of its places.
    """

    kind: str
    parts: tuple[Shape, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}[{','.join(map(str, self.parts))}]" if self.parts else self.kind


INT, STR, ANY = Shape("int"), Shape("str"), Shape("any")


def shape_of(value: object) -> Shape:
    """Returns the shape of a literal's value."""
    if value is None:
        return Shape("none")
    kind = type(value).__name__
    if isinstance(value, (list, set, frozenset)):
        return Shape("list" if kind == "list" else "set", (join(map(shape_of, value)),))
    if isinstance(value, tuple):
        return Shape("tuple", tuple(map(shape_of, value)))
    if isinstance(value, dict):
        return Shape("dict", (join(map(shape_of, value)), join(map(shape_of, value.values()))))
    return Shape(kind) if kind in _PLAIN else ANY


def join(shapes: Iterable[Shape]) -> Shape:
    """Returns the shape that all of them have, as nearly as one can say; `any` of nothing."""
    found = list(dict.fromkeys(shape for shape in shapes if shape.kind not in ("any", "none")))
    if not found:
        return ANY
    kinds = {shape.kind for shape in found}
    if len(found) == 1:
        return found[0]
    if kinds == {"int", "float"}:
        return Shape("float")
    if len(kinds) > 1:
        return ANY
    lengths = {len(shape.parts) for shape in found}
    if kinds == {"tuple"} and len(lengths) > 1:
        return Shape("list", (join(part for shape in found for part in shape.parts),))
    columns = zip(*(shape.parts for shape in found), strict=True)
    return Shape(found[0].kind, tuple(join(column) for column in columns))


def shapes_of_calls(calls: Sequence[Sequence[Any]]) -> tuple[Shape, ...] | None:
    """Returns the shape of each argument in calls of one function; None if their numbers differ."""
    if not calls or len({len(call) for call in calls}) != 1:
        return None
    return tuple(join(map(shape_of, column)) for column in zip(*calls, strict=True))


def shapes_of_signature(function: ast.FunctionDef) -> tuple[Shape, ...] | None:
    """Returns the shapes that a function's annotations promise, `any` where there is none.

    None if it cannot be called by position with a fixed number of arguments. Arguments with
    defaults are left to them unless nothing else could be given.
    """
    given = function.args
    if given.vararg or given.kwarg or any(default is None for default in given.kw_defaults):
        return None
    names = [*given.posonlyargs, *given.args]
    needed = names[: len(names) - len(given.defaults)] or names
    return tuple(annotated(name.annotation) for name in needed)


def annotated(node: ast.expr | None) -> Shape:
    """Returns the shape that an annotation stands for; `any` if it says nothing that arguments could be made of."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return annotated(parse_expression(node.value))
        except (SyntaxError, ValueError, RecursionError):
            return ANY
    if isinstance(node, ast.Constant) and node.value is None:
        return Shape("none")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _first(annotated(node.left), annotated(node.right))
    name = _name(node.value if isinstance(node, ast.Subscript) else node)
    if not isinstance(node, ast.Subscript):
        return _bare(name)
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name in ("Optional", "Union", "Annotated", "Final"):
        return _first(*map(annotated, inner))
    if name in _LISTS or name in _SETS:
        return Shape("list" if name in _LISTS else "set", (annotated(inner[0]),))
    if name in ("tuple", "Tuple"):
        if any(isinstance(item, ast.Constant) and item.value is ... for item in inner):
            return Shape("list", (annotated(inner[0]),))
        return Shape("tuple", tuple(map(annotated, inner)))
    if name in _DICTS:
        return Shape("dict", (annotated(inner[0]), annotated(inner[1]) if len(inner) > 1 else INT))
    return ANY


def _bare(name: str) -> Shape:
    if name in _LISTS or name in _SETS or name in ("tuple", "Tuple"):
        return Shape("set" if name in _SETS else "list", (ANY,))
    if name in _DICTS:
        return Shape("dict", (ANY, ANY))
    return Shape(_NAMES.get(name, "any"))


def _first(*shapes: Shape) -> Shape:
    return next((shape for shape in shapes if shape.kind not in ("none", "any")), shapes[0] if shapes else ANY)


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
