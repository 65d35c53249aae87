"""What people say of documents: keep, drop, or a grade from 0 to 5; a JSONL file, one line for a document.

Lines are sorted by id, so that the file can stand in a repository; it is written whole or not at all, and
two explorers on one file do not lose each other's labels.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.errors import UsageError

#: What a document can be called.
LABELS = ("keep", "drop", "0", "1", "2", "3", "4", "5")

#: Facts that stand beside a label, so that the file means something without the ledger.
FACTS = ("origin_id", "source", "locator", "url")


class Labels:
    """A file of labels.

    Raises:
        UsageError: the file is there and is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._entries: dict[str, dict[str, Any]] = {}
        self.entries()

    def entries(self) -> dict[str, dict[str, Any]]:
        """Returns id → what is known of each labelled document, as the file has it now."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._seen, self._entries = None, {}
            return self._entries
        if self._seen != (stat.st_mtime_ns, stat.st_size):
            self._entries = self._read()
            self._seen = (stat.st_mtime_ns, stat.st_size)
        return self._entries

    def of(self, key: str) -> str | None:
        """Returns a document's label."""
        entry = self.entries().get(key)
        return str(entry["label"]) if entry else None

    def set(self, key: str, label: str | None, facts: Mapping[str, Any]) -> None:
        """Labels a document, or with None takes its label away.

        Args:
            key: the document's id.
            label: one of LABELS.
            facts: the document's row in the ledger.
        """
        with self._locked():
            entries = dict(self.entries())
            entries.pop(key, None)
            if label is not None:
                entries[key] = {
                    "id": key,
                    "label": int(label) if label.isdigit() else label,
                    **{name: facts.get(name) for name in FACTS if facts.get(name) is not None},
                }
            lines = (json.dumps(entries[one], sort_keys=False) + "\n" for one in sorted(entries))
            atomic_write(self.path, "".join(lines))
            self._seen = None

    def _read(self) -> dict[str, dict[str, Any]]:
        entries = {}
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                if str(entry["label"]) not in LABELS:
                    raise ValueError(f"label {entry['label']!r}")
                entries[str(entry["id"])] = entry
            except (ValueError, KeyError, TypeError) as failure:
                raise UsageError(
                    f'{self.path}:{number}: no label; expected {{"id": …, "label": …}} with one of '
                    f"{', '.join(LABELS)} ({failure}). Mend the line, or give another file with --labels"
                ) from None
        return entries

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)  # the folder itself: nothing is left behind
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
