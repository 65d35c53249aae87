"""Which texts hold a function that does what a benchmark's solution does? Joins what runs and what compares."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from data.fingerprint import digest, step_fingerprint
from data.objects import read_objects
from data.parts import read_part, write_part
from data.recipe import Benchmark
from filters.contamination.behaviour import BEHAVIOUR_SCHEMA, Alike, KnownBehaviours
from filters.contamination.benchmarks import item_id
from flows.run import Run
from synth.benchmark_functions import learn_function
from synth.calling import call_functions
from synth.fragments import Fragment, functions_in
from synth.sandbox.sandbox import Sandbox
from synth.sandbox.values import claim_of, literal
from synth.skeletons import exact_form

#: What the verdicts on functions depend on, for fingerprints.
MODULES = (
    "filters.contamination.behaviour",
    "synth.benchmark_functions",
    "synth.calling",
    "synth.fragments",
    "flows.steps.behaviour",
)

#: What functions do may depend on it.
PYTHON = f"python {sys.version_info[0]}.{sys.version_info[1]}"

#: Shorter programs are alike in form by chance.
_MIN_FORM_CHARS = 120

_INPUT_CHARS = 20_000


def learn(run: Run, benchmarks: Sequence[Benchmark], digests: Sequence[str]) -> str:
    """Returns the path of the file that says what the benchmarks' solutions do; made if it is not there.

    Args:
        run: the run.
        benchmarks: with paths that can be opened.
        digests: of their files.
    """
    reads = [*digests, PYTHON]
    fingerprint = step_fingerprint("behaviour", version=1, settings={}, modules=list(MODULES), reads=reads)
    target = run.folder("behaviour", fingerprint) / f"{digest([b.model_dump(mode='json') for b in benchmarks])}.parquet"
    todo = 0 if target.exists() else sum(1 for benchmark in benchmarks for _ in read_objects(Path(benchmark.path)))
    with run.timed("benchmarks", parts=todo, todo=todo) as done:
        if todo:
            write_part(target, learn_benchmarks(benchmarks, done))
    for line in without_programs(benchmarks, read_part(target)):
        run.progress.say(f"decontaminate.behaviour: {line}")
    return str(target)


def without_programs(benchmarks: Iterable[Benchmark], learned: pa.Table) -> list[str]:
    """Returns a line for each benchmark in which comparing by behaviour can find nothing, since nothing of it runs."""
    usable = {row["benchmark"] for row in learned.select(["benchmark", "problem"]).to_pylist() if not row["problem"]}
    return [
        f"{benchmark.name}: no item has a Python function as its solution that can be run on enough inputs, so "
        "nothing is found by behaviour there, only by words"
        for benchmark in benchmarks
        if benchmark.name not in usable
    ]


def learn_benchmarks(benchmarks: Iterable[Benchmark], done: Any = None) -> pa.Table:
    """Returns what the Python solutions of benchmarks do (BEHAVIOUR_SCHEMA); they run in the sandbox."""
    rows: list[dict[str, Any]] = []
    with Sandbox() as sandbox:
        number = 0
        for benchmark in benchmarks:
            for line, record in read_objects(Path(benchmark.path)):
                number += 1
                found = learn_function(record, sandbox) if sandbox.tier else None
                if done is not None:
                    done(number)
                if found is None:
                    continue
                item, _ = item_id(record, benchmark.id_field, f"{benchmark.path}:{line}", line)
                texts = [literal(claim_of(arguments), _INPUT_CHARS) for arguments in found.inputs]
                kept = [place for place, text in enumerate(texts) if text is not None]
                rows.append({
                    "benchmark": benchmark.name, "item": item, "name": found.name, "problem": found.problem,
                    "shapes": list(map(str, found.shapes)), "inputs": [texts[place] for place in kept],
                    "digests": [found.digests[place] for place in kept], "form": exact_form(found.program),
                    "operation": found.operation,
                })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=BEHAVIOUR_SCHEMA)


def benchmarks_named(paths: Sequence[Path]) -> list[Benchmark]:
    """Returns benchmark files as a recipe would name them: by their names without suffixes."""
    names = [re.sub(r"[^A-Za-z0-9_-]+", "-", path.name.split(".jsonl")[0]) for path in paths]
    return [Benchmark(name=name, path=str(path)) for name, path in zip(names, paths, strict=True)]


class Comparer:
    """Runs the functions of texts and finds those that do what a benchmark's solution does.

    Attributes:
        functions: how many were run.
    """

    def __init__(self, table: pa.Table, sandbox: Sandbox | None = None) -> None:
        self.known = KnownBehaviours(table)
        usable = [row for row in table.select(["problem", "inputs"]).to_pylist() if not row["problem"]]
        self.inputs = [[ast.literal_eval(text) for text in row["inputs"]] for row in usable]
        forms = zip(*(table[name].to_pylist() for name in ("form", "benchmark", "item")), strict=True)
        self.forms = {form: Alike(benchmark, item, 1.0) for form, benchmark, item in forms if form}
        self.sandbox = sandbox or Sandbox()
        self.functions = 0
        self._seen: dict[tuple[str, bool], Alike | None] = {}

    def __enter__(self) -> Comparer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.sandbox.close()

    def find(self, text: str | None, *, simple: bool = False) -> Alike | None:
        """Returns the benchmark item that a function of a text does best, or None.

        Args:
            text: anything; functions are looked for in it.
            simple: whether the text is one task, whose main function, the last public one, must not be a single
                operation of a benchmark either. In code at large, and in helpers, those are everybody's.
        """
        fragments = functions_in(text) if text else []
        public = [fragment for fragment in fragments if not fragment.name.startswith("_")]
        main = public[-1] if public and simple else None
        wanted = {(fragment, fragment is main) for fragment in fragments}
        for is_main in (False, True):
            new = [one for one in fragments if (one, is_main) in wanted and (one.program, is_main) not in self._seen]
            for fragment, alike in zip(new, self._compare(new, is_main) if new else (), strict=True):
                self._seen[fragment.program, is_main] = alike
        found = [alike for one, is_main in wanted if (alike := self._seen[one.program, is_main])]
        return max(found, key=lambda alike: (alike.score, alike.benchmark, alike.item), default=None)

    def _compare(self, fragments: list[Fragment], simple: bool) -> list[Alike | None]:
        """Returns for each function the item that it does."""
        found: list[Alike | None] = [self._same_form(fragment) for fragment in fragments]
        if self.sandbox.tier is None:
            return found
        self.functions += len(fragments)
        results: dict[tuple[int, int], list[int]] = {}
        for number, fragment in enumerate(fragments):
            if found[number] is None:
                shapes = [str(shape) for shape in fragment.shapes] if fragment.shapes is not None else None
                for item in self.known.candidates(fragment.least, fragment.most, shapes, simple=simple):
                    results[number, item] = []
        while results := self._one_round(fragments, found, results):
            pass
        return found

    def _one_round(
        self, fragments: list[Fragment], found: list[Alike | None], results: dict[tuple[int, int], list[int]]
    ) -> dict[tuple[int, int], list[int]]:
        """Tries every function with some more inputs; returns what is still open."""
        numbers = sorted({number for number, _ in results})
        asked = {pair: self.known.places(pair[1], len(given)) for pair, given in results.items()}
        inputs = [
            [self.inputs[item][place] for number, item in results if number == one for place in asked[number, item]]
            for one in numbers
        ]
        answers = call_functions([fragments[number] for number in numbers], inputs, self.sandbox)
        given = {number: iter(answer) for number, answer in zip(numbers, answers, strict=True)}
        following: dict[tuple[int, int], list[int]] = {}
        for (number, item), before in results.items():
            now = [*before, *(next(given[number]) for _ in asked[number, item])]
            if not self.known.may_be(item, now[:4]):
                continue
            if self.known.places(item, len(now)):
                following[number, item] = now
            else:
                alike = self.known.judge(item, now)
                best = found[number]
                if alike and (best is None or alike.score > best.score):
                    found[number] = alike
        return following

    def _same_form(self, fragment: Fragment) -> Alike | None:
        return self.forms.get(exact_form(fragment.program)) if len(fragment.program) >= _MIN_FORM_CHARS else None


def with_behaviour(found: pa.Table, documents: pa.Table, path: str) -> pa.Table:
    """Returns what was found by words, and behind it what is found by behaviour where words say nothing.

    Args:
        found: `contaminated`, `benchmark`, `item`, `method` and `score` for each document.
        documents: their `text` and `kind`; single operations count in exercises alone.
        path: of a file that `learn` made.
    """
    comparer = _comparer(path)
    rows = found.to_pylist()
    texts, kinds = documents["text"].to_pylist(), documents["kind"].to_pylist()
    for row, text, kind in zip(rows, texts, kinds, strict=True):
        alike = None if row["contaminated"] else comparer.find(text, simple=kind == "exercise")
        if alike is not None:
            row |= {"contaminated": True, "benchmark": alike.benchmark, "item": alike.item}
            row |= {"method": "behaviour", "score": alike.score}
    return pa.Table.from_pylist(rows, schema=found.schema)


@functools.lru_cache(maxsize=1)
def _comparer(path: str) -> Comparer:
    """Returns what compares texts with a file that `learn` made; one for all parts that a process works on."""
    return Comparer(read_part(path))
