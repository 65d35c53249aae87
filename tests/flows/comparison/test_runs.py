"""Two runs beside each other, against a reckoning by hand over both ledgers."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from data.manifest import read_manifest, write_manifest
from flows.cli import main
from flows.comparison.runs import compare
from flows.report.published import Published

_spec = importlib.util.spec_from_file_location("synthetic_run", Path(__file__).parents[1] / "synthetic_run.py")
assert _spec is not None
assert _spec.loader is not None
synthetic: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)


def rows_of(out: Path) -> dict[str, dict[str, Any]]:
    table = pa.concat_tables([pq.read_table(path) for path in sorted(out.glob("ledger/*.parquet"))])
    return {row["id"]: row for row in table.to_pylist()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Returns a run and the same with another bound, 40 documents changed, 100 gone and 50 that the first has not."""
    left, right = tmp_path_factory.mktemp("left"), tmp_path_factory.mktemp("right")
    synthetic.make_run(left, 2_000)
    synthetic.make_run(right, 2_000)
    path = next(right.glob("ledger/*.parquet"))
    table = pq.read_table(path)
    rows = table.to_pylist()[100:]
    dropped = [row for row in rows if row["status"] == "dropped"][:25]
    kept = [row for row in rows if row["status"] == "kept"][:15]
    for row in dropped:
        row.update(status="kept", stage="", reason="")
    for row in kept:
        row.update(status="dropped", stage="judge", reason="too_few_words")
    for number, row in enumerate(rows[-50:]):
        row["id"] = f"{number:032x}"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    manifest = read_manifest(right)
    manifest["counts"] = synthetic.count([pq.read_table(path)])
    manifest["snapshot"] = "other"
    manifest["recipe"] = {**(manifest.get("recipe") or {}), "seed": 99}
    rule = next(rule for rule in manifest["rules"] if rule["address"] == "gopher-quality.min_words")
    rule.update(at_least=30, bound=30.0)
    write_manifest(right, manifest)
    return left, right


def test_counts_moves_and_documents_are_those_of_the_ledgers(runs: tuple[Path, Path]) -> None:
    left, right = (rows_of(run) for run in runs)
    found = compare(Published(runs[0]), Published(runs[1]), samples=1_000)

    def fate(row: dict[str, Any] | None) -> tuple[str, str, str]:
        return ("absent", "", "") if row is None else (row["status"], row["stage"], row["reason"])

    moves = Counter((fate(left.get(key)), fate(right.get(key))) for key in {**left, **right})
    moves = Counter({pair: number for pair, number in moves.items() if pair[0] != pair[1]})
    told = {
        tuple(tuple(row[side][name] for name in ("status", "stage", "reason")) for side in ("from", "to")): row
        for row in found["moves"]
    }
    assert {pair: row["documents"] for pair, row in told.items()} == {pair: moves[pair] for pair in told}
    assert sorted(moves[pair] for pair in told) == sorted(number for _, number in moves.most_common(40))
    gained = {k for k, row in right.items() if row["status"] == "kept" and fate(left.get(k))[0] != "kept"}
    lost = {k for k, row in left.items() if row["status"] == "kept" and fate(right.get(k))[0] != "kept"}
    assert {one["id"] for one in found["samples"]["gained"]} == gained
    assert {one["id"] for one in found["samples"]["lost"]} == lost
    for name, keys, rows in (("gained", gained, right), ("lost", lost, left)):
        tokens = sum(rows[key]["tokens"] or 0 for key in keys)
        assert found["documents"][name] == {"documents": len(keys), "tokens": tokens}
    assert found["documents"]["only_left"] == len(left.keys() - right.keys()) == 150
    assert found["documents"]["only_right"] == 50
    for name in ("in", "kept", "tokens_kept"):
        pair = found["counts"][name]
        assert (pair["left"], pair["right"]) == tuple(read_manifest(run)["counts"][name] for run in runs)
        assert pair["change"] == pair["right"] - pair["left"]


def test_changed_bounds_and_settings_are_named(runs: tuple[Path, Path]) -> None:
    found = compare(Published(runs[0]), Published(runs[1]))
    assert [(row["rule"], row["left"]["bound"], row["right"]["bound"]) for row in found["rules"]] == [
        ("gopher-quality.min_words", 50, 30)
    ]
    assert {"key": "seed", "left": 1, "right": 99} in found["settings"]


def test_a_run_beside_itself_differs_in_nothing(runs: tuple[Path, Path]) -> None:
    found = compare(Published(runs[0]), Published(runs[0]))
    assert (found["moves"], found["rules"], found["settings"]) == ([], [], [])
    assert found["documents"]["gained"]["documents"] == found["documents"]["lost"]["documents"] == 0
    assert all(pair["change"] == 0 for pair in found["counts"].values())


def test_diff_prints_a_page_and_json_without_a_raw_character(runs: tuple[Path, Path]) -> None:
    call = CliRunner().invoke(main, ["diff", *map(str, runs), "--json", "-n", "500"])
    assert call.exit_code == 0, call.output
    assert json.loads(call.output)["documents"]["only_right"] == 50
    assert call.output.isascii()
    page = CliRunner().invoke(main, ["diff", *map(str, runs), "-n", "500"])
    assert page.exit_code == 0, page.output
    assert "gopher-quality.min_words" in page.output
    assert not set(page.output) & set("\x1b\x00\x07\x7f\u202e\u2066\u200b\ufeff")
    assert max(map(len, page.output.splitlines())) <= 80
    missing = CliRunner().invoke(main, ["diff", str(runs[0]), str(runs[0] / "nothing")])
    assert missing.exit_code == 2


def test_rows_are_joined_by_id_whatever_their_order(runs: tuple[Path, Path], tmp_path: Path) -> None:
    synthetic.make_run(tmp_path, 2_000)
    path = next(tmp_path.glob("ledger/*.parquet"))
    table = pq.read_table(path)
    pq.write_table(table.take(pc.sort_indices(table["id"])), path)
    found = compare(Published(runs[0]), Published(tmp_path))
    assert found["moves"] == []
    assert found["documents"]["both"] == 2_000
