"""Which reader reads which kind of input."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Callable, Iterator

import pyarrow as pa

from data.recipe import Source
from data.sources import InputFile
from data.sources.archives import is_archive, read_archive
from data.sources.arrow import read_arrow
from data.sources.arxiv import read_papers
from data.sources.books import read_book
from data.sources.choosing import is_read_of_archive
from data.sources.common_crawl import read_captures
from data.sources.csv_table import read_csv
from data.sources.files import read_file
from data.sources.git import read_repository
from data.sources.json_values import read_json
from data.sources.jsonl import read_jsonl
from data.sources.parquet import read_parquet
from data.sources.records import Counted, Row, apart
from data.sources.settings import TABULAR
from data.sources.stackexchange import read_posts
from data.sources.table_marks import marked
from data.sources.warc import read_crawl, read_warc
from data.sources.wikipedia import read_dump

_READERS: dict[str, Callable[[InputFile, Source], Iterator[Row | pa.Table]]] = {
    "warc": read_warc,
    "jsonl": read_jsonl,
    "json": read_json,
    "csv": read_csv,
    "parquet": read_parquet,
    "html": read_file,
    "files": read_file,
    "documents": read_file,
    "books": read_book,
    "wikipedia": read_dump,
}
#: Those whose records bear names that the input gives them.
_NAMED_BY_INPUT: dict[str, Callable[[InputFile, Source], Iterator[Row]]] = {
    "git": read_repository,
    "arxiv": read_papers,
}
#: Those that put down more than memory shall hold.
_WITH_SCRATCH: dict[str, Callable[[InputFile, Source, Path | None], Iterator[Row | pa.Table]]] = {
    "arrow": read_arrow,
    "stackexchange": read_posts,
    "common-crawl": read_captures,
}


def read_input(file: InputFile, source: Source, scratch: Path | None) -> Iterator[Row | pa.Table | Counted]:
    """Yields the rows of one input file; one that is far away is fetched first, and removed afterwards."""
    rows = _at_hand(file, source, scratch)
    return marked(rows, source) if source.kind == "files" or source.kind in TABULAR else rows


def _at_hand(file: InputFile, source: Source, scratch: Path | None) -> Iterator[Row | pa.Table | Counted]:
    from data.sources.remote import at_hand

    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with at_hand(file, source, scratch) as near:
        if is_archive(near.relative, source.kind):
            wanted = functools.partial(is_read_of_archive, source)
            yield from read_archive(near, source, scratch, wanted, lambda inner: _read(inner, source, scratch))
        elif source.kind == "warc":
            yield from read_crawl(near, source)
        else:
            yield from _read(near, source, scratch)


def _read(near: InputFile, source: Source, scratch: Path | None) -> Iterator[Row | pa.Table]:
    if source.kind in _WITH_SCRATCH:
        yield from _WITH_SCRATCH[source.kind](near, source, scratch)
    elif source.kind in _NAMED_BY_INPUT:
        yield from apart(_NAMED_BY_INPUT[source.kind](near, source))
    else:
        yield from _READERS[source.kind](near, source)
