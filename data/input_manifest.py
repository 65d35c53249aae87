"""The input manifest: every file that a run reads, its size, what pins its content, and what the last run read."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Iterable, Mapping

from data.json_text import atomic_json
from data.sources import InputFile

INPUTS = "inputs.json"

#: Names shown of each sort of change.
SHOWN = 3

Entry = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Changes:
    """What has become of a run's input files since the last that read them all; names are `source/path`."""

    added: list[str]
    changed: list[str]
    removed: list[str]
    same: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def in_words(self) -> str:
        """Returns one line: numbers, then some names."""
        sorts = (("added", "+", self.added), ("changed", "~", self.changed), ("removed", "-", self.removed))
        numbers = [f"{len(names):,} {what}" for what, _, names in sorts if names] + [f"{self.same:,} as before"]
        names = [f"{sign} {name}" for _, sign, listed in sorts for name in listed[:SHOWN]]
        more = sum(max(0, len(listed) - SHOWN) for _, _, listed in sorts)
        return f"{', '.join(numbers)}: {', '.join(names)}" + (f" and {more:,} more" if more else "")


def entry_of(source: str, file: InputFile) -> Entry:
    """Returns what a manifest says about one input file; `sha256` is null where `version` stands in for it."""
    entry: Entry = {"source": source, "path": file.relative, "bytes": file.bytes, "sha256": file.sha256 or None}
    if file.version is not None:
        entry["version"] = file.version
    if file.url is not None:
        entry["url"] = file.url.partition("?")[0]
    return entry


def compare(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> Changes:
    """Returns how two lists of input files differ."""
    old, new = ({f"{entry['source']}/{entry['path']}": dict(entry) for entry in listed} for listed in (before, now))
    changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    same = len(old.keys() & new.keys()) - len(changed)
    return Changes(sorted(new.keys() - old.keys()), changed, sorted(old.keys() - new.keys()), same)


def freeze(folder: Path, files: list[Entry]) -> Changes | None:
    """Writes down what a run is going to read; returns how that differs from the last one, if there was one."""
    before = _last_read(folder)
    _write(folder, files, False, before)
    return None if before is None else compare(before, files)


def settle(folder: Path, files: list[Entry]) -> None:
    """Writes down that all of it was read."""
    _write(folder, files, True, None)


def _write(folder: Path, files: list[Entry], read: bool, before: list[Entry] | None) -> None:
    content: dict[str, Any] = {"read": read, "files": files}
    if before is not None:
        content["before"] = before
    atomic_json(folder / INPUTS, content, indent=1, ensure_ascii=False, default=str)


def _last_read(folder: Path) -> list[Entry] | None:
    """Returns the files of the last run that read all of its own; null if there was none, or its list is damaged."""
    try:
        content = json.loads((folder / INPUTS).read_text(encoding="utf-8"))
        found = content["files"] if content["read"] else content.get("before")
        return None if found is None else [dict(entry) for entry in found]
    except (OSError, ValueError, KeyError, TypeError):
        return None
