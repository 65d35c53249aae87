"""Truth files against a ledger written by hand."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.errors import UsageError
from data.truth import findings, read_truth

DUPLICATE = {"status": "dropped", "stage": "deduplicate", "reason": None}


def ledger(*rows: tuple[str, ...]) -> pa.Table:
    """Rows of (locator, status, stage, reason, cluster or "")."""
    names = ("locator", "status", "stage", "reason", "cluster")
    columns: dict[str, list[Any]] = {name: [row[place] or None for row in rows] for place, name in enumerate(names)}
    columns["stage"] = [value or "" for value in columns["stage"]]
    columns["reason"] = [value or "" for value in columns["reason"]]
    return pa.table({"source": ["web"] * len(rows), **columns})


def planted(locator: str, expect: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"label": "planted", "source": "web", "locator": locator, "expect": expect, **more}


def only(truth: list[dict[str, Any]], table: pa.Table) -> dict[str, Any]:
    (finding,) = findings(truth, table)
    return finding


def test_a_record_with_the_expected_fate_is_found_and_another_is_missed() -> None:
    truth = [planted("a:1", {"status": "quarantined"}), planted("a:2", {"status": "quarantined"})]
    found = only(truth, ledger(("a:1", "quarantined", "ingest", "bad_json", ""), ("a:2", "kept", "", "", "")))
    assert (found["planted"], found["found"], found["dropped_earlier"], found["missed"]) == (2, 1, 0, ["a:2"])


def test_only_the_listed_reasons_count() -> None:
    truth = [planted("a:1", {"status": "dropped", "stage": "judge", "reason": ["too_few_words", "language"]})]
    assert only(truth, ledger(("a:1", "dropped", "judge", "language", "")))["found"] == 1
    assert only(truth, ledger(("a:1", "dropped", "judge", "quality", "")))["found"] == 0


@pytest.mark.parametrize(
    ("copy", "original", "verdict"),
    [
        (("c", "dropped", "deduplicate", "near_duplicate", "k"), ("o", "kept", "", "", "k"), "found"),
        (("c", "kept", "", "", "k"), ("o", "dropped", "deduplicate", "near_duplicate", "k"), "found"),
        (("c", "dropped", "deduplicate", "exact_duplicate", "k"), ("o", "dropped", "judge", "x", ""), "found"),
        (("c", "kept", "", "", ""), ("o", "kept", "", "", ""), "missed"),
        (("c", "not_sampled", "mix", "over_budget", ""), ("o", "kept", "", "", ""), "missed"),
        (("c", "kept", "", "", ""), ("o", "dropped", "judge", "x", ""), "dropped_earlier"),
        (("c", "dropped", "extract", "empty", ""), ("o", "kept", "", "", ""), "dropped_earlier"),
        (("c", "dropped", "decontaminate", "ngram", ""), ("o", "kept", "", "", ""), "missed"),
    ],
)
def test_of_a_pair_both_must_not_survive(copy: tuple[str, ...], original: tuple[str, ...], verdict: str) -> None:
    found = only([planted("c", DUPLICATE, of="o")], ledger(copy, original))
    counted = {"found": found["found"], "dropped_earlier": found["dropped_earlier"], "missed": len(found["missed"])}
    assert counted == {"found": 0, "dropped_earlier": 0, "missed": 0} | {verdict: 1}


def test_the_explanation_names_the_stage_that_was_earlier() -> None:
    truth = [planted("c", DUPLICATE, of="o", explanation="copies")]
    found = only(truth, ledger(("c", "kept", "", "", ""), ("o", "dropped", "judge", "x", "")))
    assert found["explanation"] == "copies; 1 had been removed at judge"


def test_what_must_not_happen_is_found_when_it_does_not_happen() -> None:
    truth = [planted(f"a:{n}", {"stage": "deduplicate"}, wanted=False) for n in (1, 2, 3)]
    table = ledger(
        ("a:1", "kept", "", "", ""),
        ("a:2", "dropped", "deduplicate", "near_duplicate", "k"),
        ("a:3", "dropped", "judge", "too_few_words", ""),
    )
    found = only(truth, table)
    assert (found["found"], found["missed"]) == (2, ["a:2"])


def test_locators_that_never_entered_are_a_row_of_their_own() -> None:
    truth = [planted("a:1", DUPLICATE), planted("a:2", DUPLICATE, of="b:1", of_source="other")]
    known, unknown = findings(truth, ledger(("a:1", "dropped", "deduplicate", "", ""), ("a:2", "kept", "", "", "")))
    assert (known["label"], known["planted"], known["found"]) == ("planted", 1, 1)
    assert (unknown["label"], unknown["planted"], unknown["missed"]) == ("not in the ledger", 1, ["other: b:1"])


def test_the_same_locator_in_another_source_is_another_record() -> None:
    table = ledger(("a:1", "kept", "", "", ""))
    truth = [{**planted("a:1", {"status": "kept"}), "source": "other"}]
    assert [found["label"] for found in findings(truth, table)] == ["not in the ledger"]


def test_at_most_five_missed_locators_are_listed_and_all_are_counted() -> None:
    truth = [planted(f"a:{n}", DUPLICATE) for n in range(8)]
    found = only(truth, ledger(*[(f"a:{n}", "kept", "", "", "") for n in range(8)]))
    assert found["missed"] == ["a:0", "a:1", "a:2", "a:3", "a:4"]
    assert found["explanation"] == "8 missed"


def test_labels_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [{**planted(f"a:{n}", {"status": "kept"}), "label": label} for n, label in enumerate("cab")]
    path = tmp_path / "truth.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    table = ledger(*[(f"a:{n}", "kept", "", "", "") for n in range(3)])
    assert [found["label"] for found in findings(read_truth(path), table)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"label": "x", "source": "s", "expect": {}}', r"t.jsonl:2: locator is missing"),
        ('{"label": "x", "source": "s", "locator": "l", "expect": "kept"}', r"t.jsonl:2: expect: expected an object"),
        (
            '{"label": "x", "source": "s", "locator": "l", "expect": {"staus": "kept"}}',
            r't.jsonl:2: expect: unknown key \'staus\'. Did you mean "status"',
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps(planted("a", {})) + "\n" + line + "\n")
    with pytest.raises(UsageError, match=message):
        read_truth(path)
