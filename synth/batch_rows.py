"""The batches of a journal: what was put together, where it stands, and which calls are in it."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Sequence

from synth.journal import Caps, Journal


@dataclasses.dataclass(frozen=True)
class Batch:
    """One batch as the journal has it.

    Attributes:
        number: in this journal.
        name: in the file's name and the batch's metadata; random, so that it is found again.
        state: `prepared` (reserved), `uploaded` (perhaps submitted), `submitted`, `collected`.
        mode: how structured output is asked for.
        file, remote: the names of the file and of the batch at the endpoint; "" if not known yet.
    """

    number: int
    name: str
    state: str
    mode: str
    file: str
    remote: str


def open_batches(journal: Journal, endpoint: str, model: str) -> list[Batch]:
    """Returns the batches that are not collected yet, oldest first."""
    with journal.transaction() as database:
        rows = database.execute(
            "SELECT number, name, state, mode, file, remote FROM batches "
            "WHERE state != 'collected' AND endpoint = ? AND model = ? ORDER BY number",
            (endpoint, model),
        ).fetchall()
    return [Batch(*row) for row in rows]


def prepare_batch(
    journal: Journal, endpoint: str, model: str, mode: str, items: Sequence[tuple[str, int, int]], caps: Caps
) -> list[str]:
    """Commits a batch of as many requests as the caps allow; returns their keys, none if not even one fits.

    Args:
        journal: open.
        endpoint, model: whose batch it is.
        mode: how structured output is asked for.
        items: key, worst charge in nano-USD, most tokens, of each request.
        caps: hard limits.
    """
    taken: list[str] = []
    with journal.bulk(), journal.transaction() as database:
        cursor = database.execute(
            "INSERT INTO batches (name, endpoint, model, state, mode) VALUES (?, ?, ?, 'prepared', ?)",
            (f"phimill-{secrets.token_hex(12)}", endpoint, model, mode),
        )
        number = cursor.lastrowid
        for key, worst, tokens in items:
            if journal.reserve(key, worst, caps, tokens, number) is None:
                break
            taken.append(key)
        if not taken:
            database.execute("DELETE FROM batches WHERE number = ?", (number,))
    return taken


def advance(journal: Journal, batch: Batch, state: str, *, file: str = "", remote: str = "") -> Batch:
    """Commits that a batch has come a step further; returns it as it is now."""
    found = dataclasses.replace(batch, state=state, file=file or batch.file, remote=remote or batch.remote)
    with journal.transaction() as database:
        database.execute(
            "UPDATE batches SET state = ?, file = ?, remote = ? WHERE number = ?",
            (found.state, found.file, found.remote, batch.number),
        )
    return found


def open_calls(journal: Journal, batch: Batch) -> dict[str, tuple[int, str]]:
    """Returns the calls of a batch that are not settled: key → attempt and payload, in the order prepared."""
    with journal.transaction() as database:
        rows = database.execute(
            "SELECT a.key, a.number, r.payload FROM attempts a JOIN requests r USING (key) "
            "WHERE a.batch = ? AND a.state = 'sent' ORDER BY a.number",
            (batch.number,),
        ).fetchall()
    return {key: (number, payload) for key, number, payload in rows}


def leave_in_doubt(journal: Journal, batch: Batch) -> int:
    """Gives up a batch of which nobody can say whether it was submitted; its calls stay charged. Returns how many."""
    with journal.bulk(), journal.transaction() as database:
        cursor = database.execute(
            "UPDATE attempts SET state = 'in_doubt' WHERE batch = ? AND state = 'sent'", (batch.number,)
        )
        database.execute("UPDATE batches SET state = 'collected' WHERE number = ?", (batch.number,))
    return int(cursor.rowcount)


def abandon(journal: Journal, batch: Batch) -> None:
    """Gives up a batch that the endpoint refused: nothing of it is charged, all of it may be asked again."""
    with journal.bulk():
        for attempt, _ in open_calls(journal, batch).values():
            journal.settle(attempt, charged=0, note="in a batch that was refused")
        advance(journal, batch, "collected")
