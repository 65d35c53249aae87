"""The work folder: where steps keep what they made, who may write, and what happened when."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from data.errors import LockedError
from data.fingerprint import file_sha256
from data.json_text import atomic_json

#: Remembered digests by path, each behind what its file was then.
DIGESTS = "sha256.json"


class Work:
    """DIR/.work: step folders named `<step>-<fingerprint>`, the journal, the lock."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.root = out / ".work"
        self._lock: int | None = None
        self._digests: dict[str, str] | None = None

    def __enter__(self) -> Work:
        self.root.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise LockedError(
                f"{self.out}: another run (process {holder or 'unknown'}) holds this folder; "
                "wait for it, end it, or choose another --out"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)
        self._sweep()
        return self

    def __exit__(self, *failure: Any) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def folder(self, step: str, fingerprint: str) -> Path:
        """Returns the folder that holds a step's output for one fingerprint."""
        return self.root / f"{step}-{fingerprint}"

    def note(self, event: str, **facts: Any) -> None:
        """Appends an event to the journal; the only place where clock times are kept."""
        line = json.dumps({"at": round(time.time(), 3), "event": event, **facts}, default=str)
        with (self.root / "journal.jsonl").open("a", encoding="utf-8") as journal:
            journal.write(line + "\n")

    def events(self, event: str) -> list[dict[str, Any]]:
        """Returns the journal's events of one name, oldest first; a line cut by a kill is passed over."""
        found = []
        path = self.root / "journal.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            if entry.get("event") == event:
                found.append(entry)
        return found

    def sha256(self, path: Path) -> str:
        """Returns a file's SHA-256; remembered while its size, times and inode stay the same.

        The time of the last change (ctime) is among them: unlike mtime, nobody can set it back.
        """
        if self._digests is None:
            store = self.root / DIGESTS
            try:
                self._digests = json.loads(store.read_text()) if store.exists() else {}
            except ValueError:  # damaged: it only saves time
                self._digests = {}
        state = path.stat()
        stamp = f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"
        then, _, known = self._digests.get(str(path), "").rpartition(" ")
        if then == stamp:
            return known
        found = file_sha256(path)
        # A file written in the last seconds could change again within one tick of its clock.
        if time.time_ns() - max(state.st_mtime_ns, state.st_ctime_ns) > 2 * 10**9:
            self._digests[str(path)] = f"{stamp} {found}"
        return found

    def keep_digests(self) -> None:
        """Writes the remembered digests down, and forgets them: those of a million files take much memory."""
        if self._digests is not None:
            atomic_json(self.root / DIGESTS, self._digests)
            self._digests = {}

    def _sweep(self) -> None:
        """Removes what a killed run left half-written; only the holder of the lock does this."""
        for leftover in [*self.root.glob(".tmp-*"), *self.root.glob("*/.tmp-*")]:
            leftover.unlink(missing_ok=True)
        for folder in [*self.root.glob("build-*"), self.root / "scratch"]:
            shutil.rmtree(folder, ignore_errors=True)
