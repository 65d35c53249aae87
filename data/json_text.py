"""JSON as text piece by piece: Python's own writer holds every word of what it writes as a string of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.atomic import atomic_path

#: Words that are put together to a piece.
PIECE_WORDS = 2**16


def json_pieces(value: Any, **form: Any) -> Iterator[str]:
    """Yields what `json.dumps(value, **form)` returns, piece by piece.

    Args:
        value: what is written.
        form: as `json.JSONEncoder` takes it.
    """
    words = json.JSONEncoder(**form).iterencode(value)
    while piece := "".join(itertools.islice(words, PIECE_WORDS)):
        yield piece


def atomic_json(target: Path, value: Any, **form: Any) -> None:
    """Writes a value as JSON with a line break at its end, so that readers see the old file or the new one."""
    with atomic_path(target) as temporary:
        write_json(temporary, value, **form)


def write_json(path: Path, value: Any, **form: Any) -> None:
    """Writes a value as JSON with a line break at its end."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(json_pieces(value, **form))
        file.write("\n")
