"""Seed documents for rephrasing: from a published dataset, or from JSONL and Parquet files."""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any, Iterator

from data.errors import UsageError
from data.keyed import keyed_hash
from data.objects import read_objects

_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
_MIN_CHARS = 200


def read_documents(source: Path, number: int, seed: int, max_chars: int) -> list[tuple[str, str]]:
    """Returns up to so many documents (id, text), chosen by keyed hash, in the order of their ids.

    Args:
        source: a published dataset's folder, or a file, or a folder of files.
        number: how many, at most.
        seed: another one chooses others.
        max_chars: longer documents are cut at the end of a line, or of a word.

    Raises:
        UsageError: there is nothing to read, or it holds no texts.
    """
    chosen: list[tuple[int, str, str]] = []
    seen = taught = 0
    for key, text, by_teacher in _texts(source):
        seen, taught = seen + 1, taught + by_teacher
        if by_teacher or len(text) < _MIN_CHARS:
            continue
        entry = (-keyed_hash(seed, "rephrase", key), key, text)
        if len(chosen) < number:
            heapq.heappush(chosen, entry)
        else:
            heapq.heappushpop(chosen, entry)
    if not chosen:
        why = f"; {taught} were written by a teacher, and such are not told again" if taught else ""
        raise UsageError(f"--from {source}: none of {seen} documents has {_MIN_CHARS} characters of text{why}")
    return sorted((key, _cut(text, max_chars)) for _, key, text in chosen)


def _cut(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    head = text[:max_chars]
    for sign in ("\n", " "):
        place = head.rfind(sign)
        if place > max_chars // 2:
            return head[:place].rstrip()
    return head


def _texts(source: Path) -> Iterator[tuple[str, str, bool]]:
    """Yields id and text of every document, and whether a teacher wrote it."""
    for path in _files(source):
        rows = _parquet_rows(path) if path.suffix == ".parquet" else (row for _, row in read_objects(path))
        for number, row in enumerate(rows):
            text = row.get("text")
            if isinstance(text, str):
                by_teacher = row.get("kind") == "exercise" or str(row.get("source") or "").startswith("synth/")
                yield str(row.get("id") or f"{path.name}/{number}"), text, by_teacher


def _files(source: Path) -> list[Path]:
    if source.is_file():
        found = [source]
    else:
        folder = source / "data" if (source / "manifest.json").exists() else source
        found = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [path for path in found if path.name.endswith(_SUFFIXES)]
    if not found:
        raise UsageError(f"--from {source}: holds no {', '.join(_SUFFIXES)} file")
    return found


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in ("id", "text", "kind", "source") if name in file.schema_arrow.names]
            if "text" not in names:
                raise UsageError(f"--from {path}: has no column `text`")
            for batch in file.iter_batches(1000, columns=names):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"--from {path}: cannot be read ({error})") from error
