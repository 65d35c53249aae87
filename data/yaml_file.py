"""YAML files with the line on which each key stands, so that whatever is wrong with one can be told where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import yaml

from data.errors import RecipeError

Place = tuple[str | int, ...]

#: Keys and entries of one file at most: a few aliases of aliases stand for billions.
_MAX_KEYS = 200_000


def read_yaml(path: Path, expected: str) -> tuple[dict[str, Any], dict[Place, int]]:
    """Returns the mapping in a YAML file, and the line on which each of its keys and entries stands.

    Args:
        path: the file.
        expected: what is said if the file holds something else than a mapping.

    Raises:
        RecipeError: it cannot be read, is not YAML, no mapping, or has a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
        lines: dict[Place, int] = {}
        if isinstance(node, yaml.MappingNode):
            _note_lines(node, (), lines, path, ())
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark
        line = mark.line + 1 if mark else None
        raise RecipeError(f"not YAML: {failure.problem}", file=str(path), line=line) from None
    except yaml.reader.ReaderError as failure:
        line = text.count("\n", 0, failure.position) + 1
        message = f"not YAML: the character U+{failure.character:04X} may not stand in it; take it out"
        raise RecipeError(message, file=str(path), line=line) from None
    except UnicodeDecodeError as failure:
        line = failure.object.count(b"\n", 0, failure.start) + 1
        message = f"not UTF-8: the byte 0x{failure.object[failure.start]:02x}; save the file as UTF-8"
        raise RecipeError(message, file=str(path), line=line) from None
    except RecursionError:
        raise RecipeError("nested too deeply to be read", file=str(path)) from None
    except (OSError, yaml.YAMLError) as failure:
        raise RecipeError(f"cannot be read: {failure}", file=str(path)) from None
    if not isinstance(values, dict):
        raise RecipeError(expected, file=str(path), line=1)
    return values, lines


def _note_lines(
    node: yaml.Node, place: Place, lines: dict[Place, int], path: Path, around: tuple[yaml.Node, ...]
) -> None:
    if node in around:
        raise RecipeError(
            "refers by its alias to what it stands in itself; write out what is meant",
            key=dotted(place), file=str(path), line=lines.get(nearest(place, lines)),
        )  # fmt: skip
    if len(lines) > _MAX_KEYS:
        raise RecipeError(f"more than {_MAX_KEYS:,} keys and entries, with what aliases stand for", file=str(path))
    around = (*around, node)
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, key.value)
            if inner in lines:
                raise RecipeError(
                    f"stands twice, first on line {lines[inner]}",
                    key=dotted(inner), file=str(path), line=key.start_mark.line + 1,
                )  # fmt: skip
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines, path, around)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _note_lines(value, (*place, number), lines, path, around)


def error_at(path: Path, lines: dict[Place, int], place: Place, message: str) -> RecipeError:
    """Returns an error that names a file, the nearest known line and the key."""
    return RecipeError(message, key=dotted(place), file=str(path), line=lines.get(nearest(place, lines)))


def nearest(place: Place, lines: Mapping[Place, int]) -> Place:
    """Returns a place, or the innermost around it that stands in the file."""
    while place and place not in lines:
        place = place[:-1]
    return place


def dotted(place: Place) -> str:
    """Returns a place as it is written in messages: `filters[2].preset`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
