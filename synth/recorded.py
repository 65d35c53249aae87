"""A recorded teacher: a journal, or what was exported from one, asked again; and how recordings are made.

A recording is either a request journal (`teacher.sqlite`) or a JSONL file (.gz, .zst) of objects
with `payload` (what was asked), `body` (the reply's HTTP body) and, where known, `mode`, `usage`
and `request_id`. It answers by what was asked, whoever was asked; it never makes anything up.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any, Iterator

from data.atomic import atomic_write
from data.errors import UsageError, did_you_mean
from data.objects import read_objects
from synth.journal import REPLY, Settled
from synth.requests import Request, asked_digest

PREFIX = "recorded:"


class Recording:
    """The answers of one recording, by what was asked.

    Attributes:
        digest: of all questions and answers; the recording's identity, wherever its file lies.
        models: the names of the models that answered, in order.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._answers: dict[tuple[str, str], Settled] = {}
        digest = hashlib.sha256()
        rows = sorted(_rows(path), key=lambda row: (row["payload"], row["body"]))
        for row in rows:
            digest.update(f"{row['payload']}\0{row['body']}\0".encode("utf-8", "surrogatepass"))
            model = str(json.loads(row["payload"]).get("model") or "")
            usage = row.get("usage")
            settled = Settled(
                *(REPLY, row["body"], row.get("mode") or "", (usage[0], usage[1]) if usage else None),
                *(row.get("request_id") or "", "recorded"),
            )
            self._answers.setdefault((model, asked_digest(row["payload"])), settled)
        self.digest = digest.hexdigest()[:16]
        self.models = sorted({model for model, _ in self._answers})

    def __len__(self) -> int:
        return len(self._answers)

    def model(self, wished: str, default: str) -> str:
        """Returns the model to take answers from: the wished one, or the only one if the wish is the default."""
        if wished in self.models:
            return wished
        if len(self.models) == 1 and wished == default:
            return self.models[0]
        hint = did_you_mean(wished, self.models)
        raise UsageError(f"{self.path}: has no answers of {wished!r}.{hint} It has: {', '.join(self.models) or 'none'}")

    def get(self, model: str, request: Request) -> Settled | None:
        """Returns a model's answer to what a request asks, if it was recorded."""
        return self._answers.get((model, asked_digest(request.payload)))


def export(journal: Path, target: Path) -> int:
    """Writes what answers a journal has to a recording that can be shipped (.jsonl or .jsonl.gz); returns how many."""
    rows = sorted(_rows(journal), key=lambda row: row["payload"])
    if not rows:
        return 0
    lines = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
    content = lines.encode("utf-8", "surrogatepass")
    atomic_write(target, gzip.compress(content, mtime=0) if target.suffix == ".gz" else content)
    return len(rows)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise UsageError(f"{path}: no such recording")
    with path.open("rb") as file:
        is_database = file.read(16) == b"SQLite format 3\0"
    yield from _journal_rows(path) if is_database else _line_rows(path)


def _journal_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        # Not `immutable`: what a live journal's write-ahead log holds counts, too.
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            columns = {row[1] for row in database.execute("PRAGMA table_info(requests)")}
            usage = "prompt_tokens, completion_tokens, request_id" if "request_id" in columns else "NULL, NULL, ''"
            for row in database.execute(
                f"SELECT payload, body, mode, {usage} FROM requests WHERE state = 'settled' AND outcome = ?", (REPLY,)
            ):
                tokens = [row[3], row[4]] if row[3] is not None else None
                yield {"payload": row[0], "body": row[1], "mode": row[2], "usage": tokens, "request_id": row[5]}
    except sqlite3.Error as error:
        raise UsageError(f"{path}: is no request journal ({error})") from error


def _line_rows(path: Path) -> Iterator[dict[str, Any]]:
    for number, row in read_objects(path):
        try:
            json.loads(row["payload"])
            if not isinstance(row["body"], str):
                raise TypeError("body is no string")
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path}:{number}: is no recorded answer ({error}); expected an object with `payload` and `body`, "
                "as `phimill synth record` writes it. Replies of other programs: `phimill synth import`"
            ) from None
        yield row
