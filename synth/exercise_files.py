"""The files of what was made on demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_write
from data.parts import write_part
from synth.rows import Item
from synth.texts import split_text


def write_exercises(
    folder: Path, items: Sequence[Item], table: pa.Table, facts: dict[str, Any], name: str = "exercises"
) -> None:
    """Writes NAME.jsonl and .parquet, chat.jsonl, ledger.parquet and, last, facts.json; each whole or not at all.

    Args:
        folder: made if missing.
        items: what was asked for.
        table: their rows, in the same order; those that were kept go into the first three files.
        facts: the counts of all.
        name: of the first two files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = table.filter(pc.equal(table["status"], "")).select(
        ["id", "source", "locator", "kind", "language", "metadata", "text"]
    )
    rows = kept.to_pylist()
    records = [item.parsed.record for item in items if not item.reason]
    pairs = list(zip(rows, records, strict=True))
    atomic_write(folder / f"{name}.jsonl", _lines([_exercise(row) for row in rows]))
    chats = [{"id": row["id"], "messages": record.chat} for row, record in pairs if record]
    atomic_write(folder / "chat.jsonl", _lines(chats))
    write_part(folder / f"{name}.parquet", kept)
    status = pc.if_else(pc.equal(table["status"], ""), "kept", table["status"])
    ledger = table.select(["id", "source", "locator", "kind", "reason", "metadata", "text"])
    write_part(folder / "ledger.parquet", ledger.add_column(4, "status", status))
    atomic_write(folder / "facts.json", json.dumps(facts, indent=1, sort_keys=True) + "\n")


def _exercise(row: dict[str, Any]) -> dict[str, Any]:
    """Returns a row as its line: programs taken apart into what is asked, its solution, its tests."""
    metadata = json.loads(row["metadata"])
    found: dict[str, Any] = {"id": row["id"], "source": row["source"], "kind": row["kind"]}
    if metadata.get("kind") == "function":
        prompt, solution, tests = split_text(row["text"])
        found |= {"prompt": prompt, "solution": solution, "tests": tests.split("\n")}
    return {**found, "text": row["text"], "metadata": metadata}


def _lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
