"""JSONL files that belong to a recipe (references, benchmarks, truth): every line must be right.

Sources are another matter: there a bad line is quarantined (`data/sources/jsonl.py`).
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO, Any, Iterator

import orjson

from data.errors import UsageError


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields (line number from 1, object) for every non-blank line of a JSONL file, also .gz and .zst.

    Raises:
        UsageError: the file is missing, damaged, or a line is not a JSON object.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; the recipe names it")
    try:
        with _open(path) as file:
            for number, line in enumerate(file, 1):
                line = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
                if line:
                    yield number, _object(path, number, line)
    except (EOFError, OSError) as failure:
        raise UsageError(f"{path}: damaged: {failure}") from failure


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    if path.suffix == ".zst":
        import zstandard

        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(path.open("rb"), closefd=True))
    return path.open("rb")


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as failure:
        raise UsageError(f"{path}:{number}: not JSON ({failure}); expected one object a line") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path}:{number}: found {type(value).__name__}, expected one object a line")
    return value
