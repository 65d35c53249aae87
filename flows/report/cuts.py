"""What was cut out of documents that are no duplicates: how much, and the pieces that were cut most often."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from flows.report.formatting import count, plural, share
from flows.report.published import Published

#: Pieces that are shown.
SHOWN = 20


def cuts(published: Published) -> dict[str, Any] | None:
    """Returns how much was cut and the most frequent pieces; None where nothing was to be cut."""
    facts = published.manifest.get("cut")
    if not facts:
        return None
    names = (("lines", "line"), ("paragraphs", "paragraph"), ("substrings", "passage"))
    said = [plural(facts[f"removed_{key}"], name) for key, name in names if f"removed_{key}" in facts]
    path = published.folder / "removed.parquet"
    rows: list[dict[str, Any]] = []
    if path.is_file():
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(SHOWN):
                rows = batch.to_pylist()
                break
    kept = published.manifest["counts"]["kept"]
    listed = " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))
    return {
        "passages": facts.get("removed_substrings", 0),
        "finding": f"{listed} were cut out of {share(facts['documents'], kept)} of the kept documents: "
        f"{count(facts['removed_chars'])} characters",
        "rows": rows,
    }
