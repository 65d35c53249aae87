"""JSONL files that belong to a recipe (references, benchmarks, truth): every line must be right.

Sources are another matter: there a bad line is quarantined (`data/sources/jsonl.py`).
"""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Iterator

import orjson
import zstandard

from data.errors import UsageError

EXPECTED = 'expected one JSON object on each line, such as {"id": "a/1", "text": "…"}'


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields (line number from 1, object) for every non-blank line of a JSONL file, also .gz and .zst.

    Raises:
        UsageError: the file is missing, damaged, or a line is not a JSON object.
    """
    for number, line in _lines(path):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UsageError(f"{path}:{number}: not JSON ({error}); {EXPECTED}") from error
        if not isinstance(record, dict):
            raise UsageError(f"{path}:{number}: found a JSON {type(record).__name__}; {EXPECTED}")
        yield number, record


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yields the non-blank lines of a file with their numbers from 1."""
    try:
        with path.open("rb") as file, _decompressed(path, file) as stream:
            for number, line in enumerate(stream, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file; the recipe names a .jsonl, .jsonl.gz or .jsonl.zst file") from error
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error


def _decompressed(path: Path, file: BinaryIO) -> Any:
    if path.suffix == ".gz":
        return gzip.GzipFile(fileobj=file)
    if path.suffix in (".zst", ".zstd"):
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return io.BufferedReader(reader)
    return io.BufferedReader(file)
