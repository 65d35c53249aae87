"""Signatures without texts, for sizes that no bench has documents for: a fifth are copies of others, band by band.

Run as a program in a process of its own: `python -m flows.benches.synthetic_signatures DOCUMENTS RESULT`. The bands lie
in files, as they do in a run, and one at a time is read. What must be found is known: a copy belongs to its
original if it has the key of at least one band from it; originals are never copies.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.deduplication import Deduplicate
from flows.benches.dedup_sides import BANDS, ROWS, forget_peak, memory

COPY_SHARE = 0.2
#: With which chance a copy has a band's key from its original; of all 14 bands it then has none in 4 of 100.
SHARED_SHARE = 0.2

_CHUNK = 1_000_000


def write_bands(folder: Path, documents: int, seed: int = 1) -> int:
    """Writes the keys of so many documents, a file for each band; returns how many must be dropped."""
    draw = np.random.default_rng(seed)
    copies = np.sort(draw.choice(documents // 2, int(documents * COPY_SHARE), replace=False)) * 2 + 1
    originals = draw.integers(0, (documents + 1) // 2, len(copies)) * 2
    belongs = np.zeros(len(copies), dtype=np.bool_)
    for number in range(BANDS):
        keys = np.frombuffer(draw.bytes(8 * documents), dtype=np.uint64).copy()
        shared = draw.random(len(copies)) < SHARED_SHARE
        keys[copies[shared]] = keys[originals[shared]]
        belongs |= shared
        np.save(folder / f"{number}.npy", keys)
    return int(belongs.sum())


def cluster(documents: int) -> dict[str, Any]:
    """Finds the clusters among so many signatures; returns what it took and whether they are the right ones."""
    from filters.duplicates.search import find_duplicates
    from filters.duplicates.signing import band_names

    names = band_names(BANDS)
    with tempfile.TemporaryDirectory() as folder:
        expected = write_bands(Path(folder), documents)
        starts = range(0, documents, _CHUNK)
        ids = pa.chunked_array(
            [[f"{n:032x}" for n in range(start, min(start + _CHUNK, documents))] for start in starts], pa.string()
        )

        def column(name: str) -> pa.Array | pa.ChunkedArray:
            return ids if name == "id" else pa.array(np.load(Path(folder) / f"{names.index(name)}.npy"))

        def no_texts(numbers: Any) -> pa.Table:
            raise AssertionError("nothing is confirmed here")

        settings = Deduplicate(bands=BANDS, rows=ROWS, exact=False, confirm=False, survivor=["length"])
        ranks = pa.table({"id": ids, "length": pa.array(np.ones(documents))})
        forget_peak()
        begin, wall = time.process_time(), time.monotonic()
        found = find_duplicates(column, ranks, no_texts, settings)
        seconds, wall_seconds = time.process_time() - begin, time.monotonic() - wall
        peak = memory("VmHWM") / 1024
    dropped = documents - int(pc.sum(found["kept"]).as_py() or 0)
    return {
        "documents": documents,
        "seconds": round(seconds, 2),
        "wall_seconds": round(wall_seconds, 2),
        "peak_megabytes": round(peak, 1),
        "dropped": dropped,
        "expected": expected,
    }


def main(documents: str, result: str) -> None:
    """Clusters a few signatures so that everything is compiled, then as many as are wanted."""
    cluster(1000)
    Path(result).write_text(json.dumps(cluster(int(documents))))


if __name__ == "__main__":
    main(*sys.argv[1:])
