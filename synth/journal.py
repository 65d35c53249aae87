"""Every request to a teacher, on disk before its bytes leave: what was asked, paid and answered.

A call costs at most its worst case, which is reserved in the same transaction that permits it.
Settled answers are given again for ever. After a crash, calls that were on their way are in
doubt: they stay charged at their worst case, and their answers are lost.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any, Iterator

from data.errors import DamageError, LockedError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    key TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    payload TEXT NOT NULL,
    free INTEGER NOT NULL,              -- 1: costs nothing and may be asked again (the built-in teacher)
    state TEXT NOT NULL,                -- planned, sent, settled
    outcome TEXT NOT NULL DEFAULT '',   -- of a settled one: reply, or failed: why
    body TEXT,
    mode TEXT NOT NULL DEFAULT ''       -- how structured output was asked for
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL REFERENCES requests(key),
    state TEXT NOT NULL,                -- sent, settled, in_doubt
    charged INTEGER NOT NULL,           -- nano-USD; while sent or in doubt: the worst case
    counted INTEGER NOT NULL,           -- 1: counts towards max_requests
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts(key);
CREATE TABLE IF NOT EXISTS abilities (
    endpoint TEXT NOT NULL, model TEXT NOT NULL, found TEXT NOT NULL, PRIMARY KEY (endpoint, model)
) WITHOUT ROWID;
"""

REPLY = "reply"


@dataclasses.dataclass(frozen=True)
class Caps:
    """Hard limits on a journal's whole life; None means no limit.

    Attributes:
        nano_usd: money, in thousand millionths of a US dollar.
        requests: calls sent, retries included.
    """

    nano_usd: int | None = None
    requests: int | None = None


@dataclasses.dataclass(frozen=True)
class Settled:
    """A request that is done: `outcome` is REPLY, or says why there is none."""

    outcome: str
    body: str | None
    mode: str
    usage: tuple[int, int] | None


@dataclasses.dataclass(frozen=True)
class Totals:
    """What has been spent: charges (worst cases of open calls included), calls, tokens."""

    nano_usd: int
    requests: int
    prompt_tokens: int
    completion_tokens: int


class Journal:
    """The request ledger of one out folder; a context manager that one process can hold at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = self.path.with_name(self.path.name + ".lock")
        self._lock = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise LockedError(f"{self.path}: another run is asking a teacher with this journal; wait for it") from error
        try:
            self._database = self._open()
            totals = self.totals()
            self._charged, self._counted = totals.nano_usd, totals.requests  # this process alone changes them
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(self, *failure: Any) -> None:
        self._database.close()
        os.close(self._lock)

    def plan(self, payloads: dict[str, str], *, endpoint: str, model: str, free: bool) -> None:
        """Notes that requests (key → payload) will be made; those known already stay as they are."""
        with self._transaction():
            self._database.executemany(
                "INSERT OR IGNORE INTO requests (key, endpoint, model, payload, free, state) "
                "VALUES (?, ?, ?, ?, ?, 'planned')",
                [(key, endpoint, model, payload, int(free)) for key, payload in payloads.items()],
            )

    def settled(self, key: str) -> Settled | None:
        """Returns a request's answer if it is done."""
        row = self._database.execute(
            "SELECT outcome, body, mode FROM requests WHERE key = ? AND state = 'settled'", (key,)
        ).fetchone()
        if row is None:
            return None
        usage = self._database.execute(
            "SELECT prompt_tokens, completion_tokens FROM attempts WHERE key = ? AND prompt_tokens IS NOT NULL "
            "ORDER BY number DESC LIMIT 1",
            (key,),
        ).fetchone()
        return Settled(row[0], row[1], row[2], (usage[0], usage[1]) if usage else None)

    def in_doubt(self, key: str) -> bool:
        """Whether a call for this request was on its way when a run died."""
        found = self._database.execute("SELECT 1 FROM attempts WHERE key = ? AND state = 'in_doubt'", (key,)).fetchone()
        return found is not None

    def reserve(self, key: str, worst: int, caps: Caps) -> int | None:
        """Commits that a call is about to leave; returns its number, or None if a cap forbids it.

        Args:
            key: the request, planned before.
            worst: what it can cost at most, in nano-USD.
            caps: limits on all calls of this journal together.
        """
        with self._transaction():
            free = bool(self._database.execute("SELECT free FROM requests WHERE key = ?", (key,)).fetchone()[0])
            if not free:
                if caps.nano_usd is not None and self._charged + worst > caps.nano_usd:
                    return None
                if caps.requests is not None and self._counted + 1 > caps.requests:
                    return None
            charge = 0 if free else worst
            cursor = self._database.execute(
                "INSERT INTO attempts (key, state, charged, counted) VALUES (?, 'sent', ?, ?)",
                (key, charge, int(not free)),
            )
            self._database.execute("UPDATE requests SET state = 'sent' WHERE key = ?", (key,))
        self._charged += charge
        self._counted += int(not free)
        return cursor.lastrowid

    def settle(
        self,
        attempt: int,
        *,
        charged: int | None,
        usage: tuple[int, int] | None = None,
        note: str = "",
        outcome: str = "",
        body: str | None = None,
        mode: str = "",
    ) -> None:
        """Commits how a call ended.

        Args:
            attempt: the number that `reserve` gave.
            charged: what it cost, in nano-USD; None leaves the worst case charged.
            usage: prompt and completion tokens, where the server said so.
            note: what went wrong, without secrets.
            outcome: if given, the request is done: REPLY with `body` and `mode`, or why it failed.
        """
        with self._transaction():
            before = self._database.execute("SELECT charged FROM attempts WHERE number = ?", (attempt,)).fetchone()[0]
            self._database.execute(
                "UPDATE attempts SET state = 'settled', charged = coalesce(?, charged), prompt_tokens = ?, "
                "completion_tokens = ?, note = ? WHERE number = ?",
                (charged, *(usage or (None, None)), note, attempt),
            )
            self._database.execute(
                "UPDATE requests SET state = ?, outcome = ?, body = ?, mode = ? "
                "WHERE key = (SELECT key FROM attempts WHERE number = ?)",
                ("settled" if outcome else "planned", outcome, body, mode, attempt),
            )
        self._charged += (before if charged is None else charged) - before

    def reopen(self, keys: list[str]) -> None:
        """Takes back that requests have failed, so that a later run asks again; charges stay."""
        with self._transaction():
            self._database.executemany(
                "UPDATE requests SET state = 'planned', outcome = '' WHERE key = ? AND outcome != ?",
                [(key, REPLY) for key in keys],
            )

    def totals(self) -> Totals:
        """Returns what all calls of this journal have cost so far, open ones at their worst case."""
        return Totals(
            *self._database.execute(
                "SELECT coalesce(sum(charged), 0), coalesce(sum(counted), 0), coalesce(sum(prompt_tokens), 0), "
                "coalesce(sum(completion_tokens), 0) FROM attempts"
            ).fetchone()
        )

    def charged_for(self, keys: list[str]) -> int:
        """Returns what calls for these requests have cost, in nano-USD."""
        query = "SELECT coalesce(sum(charged), 0) FROM attempts WHERE key = ?"
        return sum(int(self._database.execute(query, (key,)).fetchone()[0]) for key in keys)

    def ability(self, endpoint: str, model: str) -> str | None:
        """Returns what was found out about an endpoint, as it was noted."""
        row = self._database.execute(
            "SELECT found FROM abilities WHERE endpoint = ? AND model = ?", (endpoint, model)
        ).fetchone()
        return str(row[0]) if row else None

    def note_ability(self, endpoint: str, model: str, found: str) -> None:
        """Notes what an endpoint can do, so that no later run has to find out."""
        with self._transaction():
            self._database.execute("INSERT OR REPLACE INTO abilities VALUES (?, ?, ?)", (endpoint, model, found))

    def rows(self) -> list[dict[str, Any]]:
        """Returns all calls, in the order sent, joined with their requests; without payloads and bodies."""
        cursor = self._database.execute(
            "SELECT a.number, a.key, r.endpoint, r.model, r.state AS request_state, r.outcome, a.state, a.charged, "
            "a.prompt_tokens, a.completion_tokens, a.note FROM attempts a JOIN requests r USING (key) ORDER BY a.number"
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
            # This process holds the lock, so whatever is still open was left by a run that died.
            free = "SELECT key FROM requests WHERE free"
            database.execute(f"DELETE FROM attempts WHERE state = 'sent' AND key IN ({free})")
            database.execute("UPDATE attempts SET state = 'in_doubt' WHERE state = 'sent'")
            return database
        except sqlite3.OperationalError:  # a full disk or a lock says nothing about what the file holds
            raise
        except sqlite3.DatabaseError as error:
            raise DamageError(
                f"{self.path}: is no readable request journal ({error}); move it away to start anew, "
                "knowing that what it holds will be asked and paid again"
            ) from error
