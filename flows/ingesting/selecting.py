"""`phimill cc select INDEX… --archives ROOT --out DIR`: the captures that an index names, by their byte ranges."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import atomic_path
from data.recipe import Source
from data.sources import list_units
from data.sources.settings import is_address
from flows.ingesting.allotting import Guess
from flows.ingesting.tool import recipe_for, run_ingest

SELECTION = "selection.parquet"
_SCHEMA = pa.schema(
    [
        pa.field("url", pa.string()),
        pa.field("filename", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("status", pa.int64()),
        pa.field("mime", pa.string()),
        pa.field("languages", pa.string()),
        pa.field("digest", pa.string()),
    ]
)
_BATCH = 10_000
_KIND = (Guess("common-crawl"),)


def select(
    index: Sequence[str], archives: str, out: Path, selection: Mapping[str, Any], *, only_list: bool, **wishes: Any
) -> dict[str, Any]:
    """Selects captures, writes their table, and reads them unless only the list is wanted; returns the summary.

    Args:
        index: files, folders, patterns or addresses of a crawl's index.
        archives: the folder or address that the index's WARC paths start from.
        out: gets `selection.parquet`, and what `phimill ingest` leaves.
        selection: fields of the recipe's `select`.
        only_list: whether nothing is read of the archives.
        wishes: those of `run_ingest`, and `hosts`.
    """
    settings: dict[str, Any] = {"archives": archives, "select": dict(selection), "hosts": list(wishes.pop("hosts", ()))}
    if len(index) > 1:
        settings["path"] = [path if is_address(path) else os.path.abspath(path) for path in index]
    if only_list:
        file = recipe_for(index[0], _KIND, settings)
        return _listed(file.recipe.sources[0], out)
    summary = run_ingest(index[0], out, "common-crawl", settings, **wishes)
    found = _listed(recipe_for(index[0], _KIND, settings).recipe.sources[0], out)
    return {**summary, **found}


def _listed(source: Source, out: Path) -> dict[str, Any]:
    """Writes the table of the selected captures; returns their number and bytes."""
    from data.sources.cc_index import Capture, read_captures_of
    from data.sources.remote import at_hand

    rows: list[dict[str, Any]] = []
    number = size = bad = 0
    first_bad: str | None = None
    with atomic_path(out / SELECTION) as path, pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        for unit in list_units(source, Path.cwd(), lambda path: ""):
            for file in unit.files:
                with at_hand(file, source, None) as near:
                    for capture in read_captures_of(near, source):
                        if not isinstance(capture, Capture):
                            told = capture.facts.get("error") or capture.reason
                            first_bad = first_bad or f"{file.relative}:{capture.place}: {told}"
                            bad += 1
                            continue
                        rows.append({name: getattr(capture, name) for name in _SCHEMA.names})
                        number, size = number + 1, size + capture.length
                        if len(rows) >= _BATCH:
                            writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
                            rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
    return {"selected": number, "selected_bytes": size, "bad_index_lines": bad, "first_bad_line": first_bad}


def selection_words(found: Mapping[str, Any], out: Path) -> str:
    """Returns what was selected as plain text."""
    if found["selected"]:
        size = found["selected_bytes"] / 1e6
        words = f"Chosen  {found['selected']:,} captures, {size:,.1f} MB of WARC records; {out / SELECTION}"
    else:
        words = f"Chosen  nothing: no capture of the index fits; try other conditions with --list; {out / SELECTION}"
    if bad := found["bad_index_lines"]:
        from flows.report.excerpts import visible

        lines = "line" if bad == 1 else "lines"
        words += f"\n        {bad:,} bad {lines} of the index, first {visible(found['first_bad_line'])}"
    return words
