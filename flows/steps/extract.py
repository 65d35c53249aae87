"""Extract: pages to text; rows that already have text only learn whether it is blank."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from data.fingerprint import resource_digest, step_fingerprint
from data.parts import PartWriter, read_batches
from data.recipe import Extract
from data.schema import EXTRACT_SCHEMA
from flows.run import Run

#: What the extra `documents` brings.
_OPTIONAL = (("pypdfium2", "pypdfium2"), ("docx", "python-docx"))


def extract(run: Run) -> dict[str, Any]:
    """Adds the step `extract` to run.parts."""
    settings = run.recipe.extract.model_dump(mode="json")
    fingerprint = step_fingerprint(
        "extract",
        version=2,
        settings=settings,
        modules=["data.extraction", "flows.steps.extract"],
        libraries=[
            *("resiliparse", "numpy", "trafilatura", "justext", "lxml", "lxml-html-clean", "ftfy"),
            *(name for package, name in _OPTIONAL if importlib.util.find_spec(package)),
        ],
        reads=resource_digest("data.pages"),
    )
    run.parts = run.map_parts("extract", fingerprint, extract_part, settings, reads=["ingest"])
    return {"parts": len(run.parts)}


def extract_part(part: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
    """Writes one part's texts and fates."""
    from data.extraction import Extractor

    with PartWriter(Path(target), EXTRACT_SCHEMA) as writer, Extractor(Extract(**settings)) as extractor:
        for batch in read_batches(part["files"]["ingest"]):
            writer.write(extractor.extract(batch))
