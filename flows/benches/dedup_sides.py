"""The tools that `phimill bench dedup` compares: each takes texts and says who belongs together.

Run as a program in a process of its own, on one processor: `python -m flows.benches.dedup_sides NAME CORPUS RESULT`.
Imports, compiling and models are not timed; texts in memory to decisions in memory are.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from flows.benches.planted import NGRAM

BANDS, ROWS = 14, 8

#: Tools so slow that a bench gives them fewer documents on request.
SLOW = ("datatrove", "text-dedup")

#: Gets texts, returns a label for each: the same one for documents held to be duplicates of one another.
Side = Callable[[list[str]], list[int]]

_WORD = re.compile(r"\w+")
#: Equal texts, a near-duplicate and another one, so that everything that will be needed is loaded and compiled.
_LINE = "a specimen of many words by which every tool is warmed up before it is timed: "
_SPECIMEN = [
    "".join(f"{_LINE}{number} " for number in range(10)),
    "".join(f"{_LINE}{number} " for number in range(11)),
    "Another one, that no tool takes for a copy.",
] * 2


def _joined(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return [" ".join(run) for run in zip(*(words[place:] for place in range(NGRAM)), strict=False)]


class _Union:
    """Which documents are connected; the label is the smallest number."""

    def __init__(self, count: int) -> None:
        self.parents = list(range(count))

    def find(self, one: int) -> int:
        while self.parents[one] != one:
            self.parents[one] = self.parents[self.parents[one]]
            one = self.parents[one]
        return one

    def join(self, one: int, others: Iterable[int]) -> None:
        for other in others:
            first, second = sorted((self.find(one), self.find(other)))
            self.parents[second] = first

    def labels(self) -> list[int]:
        return [self.find(one) for one in range(len(self.parents))]


def phimill(texts: list[str]) -> list[int]:
    """phimill with its defaults: 14 × 8, each pair confirmed by its true similarity."""
    return _phimill(texts, confirm=True)


def phimill_unconfirmed(texts: list[str]) -> list[int]:
    """phimill without confirmation, which is what the others do."""
    return _phimill(texts, confirm=False)


def _phimill(texts: list[str], confirm: bool) -> list[int]:
    from filters.duplicates.search import deduplicate

    found = deduplicate(texts, bands=BANDS, rows=ROWS, ngram=NGRAM, confirm=confirm)
    clusters = found["cluster"].to_pylist()
    return [number if cluster is None else int(cluster) for number, cluster in enumerate(clusters)]


def datatrove(texts: list[str]) -> list[int]:
    """datatrove's four stages with its defaults but xxhash, which is faster than its sha1."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.utils.hashing import HashConfig

    settings = MinhashConfig(NGRAM, BANDS, ROWS, hash_config=HashConfig(precision=64, hash_fc="xxhash"))
    documents = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        signatures, buckets, removed = (f"{folder}/{name}" for name in ("signatures", "buckets", "removed"))
        MinhashDedupSignature(signatures, settings).run(iter(documents), 0, 1)
        for bucket in range(BANDS):
            MinhashDedupBuckets(signatures, buckets, config=settings).run(None, bucket, BANDS)
        MinhashDedupCluster(buckets, removed, settings, save_cluster_id=True).run(None, 0, 1)
        for _ in MinhashDedupFilter(removed, load_cluster_ids=True).run(iter(documents), 0, 1):
            pass
    clusters = [document.metadata.get("minhash_cluster_id", -1) for document in documents]
    return [number if cluster < 0 else len(texts) + cluster for number, cluster in enumerate(clusters)]


def datasketch(texts: list[str]) -> list[int]:
    """datasketch's fastest mode: affine32, 32-bit xxhash, whole documents at a time, LSH with the same bands."""
    import xxhash
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    union = _Union(len(texts))
    shingles = (_joined(text) for text in texts)
    made = MinHash.generator(shingles, num_perm=BANDS * ROWS, hashfunc=xxhash.xxh32_intdigest)
    for number, signature in enumerate(made):
        if not signature.is_empty():
            union.join(number, index.query(signature))
            index.insert(number, signature, check_duplication=False)
    return union.labels()


def rensa(texts: list[str]) -> list[int]:
    """rensa's batch calls, LSH with the same bands."""
    from rensa import RMinHash, RMinHashLSH

    filled = [(number, shingles) for number, text in enumerate(texts) if (shingles := _joined(text))]
    signatures = RMinHash.from_token_sets([shingles for _, shingles in filled], BANDS * ROWS, 1)
    index = RMinHashLSH(0.7, BANDS * ROWS, BANDS)
    index.insert_many(signatures)
    union = _Union(len(texts))
    for (number, _), found in zip(filled, index.query_all(signatures), strict=True):
        union.join(number, (filled[other][0] for other in found))
    return union.labels()


def text_dedup(texts: list[str]) -> list[int]:
    """text-dedup's command `minhash`, one process, xxh3, the same bands."""
    from text_dedup import minhash

    with tempfile.TemporaryDirectory() as folder:
        minhash.datasets.Dataset.from_dict({"text": texts}).save_to_disk(f"{folder}/in")
        words = f"--path {folder}/in --local --output {folder}/out --column text --ngram {NGRAM} --hash_func xxh3"
        words += f" --num_perm {BANDS * ROWS} --b {BANDS} --r {ROWS} --num_proc 1 --min_length 0 --split train"
        minhash.main(words.split(), standalone_mode=False)
    return [int(minhash.uf.find(number)) for number in range(len(texts))]


#: Name → (the tool, the package that it needs).
SIDES: dict[str, tuple[Side, str]] = {
    "phimill": (phimill, "filters"),
    "unconfirmed": (phimill_unconfirmed, "filters"),
    "datatrove": (datatrove, "datatrove"),
    "datasketch": (datasketch, "datasketch"),
    "rensa": (rensa, "rensa"),
    "text-dedup": (text_dedup, "text_dedup"),
}


def installed() -> list[str]:
    """Returns the sides that can run here."""
    return [name for name, (_, package) in SIDES.items() if importlib.util.find_spec(package)]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Sends what tools print, in Python or not, nowhere."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(io.StringIO()):
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def memory(line: str) -> int:
    """Returns a figure of this process in kB; rusage's would be the parent's where that is larger."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{line}:")[2].split()[0])


def forget_peak() -> int:
    """Sets this process's peak memory to what it holds now, in kB, which is returned."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def _spent() -> float:
    """Returns the processor seconds of this process and of those that it started and that have ended."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


def measure(name: str, texts: list[str]) -> dict[str, Any]:
    """Returns a side's labels, the processor seconds and the megabytes that they took."""
    side = SIDES[name][0]
    side(list(_SPECIMEN))
    before = forget_peak()
    begin, wall = _spent(), time.monotonic()
    labels = side(texts)
    seconds, wall_seconds = _spent() - begin, time.monotonic() - wall
    peak = memory("VmHWM")
    return {
        "labels": labels,
        "seconds": seconds,
        "wall_seconds": wall_seconds,
        "peak_megabytes": peak / 1024,
        "added_megabytes": (peak - before) / 1024,
    }


def main(name: str, corpus: str, result: str) -> None:
    """Measures one side on the texts of a Parquet file."""
    import pyarrow.parquet as pq

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = pq.read_table(corpus, columns=["text"])["text"].to_pylist()
    with _quiet():
        found = measure(name, texts)
    Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
