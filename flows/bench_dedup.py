"""`phimill bench dedup`: the same documents through phimill, datatrove, datasketch, rensa and text-dedup.

Each tool runs in a process of its own on one processor; all take turns, so that a busy machine is
busy for all. Times are processor seconds from texts in memory to decisions in memory, medians of the
turns; ratios are medians over turns of the peer's time divided by phimill's in the same turn.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.banding import chance_found
from data.errors import PhimillError, UsageError, did_you_mean
from flows.bench_documents import bench_texts
from flows.dedup.planted import Planted, plant
from flows.dedup.sides import BANDS, ROWS, SIDES, SLOW, installed
from flows.progress import Progress

#: Similarities that recall is stated for: from the first up to the second; equal texts apart.
LEVELS = ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0), (1.0, 1.1))
THRESHOLD = 0.7
COPY_SHARE = 0.15
#: No sane tool takes longer for the documents of a bench.
TIMEOUT_SECONDS = 7200


@dataclasses.dataclass(frozen=True)
class Result:
    """What one tool did.

    Attributes:
        name: the tool's.
        seconds: processor seconds, one for each turn.
        peak_megabytes, added_megabytes: the process's peak, and what the work added to it; means of the turns.
        found, planted: pairs by level.
        expected: share of pairs that banding finds on average, by level; null where there are none.
        precision: share of the dropped documents that have a copy of at least THRESHOLD, and of at least 0.5.
    """

    name: str
    seconds: list[float]
    peak_megabytes: float
    added_megabytes: float
    found: list[int]
    planted: list[int]
    expected: list[float | None]
    precision: tuple[float, float]

    @property
    def recall(self) -> list[float | None]:
        """The share of planted pairs found, by level."""
        return [found / planted if planted else None for found, planted in zip(self.found, self.planted, strict=True)]


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
        tables.append(_to_json(results, corpus))
        if not as_json:
            _show(results, corpus)
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
        found = _child(["flows.dedup.synthetic", str(documents), str(result)], result, "synthetic signatures")
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
    return [_judge(name, turns, planted) for name, turns in measured.items()]


def _written(planted: Planted, path: Path) -> Path:
    pq.write_table(pa.table({"text": pa.array(planted.texts, pa.large_string())}), path)
    return path


def _measure(name: str, corpus: Path) -> dict[str, Any]:
    result = corpus.with_name("result.json")
    result.unlink(missing_ok=True)
    return _child(["flows.dedup.sides", name, str(corpus), str(result)], result, name)


def _child(words: list[str], result: Path, name: str) -> dict[str, Any]:
    """Runs a module as a program; returns the JSON that it leaves."""
    command = [sys.executable, "-P", "-m", *words]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    if ended.returncode or not result.exists():
        last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise PhimillError(f"bench dedup: {name} ended with {ended.returncode}: {''.join(last)}")
    return dict(json.loads(result.read_text()))


def _judge(name: str, turns: list[dict[str, Any]], planted: Planted) -> Result:
    labels = turns[0]["labels"]
    joined = [(similarity, labels[left] == labels[right]) for left, right, similarity in planted.pairs]
    found, total, expected = [], [], []
    for low, high in LEVELS:
        level = [(similarity, hit) for similarity, hit in joined if low <= similarity < high]
        found.append(sum(hit for _, hit in level))
        total.append(len(level))
        chances = [chance_found(similarity, BANDS, ROWS) for similarity, _ in level]
        expected.append(statistics.fmean(chances) if chances else None)
    dropped = sum(size - 1 for size in Counter(labels).values())
    right = [sum(hit for similarity, hit in joined if similarity >= least) for least in (THRESHOLD, 0.5)]
    return Result(
        name,
        [turn["seconds"] for turn in turns],
        statistics.fmean(turn["peak_megabytes"] for turn in turns),
        statistics.fmean(turn["added_megabytes"] for turn in turns),
        found,
        total,
        expected,
        (right[0] / dropped if dropped else 1.0, right[1] / dropped if dropped else 1.0),
    )


def outside(result: Result, level: int) -> bool:
    """Returns whether recall at a level is below what banding finds by more than three standard deviations."""
    expected, total = result.expected[level], result.planted[level]
    if expected is None or LEVELS[level][0] < THRESHOLD:
        return False
    deviation = math.sqrt(expected * (1 - expected) / total)
    return result.found[level] / total < expected - 3 * deviation - 1e-9


def ratio(result: Result, ours: Result) -> float:
    """Returns how many times longer a tool takes than phimill: the median over turns."""
    return statistics.median(theirs / mine for theirs, mine in zip(result.seconds, ours.seconds, strict=True))


def _to_json(results: list[Result], planted: Planted) -> dict[str, Any]:
    ours, documents, megabytes = results[0], len(planted.texts), planted.megabytes
    rows = []
    for result in results:
        seconds = statistics.median(result.seconds)
        rows.append(
            {
                **dataclasses.asdict(result),
                "recall": result.recall,
                "documents_per_second": round(documents / seconds, 1),
                "megabytes_per_second": round(megabytes / seconds, 3),
                "ratio": round(ratio(result, ours), 2),
            }
        )
    return {"documents": documents, "megabytes": megabytes, "levels": LEVELS, "tools": rows}


def _show(results: list[Result], planted: Planted) -> None:
    from flows.terminal import new_table, open_console

    documents, megabytes = len(planted.texts), planted.megabytes
    speed = new_table("", "documents/s>", "MB/s>", "phimill is>", "peak MB>", "added MB>")
    for result in results:
        seconds = statistics.median(result.seconds)
        speed.add_row(
            result.name,
            f"{documents / seconds:,.0f}",
            f"{megabytes / seconds:.2f}",
            f"{ratio(result, results[0]):.1f}×" if result is not results[0] else "",
            f"{result.peak_megabytes:,.0f}",
            f"{result.added_megabytes:,.0f}",
        )
    levels = [f"{low:g}+>" if low < 1 else "equal>" for low, _ in LEVELS]
    hits = new_table("", *levels, "right>", "of .5>")
    for result in results:
        recall = [
            "" if share is None else f"{share:.3f}" + ("!" if outside(result, place) else "")
            for place, share in enumerate(result.recall)
        ]
        hits.add_row(result.name, *recall, *(f"{share:.3f}" for share in result.precision))
    expected = ["" if share is None else f"{share:.3f}" for share in results[0].expected]
    hits.add_row("the curve", *expected, "", "")
    hits.add_row("pairs", *(f"{total:,}" for total in results[0].planted), "", "")
    console = open_console()
    console.print(f"{documents:,} documents, {megabytes:.1f} MB:")
    console.print(speed)
    console.print("Planted pairs found, by true Jaccard similarity; dropped documents that are copies:")
    console.print(hits)
    console.print(
        f"One processor. right: of {THRESHOLD:g} or more. !: over three deviations below 1 - (1 - J^{ROWS})^{BANDS}. "
        f"phimill confirms pairs: it leaves those below {THRESHOLD:g} alone."
    )
