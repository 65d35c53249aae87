"""Publishes a dataset of any size made from random signals, judged by real presets; for what-ifs and their speed.

Not a conftest: tests load it by path. By hand, for a million rows:

    python -c "import large_ledger as l; from pathlib import Path; l.publish(Path('/tmp/million'), 1_000_000)"
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from data.ledger import LEDGER, ledger_schema, signal_column, write_ledger
from data.manifest import write_manifest
from data.recipe_file import RecipeFile, read_recipe
from filters.judging.plan import Plan
from filters.judging.verdicts import judge_rows, pool_bounds
from flows.preflight import resolve_plan

RECIPE = {
    "name": "large",
    "sources": [
        {"name": "crawl", "kind": "jsonl", "path": "crawl.jsonl", "document_kind": "web"},
        {"name": "books", "kind": "jsonl", "path": "books.jsonl", "signals": {"edu": "edu"}},
        {"name": "code", "kind": "files", "path": "code"},
    ],
    "quality": {"reference": ["good.jsonl"]},
    "filters": [
        {"preset": "language"},
        {"preset": "gopher-quality"},
        {"preset": "gopher-repetition"},
        {"preset": "starcoder"},
        {
            "name": "educational",
            "where": {"source": "books"},
            "rules": [{"signal": "edu", "at_least": 1, "reason": "dull", "unless": "words >= p99"}],
        },
        {"preset": "quality", "where": {"kind": ["web", "text"]}, "keep_token_share": 0.8},
    ],
}

#: Rows of a row group, about what a part of 128 MB of text has.
GROUP_ROWS = 50_000

#: Signals with a distribution of their own; the others are shares near 0, or counts.
_SHAPES: dict[str, Any] = {
    "words": lambda draw, rows: np.floor(draw.lognormal(5.8, 1.0, rows)),
    "stop_words": lambda draw, rows: np.floor(draw.gamma(3.0, 2.0, rows)),
    "mean_word_length": lambda draw, rows: draw.normal(5.0, 0.8, rows),
    "language_score": lambda draw, rows: draw.beta(9, 0.8, rows),
    "quality": lambda draw, rows: draw.beta(1.1, 1.4, rows),
    "edu": lambda draw, rows: draw.integers(0, 6, rows).astype(np.float64),
    "alphabetic_word_share": lambda draw, rows: draw.beta(20, 2, rows),
    "alphabetic_share": lambda draw, rows: draw.beta(8, 3, rows),
    "alphanumeric_share": lambda draw, rows: draw.beta(8, 3, rows),
    "visible_text_share": lambda draw, rows: draw.beta(8, 3, rows),
    "comment_share": lambda draw, rows: draw.beta(2, 6, rows),
    "mean_line_chars": lambda draw, rows: draw.lognormal(3.4, 0.5, rows),
}


def publish(folder: Path, rows: int, seed: int = 7) -> Plan:
    """Writes recipe.yaml, ledger and manifest of a made-up dataset; returns its plan."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(RECIPE, sort_keys=False))
    recipe = read_recipe(folder / "recipe.yaml")
    plan = resolve_plan(recipe)
    signals = _signals(plan, rows, np.random.default_rng(seed))
    pool = pool_bounds(plan, lambda columns: signals)
    write_ledger(folder, _ledger(signals, plan, pool), ledger_schema(plan.signals))
    write_manifest(folder, _manifest(recipe, plan, pool))
    return plan


def _signals(plan: Plan, rows: int, draw: np.random.Generator) -> pa.Table:
    kind = draw.choice(3, rows, p=[0.7, 0.1, 0.2])
    halves = [np.frombuffer(draw.bytes(8 * rows), dtype=np.uint64) for _ in range(2)]
    ids = np.char.add(*(np.array([f"{number:016x}" for number in half]) for half in halves))
    natural = np.array(["en", "de", "fr"])[draw.choice(3, rows, p=[0.9, 0.06, 0.04])]
    columns: dict[str, Any] = {
        "id": ids,
        "kind": np.array(["web", "text", "code"])[kind],
        "source": np.array(["crawl", "books", "code"])[kind],
        "language": np.where(kind == 2, "python", natural),
    }
    for name in plan.signals:
        values = _SHAPES[name](draw, rows) if name in _SHAPES else _usual(name, draw, rows)
        measured = kind == 1 if name == "edu" else kind != 2 if name in ("quality", "language_score") else kind >= 0
        columns[name] = np.where(measured, values, np.nan)
    words = np.where(np.isnan(columns["words"]), 0, columns["words"])
    columns["bytes"] = words * 6 + 1
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


def _usual(name: str, draw: np.random.Generator, rows: int) -> Any:
    if name.endswith(("_share", "_ratio")):
        return np.where(draw.random(rows) < 0.6, 0.0, draw.beta(1.2, 14, rows))
    return np.floor(draw.exponential(2.0, rows)) * (draw.random(rows) < 0.1)


def _ledger(signals: pa.Table, plan: Plan, pool: dict[str, float]) -> Iterator[pa.Table]:
    schema = ledger_schema(plan.signals)
    for start in range(0, max(signals.num_rows, 1), GROUP_ROWS):
        piece = signals.slice(start, GROUP_ROWS)
        fates = judge_rows(piece, plan, pool)
        kept = np.asarray(fates["reason"].to_pylist()) == ""
        mixed = kept & (np.arange(start, start + len(kept)) % 3 == 0)
        columns: dict[str, Any] = {
            **{name: piece[name] for name in ("id", "kind", "source", "language")},
            **{name: fates[name] for name in ("reason", "measured", "threshold", "rule", "failed", "failed_rules")},
            "status": np.where(mixed, "not_sampled", np.where(kept, "kept", "dropped")),
            "stage": np.where(mixed, "mix", np.where(kept, "", "judge")),
            "locator": [f"large:{number}" for number in range(start, start + len(kept))],
            "bytes": piece["bytes"],
            "tokens": np.asarray(piece["bytes"]) // 4,
            **{signal_column(name): piece[name] for name in plan.signals},
        }
        absent = {name: pa.nulls(len(kept), LEDGER.field(name).type) for name in LEDGER.names if name not in columns}
        columns = {**columns, **absent}
        arrays = [_typed(columns[field.name], field.type) for field in schema]
        yield pa.Table.from_arrays(arrays, schema=schema)


def _typed(values: Any, kind: pa.DataType) -> Any:
    return (values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)).cast(kind)


def _manifest(recipe: RecipeFile, plan: Plan, pool: dict[str, float]) -> dict[str, Any]:
    rules = [
        {
            **{name: getattr(rule, name) for name in ("address", "filter", "signal", "compare", "at_least", "at_most")},
            **{name: getattr(rule, name) for name in ("reason", "explanation", "source", "where")},
            "bound": rule.number(pool),
        }
        for rule in plan.rules
    ]
    return {
        "phimill": "0.1.0",
        "name": recipe.recipe.name,
        "snapshot": "0123456789abcdef",
        "recipe": recipe.recipe.model_dump(mode="json"),
        "counts": {"in": 0, "by_source": {}, "stages": [], "reasons": []},
        "rules": rules,
        "shards": [],
    }
