"""Documents to measure with: whatever JSONL, Parquet and WARC files lie in some folders, as plain texts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from data.errors import UsageError
from data.keyed import keyed_hash
from data.recipe import Extract, Source

if TYPE_CHECKING:
    from data.sources import Unit

_READERS = {
    "jsonl": (".jsonl", ".jsonl.gz", ".jsonl.zst"),
    "parquet": (".parquet",),
    "warc": (".warc", ".warc.gz", ".warc.zst"),
}


def bench_texts(paths: Iterable[Path], number: int, max_bytes: int, seed: int = 1) -> list[str]:
    """Returns up to `number` distinct texts, the same at every call, in an order that mixes the files.

    Args:
        paths: files, or folders that are searched; none: the quickstart's corpus, written to a temporary folder.
        number: how many at most; those with the smallest keyed hash of their text.
        max_bytes: longer texts are left out: peers need minutes for some.
        seed: of the hash.

    Raises:
        UsageError: there is no text.
    """
    paths = list(paths)
    if not paths:
        from data.sample_corpus import write_sample_corpus

        with tempfile.TemporaryDirectory() as folder:
            write_sample_corpus(Path(folder))
            return bench_texts([Path(folder)], number, max_bytes, seed)
    ranked = {keyed_hash(seed, "bench", text): text for text in _texts(paths) if len(text.encode()) <= max_bytes}
    if not ranked:
        raise UsageError(f"{', '.join(map(str, paths))}: no JSONL, Parquet or WARC file with texts; give --documents")
    return [ranked[key] for key in sorted(ranked)[:number]]


def _texts(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            kind = next((kind for kind, ends in _READERS.items() if file.name.lower().endswith(ends)), None)
            if kind is not None and file.is_file():
                yield from _read(file, kind)


def _read(file: Path, kind: str) -> Iterator[str]:
    from data.extraction import Extractor
    from data.sources import list_units, read_unit

    source = Source.model_validate({"name": "bench", "kind": kind, "path": file.name})
    units: list[Unit] = list_units(source, file.parent, lambda path: "")
    with Extractor(Extract()) as extractor:
        for unit in units:
            for table in read_unit(unit, source):
                texts = table["text"].to_pylist()
                found = extractor.extract(table)["text"].to_pylist() if kind == "warc" else [None] * len(texts)
                for text, extracted in zip(texts, found, strict=True):
                    if text or extracted:
                        yield text or extracted


def as_table(texts: list[str], kind: str = "text") -> pa.Table:
    """Returns texts as documents that can be measured."""
    rows = len(texts)
    return pa.table(
        {
            "id": pa.array([f"{number:032x}" for number in range(rows)], pa.string()),
            "text": pa.array(texts, pa.large_string()),
            "kind": pa.array([kind] * rows, pa.string()),
            "source": pa.array(["bench"] * rows, pa.string()),
            "language": pa.nulls(rows, pa.string()),
        }
    )
