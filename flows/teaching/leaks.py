"""Which records of a teacher hold a benchmark item, by its words or by what it does? Joins what runs and what compares.

A recipe asks the same of all its documents (`decontaminate`); on demand it is asked before a
record is kept, so that no budget of kept records is used up by what must not be shipped.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Sequence

from data.fingerprint import digest, file_sha256, step_fingerprint
from data.objects import read_objects
from data.parts import read_part, write_part
from filters.contamination.ngrams import BenchmarkIndex
from flows.progress import Progress
from flows.steps.behaviour import MODULES, PYTHON, Comparer, benchmarks_named, learn_benchmarks, without_programs


class Leaks:
    """The benchmarks that no record may repeat; a context manager.

    Args:
        benchmarks: JSONL files (also .gz, .zst).
        folder: where it is kept what their solutions do, so that they run once.

    Attributes:
        names: of the benchmarks.
    """

    def __init__(self, benchmarks: Sequence[Path], folder: Path) -> None:
        named, progress = benchmarks_named(benchmarks), Progress()
        self.names = [benchmark.name for benchmark in named]
        self._words = BenchmarkIndex.build(named)
        reads = [*map(file_sha256, benchmarks), PYTHON]
        fingerprint = step_fingerprint("behaviour", version=1, settings={}, modules=list(MODULES), reads=reads)
        known = folder / f"benchmarks-{digest([fingerprint, self.names])}.parquet"
        if not known.exists():
            lines = sum(1 for path in benchmarks for _ in read_objects(path))
            with progress.step("benchmarks", lines, lines) as done:
                write_part(known, learn_benchmarks(named, done))
        learned = read_part(known)
        for line in without_programs(named, learned):
            progress.say(f"--benchmarks: {line}")
        self._behaviour = Comparer(learned)

    def __enter__(self) -> Leaks:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._behaviour.__exit__(kind, error, at)

    def find(self, text: str, code: str, kind: str) -> str:
        """Returns the benchmark item that a record holds, in words; "" if it holds none.

        Args:
            text: all of it.
            code: what stands for it where programs are compared; "" if it has none.
            kind: of the document that it becomes.
        """
        [hit] = self._words.find([text]).to_pylist()
        if hit["contaminated"]:
            return f"has the words of {hit['benchmark']} {hit['item']}"
        alike = self._behaviour.find(code, simple=kind == "exercise") if code else None
        return f"does what {alike.benchmark} {alike.item} does" if alike else ""
