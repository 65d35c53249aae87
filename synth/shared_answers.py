"""Answers of all runs on this machine, by the digest of what was asked: nothing is paid for twice.

A convenience beside each run's own journal, which stays the record of what that run has paid:
deleting this file costs money at most, never data. Only whole chat completions of endpoints that
cost something are in it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from synth.journal_values import REPLY, Settled

VARIABLE = "PHIMILL_CACHE"

_TABLES = """
CREATE TABLE IF NOT EXISTS abilities (
    endpoint TEXT NOT NULL, model TEXT NOT NULL, found TEXT NOT NULL, PRIMARY KEY (endpoint, model)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, body TEXT NOT NULL, mode TEXT NOT NULL,
    prompt_tokens INTEGER, completion_tokens INTEGER, request_id TEXT NOT NULL
) WITHOUT ROWID;
"""


def default_path() -> Path:
    """Returns where this machine's answers are: in $PHIMILL_CACHE, else in ~/.cache/phimill."""
    folder = os.environ.get(VARIABLE) or Path.home() / ".cache" / "phimill"
    return Path(folder) / "answers.sqlite"


class SharedAnswers:
    """The shared answers in one file; several processes may use it at once.

    A file that cannot be used is done without: it is there to save money, not to stop a run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=20)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_TABLES)
            self._database = database
        except (OSError, sqlite3.Error):
            pass

    def get(self, key: str) -> Settled | None:
        """Returns the answer to a request, if any run has got one."""
        if self._database is None:
            return None
        try:
            row = self._database.execute(
                "SELECT body, mode, prompt_tokens, completion_tokens, request_id FROM answers WHERE key = ?", (key,)
            ).fetchone()
        except sqlite3.Error:
            return None
        if row is None:
            return None
        usage = (row[2], row[3]) if row[2] is not None else None
        return Settled(REPLY, row[0], row[1], usage, row[4])

    def put(self, key: str, answer: Settled) -> None:
        """Adds an answer; the first one for a request stays."""
        if self._database is None:
            return
        try:
            self._database.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
                (key, answer.body, answer.mode, *(answer.usage or (None, None)), answer.request_id),
            )
        except sqlite3.Error:
            return

    def ability(self, endpoint: str, model: str) -> str | None:
        """Returns what any run has found out about an endpoint."""
        if self._database is None:
            return None
        try:
            row = self._database.execute(
                "SELECT found FROM abilities WHERE endpoint = ? AND model = ?", (endpoint, model)
            ).fetchone()
        except sqlite3.Error:
            return None
        return str(row[0]) if row else None

    def note_ability(self, endpoint: str, model: str, found: str) -> None:
        """Notes what was found out about an endpoint."""
        if self._database is None:
            return
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("INSERT OR REPLACE INTO abilities VALUES (?, ?, ?)", (endpoint, model, found))
