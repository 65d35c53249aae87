"""Measure: every signal that the rules need, on every document, once; and what modifiers change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.fingerprint import step_fingerprint
from data.parts import Part, alive, scatter, write_tables
from data.recipe import Language
from data.texts import read_texts
from flows.run import Run

COLUMNS = ("id", "source", "kind", "language", "url", "metadata")


def measure(run: Run) -> dict[str, Any]:
    """Adds the step `measure` to run.parts."""
    import filters.judging.verdicts as judging

    settings = {
        "plan": run.plan.measure_settings(),
        "language": _language(run),
        "given": {source.name: sorted(source.signals) for source in run.recipe.sources if source.signals},
    }
    fingerprint = step_fingerprint(
        "measure",
        version=1,
        settings={
            **settings,
            "plan": run.plan.measure_settings(places=False),
            "language": _without_place(settings["language"]),
        },
        modules=["filters.judging.verdicts", "flows.steps.measure"],
        libraries=("datatrove", "fasttext-numpy2", "numpy", "pyarrow", "spacy", "tldextract"),
    )
    run.parts = run.map_parts(
        "measure",
        fingerprint,
        measure_part,
        settings,
        reads=["extract"],
        prepare=lambda: judging.prepare(run.plan.measure_settings(), run.progress.say),
    )
    return {"signals": len(run.plan.signals)}


def _language(run: Run) -> dict[str, Any] | None:
    """Returns how language is detected; a model file of the user's own by its full path."""
    language = run.recipe.language
    if language is None:
        return None
    model = str(run.root / language.file) if language.file else language.model
    return {**language.model_dump(mode="json"), "model": model}


def _without_place(language: dict[str, Any] | None) -> dict[str, Any] | None:
    """Returns what the answers depend on: of a model file its SHA-256, not where it stands."""
    return language and {**language, "model": language["sha256"] or language["model"]}


def measure_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes one part's signals, row by row with its documents; null where a document has no text."""
    write_tables(Path(target), _measured(Part(**part_json), settings))


def _measured(part: Part, settings: dict[str, Any]) -> Iterator[pa.Table]:
    import filters.judging.verdicts as judging

    goes_on = alive(part, ["ingest", "extract"])
    language = Language(**settings["language"]) if settings["language"] else None
    given = sorted({name for names in settings["given"].values() for name in names})
    start = 0
    for batch in read_texts(part, COLUMNS, before="measure"):
        mask = goes_on.slice(start, batch.num_rows)
        start += batch.num_rows
        living = batch.filter(mask)
        measured = judging.measure(living, settings["plan"], language)
        measured = _with_given(measured, living["metadata"].to_pylist(), given)
        last = pc.coalesce(measured["text"].cast(pa.large_string()), living["text"])
        measured = measured.append_column("text_bytes", pc.binary_length(last.cast(pa.large_binary())))
        aligned = scatter(measured, mask)
        yield aligned.set_column(aligned.schema.get_field_index("id"), "id", batch["id"])


def _with_given(measured: pa.Table, metadata: list[str], given: list[str]) -> pa.Table:
    """Adds the signals that the input already carried (source.signals)."""
    if not given:
        return measured
    values = [json.loads(text).get("signals", {}) for text in metadata]
    for name in given:
        column = pa.array([row.get(name) for row in values], pa.float64())
        measured = measured.append_column(name, column)
    return measured
