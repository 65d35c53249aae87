"""Extract: pages to text; rows that already have text only learn whether it is blank."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from data.fingerprint import resource_digest, step_fingerprint
from data.parts import PartWriter, read_batches
from data.recipe import Extract
from data.schema import EXTRACT_SCHEMA
from flows.run import PartCall, Run

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
    run.parts = run.map_parts("extract", fingerprint, extract_parts, settings, reads=["ingest"], together=True)
    return {"parts": len(run.parts)}


def extract_parts(calls: list[PartCall]) -> None:
    """Writes the texts and fates of parts, each whole before the next; one child process reads the pages of all."""
    from data.extraction import Extractor

    with Extractor(Extract(**calls[0][2])) as extractor:
        for part, target, _ in calls:
            with PartWriter(Path(target), EXTRACT_SCHEMA) as writer:
                for batch in read_batches(part["files"]["ingest"]):
                    writer.write(extractor.extract(batch))
