"""Makes a run's answers a recording that can be shipped."""

from __future__ import annotations

from pathlib import Path

from data.errors import UsageError
from flows.on_demand import JOURNAL
from synth.recorded import export


def record(source: Path, out: Path) -> int:
    """Writes the answers of an out folder, or of a journal, to a recording; returns how many."""
    if not out.name.endswith((".jsonl", ".jsonl.gz")):
        raise UsageError(f"--out {out}: expected FILE.jsonl or FILE.jsonl.gz")
    number = export(find_journal(source), out)
    if not number:
        raise UsageError(f"{source}: holds no answers yet")
    return number


def find_journal(source: Path) -> Path:
    """Returns the journal of an out folder, or the journal itself."""
    if source.is_file():
        return source
    path = source / ".work" / JOURNAL
    if not path.exists():
        raise UsageError(f"{source}: holds no request journal; expected {path}")
    return path
