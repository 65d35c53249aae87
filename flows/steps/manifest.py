"""What the manifest says of a run: its inputs, rules, counts and models."""

from __future__ import annotations

import collections
import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.account import check_account, count
from data.ledger import read_ledger
from data.parts import Part, alive, read_part
from data.yaml_file import dotted
from flows.named_files import named_files
from flows.run import Run
from flows.steps.accounts import removed_names
from flows.steps.judge import read_signals
from flows.steps.tokenise import LIVING

#: The packages that phimill is built on, named in every manifest.
NAMED = (
    "phimill", "datasets", "datatrove", "fasttext-numpy2", "datasketch", "openai", "pyarrow", "prefect", "numpy",
    "resiliparse", "trafilatura", "tokenizers",
)  # fmt: skip

#: The ledger's columns that the counts come from.
COUNTED = ("source", "kind", "status", "stage", "reason", "rule", "tokens", "licence", "language", "copies")


def manifest_of(
    run: Run,
    parts: list[Part],
    build: Path,
    snapshot: str,
    shards: list[dict[str, Any]],
    token_shards: list[dict[str, Any]],
    vocabulary: int,
) -> dict[str, Any]:
    """Returns the manifest of what stands in `build`, after making sure that nothing was lost."""
    counts = count(read_ledger(build, COUNTED))
    entered: collections.Counter[str] = collections.Counter()
    for part in parts:
        for pair in pc.value_counts(read_part(part.files[part.origin], ["source"])["source"]).to_pylist():
            entered[pair["values"]] += pair["counts"]
    check_account(counts, entered, shards)
    teacher = run.facts.get("teacher")
    manifest = {
        "phimill": importlib.metadata.version("phimill"),
        "name": run.recipe.name,
        "description": run.recipe.description,
        "snapshot": snapshot,
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in NAMED},
        "recipe": run.recipe.without_tests.model_dump(mode="json"),
        "inputs": run.inputs,
        **({"passed_over": found} if (found := run.facts.get("passed_over")) else {}),
        **({"columns_left_out": found} if (found := run.facts.get("columns_left_out")) else {}),
        "references": _references(run),
        "sample": run.sample,
        **({"left_out_by_sample": run.facts["not_sampled"]} if run.sample is not None else {}),
        "counts": counts,
        "rules": rule_counts(run, build),
        "shards": shards,
        "token_shards": token_shards,
        "tokenizer": {
            "path": "tokenizer.json", "sha256": run.facts["tokenizer"]["sha256"], "vocabulary": vocabulary
        },
        "mixture": run.facts["mixture"],
        **_cut(build, removed_names(parts)),
        "quality": _quality(run, parts),
        "teacher": teacher,
        "sandbox": teacher.get("sandbox") if teacher else None,
        "truth": _truth(run, build),
    }  # fmt: skip
    return manifest


def _cut(build: Path, names: list[str]) -> dict[str, Any]:
    """Returns the entry `cut`: of how many kept documents something was cut, and how much; none without such steps."""
    if not names:
        return {}
    sums: dict[str, int] = {"documents": 0, **dict.fromkeys(names, 0)}
    for table in read_ledger(build, ["status", *names]):
        kept = table.filter(pc.equal(table["status"], "kept"))
        sums["documents"] += pc.sum(pc.greater(kept["removed_chars"], 0)).as_py() or 0
        for name in names:
            sums[name] += int(pc.sum(kept[name]).as_py() or 0)
    return {"cut": sums}


def _quality(run: Run, parts: list[Part]) -> dict[str, Any] | None:
    """Returns the quality model's facts, and the scores that it gave to what came in and to what was kept."""
    facts = run.facts.get("quality")
    if not facts:
        return None
    scored = [part for part in parts if "score" in part.files]
    values = [read_part(part.files["score"], ["quality"])["quality"].to_numpy() for part in scored]
    kept = [
        scores[alive(part, (*LIVING, "mix")).to_numpy(zero_copy_only=False)]
        for part, scores in zip(scored, values, strict=True)
    ]
    scores = {"came in": _spread(values), "kept": _spread(kept)}
    return {**{key: value for key, value in facts.items() if key not in ("path", "canaries")}, "scores": scores}


def _spread(pieces: list[np.ndarray[Any, Any]]) -> dict[str, Any]:
    """Returns how many numbers there are, their mean and five quantiles; NaN does not count."""
    values = np.concatenate(pieces) if pieces else np.zeros(0)
    values = values[~np.isnan(values)]
    if not values.size:
        return {"documents": 0}
    quantiles = {f"p{share:02}": round(float(np.percentile(values, share)), 6) for share in (5, 25, 50, 75, 95)}
    return {"documents": int(values.size), "mean": round(float(values.mean()), 6), **quantiles}


def _references(run: Run) -> list[dict[str, Any]]:
    """Returns the files that the recipe names beside its sources: references, benchmarks, models, truth."""
    return [
        {
            "key": dotted(place),
            "path": path,
            "bytes": (run.root / path).stat().st_size,
            "sha256": run.work.sha256(run.root / path),
        }
        for place, path in named_files(run.recipe)
    ]


def rule_counts(run: Run, build: Path) -> list[dict[str, Any]]:
    """Returns every rule with its bound and how many documents failed it, and failed only it."""
    failed: collections.Counter[str] = collections.Counter()
    alone: collections.Counter[str] = collections.Counter()
    tokens: collections.Counter[str] = collections.Counter()
    for table in read_ledger(build, ["failed_rules", "tokens", "stage"]):
        some = table.filter(pc.greater(pc.list_value_length(table["failed_rules"]), 0))
        for rules, size in zip(some["failed_rules"].to_pylist(), some["tokens"].to_pylist(), strict=True):
            failed.update(rules)
            tokens.update(dict.fromkeys(rules, size or 0))
            if len(rules) == 1:
                alone.update(rules)
    judged = _judged(run)
    pool = run.facts["pool"]
    return [
        {
            "address": rule.address,
            "filter": rule.filter,
            "signal": rule.signal,
            "compare": rule.compare,
            "at_least": rule.at_least,
            "at_most": rule.at_most,
            "bound": rule.number(pool),
            "reason": rule.reason,
            "explanation": rule.explanation,
            "source": rule.source,
            "where": rule.where,
            "documents": judged[rule.address],
            "failed": failed[rule.address],
            "only": alone[rule.address],
            "tokens_failed": tokens[rule.address],
        }
        for rule in run.plan.rules
    ]


def _judged(run: Run) -> collections.Counter[str]:
    """Returns how many documents each rule looked at: in its scope, with a value."""
    from filters.judging.verdicts import rule_values

    judged: collections.Counter[str] = collections.Counter()
    for part in run.parts:
        signals = read_signals(part)
        for rule in run.plan.rules:
            seen = rule.scope.mask(signals) & ~np.isnan(rule_values(rule, signals))
            judged[rule.address] += int(seen.sum())
    return judged


def _truth(run: Run, build: Path) -> list[dict[str, Any]] | None:
    if run.recipe.truth is None:
        return None
    from data.truth import findings, read_truth

    columns = ["id", "source", "locator", "origin_id", "status", "stage", "reason", "cluster", "survivor", "matched"]
    ledger = pa.concat_tables(list(read_ledger(build, columns)))
    return list(findings(read_truth(run.root / run.recipe.truth), ledger))
