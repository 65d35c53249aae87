"""The input manifest: every file that a run reads, its size, what pins its content, and what the last run read."""

from __future__ import annotations

import dataclasses
import filecmp
import json
import os
from pathlib import Path
from typing import Any, Iterable, Mapping

from data.atomic import atomic_path
from data.sources import InputFile

#: What the last run read that read all of its own, and what a run is reading: an entry a line.
INPUTS, FROZEN = "inputs.jsonl", "inputs.reading.jsonl"

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
    old = {_name(entry): _hash(entry) for entry in before}
    added, changed, same = [], [], 0
    for entry in now:
        name = _name(entry)
        known = old.pop(name, None)
        if known is None:
            added.append(name)
        elif known != _hash(entry):
            changed.append(name)
        else:
            same += 1
    return Changes(sorted(added), sorted(changed), sorted(old), same)


def freeze(folder: Path, files: list[Entry]) -> Changes | None:
    """Writes down what a run is going to read; returns how that differs from the last one, if there was one."""
    before, now = folder / INPUTS, folder / FROZEN
    with atomic_path(now) as temporary, temporary.open("w", encoding="utf-8", newline="") as lines:
        lines.writelines(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in files)
    try:
        if filecmp.cmp(before, now, shallow=False):
            return Changes([], [], [], len(files))
        with before.open(encoding="utf-8") as lines:
            return compare(map(json.loads, lines), files)
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is damaged
        return None


def settle(folder: Path) -> None:
    """Writes down that all of what was frozen was read."""
    os.replace(folder / FROZEN, folder / INPUTS)


def _name(entry: Mapping[str, Any]) -> str:
    return f"{entry['source']}/{entry['path']}"


def _hash(entry: Mapping[str, Any]) -> int:
    """Returns what stands for an entry while this process lasts: a folder may hold millions of files."""
    return hash(tuple(sorted(entry.items())))
