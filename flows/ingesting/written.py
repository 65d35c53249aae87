"""Which of the documents' files are as they would be written now, and may stay.

A note about each stands in the work folder, written after the file; after a kill in between the file is written again.
"""

from __future__ import annotations

import json
from pathlib import Path

from data.json_text import atomic_json

#: A part's records, its documents, and the bytes of their text.
Sums = tuple[int, int, int]


def note_written(note: Path, target: Path, key: str, sums: Sums) -> None:
    """Notes that a file holds a part's documents.

    Args:
        note: where it is kept.
        target: the file.
        key: digest of all that its content depends on.
        sums: what is counted of the part.
    """
    atomic_json(note, {"key": key, "stamp": _stamp(target), "sums": sums})


def sums_of_written(note: Path, target: Path, key: str) -> Sums | None:
    """Returns what was counted of a part whose file holds what it would hold if written now; else null."""
    try:
        known = json.loads(note.read_text())
        records, documents, size = known["sums"]
        is_same = [known["key"], known["stamp"]] == [key, _stamp(target)]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return (records, documents, size) if is_same else None


def _stamp(target: Path) -> list[int]:
    """Returns what changes with a file's content; nobody can set back the time of its last change."""
    state = target.stat()
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
