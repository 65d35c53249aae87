"""The account: what the ledger adds up to, and the sums that must come out before publishing."""

from __future__ import annotations

import collections
from typing import Any, Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import AccountingError
from data.schema import STAGES, STATUSES


def count(tables: Iterable[pa.Table]) -> dict[str, Any]:
    """Returns the manifest's `counts` from ledger tables.

    Beside what the manifest's reader expects: `licences` and `languages` of the kept rows, and
    for each stage `entered`, the records that came in there (replies enter at `synthesise`); where
    the mixture repeats documents `repeated`: `documents` that are in the shards more than once, and
    the `rows` and `tokens` that the copies after the first make.
    """
    cells: collections.Counter[tuple[str, ...]] = collections.Counter()
    tokens: collections.Counter[tuple[str, ...]] = collections.Counter()
    licences: collections.Counter[str] = collections.Counter()
    languages: collections.Counter[str] = collections.Counter()
    repeated: dict[str, int] | None = None
    keys = ["source", "kind", "status", "stage", "reason", "rule"]
    for table in tables:
        repeated = _repeated(table, repeated)
        grouped = table.group_by(keys).aggregate([([], "count_all"), ("tokens", "sum")])
        for row in grouped.to_pylist():
            cell = tuple(row[key] or "" for key in keys)
            cells[cell] += row["count_all"]
            tokens[cell] += row["tokens_sum"] or 0
        kept = table.filter(pc.equal(table["status"], "kept"))
        _tally(licences, kept["licence"])
        _tally(languages, kept.filter(pc.not_equal(kept["kind"], "code"))["language"])
    for source, _, status, stage, reason, _ in cells:
        _check_cell(source, status, stage, reason)
    return {
        **_sums(cells, tokens),
        "by_source": {name: _sums(cells, tokens, 0, name) for name in sorted({cell[0] for cell in cells})},
        "by_kind": {name: _sums(cells, tokens, 1, name) for name in sorted({cell[1] for cell in cells})},
        "stages": _stages(cells),
        "reasons": _reasons(cells, tokens),
        "licences": dict(sorted(licences.items())),
        "languages": dict(sorted(languages.items())),
        **({"repeated": repeated} if repeated is not None else {}),
    }


def _repeated(table: pa.Table, before: dict[str, int] | None) -> dict[str, int] | None:
    """Returns what copies after the first make, in the tables before and this one; None where none may be."""
    if "copies" not in table.schema.names:
        return before
    more = table.filter(pc.greater(table["copies"], 1))
    extra = pc.subtract(more["copies"], 1)
    own = {
        "documents": more.num_rows,
        "rows": pc.sum(extra).as_py() or 0,
        "tokens": pc.sum(pc.multiply(extra, more["tokens"])).as_py() or 0,
    }
    return {key: value + (before or {}).get(key, 0) for key, value in own.items()}


def check_account(
    counts: Mapping[str, Any],
    entered: Mapping[str, int] | None = None,
    shards: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Makes sure that no record went missing or was counted twice.

    Args:
        counts: the manifest's counts, from `count`.
        entered: source → records that were ingested (or replies received), counted elsewhere.
        shards: the text shards as written.

    Raises:
        AccountingError: naming source or stage and both numbers.
    """
    for where, sums in (("all sources", counts), *counts["by_source"].items(), *counts["by_kind"].items()):
        ended = sum(sums[status] for status in STATUSES)
        _same(f"{where}: records in", sums["in"], "kept, dropped, quarantined and not sampled", ended)
    for by in ("by_source", "by_kind"):
        for key in ("in", "tokens_kept", *STATUSES):
            _same(f"total {key}", counts[key], f"the sum {by}", sum(sums[key] for sums in counts[by].values()))
    going_on = 0
    for stage in counts["stages"]:
        _same(f"stage {stage['stage']}: in", stage["in"], "out of the stage before", going_on + stage["entered"])
        ended = sum(stage["reasons"].values())
        _same(f"stage {stage['stage']}: in", stage["in"], "what went on and what ended", stage["out"] + ended)
        going_on = stage["out"]
    _same("out of the last stage", going_on, "kept", counts["kept"])
    _same("ended, by reason", sum(r["documents"] for r in counts["reasons"]), "not kept", counts["in"] - counts["kept"])
    for source in sorted({*(entered or {}), *counts["by_source"]} if entered is not None else ()):
        found = counts["by_source"].get(source, {"in": 0})["in"]
        _same(f"source {source}: records ingested", (entered or {}).get(source, 0), "in the ledger", found)
    if shards is not None:
        more = counts.get("repeated", {"rows": 0, "tokens": 0})
        said = ", with repeats" if "repeated" in counts else ""
        rows, tokens = counts["kept"] + more["rows"], counts["tokens_kept"] + more["tokens"]
        _same("rows in shards", sum(shard["rows"] for shard in shards), f"kept{said}", rows)
        _same("tokens in shards", sum(shard["tokens"] for shard in shards), f"tokens kept{said}", tokens)


def _tally(counter: collections.Counter[str], column: pa.ChunkedArray) -> None:
    for pair in pc.value_counts(column.drop_null()).to_pylist():
        counter[pair["values"]] += pair["counts"]


def _check_cell(source: str, status: str, stage: str, reason: str) -> None:
    if status not in STATUSES:
        raise AccountingError(f"ledger of {source}: status {status!r} is none of {', '.join(STATUSES)}")
    if status == "kept" and (stage or reason):
        raise AccountingError(f"ledger of {source}: kept, but with an end at {stage!r} for {reason!r}")
    if status != "kept" and (stage not in STAGES or not reason):
        raise AccountingError(f"ledger of {source}: {status} at {stage!r} for {reason!r}: no stage, or no reason")


def _sums(
    cells: Mapping[tuple[str, ...], int],
    tokens: Mapping[tuple[str, ...], int],
    place: int | None = None,
    name: str = "",
) -> dict[str, int]:
    """Returns in, the four statuses and tokens_kept, of all cells or of those with a name at a place."""
    wanted = [cell for cell in cells if place is None or cell[place] == name]
    sums = {"in": sum(cells[cell] for cell in wanted)}
    for status in STATUSES:
        sums[status] = sum(cells[cell] for cell in wanted if cell[2] == status)
    return {**sums, "tokens_kept": sum(tokens[cell] for cell in wanted if cell[2] == "kept")}


def _stages(cells: Mapping[tuple[str, ...], int]) -> list[dict[str, Any]]:
    replies = sum(number for cell, number in cells.items() if cell[0].startswith("synth/"))
    entered = {"ingest": sum(cells.values()) - replies, "synthesise": replies}
    stages, going_on = [], 0
    for stage in STAGES:
        reasons: collections.Counter[str] = collections.Counter()
        for cell, number in cells.items():
            if cell[3] == stage:
                reasons[cell[4]] += number
        arriving = going_on + entered.get(stage, 0)
        going_on = arriving - sum(reasons.values())
        row = {"stage": stage, "entered": entered.get(stage, 0), "in": arriving, "out": going_on}
        stages.append({**row, "reasons": dict(sorted(reasons.items()))})
    return stages


def _reasons(cells: Mapping[tuple[str, ...], int], tokens: Mapping[tuple[str, ...], int]) -> list[dict[str, Any]]:
    """Returns what ended documents, in the order of the road, the most frequent first."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for cell in sorted(cells):
        source, _, status, stage, reason, rule = cell
        if status == "kept":
            continue
        row = rows.setdefault(
            (stage, status, reason, rule),
            {
                "stage": stage,
                "status": status,
                "reason": reason,
                "rule": rule or None,
                "documents": 0,
                "tokens": 0,
                "sources": {},
            },
        )
        row["documents"] += cells[cell]
        row["tokens"] += tokens[cell]
        row["sources"][source] = row["sources"].get(source, 0) + cells[cell]
    return sorted(
        rows.values(), key=lambda row: (STAGES.index(row["stage"]), -row["documents"], row["reason"], row["rule"] or "")
    )


def _same(what: str, left: int, other: str, right: int) -> None:
    if left != right:
        raise AccountingError(f"{what}: {left}, but {other}: {right}. Nothing was published; this is a bug, report it")
