"""`phimill bench dedup`: the same documents through phimill, datatrove, datasketch, rensa and text-dedup.

Each tool runs in a process of its own on one processor; all take turns, so that a busy machine is
busy for all. Times are processor seconds from texts in memory to decisions in memory, medians of the
turns; ratios are medians over turns of the peer's time divided by phimill's in the same turn.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import PhimillError, UsageError, did_you_mean
from flows.benches.dedup_findings import Result, judge, show, to_json
from flows.benches.dedup_sides import BANDS, SIDES, SLOW, installed
from flows.benches.documents import bench_texts
from flows.benches.planted import Planted, plant
from flows.progress import Progress

COPY_SHARE = 0.15
#: No sane tool takes longer for the documents of a bench.
TIMEOUT_SECONDS = 7200


@dataclasses.dataclass(frozen=True)
class Wishes:
    """What a person asked for.

    Attributes:
        number: documents, copies too.
        runs: turns.
        max_bytes: longer documents are left out.
        only: these tools beside phimill; none: all that are installed.
        seed: of the planted copies.
        slow: documents for the slow tools, and for phimill beside them; None: as many as for all.
        growth: also run phimill over a tenth of the documents.
    """

    number: int
    runs: int
    max_bytes: int
    only: tuple[str, ...]
    seed: int
    slow: int | None = None
    growth: bool = False


def bench_dedup(paths: Sequence[Path], wishes: Wishes, as_json: bool) -> None:
    """Runs and prints the comparison.

    Raises:
        UsageError: a tool is unknown or not installed.
        PhimillError: a tool failed, or phimill dropped a document without a copy.
    """
    names, number = _chosen(wishes.only), wishes.number
    progress = Progress()
    progress.say("building documents with planted copies")
    planted = plant(bench_texts(paths, number, wishes.max_bytes), number, COPY_SHARE, wishes.seed)
    progress.say(f"{number:,} documents, {planted.megabytes:.1f} MB, {len(planted.pairs):,} planted copies")
    missing = sorted(set(SIDES) - set(installed()))
    if missing:
        progress.say(f"not installed, left out: {', '.join(missing)}")
    tables = []
    for corpus, chosen in _tables(names, planted, wishes):
        results = _run(chosen, corpus, wishes.runs, progress)
        tables.append(to_json(results, corpus))
        if not as_json:
            show(results, corpus)
        if results[0].precision[0] < 1.0:
            raise PhimillError("phimill dropped documents that have no copy of the threshold's similarity")
    growth = _growth(planted, wishes.runs, progress) if wishes.growth else None
    if growth and not as_json:
        _show_growth(growth)
    if as_json:
        print(json.dumps({**tables[0], "others": tables[1:], "growth": growth}, indent=1))


def _tables(names: list[str], planted: Planted, wishes: Wishes) -> Iterator[tuple[Planted, list[str]]]:
    """Yields the corpora to be run, and the tools for each."""
    apart = [name for name in names if name in SLOW and wishes.slow is not None and wishes.slow < wishes.number]
    yield planted, [name for name in names if name not in apart]
    if apart:
        yield planted.head(wishes.slow or 0), ["phimill", *apart]


def _growth(planted: Planted, runs: int, progress: Progress) -> dict[str, Any]:
    """Returns what phimill takes for a tenth of the documents and for all; one after the other in every turn."""
    few = planted.head(len(planted.texts) // 10)
    turns = []
    with tempfile.TemporaryDirectory() as folder, progress.step("growth", runs, runs) as done:
        corpora = [_written(corpus, Path(folder, f"{place}.parquet")) for place, corpus in enumerate((few, planted))]
        for turn in range(runs):
            turns.append([_measure("phimill", corpus)["seconds"] for corpus in corpora])
            done(turn + 1)
    return {
        "documents": [len(few.texts), len(planted.texts)],
        "seconds": [list(seconds) for seconds in zip(*turns, strict=True)],
        "ratio": round(statistics.median(many / one for one, many in turns), 2),
    }


def _show_growth(found: Mapping[str, Any]) -> None:
    from flows.terminal import open_console

    few, many = found["documents"]
    seconds = [statistics.median(own) for own in found["seconds"]]
    open_console().print(
        f"{many / few:.0f}× the documents take phimill {found['ratio']:.1f}× the time, turn by turn "
        f"({seconds[0]:.3f} s for {few:,}, {seconds[1]:.3f} s for {many:,})"
    )


def bench_signatures(documents: int, as_json: bool) -> None:
    """Clusters synthetic signatures in a process of its own and prints what it took.

    Raises:
        PhimillError: the clusters are not the right ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result.json")
        found = _child(
            ["flows.benches.synthetic_signatures", str(documents), str(result)], result, "synthetic signatures"
        )
    if found["dropped"] != found["expected"]:
        raise PhimillError(f"{found['expected']:,} copies were planted in the signatures, {found['dropped']:,} found")
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        print(
            f"{documents:,} signatures of {BANDS} bands clustered in {found['seconds']:,.1f} s of processor time, "
            f"at most {found['peak_megabytes'] / 1024:.2f} GiB of memory; {found['dropped']:,} dropped, as planted"
        )


def _chosen(only: Sequence[str]) -> list[str]:
    for name in only:
        if name not in SIDES:
            raise UsageError(f"--only {name}: unknown.{did_you_mean(name, SIDES)} Known: {', '.join(SIDES)}")
        if name not in installed():
            raise UsageError(f"--only {name}: is not installed here")
    return [name for name in installed() if not only or name in only or name == "phimill"]


def _run(names: list[str], planted: Planted, runs: int, progress: Progress) -> list[Result]:
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        corpus = _written(planted, Path(folder, "corpus.parquet"))
        with progress.step("turns", runs, runs * len(names)) as done:
            for turn in range(runs):
                for place, name in enumerate(names):
                    measured[name].append(_measure(name, corpus))
                    done(turn * len(names) + place + 1)
    return [judge(name, turns, planted) for name, turns in measured.items()]


def _written(planted: Planted, path: Path) -> Path:
    pq.write_table(pa.table({"text": pa.array(planted.texts, pa.large_string())}), path)
    return path


def _measure(name: str, corpus: Path) -> dict[str, Any]:
    result = corpus.with_name("result.json")
    result.unlink(missing_ok=True)
    return _child(["flows.benches.dedup_sides", name, str(corpus), str(result)], result, name)


def _child(words: list[str], result: Path, name: str) -> dict[str, Any]:
    """Runs a module as a program; returns the JSON that it leaves."""
    command = [sys.executable, "-P", "-m", *words]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    if ended.returncode or not result.exists():
        last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise PhimillError(f"bench dedup: {name} ended with {ended.returncode}: {''.join(last)}")
    return dict(json.loads(result.read_text()))
