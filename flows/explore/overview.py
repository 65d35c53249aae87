"""What the first page, the list of rules and the page of labels show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.explore.reader import line_of

if TYPE_CHECKING:
    from flows.explore.app import Explorer

#: Columns that documents can be filtered by with a choice.
FACETS = ("status", "stage", "reason", "source", "kind", "language")

#: Reasons on the first page, labels on their page.
TOP_REASONS, TOP_LABELS = 20, 500


def facts(explorer: Explorer) -> dict[str, Any]:
    """Returns the funnel, the reasons and the rules, all from the manifest's counts."""
    counts = explorer.published.manifest["counts"]
    reasons = sorted(counts["reasons"], key=lambda row: (-row["documents"], row["stage"], row["reason"]))
    return {
        "counts": counts,
        "manifest": explorer.published.manifest,
        "reasons": reasons[:TOP_REASONS],
        "further": reasons[TOP_REASONS:],
        "rules": sorted(rules(explorer), key=lambda one: (-one["failed"], one["rule"])),
        "movable": explorer.movable,
    }


def rules(explorer: Explorer) -> list[dict[str, Any]]:
    """Returns every rule with its bound and what it drops, in the order in which they were judged."""
    return [
        {
            "rule": rule.address,
            "filter": rule.filter,
            "end": rule.address.removeprefix(f"{rule.filter}."),
            "signal": rule.signal,
            "sign": rule.sign,
            "bound": rule.bound,
            "stated": rule.stated,
            "failed": rule.failed,
            "only": rule.only,
            "reason": rule.reason,
        }
        for rule in explorer.published.rules
    ]


def labelled(explorer: Explorer) -> dict[str, Any]:
    """Returns the labelled documents, and how the labels stand to the run's verdicts."""
    entries = explorer.labels.entries()
    rows = explorer.ledger.rows_of(list(entries))
    table: dict[str, dict[str, int]] = {}
    for key, entry in entries.items():
        fate = rows[key]["status"] if key in rows else "elsewhere"
        line = table.setdefault(str(entry["label"]), {})
        line[fate] = line.get(fate, 0) + 1
    lines = [line_of(explorer, rows[key]) for key in sorted(rows)[:TOP_LABELS]]
    fates = [fate for fate in ("kept", "dropped", "not_sampled", "quarantined", "elsewhere") if _any(table, fate)]
    return {"table": dict(sorted(table.items())), "fates": fates, "lines": lines, "total": len(entries)}


def _any(table: dict[str, dict[str, int]], fate: str) -> bool:
    return any(fate in line for line in table.values())
