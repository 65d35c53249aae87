"""Decontaminate: documents and exercises that share text with a benchmark item are dropped."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.fingerprint import step_fingerprint
from data.parts import Part, PartWriter, alive, read_part
from data.recipe import Benchmark
from data.schema import FATE_FIELDS
from data.texts import read_texts
from flows.run import Run
from flows.steps.behaviour import MODULES, learn, with_behaviour
from flows.steps.cut import CUTTING
from flows.steps.deduplicate import digest_of_mask
from flows.steps.judge import align

BEFORE = ("ingest", "extract", "judge", "deduplicate", *CUTTING, "synthesise")

#: What was found, and how: `ngram`, `whole` (an item shorter than an n-gram) or `behaviour`.
_FOUND = ("benchmark", "benchmark_item", "benchmark_method")

SCHEMA = pa.schema([*FATE_FIELDS, *(pa.field(name, pa.string()) for name in _FOUND)])


def decontaminate(run: Run) -> dict[str, Any]:
    """Adds the step `decontaminate` to run.parts and run.taught."""
    chosen = run.recipe.decontaminate
    if not chosen.benchmarks:
        return {}
    settings = chosen.model_dump(mode="json")
    digests = [run.work.sha256(run.root / benchmark.path) for benchmark in chosen.benchmarks]
    for benchmark in settings["benchmarks"]:
        benchmark["path"] = str(run.root / benchmark["path"])
    modules = ["filters.contamination.ngrams", "flows.steps.decontaminate", "flows.steps.judge"]
    if chosen.behaviour:
        settings["behaviours"] = learn(run, [Benchmark(**benchmark) for benchmark in settings["benchmarks"]], digests)
        modules += MODULES
    fingerprint = step_fingerprint(
        "decontaminate",
        version=2,
        settings=chosen.model_dump(mode="json"),
        modules=modules,
        libraries=("numpy", "xxhash"),
        reads=digests,
    )
    both = run.map_parts(
        "decontaminate",
        fingerprint,
        decontaminate_part,
        {**settings, "digests": digests},
        reads=["measure", *CUTTING, "synthesise"],
        parts=[*run.parts, *run.taught],
        extra=lambda part: {"alive": digest_of_mask(alive(part, BEFORE))},
    )
    run.parts, run.taught = both[: len(run.parts)], both[len(run.parts) :]
    return {"benchmarks": len(chosen.benchmarks)}


def decontaminate_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes which of one part's living documents hold benchmark items."""
    part = Part(**part_json)
    index = _index(
        tuple((b["name"], b["path"], tuple(b["fields"] or ()), b["id_field"]) for b in settings["benchmarks"]),
        settings["ngram"],
        settings["min_item_words"],
        tuple(settings["digests"]),
    )
    mask = alive(part, BEFORE)
    ids = read_part(part.files[part.origin], ["id"])["id"]
    start = 0
    with PartWriter(Path(target), SCHEMA) as writer:
        for batch in read_texts(part, ["id", "kind"]):
            here = mask.slice(start, batch.num_rows)
            living = batch.filter(here)
            found = index.find(living["text"].to_pylist())
            if settings.get("behaviours"):
                found = with_behaviour(found, living, settings["behaviours"])
            fates = _fates(living["id"], found)
            writer.write(align(fates, here, ids.slice(start, batch.num_rows)))
            start += batch.num_rows


def _fates(ids: pa.ChunkedArray, found: pa.Table) -> pa.Table:
    hit = found["contaminated"]
    nothing = pa.scalar(None, pa.float64())
    return pa.table(
        {
            "id": ids,
            "status": pc.if_else(hit, "dropped", ""),
            "reason": pc.if_else(hit, "contaminated", ""),
            "measured": pc.if_else(hit, found["score"].cast(pa.float64()), nothing),
            "threshold": pc.if_else(hit, pa.scalar(0.0), nothing),
            "benchmark": found["benchmark"],
            "benchmark_item": found["item"],
            "benchmark_method": pc.if_else(hit, found["method"], pa.scalar(None, pa.string())),
        }
    )


@functools.lru_cache(maxsize=1)
def _index(benchmarks: tuple[Any, ...], ngram: int, min_item_words: int, digests: tuple[str, ...]) -> Any:
    """Returns the index of the benchmarks' items; `digests` of their files keep an older content's from being found."""
    from filters.contamination.ngrams import BenchmarkIndex

    models = [
        Benchmark(name=name, path=path, fields=list(fields) or None, id_field=id_field)
        for name, path, fields, id_field in benchmarks
    ]
    return BenchmarkIndex.build(models, ngram, min_item_words)
