"""The files of exercises made on demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_write
from data.parts import write_part
from synth.texts import split_text

_INSTRUCTION = "Complete this Python function. Answer with the whole program.\n\n```python\n{}\n```"


def write_exercises(folder: Path, table: pa.Table, facts: dict[str, Any]) -> None:
    """Writes exercises.jsonl and .parquet, chat.jsonl, ledger.parquet and, last, facts.json; each whole or not at all.

    Args:
        folder: made if missing.
        table: the rows that `generate` gave; those that were kept go into the first three files.
        facts: what `generate` found.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = table.filter(pc.equal(table["status"], "")).select(
        ["id", "source", "locator", "kind", "language", "metadata", "text"]
    )
    rows = kept.to_pylist()
    atomic_write(folder / "exercises.jsonl", _lines([_exercise(row) for row in rows]))
    atomic_write(folder / "chat.jsonl", _lines([_chat(row) for row in rows]))
    write_part(folder / "exercises.parquet", kept)
    status = pc.if_else(pc.equal(table["status"], ""), "kept", table["status"])
    ledger = table.select(["id", "source", "locator", "kind", "reason", "metadata", "text"])
    write_part(folder / "ledger.parquet", ledger.add_column(4, "status", status))
    atomic_write(folder / "facts.json", json.dumps(facts, indent=1, sort_keys=True) + "\n")


def _exercise(row: dict[str, Any]) -> dict[str, Any]:
    prompt, solution, tests = split_text(row["text"])
    named = {
        "id": row["id"],
        "source": row["source"],
        "prompt": prompt,
        "solution": solution,
        "tests": tests.split("\n"),
    }
    return {**named, "text": row["text"], "metadata": json.loads(row["metadata"])}


def _chat(row: dict[str, Any]) -> dict[str, Any]:
    prompt, solution, _ = split_text(row["text"])
    messages = [
        {"role": "user", "content": _INSTRUCTION.format(prompt)},
        {"role": "assistant", "content": f"```python\n{solution}\n```"},
    ]
    return {"id": row["id"], "messages": messages}


def _lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
