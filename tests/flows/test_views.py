"""The terminal: the manifest's numbers, any document's road, and nothing raw from a document."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DamageError, UsageError
from data.keyed import keyed_unit
from data.manifest import read_manifest
from flows import views
from flows.inspect import texts_of_rows
from flows.reading import benchmark_of, marked, marked_excerpt
from flows.report.advice import advice, changes, road
from flows.report.excerpts import mask, visible
from flows.report.lookup import find
from flows.report.published import Published, Rule

_spec = importlib.util.spec_from_file_location("synthetic_run", Path(__file__).with_name("synthetic_run.py"))
assert _spec is not None
assert _spec.loader is not None
synthetic: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)

#: Characters that must not reach a terminal from a document.
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    synthetic.make_run(folder, 4_000)
    return folder


@pytest.fixture(scope="module")
def rows(run: Path) -> list[dict[str, Any]]:
    return pa.concat_tables([pq.read_table(path) for path in sorted(run.glob("ledger/*.parquet"))]).to_pylist()


def texts(rows: Any) -> dict[str, str]:
    """Returns the texts of most rows, by id."""
    found: dict[str, str] = synthetic.texts_of([row["id"] for row in rows])
    return found


def all_hostile(rows: Any) -> dict[str, str]:
    """Returns for each row a text of every hostile string, by id."""
    return {row["id"]: "\n".join(synthetic.HOSTILE) for row in rows}


def test_stats_json_is_the_manifests_counts(run: Path, capsys: Any) -> None:
    views.stats(run, as_json=True)
    assert json.loads(capsys.readouterr().out) == read_manifest(run)["counts"]


def test_stats_shows_every_stage_every_source_and_the_top_reasons(run: Path, capsys: Any) -> None:
    views.stats(run)
    shown = capsys.readouterr().out
    counts = read_manifest(run)["counts"]
    assert f"{counts['kept']:,} of {counts['in']:,} documents kept" in shown
    for stage in counts["stages"]:
        assert re.search(rf"{stage['stage']} +{stage['in']:,} +{stage['in'] - stage['out']:,} ", shown)
    for source in counts["by_source"]:
        assert source in shown
    top = max(counts["reasons"], key=lambda row: row["documents"])
    assert re.search(rf"{top['reason']} +{top['stage']} +{top['documents']:,}", shown)
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_sample_shows_the_documents_with_the_smallest_hashes(
    run: Path, rows: list[dict[str, Any]], capsys: Any
) -> None:
    wanted = [row["id"] for row in rows if row["reason"] == "too_few_words"]
    chances = dict(zip(wanted, keyed_unit(1, "sample", wanted), strict=True))
    views.sample(run, "too_few_words", 3, texts, as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in shown] == sorted(chances, key=lambda key: chances[key])[:3]
    assert all(one["reason"] == "too_few_words" for one in shown)


def test_sample_keeps_to_status_source_and_rule(run: Path, rows: list[dict[str, Any]], capsys: Any) -> None:
    views.sample(run, None, 500, texts, as_json=True, status="kept", source="wiki")
    kept = json.loads(capsys.readouterr().out)
    assert {one["id"] for one in kept} == {r["id"] for r in rows if r["status"] == "kept" and r["source"] == "wiki"}
    views.sample(run, "gopher-quality.min_words", 1_000, texts, as_json=True)
    by_rule = json.loads(capsys.readouterr().out)
    assert {one["id"] for one in by_rule} == {r["id"] for r in rows if r["rule"] == "gopher-quality.min_words"}
    views.sample(run, None, 600, lambda rows: {}, as_json=True)
    assert {one["status"] for one in json.loads(capsys.readouterr().out)} == {"dropped", "quarantined", "not_sampled"}


def test_sample_says_which_values_failed(run: Path, capsys: Any) -> None:
    views.sample(run, "too_few_words", 1, texts)
    shown = capsys.readouterr().out
    assert re.search(r"✗ gopher-quality\.min_words: \d+, ≥ 50", shown)
    assert "documents that left as too_few_words" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("reason", "source", "said"),
    [
        ("too_few_word", None, 'Did you mean "too_few_words"?'),
        ("zzz", None, "phimill stats"),
        ("too_many_words", None, "0 documents fail it"),
        (None, "wikki", 'Did you mean "wiki"?'),
        ("\x1b[2J", None, "\\x1b[2J: no document"),
    ],
)
def test_sample_of_an_unknown_reason_or_source_says_what_to_do(
    run: Path, reason: str | None, source: str | None, said: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        views.sample(run, reason, 5, texts, source=source)


def test_explain_finds_by_id_its_start_origin_id_locator_and_url(run: Path, rows: list[dict[str, Any]]) -> None:
    row = rows[3_000]
    published = Published(run)
    for key, column in ((row["id"], "id"), (row["id"][:12], "id"), ("doc-3000", "origin_id")):
        assert find(published, key)[0] == column
        assert [one["id"] for one in find(published, key)[1]] == [row["id"]]
    assert find(published, row["locator"])[0] == "locator"
    assert find(published, row["url"])[0] == "url"
    assert find(published, row["id"][:3]) == ("", [])


def test_explain_of_an_unknown_id_says_what_to_do(run: Path) -> None:
    with pytest.raises(UsageError, match=r"no document of .* has this id.*phimill sample"):
        views.explain(run, "\x1b[31mnothing", texts)


def test_looking_where_nothing_was_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="phimill run"):
        views.stats(tmp_path)


def test_explain_shows_every_rules_value_and_what_would_have_kept_it(
    run: Path, rows: list[dict[str, Any]], capsys: Any
) -> None:
    row = next(row for row in rows if row["failed"] == ["too_few_words"] and row["reason"] == "too_few_words")
    views.explain(run, row["id"], texts)
    shown = " ".join(capsys.readouterr().out.split())
    words = int(row["words"])
    assert f"fails gopher-quality.min_words {words} ≥ 50" in shown
    assert f"--set filters.gopher-quality.min_words={words} (measured {words}, bound 50)" in shown
    assert "deduplicate not reached" in shown
    assert "extract passed" in shown
    assert shown.count("passes") > 15


def test_changed_bounds_would_have_kept_the_document_and_the_nearest_stands_first(
    run: Path, rows: list[dict[str, Any]]
) -> None:
    published = Published(run)
    rules = {rule.address: rule for rule in published.rules}
    judged = [row for row in rows if row["stage"] == "judge"]
    for row in judged:
        needed = changes(row, published)
        assert {change["rule"] for change in needed} == set(row["failed_rules"])
        assert [change["distance"] for change in needed] == sorted(change["distance"] for change in needed)
        for change in needed:
            rule = rules[change["rule"]]
            value = row[rule.signal]
            assert value >= change["needed"] if rule.lower else value <= change["needed"]
            assert abs(change["needed"] - value) <= 0.0011 * abs(value)
            assert change["setting"] == f"filters.{rule.address}={change['needed']:.15g}"
    assert len(judged) > 1_000


def test_a_bound_that_the_pool_makes_or_a_rule_beside_its_value_gets_no_false_advice(run: Path) -> None:
    published = Published(run)
    by_name = {rule.address: rule for rule in published.rules}
    row = {"failed_rules": ["quality.min_quality"], "quality": 0.1, "status": "dropped", "stage": "judge"}
    published.rules[:] = [dataclasses.replace(by_name["quality.min_quality"], stated="t0.85")]
    assert changes(row, published)[0]["setting"] is None
    assert changes(row, published)[0]["needed"] == 0.1
    published.rules[:] = [by_name["quality.min_quality"]]
    assert changes(row, published)[0]["setting"] == "filters.quality.min_quality=0.1"
    beside = {**row, "quality": 0.9}
    assert changes(beside, published)[0]["needed"] is None
    assert "another cause" in advice(beside, published)


@pytest.mark.parametrize(
    ("compare", "value", "passes"), [("above", 0.2, False), ("at_least", 0.2, True), ("above", 0.21, True)]
)
def test_strict_bounds_fail_the_bound_itself(run: Path, compare: str, value: float, passes: bool) -> None:
    entry = {"address": "quality.min_quality", "signal": "quality", "at_least": 0.2, "bound": 0.2, "compare": compare}
    rule = Rule.of(entry, {})
    assert rule.passes(value) == passes
    published = Published(run)
    published.rules[:] = [rule]
    found = changes({"failed_rules": [rule.address], "quality": 0.2}, published)
    if compare == "above":
        assert dataclasses.replace(rule, bound=found[0]["needed"]).passes(0.2)
        assert found[0]["needed"] > 0.199


def test_every_document_has_a_road_that_ends_where_the_ledger_says(run: Path, rows: list[dict[str, Any]]) -> None:
    published = Published(run)
    for row in rows:
        steps = road(row, [])
        ends = [step for step in steps if step["verdict"] not in ("passed", "not reached")]
        assert [(step["stage"], step["verdict"]) for step in ends] == (
            [] if row["status"] == "kept" else [(row["stage"], row["status"])]
        )
        taught = row["source"].startswith("synth/")
        assert steps[0]["stage"] == ("synthesise" if taught else "ingest")
        assert ("synthesise" in [step["stage"] for step in steps]) == taught
        assert advice(row, published)


def test_duplicates_and_kept_documents_are_explained(run: Path, rows: list[dict[str, Any]], capsys: Any) -> None:
    near = next(row for row in rows if row["reason"] == "near_duplicate")
    views.explain(run, near["id"], texts, as_json=True)
    one = json.loads(capsys.readouterr().out)
    threshold = float(re.findall(r"deduplicate\.threshold=([\d.]+)", one["would_keep"]["advice"])[0])
    assert near["jaccard"] < threshold < near["jaccard"] + 0.002
    assert one["matched"] == near["matched"]
    kept = next(row for row in rows if row["status"] == "kept")
    views.explain(run, kept["id"], texts)
    assert kept["shard"] in capsys.readouterr().out


def test_nothing_raw_from_documents_reaches_the_terminal(run: Path, rows: list[dict[str, Any]], capsys: Any) -> None:
    for row in rows[: 2 * len(synthetic.HOSTILE)]:
        views.explain(run, row["id"], all_hostile)
        views.explain(run, row["id"], all_hostile, as_json=True)
    views.sample(run, None, 40, all_hostile)
    shown = capsys.readouterr().out
    assert "\\x1b]0;owned\\x07" in shown
    assert "[red]rich markup[/red]" in shown
    assert RAW.search(shown) is None
    for secret in ("jane.doe@", "AKIAIOSFODNN7", "ghp_01234567", "MIIEow"):
        assert secret not in shown


def test_a_terminal_that_cannot_show_a_character_gets_its_escape(run: Path, capfdbinary: Any, monkeypatch: Any) -> None:
    import io

    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    views.stats(run)
    plain.flush()
    assert b"\\u2588" in plain.buffer.getvalue()  # type: ignore[attr-defined]


def test_explain_marks_what_the_failing_rules_measured(run: Path, rows: list[dict[str, Any]], capsys: Any) -> None:
    row = next(row for row in rows if "duplicate_lines" in row["failed"])
    line = "A line that stands there again and again, in the very same words."
    text = "\n".join(["A first line of its own.", *[line] * 40, "The last line."])
    views.explain(run, row["id"], lambda rows: {row["id"]: text}, as_json=True)
    found = {one["rule"]: one for one in json.loads(capsys.readouterr().out)["marked"]}
    lines = found["gopher-repetition.max_duplicate_line_share"]
    assert (lines["what"], lines["places"]) == ("lines that equal an earlier line", 39)
    views.explain(run, row["id"], lambda rows: {row["id"]: text})
    shown = capsys.readouterr().out
    assert "39× lines that equal an earlier line" in " ".join(shown.split())
    assert "A first line of its own." in shown


def test_marks_hold_the_whole_text_and_cut_no_secret_in_two() -> None:
    text = "jane.doe@example.org\n" * 3 + "mail jane.doe@example.org \u202e <b>\n" + "x " * 50
    rules = [{"rule": f"r.{name}", "signal": name, "at_most": 0.1, "fate": "fails"} for name in (
        "duplicate_line_share", "top_2gram_char_share", "mean_word_length")]  # fmt: skip
    one = marked(text, rules)
    assert "".join(piece for piece, _ in one.pieces) == visible(mask(text))
    assert "jane.doe" not in "".join(piece for piece, _ in one.pieces)
    assert {number for _, numbers in one.pieces for number in numbers} == {0, 1, 2}
    assert any(len(numbers) > 1 for _, numbers in one.pieces)
    short = marked_excerpt(marked("plain " * 2_000, []), 300)
    assert len("".join(piece for piece, _ in short)) < 400


def test_a_benchmarks_words_are_marked_while_its_file_is_at_hand(run: Path, tmp_path: Path) -> None:
    item = "a farmer keeps seventeen brown hens and buys eleven white ducks on monday evening"
    (tmp_path / "bench.jsonl").write_text(json.dumps({"task_id": "b/1", "question": item}) + "\n")
    published = Published(run)
    benchmark = {"name": "birds", "path": "bench.jsonl"}
    published.manifest["recipe"] = {"root": str(tmp_path), "decontaminate": {"benchmarks": [benchmark]}}
    row = {"stage": "decontaminate", "benchmark": "birds"}
    one = marked(f"Once: {item.upper()}! The end.", [], benchmark=benchmark_of(published, row))
    assert [text for text, marks in one.pieces if marks] == [item.upper()]
    assert one.legends[0].what == "words of birds, item b/1"
    assert benchmark_of(published, {**row, "stage": "judge"}) is None
    published.manifest["recipe"]["decontaminate"]["benchmarks"][0]["path"] = "gone.jsonl"
    assert benchmark_of(published, row) is None


@pytest.mark.parametrize("columns", [80, 100, 110, 128, 140])
def test_bars_of_the_funnel_and_of_the_reasons_stay_on_one_line(
    run: Path, capsys: Any, monkeypatch: Any, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    views.stats(run)
    lines = [line for line in capsys.readouterr().out.splitlines() if "█" in line or "▌" in line]
    assert lines
    assert [line for line in lines if not line.strip()[0].isalnum()] == []  # each bar stands beside its name


def test_a_damaged_part_costs_the_text_and_nothing_else(run: Path, rows: list[dict[str, Any]], capsys: Any) -> None:
    def broken(rows: Any) -> dict[str, str]:
        raise DamageError("part-00000.parquet: is cut off; run again")

    key = next(row["id"] for row in rows if row["stage"] == "judge")
    views.explain(run, key, broken)
    shown = " ".join(capsys.readouterr().out.split())
    assert "(no text at hand: part-00000.parquet: is cut off; run again)" in shown
    assert "What would have kept it" in shown
    views.explain(run, key, broken, as_json=True)
    assert json.loads(capsys.readouterr().out)["problem"] == "part-00000.parquet: is cut off; run again"


def test_commands_that_only_look_start_without_pandas_and_the_recipes_models(
    run: Path, rows: list[dict[str, Any]]
) -> None:
    key = next(row["id"] for row in rows if row["stage"] == "judge")
    heavy = {"pandas", "pydantic", "prefect", "altair", "duckdb", "jinja2", "data.recipe", "importlib.metadata"}
    for name, more in (("explain", key), ("stats", None), ("sample", None), ("diff", str(run))):
        assert heavy & _imported([name, str(run), *filter(None, [more])]) == set(), name
    assert "pandas" not in _imported(["whatif", str(run), "--set", "filters.gopher-quality.min_words=30"])


def _imported(command: list[str]) -> set[str]:
    """Returns the modules that a command has imported when it is done."""
    program = (
        "import sys; from flows.cli import main\n"
        f"try: main({command!r}, standalone_mode=False)\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.slow
def test_explain_finds_one_of_a_million_documents_within_a_second(million: Path, capsys: Any) -> None:
    key = pq.read_table(next(million.glob("ledger/*")), columns=["id"])["id"][987_654].as_py()
    for wanted in (key, key[:12], "large:987654"):
        waited, worked = time.monotonic(), time.process_time()
        views.explain(million, wanted, texts_of_rows(million), as_json=True)
        assert min(time.monotonic() - waited, time.process_time() - worked) < 1.0
        assert json.loads(capsys.readouterr().out)["id"] == key
