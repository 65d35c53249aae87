"""`phimill dedup INPUT… --out DIR`: the road's own steps ingest and deduplicate, then the results.

A killed run goes on where it stopped; the same inputs and settings give the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.errors import UsageError
from flows.dedup.inputs import check_out, recipe_for
from flows.dedup.results import write_results
from flows.progress import Progress
from flows.road import Request, named_failures, open_work
from flows.steps.deduplicate import deduplicate
from flows.steps.ingest import ingest


def run_dedup(
    inputs: Sequence[Path],
    out: Path,
    settings: Mapping[str, Any],
    *,
    text: str = "text",
    identity: str = "id",
    max_quarantined: float = 0.01,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Finds the duplicates among the documents of some files; returns the summary.

    Args:
        inputs: JSONL and Parquet files, or folders of them.
        out: gets `kept/`, `duplicates.parquet` and, last of all, `summary.json`.
        settings: fields of the recipe's `deduplicate` that differ from its defaults.
        text: the column that holds the text.
        identity: the column that holds the documents' own ids, if they have such.
        max_quarantined: share of records that may be unreadable.
        workers: processes; None: one for each processor.
        progress: default: lines on stderr.

    Raises:
        UsageError: an input or setting cannot be used.
        QuarantineError: too many records are unreadable.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: at least 1")
    check_out(inputs, out)
    file = recipe_for(inputs, settings, text, identity)
    progress = progress or Progress()
    with named_failures(out), open_work(file, Request("dedup", str(out), workers=workers), progress) as run:
        begin = time.monotonic()
        ingest(run)
        _say_rate(progress, run.inputs, begin)
        deduplicate(run)
        summary = write_results(run, out, max_quarantined)
    progress.say(_rate(summary["documents"], summary["bytes"], time.monotonic() - begin))
    return summary


def _say_rate(progress: Progress, inputs: Sequence[Mapping[str, Any]], begin: float) -> None:
    size, seconds = sum(entry["bytes"] for entry in inputs) / 1e6, time.monotonic() - begin
    progress.say(f"  {len(inputs):,} files, {size:,.1f} MB as they lie: {size / max(seconds, 1e-3):,.1f} MB/s read")


def _rate(documents: int, size: int, seconds: float) -> str:
    span = max(seconds, 1e-3)
    rates = f"{documents / span:,.0f} documents/s, {size / 1e6 / span:,.1f} MB/s"
    return f"  {documents:,} documents, {size / 1e6:,.1f} MB of text in {seconds:,.1f} s: {rates}"


def closing_words(summary: Mapping[str, Any], out: Path) -> str:
    """Returns a summary as plain text."""
    dropped = summary["exact"] + summary["near"]
    cut = summary.get("cut", {})
    share = dropped / summary["documents"] if summary["documents"] else 0.0
    lines = [
        "",
        f"Kept    {summary['kept']:,} of {summary['documents']:,} documents",
        f"Left    {dropped:,} ({share:.1%}): {summary['exact']:,} exact duplicates, {summary['near']:,} near-duplicates"
        f" in {summary['clusters']:,} clusters",
    ]
    if cut:
        kinds = [
            f"{cut[f'removed_{what}']:,} {what}"
            for what in ("lines", "paragraphs", "substrings")
            if f"removed_{what}" in cut
        ]
        lines.append(f"Cut     {', '.join(kinds)} of the kept documents: {cut['removed_chars']:,} characters")
        lines.append(f"        {summary['too_little_left']:,} documents dropped, of which too little was left")
    for reason, number in summary["quarantined"].items():
        lines.append(f"        {number:,} records could not be used: {reason}")
    for cluster in summary["largest"][:5]:
        lines.append(f"        {cluster['size']:>7,} documents like {cluster['survivor']}")
    lines += ["", f"Look    {out}/kept", f"        {out}/duplicates.parquet", f"        {out}/summary.json"]
    if {"removed_lines", "removed_paragraphs"} & set(cut):
        lines.append(f"        {out}/removed.parquet")
    return "\n".join(lines)
