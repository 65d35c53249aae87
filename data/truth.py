"""What a run found of what somebody had planted: a truth file against the ledger.

A truth file is JSON lines. A row names a record and what ought to become of it:

    label        what it is, such as "near duplicates"; findings are counted by label
    source       the source's name in the recipe
    locator      the record's place, as the ledger states it
    expect       the ledger's columns → acceptable value, list of them, or null for any
    of           for a copy: the locator of its original; the pair must not both survive
    of_source    the original's source, if it is another one
    wanted       false: the expectation must not come true (default true)
    explanation  a sentence for the report
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UsageError, did_you_mean
from data.objects import read_objects
from data.schema import STAGES

#: What `findings` reads of the ledger.
LEDGER_COLUMNS = ("source", "locator", "status", "stage", "reason", "cluster")
#: Locators listed of those that were missed.
LISTED = 5

_EXPECTED = ("status", "stage", "reason")
_NOT_IN_LEDGER = "not in the ledger"
Row = Mapping[str, Any]


def read_truth(path: Path) -> list[dict[str, Any]]:
    """Returns the rows of a truth file (JSON lines, plain, .gz or .zst).

    Raises:
        UsageError: a line is not an object, or lacks label, source, locator or expect.
    """
    return [_checked(row, f"{path}:{number}") for number, row in read_objects(path)]


def findings(truth: Sequence[Row], ledger: pa.Table) -> list[dict[str, Any]]:
    """Returns for each label what was found of what had been planted, in the truth's order.

    Args:
        truth: rows as `read_truth` returns them.
        ledger: at least LEDGER_COLUMNS.

    Returns:
        Dictionaries with `label`, `planted`, `found`, `dropped_earlier` (an earlier stage had
        removed the record, or one of a pair), `missed` (the others' locators, LISTED at most)
        and `explanation`. Of a pair it counts as found that the two share a cluster or that one
        of them meets the expectation. Records that the ledger does not know are counted in a row
        of their own, labelled "not in the ledger".
    """
    fates = _fates(truth, ledger)
    results: dict[str, dict[str, Any]] = {}
    earlier: dict[str, dict[str, int]] = {}
    unknown: list[str] = []
    for row in truth:
        missing = [place for place in _places(row) if place not in fates]
        if missing:
            unknown += [f"{source}: {locator}" for source, locator in missing]
            continue
        label = row["label"]
        result = results.setdefault(label, _blank(label, row.get("explanation", "")))
        result["planted"] += 1
        verdict = _verdict(row, [fates[place] for place in _places(row)])
        if verdict == "found":
            result["found"] += 1
        elif verdict == "missed":
            result["missed"].append(row["locator"])
        else:
            result["dropped_earlier"] += 1
            counts = earlier.setdefault(label, {})
            counts[verdict] = counts.get(verdict, 0) + 1
    for label, result in results.items():
        result["explanation"] = _explained(result, earlier.get(label, {}))
        result["missed"] = result["missed"][:LISTED]
    if unknown:
        text = "the truth file names records that never entered: another input, another source name, or another locator"
        results[_NOT_IN_LEDGER] = _blank(_NOT_IN_LEDGER, text) | {"planted": len(unknown), "missed": unknown[:LISTED]}
    return list(results.values())


def _checked(row: dict[str, Any], where: str) -> dict[str, Any]:
    for key in ("label", "source", "locator", "expect"):
        if key not in row:
            raise UsageError(f"{where}: {key} is missing")
    if not isinstance(row["expect"], dict):
        raise UsageError(f'{where}: expect: expected an object such as {{"status": "dropped"}}')
    unknown = sorted(set(row["expect"]) - set(_EXPECTED))
    if unknown:
        raise UsageError(f"{where}: expect: unknown key {unknown[0]!r}.{did_you_mean(unknown[0], _EXPECTED)}")
    return row


def _places(row: Row) -> list[tuple[str, str]]:
    """Returns (source, locator) of the record and, for a copy, of its original."""
    places = [(row["source"], row["locator"])]
    if row.get("of") is not None:
        places.append((row.get("of_source") or row["source"], row["of"]))
    return places


def _fates(truth: Sequence[Row], ledger: pa.Table) -> dict[tuple[str, str], dict[str, Any]]:
    """Returns the ledger's rows that the truth speaks of, by source and locator."""
    wanted = {place for row in truth for place in _places(row)}
    locators = pa.array(sorted({locator for _, locator in wanted}), type=ledger.schema.field("locator").type)
    rows = ledger.select(list(LEDGER_COLUMNS)).filter(pc.is_in(ledger["locator"], value_set=locators))
    return {(row["source"], row["locator"]): row for row in rows.to_pylist()}


def _blank(label: str, explanation: str) -> dict[str, Any]:
    return {"label": label, "planted": 0, "found": 0, "dropped_earlier": 0, "missed": [], "explanation": explanation}


def _verdict(row: Row, fates: Sequence[Row]) -> str:
    """Returns "found", "missed", or the earlier stage that removed the record."""
    expect = row["expect"]
    met = any(_meets(fate, expect) for fate in fates)
    if len(fates) == 2 and fates[0]["cluster"] is not None and fates[0]["cluster"] == fates[1]["cluster"]:
        met = True
    if not row.get("wanted", True):
        return "missed" if met else "found"
    if met:
        return "found"
    stages = _options(expect.get("stage"))
    last = min((STAGES.index(stage) for stage in stages if stage in STAGES), default=0)
    before = [fate["stage"] for fate in fates if fate["stage"] in STAGES[:last]]
    return str(before[0]) if before else "missed"


def _meets(fate: Row, expect: Row) -> bool:
    return all(value is None or fate[column] in _options(value) for column, value in expect.items())


def _options(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _explained(result: Mapping[str, Any], earlier: Mapping[str, int]) -> str:
    parts: Iterable[str] = [
        result["explanation"],
        *(f"{count} had been removed at {stage}" for stage, count in sorted(earlier.items())),
        f"{len(result['missed'])} missed" if result["missed"] else "",
    ]
    return "; ".join(part for part in parts if part)
