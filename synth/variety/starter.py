"""A specification of variety to start from: every field with its meaning, its default, and what it may hold."""

from __future__ import annotations

import textwrap
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from synth.kinds.registry import KINDS
from synth.topic_trees import shipped_trees
from synth.variety.settings import Axis, SeedDocuments, Variety

#: Fields that stand as comments: what they hold as long as they are left out is long, or nothing.
_SHOWN_ITEMS = 4

_EXAMPLES: dict[str, Any] = {
    "name": "mine",
    "kinds": {"function": 3, "fix-the-bug": 1},
    "topics": ["python", "algorithms/graphs"],
    "trees": ["my-topics.yaml"],
    "styles": {"function": ["plain", "google"]},
    "personas": ["a nurse who plans shifts"],
}

_HEAD = """\
What to ask a teacher for: phimill synth exercises --spec FILE --out DIR. What is left out keeps the value shown;
lines behind # show what could stand there. Kinds: {kinds}. Trees of topics: {trees}.
"""


def starter() -> str:
    """Returns the specification as YAML; read as it stands, it asks for functions and bugs to fix."""
    lines = _comment(_HEAD.format(kinds=", ".join(KINDS), trees=", ".join(sorted(shipped_trees()))))
    for name, field in Variety.model_fields.items():
        lines += ["", *_comment(f"{field.description}{_choices(name)}")]
        if name == "documents":
            lines += [f"# {line}" for line in _nested(name, SeedDocuments)]
        elif isinstance(default := _default(field), BaseModel):
            lines += _nested(name, type(default))
        else:
            lines += _line(name, _EXAMPLES.get(name, default), is_used=name in ("name", "kinds", "topics"))
    return "\n".join(lines) + "\n"


def _nested(name: str, model: type[BaseModel]) -> list[str]:
    lines = [f"{name}:"]
    for inner, field in model.model_fields.items():
        lines += [f"  {line}" for line in _comment(str(field.description))]
        default = "texts.jsonl" if field.is_required() else _default(field)
        lines.append(f"  {'# ' if default is None else ''}{inner}: {_flow(1 if default is None else default)}")
    return lines


def _line(name: str, value: Any, *, is_used: bool) -> list[str]:
    is_long = isinstance(value, list) and len(value) > _SHOWN_ITEMS
    shown = f"{_flow(value[:_SHOWN_ITEMS])}   # and {len(value) - _SHOWN_ITEMS} more" if is_long else _flow(value)
    is_default = name not in _EXAMPLES and not is_long
    return [f"{'' if is_used or is_default else '# '}{name}: {shown}"]


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def _choices(name: str) -> str:
    return f" Axes: {', '.join(get_args(Axis))}." if name == "cells" else ""


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 110, break_on_hyphens=False)]
