"""`phimill bench ingest`: the same files through the peers' readers and through phimill's, in turns.

Every run has a process of its own, whose processor time and largest memory are told; imports are not timed.
phimill's figures for tables are from the file to zstd-1 parts, the input's SHA-256 included; a peer's are from the
file to its own documents. WARC reading is compared as reading: with fastwarc's own loop, which reads every record.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import gzip
import html
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data.errors import UsageError
from flows.benches.documents import bench_texts
from flows.progress import Progress

#: What a page of a crawl holds, about, its markup counted.
PAGE_CHARS = 30_000
_ENDINGS = {"warc": (".warc.gz", ".warc", ".warc.zst"), "jsonl": (".jsonl", ".jsonl.gz"), "parquet": (".parquet",)}


@dataclasses.dataclass(frozen=True)
class Run:
    """One reading: processor seconds, megabytes of text (WARC: of records), documents, peak memory in MB."""

    seconds: float
    megabytes: float
    documents: int
    peak: float


def bench_ingest(paths: Sequence[Path], megabytes: int, runs: int, as_json: bool) -> None:
    """Runs and prints the comparison.

    Raises:
        UsageError: no file to read.
    """
    progress = Progress()
    with tempfile.TemporaryDirectory() as folder:
        files = _find(paths) if paths else make_files(Path(folder), megabytes, progress)
        rows = []
        for kind, path in files:
            progress.say(f"  {path.name}")
            for peer in PEERS[kind]:
                row = _compare(kind, path, peer, runs)
                if row:
                    rows.append(row)
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        _show(rows)


def _find(paths: Iterable[Path]) -> list[tuple[str, Path]]:
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    found = [(kind, file) for file in files for kind, ends in _ENDINGS.items() if file.name.lower().endswith(ends)]
    if not found:
        raise UsageError(f"{', '.join(map(str, paths))}: no JSONL, Parquet or WARC file")
    return found


def make_files(folder: Path, megabytes: int, progress: Progress) -> list[tuple[str, Path]]:
    """Writes one file of each kind, of documents that the quickstart's corpus is made of, each with its number.

    Pages hold several of them. With one document of 3 kB each, what a record costs in Python would count for half.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    progress.say(f"writing {megabytes} MB of documents in each format")
    texts = bench_texts([], 5000, 200_000)
    made: list[dict[str, Any]] = []
    size = 0
    while size < megabytes * 10**6:
        text = f"{len(made)} {texts[len(made) % len(texts)]}"
        made.append({"id": f"d{len(made)}", "text": text, "url": f"http://example.test/{len(made)}", "score": size % 5})
        size += len(text.encode())
    jsonl, parquet, warc = folder / "made.jsonl", folder / "made.parquet", folder / "made.warc.gz"
    with jsonl.open("w") as lines:
        lines.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in made)
    pq.write_table(pa.Table.from_pylist(made), parquet, row_group_size=5000)
    with warc.open("wb") as members:
        for page in _pages(made):
            members.write(gzip.compress(_record(str(page[0]["url"]), page), 6, mtime=0))
    return [("warc", warc), ("jsonl", jsonl), ("parquet", parquet)]


def _pages(made: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yields documents in pages as large as those of a crawl are on average."""
    page: list[dict[str, Any]] = []
    size = 0
    for record in made:
        page.append(record)
        size += len(record["text"])
        if size >= PAGE_CHARS:
            yield page
            page, size = [], 0
    if page:
        yield page


def _record(url: str, documents: Iterable[dict[str, Any]]) -> bytes:
    paragraphs = "\n".join(f"<p>{html.escape(document['text'])}</p>" for document in documents)
    page = f"<html><body>{paragraphs}</body></html>".encode()
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <{url}>\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2026-01-01T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def _compare(kind: str, path: Path, peer: str, runs: int) -> dict[str, Any] | None:
    ours = "read" if kind == "warc" else "ingest"
    mine: list[Run] = []
    theirs: list[Run] = []
    for _ in range(runs):
        mine.append(_in_own_process(ours, kind, path))
        found = _in_own_process(peer, kind, path)
        if found is None:
            return None
        theirs.append(found)
    fast, slow = (statistics.median(run.seconds for run in side) for side in (mine, theirs))
    size = mine[0].megabytes
    return {
        "file": path.name,
        "peer": peer,
        "megabytes": round(size, 1),
        "documents": mine[0].documents,
        "megabytes_per_second": round(size / fast, 1),
        "peer_megabytes_per_second": round(size / slow, 1),
        "ratio": round(slow / fast, 3),
        "peak_mb": round(max(run.peak for run in mine)),
        "peer_peak_mb": round(max(run.peak for run in theirs)),
    }


def _in_own_process(way: str, kind: str, path: Path) -> Any:
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run_once, way, kind, str(path)).result()


def run_once(way: str, kind: str, path: str) -> Run | None:
    """Reads a file once in one way; null if the peer is not installed."""
    try:
        work = WAYS[way](kind, path)
    except ImportError:
        return None
    begin = time.process_time()
    documents, size = work()
    seconds = time.process_time() - begin
    return Run(seconds, size / 1e6, documents, _peak_mb())


def _peak_mb() -> float:
    """Returns the most memory that this process has held, mapped files included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return 0.0


Work = Callable[[], tuple[int, int]]


def _fastwarc(kind: str, path: str) -> Work:
    from fastwarc.warc import ArchiveIterator

    return lambda: _read_records(ArchiveIterator, path, check=False)


def _fastwarc_checking(kind: str, path: str) -> Work:
    from fastwarc.warc import ArchiveIterator

    return lambda: _read_records(ArchiveIterator, path, check=True)


def _read_records(iterator: Any, path: str, check: bool) -> tuple[int, int]:
    count = size = 0
    with open(path, "rb") as file:
        for record in iterator(file, parse_http=not check):
            if check:
                record.verify_block_digest()
                record.parse_http()
            size += len(record.reader.read())
            count += 1
    return count, size


def _read(kind: str, path: str) -> Work:
    from data.recipe import Source
    from data.sources import InputFile
    from data.sources.warc import read_warc

    file = InputFile(path, Path(path).name, Path(path).stat().st_size, "")
    source = Source.model_validate({"name": "bench", "kind": kind, "path": path})

    def work() -> tuple[int, int]:
        count = size = 0
        for row in read_warc(file, source):
            count += 1
            size += len(row["content"] or b"") + len(row["text"] or "")
        return count, size

    return work


def _ingest(kind: str, path: str) -> Work:
    from data.fingerprint import file_sha256
    from data.recipe import Source
    from data.sources import list_units
    from flows.steps.ingest import ingest_unit

    source = Source.model_validate({"name": "bench", "kind": kind, "path": path})

    def ingest(source: Source) -> tuple[int, int]:
        with tempfile.TemporaryDirectory() as folder:
            (unit,) = list_units(source, Path("/"), file_sha256)
            index = Path(folder, "ingest", "index.json")
            ingest_unit(unit, source, str(index), {})
            return _text_in(index)

    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as small:  # so that all is imported
        small.write('{"text": "a"}\n')
        small.flush()
        ingest(source.model_copy(update={"kind": "jsonl", "path": small.name}))
    return lambda: ingest(source)


def _text_in(index: Path) -> tuple[int, int]:
    """Returns rows and bytes of text of an index's parts, from what their row groups say of their columns."""
    import pyarrow.parquet as pq

    rows = size = 0
    for entry in json.loads(index.read_text()):
        with pq.ParquetFile(index.parent / entry["file"]) as part:
            place = part.schema_arrow.names.index("text")
            for group in range(part.num_row_groups):
                facts = part.metadata.row_group(group)
                rows += facts.num_rows
                size += facts.column(place).total_uncompressed_size
    return rows, size


def _datatrove(kind: str, path: str) -> Work:
    from datatrove.pipeline.readers import JsonlReader, ParquetReader
    from loguru import logger

    logger.remove()  # datatrove's, which says what it reads
    folder, name = str(Path(path).parent), Path(path).name
    reader = (JsonlReader if kind == "jsonl" else ParquetReader)(folder, glob_pattern=name)

    def work() -> tuple[int, int]:
        count = size = 0
        for document in reader.run():
            count += 1
            size += len(document.text)
        return count, size

    return work


WAYS: dict[str, Callable[[str, str], Work]] = {
    "read": _read,
    "ingest": _ingest,
    "fastwarc": _fastwarc,
    "fastwarc+digests": _fastwarc_checking,
    "datatrove": _datatrove,
}
PEERS = {"warc": ("fastwarc", "fastwarc+digests"), "jsonl": ("datatrove",), "parquet": ("datatrove",)}


def _show(rows: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    title = "MB/s of one core by processor time, peak memory in MB"
    shown = Table(title=title, box=box.SIMPLE, title_justify="left", padding=(0, 1), pad_edge=False)
    for name in ("file", "peer", "MB/s", "phimill", "", "peak", "phimill's"):
        shown.add_column(name, justify="left" if name in ("file", "peer") else "right", no_wrap=True)
    for row in rows:
        shown.add_row(
            row["file"][-15:], row["peer"], f"{row['peer_megabytes_per_second']:.0f}",
            f"{row['megabytes_per_second']:.0f}", f"{row['ratio']:.2f}×", str(row["peer_peak_mb"]), str(row["peak_mb"]),
        )  # fmt: skip
    Console().print(shown)
