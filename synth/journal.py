"""Every request to a teacher, on disk before its bytes leave: what was asked, paid and answered.

A call costs at most its worst case, which is reserved in the same transaction that permits it.
Settled answers are given again for ever. After a crash, calls that were on their way are in
doubt: they stay charged at their worst case, and their answers are lost.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any, Iterator, Mapping

from data.errors import DamageError, LockedError
from synth.journal_schema import prepare
from synth.journal_values import REPLY as REPLY
from synth.journal_values import Caps as Caps
from synth.journal_values import Settled as Settled
from synth.journal_values import Spent as Spent
from synth.journal_values import Totals as Totals
from synth.shared_answers import SharedAnswers
from synth.spending import spent


class Journal:
    """The request ledger of one out folder; a context manager that one process can hold at a time.

    Args:
        path: the SQLite file.
        shared: answers of all runs on this machine; None: none are looked up, none are added.
    """

    def __init__(self, path: Path, shared: SharedAnswers | None = None) -> None:
        self.path, self.shared = path, shared
        self.cap_reached = ""
        self._in_bulk = False
        self._on_way: dict[int, int] = {}  # this process's open calls: attempt → reserved

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
            sums = "SELECT coalesce(sum(charged), 0), coalesce(sum(counted), 0), coalesce(sum(tokens), 0) FROM attempts"
            # This process alone changes them.
            self._charged, self._counted, self._tokens = self._database.execute(sums).fetchone()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(self, *failure: Any) -> None:
        self._database.close()
        os.close(self._lock)

    def plan(self, payloads: Mapping[str, str], *, endpoint: str, model: str, free: bool) -> None:
        """Notes that requests (key → payload) will be made; those known already stay as they are."""
        with self.transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO requests (key, endpoint, model, payload, free, state) "
                "VALUES (?, ?, ?, ?, ?, 'planned')",
                [(key, endpoint, model, payload, int(free)) for key, payload in payloads.items()],
            )

    def settled(self, key: str) -> Settled | None:
        """Returns a request's answer if it is done, here or, where answers are shared, in another run."""
        row = self._database.execute(
            "SELECT outcome, body, mode, prompt_tokens, completion_tokens, request_id, origin FROM requests "
            "WHERE key = ? AND state = 'settled'",
            (key,),
        ).fetchone()
        if row is None:
            return self._adopt(key)
        usage = row[3:5] if row[3] is not None else self._usage_of(key)
        return Settled(row[0], row[1], row[2], usage, row[5], row[6])

    def _usage_of(self, key: str) -> tuple[int, int] | None:
        """Returns the usage as journals of older versions noted it."""
        found = self._database.execute(
            "SELECT prompt_tokens, completion_tokens FROM attempts WHERE key = ? AND prompt_tokens IS NOT NULL "
            "ORDER BY number DESC LIMIT 1",
            (key,),
        ).fetchone()
        return (found[0], found[1]) if found else None

    def _adopt(self, key: str) -> Settled | None:
        """Takes an answer over from the shared ones; it costs nothing here."""
        found = self.shared.get(key) if self.shared else None
        if found is None:
            return None
        usage = found.usage or (None, None)
        with self.transaction() as database:
            changed = database.execute(
                "UPDATE requests SET state = 'settled', outcome = ?, body = ?, mode = ?, prompt_tokens = ?, "
                "completion_tokens = ?, request_id = ?, origin = 'shared' WHERE key = ? AND state != 'settled'",
                (REPLY, found.body, found.mode, *usage, found.request_id, key),
            )
        return Settled(REPLY, found.body, found.mode, found.usage, found.request_id, "shared") if changed else None

    def in_doubt(self, key: str) -> bool:
        """Whether a call for this request was on its way when a run died."""
        found = self._database.execute("SELECT 1 FROM attempts WHERE key = ? AND state = 'in_doubt'", (key,)).fetchone()
        return found is not None

    def reserve(self, key: str, worst: int, caps: Caps, tokens: int = 0, batch: int | None = None) -> int | None:
        """Commits that a call is about to leave; returns its number, or None if a cap forbids it (`cap_reached`).

        Args:
            key: the request, planned before.
            worst: what it can cost at most, in nano-USD.
            caps: limits on all calls of this journal together.
            tokens: how many it can take at most.
            batch: the batch that it travels in.
        """
        with self.transaction() as database:
            free = bool(database.execute("SELECT free FROM requests WHERE key = ?", (key,)).fetchone()[0])
            if not free and self._would_pass(caps, worst, tokens):
                return None
            charge, taken = (0, 0) if free else (worst, tokens)
            cursor = database.execute(
                "INSERT INTO attempts (key, state, charged, counted, tokens, batch) VALUES (?, 'sent', ?, ?, ?, ?)",
                (key, charge, int(not free), taken, batch),
            )
            database.execute("UPDATE requests SET state = 'sent' WHERE key = ?", (key,))
        self._charged += charge
        self._tokens += taken
        self._counted += int(not free)
        number = int(cursor.lastrowid or 0)
        self._on_way[number] = charge
        return number

    def _would_pass(self, caps: Caps, worst: int, tokens: int) -> bool:
        for name, now, more, cap in (
            ("max_usd", self._charged, worst, caps.nano_usd),
            ("max_requests", self._counted, 1, caps.requests),
            ("max_total_tokens", self._tokens, tokens, caps.tokens),
        ):
            if cap is not None and now + more > cap:
                self.cap_reached = name
                return True
        return False

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
        request_id: str = "",
        seconds: float | None = None,
        share: bool = False,
        sent: bool = True,
    ) -> None:
        """Commits how a call ended.

        Args:
            attempt: the number that `reserve` gave.
            charged: what it cost, in nano-USD; None leaves the worst case charged.
            usage: prompt and completion tokens, where the server said so and can be believed; they may be more than
                was reserved.
            note: what went wrong, without secrets.
            outcome: if given, the request is done: REPLY with `body` and `mode`, or why it failed.
            body, mode, request_id: of a reply.
            seconds: how long the call took.
            share: whether other runs may use the reply, too.
            sent: whether it left at all; one that did not, since nobody could be reached, does not count as a call.
        """
        with self.transaction() as database:
            key, charge, taken, counts = database.execute(
                "SELECT key, charged, tokens, counted FROM attempts WHERE number = ?", (attempt,)
            ).fetchone()
            tokens = sum(usage) if usage and counts else 0 if charged == 0 else taken
            database.execute(
                "UPDATE attempts SET state = 'settled', charged = ?, counted = ?, tokens = ?, prompt_tokens = ?, "
                "completion_tokens = ?, note = ?, seconds = ? WHERE number = ?",
                (
                    charge if charged is None else charged,
                    counts if sent else 0,
                    tokens,
                    *(usage or (None, None)),
                    note,
                    seconds,
                    attempt,
                ),
            )
            database.execute(
                "UPDATE requests SET state = ?, outcome = ?, body = ?, mode = ?, prompt_tokens = ?, "
                "completion_tokens = ?, request_id = ? WHERE key = ?",
                ("settled" if outcome else "planned", outcome, body, mode, *(usage or (None, None)), request_id, key),
            )
        self._charged += (charge if charged is None else charged) - charge
        self._tokens += tokens - taken
        self._counted -= 0 if sent else counts
        self._on_way.pop(attempt, None)
        if share and self.shared and body is not None:
            self.shared.put(key, Settled(outcome, body, mode, usage, request_id))

    def take_in(self, key: str, settled: Settled) -> None:
        """Notes an answer that came from elsewhere; it costs nothing here."""
        with self.transaction() as database:
            database.execute(
                "UPDATE requests SET state = 'settled', outcome = ?, body = ?, mode = ?, prompt_tokens = ?, "
                "completion_tokens = ?, request_id = ?, origin = ? WHERE key = ? AND state != 'settled'",
                (
                    *(settled.outcome, settled.body, settled.mode, *(settled.usage or (None, None))),
                    *(settled.request_id, settled.origin, key),
                ),
            )

    def reopen(self, keys: list[str], *, replies: bool = False) -> None:
        """Takes back that requests have failed, so that a later run asks again; charges stay.

        Args:
            keys: the requests; those with a reply stay as they are.
            replies: take back replies, too: they came from something that is no teacher.
        """
        with self.transaction() as database:
            database.executemany(
                "UPDATE requests SET state = 'planned', outcome = '', body = NULL WHERE key = ? AND outcome != ?",
                [(key, "" if replies else REPLY) for key in keys],
            )

    def totals(self) -> Totals:
        """Returns what all calls of this journal have cost so far, open ones at their worst case."""
        return Totals(
            *self._database.execute(
                "SELECT coalesce(sum(charged), 0), coalesce(sum(counted), 0), coalesce(sum(prompt_tokens), 0), "
                "coalesce(sum(completion_tokens), 0) FROM attempts"
            ).fetchone()
        )

    @property
    def name(self) -> str:
        """What stands for the runs of this folder, wherever it is moved to."""
        return str(self._database.execute("SELECT value FROM names WHERE name = 'run'").fetchone()[0])

    @property
    def nano_usd(self) -> int:
        """What all calls have cost so far, open ones at their worst case; needs no query."""
        return int(self._charged)

    @property
    def reserved(self) -> int:
        """What of that is reserved for calls that are on their way from this process."""
        return sum(self._on_way.values())

    def charges(self, keys: list[str]) -> dict[str, int]:
        """Returns what calls for each of these requests have cost, in nano-USD."""
        query = "SELECT coalesce(sum(charged), 0) FROM attempts WHERE key = ?"
        return {key: int(self._database.execute(query, (key,)).fetchone()[0]) for key in keys}

    def spent(self, keys: list[str]) -> list[Spent]:
        """Returns what these requests took, a row for each model that was asked, in the models' order.

        Of tokens only those of answers are known; open calls are charged at their worst case.
        """
        return spent(self._database, keys)

    def ability(self, endpoint: str, model: str) -> str | None:
        """Returns what was found out about an endpoint, as it was noted."""
        row = self._database.execute(
            "SELECT found FROM abilities WHERE endpoint = ? AND model = ?", (endpoint, model)
        ).fetchone()
        if row is None:
            return self.shared.ability(endpoint, model) if self.shared else None
        return str(row[0])

    def note_ability(self, endpoint: str, model: str, found: str) -> None:
        """Notes what an endpoint can do, so that no later run has to find out."""
        with self.transaction() as database:
            database.execute("INSERT OR REPLACE INTO abilities VALUES (?, ?, ?)", (endpoint, model, found))
        if self.shared:
            self.shared.note_ability(endpoint, model, found)

    def rows(self) -> list[dict[str, Any]]:
        """Returns all calls, in the order sent, joined with their requests; without payloads and bodies."""
        cursor = self._database.execute(
            "SELECT a.number, a.key, r.endpoint, r.model, r.state AS request_state, r.outcome, a.state, a.charged, "
            "a.prompt_tokens, a.completion_tokens, a.note, a.seconds, r.request_id, r.origin, a.batch "
            "FROM attempts a JOIN requests r USING (key) ORDER BY a.number"
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yields the database; what is done to it is committed, synced, or not done at all."""
        if self._in_bulk:
            yield self._database
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextlib.contextmanager
    def bulk(self) -> Iterator[None]:
        """Makes everything in its body one transaction; if the body fails, this journal must not be used again."""
        with self.transaction():
            self._in_bulk = True
            try:
                yield
            finally:
                self._in_bulk = False

    def _open(self) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
            prepare(database)
            return database
        except sqlite3.OperationalError:  # a full disk or a lock says nothing about what the file holds
            raise
        except sqlite3.DatabaseError as error:
            raise DamageError(
                f"{self.path}: is no readable request journal ({error}); move it away to start anew, "
                "knowing that what it holds will be asked and paid again"
            ) from error
