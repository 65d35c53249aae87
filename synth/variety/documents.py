"""Seed documents: read from files, cut to size, and chosen by keyed hash whatever their order."""

from __future__ import annotations

import heapq
import io
import json
import re
from pathlib import Path
from typing import Any, Iterable, Iterator

from data.errors import UsageError
from data.keyed import keyed_hash
from synth.variety.settings import SeedDocuments

_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet", ".txt", ".md", ".py")
_END = re.compile(r"[.!?][\"')\]]*(?=\s)|\n\s*\n")


def choose_documents(texts: Iterable[str], settings: SeedDocuments, seed: int) -> list[str]:
    """Returns up to `settings.most` different texts, cut to size; which ones depends on texts and seed alone."""
    chosen: dict[str, int] = {}
    heap: list[tuple[int, str]] = []
    for text in texts:
        if len(text) < settings.min_chars:
            continue
        cut = cut_text(text, settings.max_chars)
        rank = -keyed_hash(seed, "seed documents", cut)
        if cut in chosen:
            continue
        chosen[cut] = rank
        heapq.heappush(heap, (rank, cut))
        if len(heap) > settings.most:
            del chosen[heapq.heappop(heap)[1]]
    return [text for _, text in sorted(heap, reverse=True)]


def cut_text(text: str, max_chars: int) -> str:
    """Returns a text's beginning, up to the last end of a sentence or paragraph that fits."""
    text = text.strip()
    if len(text) <= max_chars:
        return text
    ends = [found.end() for found in _END.finditer(text, 0, max_chars)]
    return text[: ends[-1] if ends and ends[-1] > max_chars // 2 else max_chars].strip()


def read_documents(settings: SeedDocuments, root: Path, seed: int) -> list[str]:
    """Returns the seed documents that a specification names.

    Raises:
        UsageError: there are no such files, the column is missing, or no text is long enough.
    """
    path = root / settings.path
    files = sorted(file for file in path.rglob("*") if file.name.endswith(_ENDINGS)) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise UsageError(f"documents.path: {path}: no such file, or a folder without {', '.join(_ENDINGS)}")
    chosen = choose_documents((text for file in files for text in _texts(file, settings.text_column)), settings, seed)
    if not chosen:
        raise UsageError(f"documents: no text in {path} has {settings.min_chars} characters")
    return chosen


def _texts(file: Path, column: str) -> Iterator[str]:
    if file.name.endswith(".parquet"):
        yield from _parquet_texts(file, column)
    elif ".jsonl" in file.name:
        yield from _jsonl_texts(file, column)
    else:
        yield file.read_text(encoding="utf-8", errors="replace")


def _parquet_texts(file: Path, column: str) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file)
        if column not in parquet.schema_arrow.names:
            raise UsageError(f"{file}: has no column {column!r}; it has {', '.join(parquet.schema_arrow.names)}")
        for batch in parquet.iter_batches(columns=[column]):
            yield from (text for text in batch.column(0).to_pylist() if isinstance(text, str))
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from None


def _jsonl_texts(file: Path, column: str) -> Iterator[str]:
    """Yields a field of each line; lines that are no objects with a text there are passed over, unless all are."""
    import pyarrow as pa

    compression = "gzip" if file.name.endswith(".gz") else "zstd" if file.name.endswith(".zst") else None
    found, others = 0, dict[str, None]()
    try:
        with pa.input_stream(str(file), compression=compression) as stream:
            for line in io.TextIOWrapper(stream, encoding="utf-8", errors="replace"):
                record = _object(line)
                text = record.get(column)
                others.update(dict.fromkeys(map(str, record)))
                if isinstance(text, str):
                    found += 1
                    yield text
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from None
    if not found and others:
        raise UsageError(f"{file}: no line has a text in the field {column!r}; there are {', '.join(others)}")


def _object(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
