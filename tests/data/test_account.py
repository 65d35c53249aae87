from __future__ import annotations

import copy
from typing import Any, Callable

import pyarrow as pa
import pytest

from data.account import check_account, count
from data.errors import AccountingError
from data.ledger import LEDGER


def ledger(*rows: tuple[str, str, str, str, str, int | None]) -> pa.Table:
    columns = ("source", "kind", "status", "stage", "reason", "tokens")
    made = [
        {"id": str(n), "locator": str(n), "failed": [], "failed_rules": [], **dict(zip(columns, row, strict=True))}
        for n, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(made, schema=LEDGER)


SAMPLE = ledger(
    ("web", "web", "kept", "", "", 10),
    ("web", "web", "dropped", "judge", "short", 2),
    ("web", "text", "quarantined", "ingest", "cut", None),
    ("code", "code", "kept", "", "", 5),
    ("code", "code", "not_sampled", "mix", "over_budget", 7),
    ("synth/exercises", "exercise", "kept", "", "", 3),
    ("synth/exercises", "exercise", "dropped", "synthesise", "fails", 4),
)


def test_counts_add_up_by_hand() -> None:
    counts = count([SAMPLE.slice(0, 3), SAMPLE.slice(3)])
    top = {key: counts[key] for key in ("in", "kept", "dropped", "quarantined", "not_sampled", "tokens_kept")}
    assert top == {"in": 7, "kept": 3, "dropped": 2, "quarantined": 1, "not_sampled": 1, "tokens_kept": 18}
    assert counts["by_source"]["web"] == {
        "in": 3, "kept": 1, "dropped": 1, "quarantined": 1, "not_sampled": 0, "tokens_kept": 10
    }  # fmt: skip
    assert counts["by_kind"]["text"]["quarantined"] == 1
    assert [(s["stage"], s["entered"], s["in"], s["out"], s["reasons"]) for s in counts["stages"]] == [
        ("ingest", 5, 5, 4, {"cut": 1}),
        ("extract", 0, 4, 4, {}),
        ("judge", 0, 4, 3, {"short": 1}),
        ("deduplicate", 0, 3, 3, {}),
        ("synthesise", 2, 5, 4, {"fails": 1}),
        ("decontaminate", 0, 4, 4, {}),
        ("mix", 0, 4, 3, {"over_budget": 1}),
    ]
    assert counts["reasons"][1] == {
        "stage": "judge", "status": "dropped", "reason": "short", "rule": None,
        "documents": 1, "tokens": 2, "sources": {"web": 1},
    }  # fmt: skip
    check_account(
        counts, {"web": 3, "code": 2, "synth/exercises": 2}, [{"rows": 2, "tokens": 11}, {"rows": 1, "tokens": 7}]
    )


def test_the_counts_do_not_depend_on_batches() -> None:
    assert (
        count([SAMPLE])
        == count([SAMPLE.slice(n, 1) for n in range(7)])
        == count([SAMPLE.take(pa.array(range(6, -1, -1)))])
    )


def test_an_empty_ledger_adds_up_to_nothing() -> None:
    counts = count([])
    assert counts["in"] == counts["kept"] == 0
    check_account(counts, {}, [])


def test_licences_and_languages_are_those_of_kept_rows() -> None:
    rows = SAMPLE.to_pylist()
    for row, licence in zip(rows, ["MIT", "GPL-3.0", "MIT", "MIT", "MIT", None, None], strict=True):
        row |= {"licence": licence, "language": "python" if row["kind"] == "code" else "en"}
    counts = count([pa.Table.from_pylist(rows, schema=LEDGER)])
    assert counts["licences"] == {"MIT": 2}
    assert counts["languages"] == {"en": 2}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("s", "web", "lost", "judge", "x", 1), "status 'lost' is none of"),
        (("s", "web", "kept", "judge", "x", 1), "kept, but with an end"),
        (("s", "web", "dropped", "judge", "", 1), "no stage, or no reason"),
        (("s", "web", "dropped", "nowhere", "x", 1), "no stage, or no reason"),
    ],
)
def test_a_row_without_a_proper_end_is_an_error(row: Any, message: str) -> None:
    with pytest.raises(AccountingError, match=message):
        count([ledger(row)])


@pytest.mark.parametrize(
    "harm",
    [
        lambda c: c.update({"in": 8}),
        lambda c: c["by_source"]["web"].update(dropped=0),
        lambda c: c["by_source"].pop("code"),
        lambda c: c["by_kind"]["code"].update(tokens_kept=6),
        lambda c: c["stages"][2].update(out=4),
        lambda c: c["stages"][4]["reasons"].clear(),
        lambda c: c["reasons"].pop(),
    ],
)
def test_any_sum_that_does_not_come_out_is_an_error(harm: Callable[[dict[str, Any]], Any]) -> None:
    counts = copy.deepcopy(count([SAMPLE]))
    check_account(counts)
    harm(counts)
    with pytest.raises(AccountingError):
        check_account(counts)


def test_a_record_that_came_in_and_is_in_no_ledger_is_an_error() -> None:
    counts = count([SAMPLE])
    with pytest.raises(AccountingError, match="source web: records ingested: 4, but in the ledger: 3"):
        check_account(counts, {"web": 4, "code": 2, "synth/exercises": 2})
    with pytest.raises(AccountingError, match="source gone: records ingested: 1, but in the ledger: 0"):
        check_account(counts, {"web": 3, "code": 2, "synth/exercises": 2, "gone": 1})
    with pytest.raises(AccountingError, match="source synth/exercises"):
        check_account(counts, {"web": 3, "code": 2})


def test_a_shard_row_too_few_is_an_error() -> None:
    with pytest.raises(AccountingError, match="rows in shards: 2, but kept: 3"):
        check_account(count([SAMPLE]), None, [{"rows": 2, "tokens": 18}])
    with pytest.raises(AccountingError, match="tokens in shards"):
        check_account(count([SAMPLE]), None, [{"rows": 3, "tokens": 17}])
