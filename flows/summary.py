"""The run's last words: what was made, what was dropped and why, what was found of what was planted, where to look."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

#: Reasons shown at the end; the rest is in the report.
TOP_REASONS = 8


def closing_words(manifest: dict[str, Any], out: Path) -> str:
    """Returns the summary of a published dataset as plain text."""
    counts = manifest["counts"]
    if not counts["kept"]:
        empty = f"Made    NOTHING: none of {counts['in']:,} records was kept; the shards are empty"
        return "\n".join(["", empty, "", *_why(counts), *_taught(manifest), "", f"Look    {out}/report.html"])
    shards = f"{len(manifest['shards'])} shard" + "s" * (len(manifest["shards"]) != 1)
    lines = [
        "",
        f"Made    {counts['kept']:,} documents, {counts['tokens_kept']:,} tokens in {shards} "
        f"(from {counts['in']:,} records)",
    ]
    planned = manifest["mixture"].get("planned", {})
    for group, realised in sorted(manifest["mixture"]["realised"].items()):
        wanted = planned.get(group, {}).get("share", 0.0)
        if realised["documents"] or wanted:
            short = realised.get("short_of")
            missed = f"; {wanted:.1%} wanted, short of {short:,} tokens" if short else ""
            if not realised["available_tokens"] and not short:
                missed = f"; {wanted:.1%} wanted, nothing was left to take: the others share it"
            lines.append(
                f"          {group:<12} {realised['documents']:>8,} documents  {realised['tokens']:>12,} tokens"
                f"  {realised['share']:>6.1%}{missed}"
            )
    if more := counts.get("repeated"):
        lines.append(
            f"        and {more['rows']:,} rows, {more['tokens']:,} tokens, by repeating {more['documents']:,} of them"
        )
    lines += ["", *_why(counts), *_taught(manifest), *_truth(manifest), *_drift(manifest)]
    folder = quote(str(out))  # a line shall do what it says when it is pasted into a shell
    lines += [
        "",
        f"Look    {out}/report.html          the whole story, in a browser",
        f"        phimill stats {folder}        the funnel, here",
        f"        phimill sample {folder} --reason REASON",
        f"        phimill explain {folder} ID   one document's road",
        f"        phimill explore {folder}      all of it in the browser: read, move thresholds, compare, label",
    ]
    return "\n".join(lines)


def _why(counts: dict[str, Any]) -> list[str]:
    lines = [
        f"Left    {counts['dropped']:,} dropped, {counts['quarantined']:,} quarantined, "
        f"{counts['not_sampled']:,} good but over the mixture's budget"
    ]
    reasons = sorted(counts["reasons"], key=lambda row: (-row["documents"], row["reason"]))
    shown = reasons if len(reasons) <= TOP_REASONS + 1 else reasons[:TOP_REASONS]
    for row in shown:
        rule = f"  ({row['rule']})" if row.get("rule") else ""
        lines.append(f"          {row['documents']:>8,}  {row['stage']:<13} {row['reason']}{rule}")
    if rest := reasons[len(shown) :]:
        documents = sum(row["documents"] for row in rest)
        lines.append(f"          {documents:>8,}  for {len(rest)} further reasons")
    return lines


def _taught(manifest: dict[str, Any]) -> list[str]:
    teacher = manifest.get("teacher")
    if not teacher:
        return []
    kind = "procedural, not a language model" if teacher["kind"] == "procedural" else teacher["kind"]
    rejected = sum(teacher["rejected"].values())
    return [
        "",
        f"Taught  {teacher['kept']:,} exercises passed their tests, {rejected:,} were rejected; "
        f"teacher {teacher['model']} ({kind}), sandbox {manifest.get('sandbox') or 'none'}",
    ]


def _drift(manifest: dict[str, Any]) -> list[str]:
    """Returns what is beyond the recipe's limits against the run before; nothing where all is within them."""
    found = manifest.get("drift")
    if not found or not found["beyond"]:
        return []
    beyond = [row for row in found["rows"] if row["beyond"]]
    lines = ["", f"Changed since the run before ({found['against']}), beyond the recipe's `watch`:"]
    for row in sorted(beyond, key=lambda row: -abs(row["change"]))[:TOP_REASONS]:
        lines.append(f"          {row['measure']:<9} {row['name']:<30} {row['before']:>6.1%} → {row['after']:.1%}")
    return lines


def _truth(manifest: dict[str, Any]) -> list[str]:
    findings = manifest.get("truth")
    if not findings:
        return []
    lines = ["", "Found   of what had been planted:"]
    for row in findings:
        earlier = f", {row['dropped_earlier']} dropped earlier" if row.get("dropped_earlier") else ""
        rest = row["planted"] - row["found"] - row.get("dropped_earlier", 0)
        missed = f", {rest} missed" if rest else ""
        lines.append(f"          {row['label']:<28} {row['found']:>4} of {row['planted']}{earlier}{missed}")
    return lines
