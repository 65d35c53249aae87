"""The report's first part: the verdict, the way from documents in to tokens out, every rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.schema import STAGES, STATUSES
from flows.report import charts, palette
from flows.report.excerpts import label
from flows.report.formatting import count, plural, share, short, size, stated, value, words
from flows.report.gallery import Gallery
from flows.report.published import Published, Rule
from flows.report.river import River
from flows.report.survey import Survey

#: Rules in the overlap matrix, sources in tables and bars.
MATRIX_RULES, LISTED_SOURCES = 14, 24


def overview(published: Published) -> dict[str, Any]:
    """Returns the headline: what was made, of what, and that the account is whole."""
    manifest, counts = published.manifest, published.manifest["counts"]
    shards = manifest.get("shards") or []
    dropped = [row for row in counts["reasons"] if row["status"] == "dropped"]
    main = max(dropped, key=lambda row: (row["documents"], row["reason"]), default=None)
    parts = [f"{count(counts['dropped'])} were dropped for {plural(_reasons(counts, 'dropped'), 'reason')}"]
    if main:
        parts[0] += f", most often as “{words(main['reason'])}” ({count(main['documents'])})"
    if counts["quarantined"]:
        parts.append(f"{count(counts['quarantined'])} could not be read")
    if counts["not_sampled"]:
        parts.append(f"{count(counts['not_sampled'])} are good but over the mixture’s budget")
    kept = f"{count(counts['kept'])} of {plural(counts['in'], 'document')} ({share(counts['kept'], counts['in'])})"
    return {
        "verdict": f"{kept} became {short(counts['tokens_kept'])} training tokens in {plural(len(shards), 'shard')}.",
        "why": "; ".join(parts) + ".",
        "account": [(name, counts[name]) for name in STATUSES],
        "whole": counts["in"] == sum(counts[name] for name in STATUSES),
        "tiles": [
            ("documents in", _number(counts["in"]), plural(len(counts["by_source"]), "source")),
            ("documents kept", _number(counts["kept"]), share(counts["kept"], counts["in"])),
            ("tokens kept", short(counts["tokens_kept"]), _per_document(counts)),
            ("training shards", count(len(shards)), size(sum(shard["bytes"] for shard in shards))),
        ],
    }


def funnel(published: Published, survey: Survey, gallery: Gallery) -> dict[str, Any]:
    """Returns the rivers of documents and tokens, the fates by source and kind, the reasons."""
    counts = published.manifest["counts"]
    documents = River(survey.flow, STAGES, "documents")
    tokens = River(survey.flow_tokens, STAGES, "tokens")
    told = "; ".join(f"{row['stage']}: {row['in']} in, {row['out']} out" for row in counts["stages"])
    worst = max(counts["stages"], key=lambda row: row["in"] - row["out"], default=None)
    finding = "No document left the road."
    if worst and worst["in"] > worst["out"]:
        lost = worst["in"] - worst["out"]
        finding = (
            f"Most leave at {worst['stage']}: {plural(lost, 'document')}, {share(lost, worst['in'])} of what reaches it"
        )
    return {
        "finding": finding,
        "documents": gallery.draw(documents.spec(charts.WIDE, 250), f"Documents by stage. {told}"),
        "tokens": gallery.draw(tokens.spec(charts.WIDE, 190), "Tokens by stage, of documents that have text"),
        "legend": documents.legend,
        "stages": counts["stages"],
        "groups": [
            {"by": by, "rows": rows, "chart": gallery.draw(charts.fates(bars), f"Fates of documents by {by}")}
            for by, rows, bars in (_fates(by, counts[f"by_{by}"]) for by in ("source", "kind"))
            if rows
        ],
        "reasons": _ranked(counts["reasons"]),
        "reasons_finding": _reasons_finding(counts["reasons"]),
        "statuses": [(words(status), palette.STATUS_COLOURS[status]) for status in STATUSES],
    }


def rules(published: Published, survey: Survey, gallery: Gallery, most: int) -> dict[str, Any]:
    """Returns every rule, by filter in the order of judgement; the `most` busiest ones with a chart."""
    busiest = sorted(published.rules, key=lambda rule: (-rule.failed, rule.address))[:most]
    drawn = {rule.address for rule in busiest}
    shown: list[dict[str, Any]] = []
    for rule in published.rules:
        histogram = survey.histograms.get(rule.address)
        told = (
            f"{rule.signal}: {rule.failed} of {rule.judged} judged documents are beyond the bound {value(rule.bound)}"
        )
        chart = histogram is not None and rule.address in drawn and bool(histogram.counts.any())
        shown.append(
            {
                "rule": rule,
                "finding": _rule_finding(rule, survey.other_cause[rule.address]),
                "chart": gallery.draw(charts.rule_histogram(rule, histogram), told) if chart and histogram else None,
                "excused": int(histogram.counts[1].sum()) if histogram is not None else 0,
            }
        )
    failing = [rule for rule in published.rules if rule.failed]
    alone = max(failing, key=lambda rule: (rule.only, rule.address), default=None)
    finding = "No rule failed any document."
    if busiest and busiest[0].failed:
        finding = f"“{words(busiest[0].reason)}” fails most documents ({count(busiest[0].failed)})"
        if alone and alone.only and alone is busiest[0]:
            finding += f", {count(alone.only)} of them for this alone"
        elif alone and alone.only:
            finding += f"; “{words(alone.reason)}” is most often the only fault ({count(alone.only)})"
    return {
        "finding": finding,
        "busy": [one for one in shown if one["rule"].failed],
        "idle": [one for one in shown if not one["rule"].failed],
        "has_signals": bool(survey.histograms),
        "count": len(published.rules),
    }


def overlap(published: Published, survey: Survey, gallery: Gallery) -> dict[str, Any] | None:
    """Returns the matrix of rules that fail the same documents, None with fewer than two busy rules."""
    matrix = survey.overlap
    own = np.diag(matrix)
    busiest = sorted(np.flatnonzero(own), key=lambda place: (-own[place], place))[:MATRIX_RULES]
    if len(busiest) < 2:
        return None
    part = matrix[np.ix_(busiest, busiest)]
    shares = part / own[busiest][:, None]
    names = _short_names([published.rules[place].address for place in busiest])
    off = shares - 2 * np.eye(len(busiest))
    row, column = np.unravel_index(int(np.argmax(off)), off.shape)
    return {
        "finding": f"{share(part[row, column], own[busiest][row])} of the documents that fail {names[row]} "
        f"fail {names[column]} too",
        "chart": gallery.draw(
            charts.heat_map(names, shares, part), "Share of each rule's failures that fail another rule"
        ),
        "left_out": int(np.count_nonzero(own)) - len(busiest),
    }


def _short_names(addresses: list[str]) -> list[str]:
    """Returns what follows the filter's name in each address; the whole where that is not unique."""
    tails = [address.rsplit(".", 1)[-1] for address in addresses]
    unique = [tail if tails.count(tail) == 1 else address for tail, address in zip(tails, addresses, strict=True)]
    return [label(name, 40) for name in unique]


def _ranked(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the manifest's reasons, the most frequent first, with the length of their bars."""
    rows = sorted(reasons, key=lambda row: (-row["documents"], row["stage"], row["reason"], row.get("rule") or ""))
    top = rows[0]["documents"] if rows else 1
    return [{**row, "bar": round(100 * row["documents"] / top, 1)} for row in rows]


def _reasons_finding(reasons: list[dict[str, Any]]) -> str:
    numbers = sorted((row["documents"] for row in reasons), reverse=True)
    if len(numbers) < 4:
        return f"{plural(len(numbers), 'reason')} for leaving" if numbers else "Nothing left the road"
    part = share(sum(numbers[:3]), sum(numbers))
    return f"The three most frequent of {len(numbers)} reasons explain {part} of what left"


def _fates(by: str, groups: dict[str, dict[str, int]]) -> tuple[str, list[tuple[str, dict[str, int]]], Any]:
    ranked = sorted(groups.items(), key=lambda item: (-item[1]["in"], item[0]))[:LISTED_SOURCES]
    bars = [(label(name, 30), {status: row[status] for status in STATUSES}) for name, row in ranked]
    return by, ranked, bars


def _rule_finding(rule: Rule, other_cause: int) -> str:
    side = ("below" if rule.lower else "above") if not rule.strict else f"not {'above' if rule.lower else 'below'}"
    bound = value(rule.bound) + (f", the {stated(rule.stated)}" if rule.stated else "")
    if not rule.judged:
        return "No document came before this rule."
    if not rule.failed:
        return f"All {plural(rule.judged, 'judged document')} pass."
    failed = f"{count(rule.failed)} of {count(rule.judged)} judged documents ({share(rule.failed, rule.judged)})"
    if other_cause:
        bounded = plural(rule.failed - other_cause, "document")
        return f"{failed} fail: {bounded} with {rule.signal} {side} {bound}, the rest for another cause."
    return f"{failed} have {rule.signal} {side} {bound}."


def _reasons(counts: dict[str, Any], status: str) -> int:
    return len({(row["stage"], row["reason"]) for row in counts["reasons"] if row["status"] == status})


def _number(amount: int) -> str:
    return count(amount) if amount < 1_000_000 else short(amount)


def _per_document(counts: dict[str, Any]) -> str:
    return f"{count(counts['tokens_kept'] / counts['kept'])} a document" if counts["kept"] else "none"
