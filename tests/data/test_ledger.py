from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import AccountingError
from data.ledger import LEDGER, ledger_rows, ledger_schema, read_ledger, signal_column, write_ledger
from data.schema import FATE_FIELDS, document, to_table


def ingest(*ends: str) -> pa.Table:
    rows = [
        document(
            "pool", f"f:{n}", kind="web", text=None if end else "t", status="quarantined" if end else "", reason=end
        )
        for n, end in enumerate(ends)
    ]
    return to_table(rows)


def fate(table: pa.Table, ends: list[tuple[str, str, float | None]], **more: Any) -> pa.Table:
    columns = [[end[0] for end in ends], [end[1] for end in ends], [end[2] for end in ends]]
    made = pa.Table.from_arrays(
        [
            table["id"],
            *(pa.array(c, f.type) for c, f in zip(columns, FATE_FIELDS[1:4], strict=True)),
            pa.nulls(len(ends), pa.float64()),
        ],
        schema=pa.schema(FATE_FIELDS),
    )
    for name, values in more.items():
        made = made.append_column(name, values)
    return made


GO = ("", "", None)


def test_the_first_stage_that_ended_a_row_is_its_end() -> None:
    table = ingest("", "", "bad_json", "")
    judge = fate(table, [GO, ("dropped", "too_short", 3.0), GO, GO])
    mix = fate(table, [GO, ("not_sampled", "over_budget", 9.0), GO, ("not_sampled", "over_budget", 8.0)])
    rows = ledger_rows(table, [("judge", judge), ("mix", mix)]).to_pylist()
    assert [(r["status"], r["stage"], r["reason"], r["measured"]) for r in rows] == [
        ("kept", "", "", None),
        ("dropped", "judge", "too_short", 3.0),
        ("quarantined", "ingest", "bad_json", None),
        ("not_sampled", "mix", "over_budget", 8.0),
    ]


def test_a_rejected_reply_ended_at_synthesise() -> None:
    rows = ledger_rows(ingest("no_code", ""), [], entered_at="synthesise").to_pylist()
    assert [(row["status"], row["stage"]) for row in rows] == [("quarantined", "synthesise"), ("kept", "")]


def test_a_kept_row_keeps_no_measured_value_of_a_stage_that_let_it_go_on() -> None:
    table = ingest("")
    (row,) = ledger_rows(table, [("judge", fate(table, [("", "", 5.0)]))]).to_pylist()
    assert row["measured"] is None


def test_further_columns_come_from_the_stages_and_given_ones_count_more() -> None:
    table = ingest("", "")
    failed = pa.array([["a", "b"], None], pa.list_(pa.string()))
    judge = fate(
        table, [("dropped", "a", 1.0), GO], failed=failed, rule=pa.array(["p.a", None]), language=pa.array(["de", "de"])
    )
    twins = fate(table, [GO, GO], cluster=pa.array([None, "c1"]), jaccard=pa.array([None, 0.9]))
    extras = {"language": pa.array(["en", "fr"]), "tokens": pa.array([1, None], pa.int64())}
    rows = ledger_rows(table, [("judge", judge), ("deduplicate", twins)], extras).to_pylist()
    assert [row["failed"] for row in rows] == [["a", "b"], []]
    assert [row["failed_rules"] for row in rows] == [[], []]
    assert [row["rule"] for row in rows] == ["p.a", None]
    assert [(row["cluster"], row["jaccard"]) for row in rows] == [(None, None), ("c1", 0.9)]
    assert [row["language"] for row in rows] == ["en", "fr"]
    assert [row["tokens"] for row in rows] == [1, None]


def test_signals_become_float_columns_and_never_hide_one_of_the_ledgers() -> None:
    table = ingest("", "")
    signals = pa.table({"id": table["id"], "words": pa.array([3, 4]), "tokens": pa.array([0.5, 0.25])})
    schema = ledger_schema(["words", "tokens", "absent", "words"])
    made = ledger_rows(table, [], {"tokens": pa.array([7, 8])}, signals, schema=schema)
    assert made.schema.names == [*LEDGER.names, "absent", "signal.tokens", "words"]
    assert signal_column("tokens") == "signal.tokens"
    assert made["tokens"].to_pylist() == [7, 8]
    assert made["signal.tokens"].to_pylist() == [0.5, 0.25]
    assert made["words"].to_pylist() == [3.0, 4.0]
    assert made["absent"].to_pylist() == [None, None]


def test_columns_of_other_rows_are_an_error() -> None:
    table, other = ingest("", ""), ingest("", "")
    turned = fate(table, [GO, GO]).take(pa.array([1, 0]))
    with pytest.raises(AccountingError, match="judge"):
        ledger_rows(table, [("judge", turned)])
    with pytest.raises(AccountingError, match="signals"):
        ledger_rows(table, [], None, pa.table({"id": other["id"].slice(1), "words": [1.0]}))
    with pytest.raises(AccountingError, match="'tokenise' is no stage"):
        ledger_rows(table, [("tokenise", fate(table, [GO, GO]))])


def test_the_ledger_is_cut_into_files_and_comes_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.ledger.FILE_ROWS", 4)
    rows = ledger_rows(ingest(*[""] * 10), [])
    paths = write_ledger(tmp_path, [rows.slice(0, 3), rows.slice(3, 0), rows.slice(3, 6), rows.slice(9)], LEDGER)
    assert paths == [f"ledger/ledger-0000{n}-of-00003.parquet" for n in range(3)]
    assert [pq.read_table(tmp_path / path).num_rows for path in paths] == [4, 4, 2]
    assert pa.concat_tables(list(read_ledger(tmp_path))).equals(rows)
    assert sorted(path.name for path in (tmp_path / "ledger").iterdir()) == [Path(path).name for path in paths]


def test_an_empty_ledger_is_a_file_with_columns(tmp_path: Path) -> None:
    for tables in ([], [LEDGER.empty_table()]):
        (path,) = write_ledger(tmp_path, tables, LEDGER)
        assert pq.read_schema(tmp_path / path).names == LEDGER.names


def test_an_empty_part_has_no_rows() -> None:
    table = ingest()
    assert ledger_rows(table, [("judge", fate(table, []))], schema=ledger_schema(["words"])).num_rows == 0
