"""`phimill bench ingest`: the same files through the peers' readers and through phimill's, in turns.

Every run has a process of its own, whose processor time and largest memory are told; imports are not timed.
phimill's figures for tables are from the file to zstd-1 parts, the input's SHA-256 included, with the compiled code for
JSON lines loaded before; a peer's are from the file to its own documents. WARC reading is compared as reading: with
fastwarc's own loop, which reads every record. That is timed twice: with the compiled code for small records loaded
before, as in a worker that goes on to its next file, and in a process that reads its first one and loads the code,
where it does, on the way.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from data.errors import UsageError
from flows.benches.ingest_files import make_files
from flows.progress import Progress

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
            rows += _compare(kind, path, runs)
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


def _compare(kind: str, path: Path, runs: int) -> list[dict[str, Any]]:
    """Returns a row for each peer that is installed."""
    ours, fresh = ("read", "read, fresh process") if kind == "warc" else ("ingest", "")
    taken: dict[str, list[Run]] = {way: [] for way in (ours, *filter(None, [fresh]), *PEERS[kind])}
    for _ in range(runs):
        for way, done in taken.items():
            run = _in_own_process(way, kind, path)
            if run is not None:
                done.append(run)
    mine, first = taken.pop(ours), taken.pop(fresh, [])
    fast = statistics.median(run.seconds for run in mine)
    at_first = statistics.median(run.seconds for run in first) if first else None
    rows = []
    for peer, theirs in taken.items():
        if theirs:
            slow = statistics.median(run.seconds for run in theirs)
            rows.append(
                {
                    "file": path.name,
                    "peer": peer,
                    "megabytes": round(mine[0].megabytes, 1),
                    "documents": mine[0].documents,
                    "megabytes_per_second": round(mine[0].megabytes / fast, 1),
                    "peer_megabytes_per_second": round(mine[0].megabytes / slow, 1),
                    "ratio": round(slow / fast, 3),
                    "fresh_ratio": round(slow / at_first, 3) if at_first else None,
                    "peak_mb": round(max(run.peak for run in mine)),
                    "peer_peak_mb": round(max(run.peak for run in theirs)),
                }
            )
    return rows


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
    from data.sources import record_reading

    record_reading.load()
    return _read_fresh(kind, path)


def _read_fresh(kind: str, path: str) -> Work:
    from data.recipe import Source
    from data.sources import InputFile
    from data.sources.records import Counted
    from data.sources.warc import read_crawl

    file = InputFile(path, Path(path).name, Path(path).stat().st_size, "")
    source = Source.model_validate({"name": "bench", "kind": kind, "path": path})

    def work() -> tuple[int, int]:
        count = size = 0
        for item in read_crawl(file, source):
            if isinstance(item, Counted):
                count += item.table.num_rows
                size += item.table["content"].nbytes + item.table["text"].nbytes
            else:
                count += 1
                size += len(item["content"] or b"") + len(item["text"] or "")
        return count, size

    return work


def _ingest(kind: str, path: str) -> Work:
    from data.fingerprint import file_sha256
    from data.recipe import Source
    from data.sources import json_bodies, list_units
    from flows.steps.ingest import ingest_unit

    json_bodies.load()
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
    for entry in json.loads(index.read_text())["parts"]:
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
    "read, fresh process": _read_fresh,
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
    shown = Table(title=title, box=box.SIMPLE, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("file", "peer", "MB/s", "phimill", "", "fresh", "peak", "ours"):
        shown.add_column(name, justify="left" if name in ("file", "peer") else "right", no_wrap=True)
    for row in rows:
        shown.add_row(
            row["file"][-15:], row["peer"], f"{row['peer_megabytes_per_second']:.0f}",
            f"{row['megabytes_per_second']:.0f}", f"{row['ratio']:.2f}×",
            f"{row['fresh_ratio']:.2f}×" if row["fresh_ratio"] else "", str(row["peer_peak_mb"]), str(row["peak_mb"]),
        )  # fmt: skip
    Console().print(shown)
