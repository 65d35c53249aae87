"""The quality model: train a classifier on reference documents against the raw pool, or load one; then score."""

from __future__ import annotations

import errno
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.atomic import atomic_path, atomic_write
from data.errors import ModelError
from data.fingerprint import digest, file_sha256, step_fingerprint
from data.keyed import keyed_unit
from data.objects import read_objects
from data.parts import Part, PartWriter, alive, read_part, scatter
from data.recipe import Quality
from data.texts import fetch_texts, read_texts
from flows.run import Run

SCHEMA = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("quality", pa.float64())])


def train_quality(run: Run) -> dict[str, Any]:
    """Leaves the model's path, digest and facts in run.facts["quality"]."""
    settings = run.recipe.quality
    if settings is None:
        return {}
    if settings.model is not None:
        path = run.root / settings.model
        found = file_sha256(path) if path.is_file() else "no such file"
        if found != settings.sha256:
            raise ModelError(f"{path}: expected SHA-256 {settings.sha256}, found {found}")
        run.facts["quality"] = {"path": str(path), "sha256": found, "trained": False, "canaries": []}
        return {"sha256": found}
    references = [run.root / path for path in settings.reference]
    chosen = _choose_raw(run, settings)
    fingerprint = step_fingerprint(
        "quality",
        version=1,
        settings=settings.model_dump(mode="json"),
        modules=["filters.classifiers.quality", "flows.steps.quality"],
        libraries=("fasttext-numpy2",),
        reads=[run.recipe.seed, [run.work.sha256(path) for path in references], chosen, _text_keys(run)],
    )
    folder = run.folder("quality", fingerprint)
    facts = folder / "facts.json"
    with run.timed("quality", todo=0 if facts.exists() else 1):
        if not facts.exists():
            _train(run, settings, references, chosen, folder)
    run.facts["quality"] = {**json.loads(facts.read_text()), "path": str(folder / "model.bin"), "trained": True}
    return {"sha256": run.facts["quality"]["sha256"]}


def score(run: Run) -> dict[str, Any]:
    """Adds the step `score` to run.parts."""
    if run.recipe.quality is None:
        return {}
    model = run.facts["quality"]
    settings = {
        "path": model["path"],
        "sha256": model["sha256"],
        "canaries": model["canaries"],
        "label": run.recipe.quality.label,
        "kinds": run.recipe.quality.kinds,
    }
    fingerprint = step_fingerprint(
        "score",
        version=1,
        settings={key: value for key, value in settings.items() if key != "path"},
        modules=["filters.classifiers.quality", "flows.steps.quality"],
        libraries=("fasttext-numpy2",),
    )
    run.parts = run.map_parts("score", fingerprint, score_part, settings, reads=["extract"])
    return {"parts": len(run.parts)}


def score_part(part_json: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes one part's quality scores; null where the model does not look."""
    from filters.classifiers.quality import Scorer

    part = Part(**part_json)
    scorer = Scorer(Path(settings["path"]), settings["sha256"], settings["label"], settings["canaries"])
    goes_on = alive(part, ["ingest", "extract"])
    kinds = pa.array(settings["kinds"])
    start = 0
    with PartWriter(Path(target), SCHEMA) as writer:
        for batch in read_texts(part, ("id", "kind"), before="measure"):
            mask = pc.and_(goes_on.slice(start, batch.num_rows), pc.is_in(batch["kind"], kinds).combine_chunks())
            start += batch.num_rows
            living = batch.filter(mask)
            values = scorer.score(living["text"].to_pylist())
            column = pa.array(np.asarray(values, dtype=np.float64), from_pandas=True)
            scored = scatter(pa.table({"quality": column}), mask)
            writer.write(pa.table({"id": batch["id"], "quality": scored["quality"]}, schema=SCHEMA))


def _choose_raw(run: Run, settings: Quality) -> list[str]:
    """Returns the ids of the raw documents that serve as negative examples: the smallest keyed hashes."""
    ids: list[str] = []
    for part in run.parts:
        table = read_part(part.files["ingest"], ["id", "kind"])
        mask = pc.and_(alive(part, ["ingest", "extract"]), pc.is_in(table["kind"], pa.array(settings.kinds)))
        ids += table["id"].filter(mask).to_pylist()
    order = np.argsort(keyed_unit(run.recipe.seed, "quality", ids), kind="stable")
    return sorted(ids[place] for place in order[: settings.sample])


def _text_keys(run: Run) -> str:
    return digest([part.keys["extract"] for part in run.parts])


def _train(run: Run, settings: Quality, references: list[Path], chosen: list[str], folder: Path) -> None:
    from filters.classifiers.quality import train

    good = [
        str(row[settings.text_column])
        for path in references
        for _, row in read_objects(path)
        if row.get(settings.text_column)
    ]
    raw = fetch_texts(run.parts, chosen, before="measure")
    with atomic_path(folder / "model.bin") as temporary:
        facts = train(good, [raw[key] for key in chosen if key in raw], settings, run.recipe.seed, temporary)
        _check_end(temporary, settings.dim)
    atomic_write(folder / "facts.json", json.dumps(facts, sort_keys=True))


def _check_end(model: Path, dim: int) -> None:
    """Makes sure that a model file is there to its end: fastText says nothing when the disk is full.

    The last thing in it is the output matrix: a flag, two sizes and 2 × dim numbers of 4 bytes.
    """
    length = 17 + 8 * dim
    with model.open("rb") as file:
        file.seek(max(0, model.stat().st_size - length))
        end = file.read()
    if end[:17] != struct.pack("<?qq", False, 2, dim) or len(end) != length:
        raise OSError(errno.ENOSPC, "the quality model could not be written to its end (is the disk full?)", str(model))
