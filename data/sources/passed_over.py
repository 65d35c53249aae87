"""What is not read of a folder, and is told: counted by reason, with some names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

#: What the name of a packed file ends with, in small letters.
PACKED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz")
#: What is longer is no ending: a dot may stand in a title.
_MAX_ENDING_CHARS = 12
#: Reasons that are told one by one, and names that are kept for each.
_REASONS, _NAMED = 50, 20


class Tally:
    """What is passed over, by reason: how many files, and the first names."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, list[str]]] = {}

    def __call__(self, name: str, why: str) -> None:
        """Counts a file."""
        number, names = self._found.get(why, (0, []))
        self._found[why] = number + 1, [*names, name] if number < _NAMED else names

    def entries(self) -> list[dict[str, Any]]:
        """Returns `why`, `files` and some names, `such_as`, by reason, the most frequent first; the rest in one."""
        found = sorted(self._found.items(), key=lambda item: (-item[1][0], item[0]))
        told = [{"why": why, "files": number, "such_as": names} for why, (number, names) in found[:_REASONS]]
        if rest := found[_REASONS:]:
            files, names = sum(number for _, (number, _) in rest), [names[0] for _, (_, names) in rest[:_NAMED]]
            told.append({"why": f"{len(rest):,} further reasons", "files": files, "such_as": names})
        return told


def in_words(passed_over: Sequence[Mapping[str, Any]], shown: int = 3) -> str:
    """Returns the entries of a tally in one line: how many files, then the most frequent reasons; "" for none."""
    if not passed_over:
        return ""
    parts = []
    for entry in passed_over[:shown]:
        more = f" and {entry['files'] - 1:,} more" if entry["files"] > 1 else ""
        parts.append(f"{entry['such_as'][0]}{more}: {entry['why']}")
    rest = sum(entry["files"] for entry in passed_over[shown:])
    total = sum(entry["files"] for entry in passed_over)
    return f"{total:,}: {'; '.join(parts)}" + (f"; and {rest:,} more for other reasons" if rest else "")


def why_not_read(name: str, kind: str | None) -> str:
    """Returns why a file of a folder is not read whose name is none of a kind's; null: of the kinds of all sources."""
    ending = ending_of(name)
    return (f"ending {ending}" if ending else "no ending") + (
        f", not read as {kind}" if kind else ", read by no source"
    )


def ending_of(name: str) -> str:
    """Returns what a file's name ends with, in small letters, with what it is packed in: `.txt`, `.html.gz`, or ""."""
    path = PurePosixPath(name.lower())
    packed = path.suffix if path.suffix in PACKED_ENDINGS else ""
    ending = PurePosixPath(path.stem).suffix if packed else path.suffix
    says_something = len(ending) <= _MAX_ENDING_CHARS and not ending[1:].isdigit()
    return (ending if says_something else "") + packed
