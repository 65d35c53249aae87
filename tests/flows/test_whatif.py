"""What-ifs against their oracle, a re-run with the same settings; sweeps against what-ifs; refusals."""

from __future__ import annotations

import importlib.util
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from data.errors import PhimillError, UsageError
from data.manifest import write_manifest
from filters.judging.verdicts import judge_rows, pool_bounds
from flows.cli import main
from flows.progress import Silent
from flows.report.published import Published
from flows.road import ROAD, Request, drive, open_run
from flows.steps.judge import read_signals
from flows.whatif.evidence import read_evidence
from flows.whatif.question import Question
from flows.whatif.show import find_out
from flows.whatif.sweep import steps

_spec = importlib.util.spec_from_file_location("large_ledger", Path(__file__).with_name("large_ledger.py"))
assert _spec is not None
assert _spec.loader is not None
large: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(large)

slow = pytest.mark.slow

RECIPE = """\
name: asked
sources:
  - {name: prose, kind: jsonl, path: varied.jsonl, signals: {edu: edu, quality: score}}
  - {name: code, kind: files, path: code}
filters:
  - preset: language
    min_score: 0.1
  - preset: gopher-quality
  - preset: gopher-repetition
    max_duplicate_5gram_char_share: null
    max_duplicate_6gram_char_share: null
  - name: educational
    where: {source: prose}
    rules:
      - {signal: edu, at_least: 1, reason: not_educational, unless: "words >= p95"}
      - {signal: mean_word_length, at_most: p90, reason: long_words}
      - {signal: sentences, at_least: 1, reason: no_sentence}
  - preset: starcoder
    max_mean_line_chars: 60
  - preset: quality
    keep_token_share: 0.9
mixture: {by: kind, shares: {text: 0.7, code: 0.3}}
tokenise: {vocabulary: 400}
max_quarantined: 0.2
"""


@pytest.fixture(scope="module")
def asked(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Returns a recipe over texts of every length, and what a run of it published."""
    folder = tmp_path_factory.mktemp("asked")
    shutil.copytree(corpus, folder, dirs_exist_ok=True)
    texts = [json.loads(line)["text"] for line in (folder / "good.jsonl").read_text().splitlines()]
    rows = [
        {
            "id": f"v{number}",
            "text": " ".join(texts[number % len(texts)].split(" ")[number % 7 : number % 7 + 3 + 2 * number]),
            "edu": number % 4,
            "score": (number * 37 % 100) / 100,
        }
        for number in range(90)
    ]
    for row in rows[35:50]:
        row["text"] = f"\x1b[2J\u202e jane.doe@example.org {row['text']}"
    (folder / "varied.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "asked.yaml").write_text(RECIPE)
    out = folder / "out"
    drive(Request(str(folder / "asked.yaml"), str(out), (), 1), Silent())
    return folder / "asked.yaml", out


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made-up")
    large.publish(folder, 20_000)
    return folder


def judged_by_a_run(recipe: Path, out: Path, changes: tuple[str, ...], again: Path) -> dict[str, list[str]]:
    """Returns id → rules failed, by a re-run up to the judge in a copy of the out folder."""
    shutil.copytree(out, again, symlinks=True)
    verdicts: dict[str, list[str]] = {}
    with open_run(Request(str(recipe), str(again), changes, 1), Silent()) as run:
        for name, step in ROAD.items():
            step(run)
            if name == "judge":
                break
        for part in run.parts:
            living = set(read_signals(part, [])["id"].to_pylist())
            rows = pq.read_table(part.files["judge"], columns=["id", "failed_rules"]).to_pylist()
            verdicts |= {row["id"]: row["failed_rules"] for row in rows if row["id"] in living}
    return verdicts


def ledger_of(out: Path) -> dict[str, dict[str, Any]]:
    """Returns the rows of the documents that the judge saw, by id."""
    table = pa.concat_tables([pq.read_table(path) for path in sorted((out / "ledger").glob("*.parquet"))])
    rows = {row["id"]: row for row in table.to_pylist()}
    return {key: row for key, row in rows.items() if row["stage"] not in ("ingest", "extract", "synthesise")}


@slow
@pytest.mark.parametrize(
    "changes",
    [
        ("filters.gopher-quality.min_words=30",),
        ("filters.gopher-quality.min_words=90",),
        ("filters.gopher-quality.min_words=null",),
        ("filters.gopher-quality.min_words=20", "filters.gopher-quality.min_stop_words=0"),
        ("filters.educational.rules.1.at_most=p50",),
        ("filters.educational.rules.0.unless=words >= 60",),
        ("filters.educational.where.source=[prose, code]",),
        ("filters.quality.keep_token_share=0.5",),
        ("filters.quality.keep_token_share=null", "filters.quality.min_quality=p40"),
        ("filters.gopher-quality.unless=quality >= p75",),
        ("filters.language.keep=[de, fr]",),
        ("filters.gopher-repetition.max_duplicate_5gram_char_share=0.4",),
        ("filters.starcoder.max_mean_line_chars=40",),
    ],
)
def test_the_answer_is_what_a_run_with_the_same_settings_decides(
    asked: tuple[Path, Path], tmp_path: Path, changes: tuple[str, ...]
) -> None:
    recipe, out = asked
    before = ledger_of(out)
    after = judged_by_a_run(recipe, out, changes, tmp_path / "again")
    found = find_out(out, changes, (), 2)
    assert set(after) == set(before)
    now, then = (
        {key for key in before if not of[key]} for of in ({k: r["failed_rules"] for k, r in before.items()}, after)
    )
    for name, some in (("now", now), ("then", then), ("gained", then - now), ("lost", now - then)):
        assert found[name] == {"documents": len(some), "tokens": sum(before[key]["tokens"] for key in some)}, name
    assert found["judged"]["documents"] == len(before)
    assert found["rules"], "no rule changed"
    for rule in found["rules"]:
        address = rule["rule"]
        for side, failed in (("now", {k: r["failed_rules"] for k, r in before.items()}), ("then", after)):
            drops = [key for key, rules in failed.items() if address in rules]
            only = [key for key in drops if failed[key] == [address]]
            counted = rule[side] or {"drops": 0, "only": 0}
            assert (counted["drops"], counted["only"]) == (len(drops), len(only)), (address, side)
            for other in rule["overlap"]:
                assert other[side] == sum(other["rule"] in failed[key] for key in drops), (address, other)
    moved = {one["id"]: one["side"] for one in found["samples"]}
    assert all((key in then - now) == (side == "gained") for key, side in moved.items())
    assert all(one["text"] for one in found["samples"])


@slow
def test_the_cases_above_do_gain_and_lose(asked: tuple[Path, Path]) -> None:
    _, out = asked
    assert find_out(out, ["filters.gopher-quality.min_words=30"], (), 0)["gained"]["documents"] > 0
    assert find_out(out, ["filters.gopher-quality.min_words=90"], (), 0)["lost"]["documents"] > 0
    both = find_out(out, ["filters.quality.keep_token_share=null", "filters.quality.min_quality=p40"], (), 0)
    assert both["lost"]["documents"] > 0


@slow
def test_own_rules_are_asked_by_address_and_by_place_alike(asked: tuple[Path, Path]) -> None:
    _, out = asked
    by_address = find_out(out, ["filters.educational.max_mean_word_length=p50"], (), 0)
    by_place = find_out(out, ["filters.educational.rules.1.at_most=p50"], (), 0)
    by_number = find_out(out, ["filters.3.max_mean_word_length=p50"], (), 0)
    assert by_address == by_place == by_number
    assert by_address["settings"] == ["filters.educational.rules.1.at_most=p50"]
    off = find_out(out, ["filters.educational.min_edu=null"], (), 0)
    assert off["rules"][0]["then"] is None
    assert off["gained"]["documents"] == off["rules"][0]["now"]["only"] > 0


@slow
@pytest.mark.usefixtures("no_charts")
def test_a_whole_run_publishes_the_documents_that_were_foretold(asked: tuple[Path, Path], tmp_path: Path) -> None:
    recipe, out = asked
    change = "filters.gopher-quality.min_words=20"
    found = find_out(out, [change], (), 0)
    drive(Request(str(recipe), str(tmp_path / "out"), (change,), 1), Silent())
    after = ledger_of(tmp_path / "out")
    assert sum(not row["failed_rules"] for row in after.values()) == found["then"]["documents"]
    assert find_out(tmp_path / "out", [change], (), 0)["rules"] == []


@slow
def test_border_samples_are_the_nearest_and_their_texts_need_no_work_folder(
    asked: tuple[Path, Path], tmp_path: Path
) -> None:
    _, out = asked
    found = find_out(out, ["filters.gopher-quality.min_words=90"], (), 3)
    rows = ledger_of(out)
    lost = sorted(row["words"] for row in rows.values() if not row["failed_rules"] and row["words"] < 90)
    values = [one["value"] for one in found["samples"] if one["side"] == "lost"]
    assert values == lost[::-1][:3]
    shutil.copytree(out / ".current", tmp_path / "copy")
    copied = find_out(tmp_path / "copy", ["filters.gopher-quality.min_words=90"], (), 3)
    assert [one["text"] for one in copied["samples"] if one["status"] == "kept"] == [
        one["text"] for one in found["samples"] if one["status"] == "kept"
    ]
    assert copied["lost"] == found["lost"]


@slow
def test_nothing_of_a_document_reaches_the_terminal_raw(asked: tuple[Path, Path]) -> None:
    words = ["whatif", str(asked[1]), "--set", "filters.gopher-quality.min_words=100", "-n", "1000"]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 0, said.output
    assert "\\x1b[2J\\u202e [e-mail]" in said.output
    assert not {"\x1b", "\u202e", "jane.doe"} & {*said.output, *said.output.split()}
    found = find_out(asked[1], ["filters.gopher-quality.min_words=100"], (), 1000)
    few = find_out(asked[1], ["filters.gopher-quality.min_words=100"], (), 5)
    assert [one["text"] for one in few["samples"]] == [one["text"] for one in found["samples"][:5]]
    assert len(found["samples"]) == found["lost"]["documents"]


@slow
def test_the_stored_signals_give_every_verdict_of_the_ledger_again(asked: tuple[Path, Path]) -> None:
    _, out = asked
    question = Question(Published(out), out)
    evidence = read_evidence(Published(out), question.plan, question.plan.rules)
    evidence.check(question.plan.rules)
    seen = evidence.table.append_column("id", pa.array(np.arange(evidence.table.num_rows).astype(str)))
    fates = judge_rows(seen, question.plan, pool_bounds(question.plan, lambda columns: evidence.table))
    assert fates["failed_rules"].to_pylist() == evidence.table["failed_rules"].to_pylist()


@pytest.mark.parametrize(
    "sweep",
    [
        "gopher-quality.min_words=20:100:20",
        "filters.gopher-quality.min_words=100:20:-20",
        "quality.keep_token_share=0.1:0.9:0.2",
        "educational.min_edu=0:4:1",
        "gopher-repetition.max_duplicate_line_share=0.1:0.5:0.05",
    ],
)
def test_a_sweep_says_what_each_what_if_says(made_up: Path, sweep: str) -> None:
    base = ("filters.gopher-quality.min_stop_words=4",)
    found = find_out(made_up, base, [sweep], 0)["sweeps"][0]
    for row in found["rows"]:
        one = find_out(made_up, [*base, f"{found['setting']}={row['value']}"], (), 0)
        assert one["then"] == {"documents": row["documents"], "tokens": row["tokens"]}
        rule = [rule for rule in one["rules"] if rule["rule"] == found["rule"]]
        if rule:  # else the value is the present one
            assert (row["drops"], row["only"]) == (rule[0]["then"]["drops"], rule[0]["then"]["only"])
    assert found["base"]["documents"] == find_out(made_up, base, (), 0)["then"]["documents"]
    assert len({row["documents"] for row in found["rows"]}) > 1


def test_a_sweep_of_percentiles_is_taken_over_the_stored_pool(made_up: Path) -> None:
    base = ["filters.quality.keep_token_share=null"]
    found = find_out(made_up, base, ["quality.min_quality=p10:p90:p40"], 0)["sweeps"][0]
    quality = pa.concat_tables([pq.read_table(path, columns=["quality"]) for path in made_up.glob("ledger/*")])[
        "quality"
    ]
    values = np.sort(quality.drop_null().to_numpy())
    expected = [float(values[int(np.ceil(q / 100 * len(values))) - 1]) for q in (10, 50, 90)]
    assert [row["bound"] for row in found["rows"]] == expected
    assert [row["value"] for row in found["rows"]] == ["p10", "p50", "p90"]


def test_the_values_of_a_sweep_do_not_drift() -> None:
    assert steps("x", "0.1:0.5:0.05") == ["0.10", "0.15", "0.20", "0.25", "0.30", "0.35", "0.40", "0.45", "0.50"]
    assert steps("x", "20:100:10")[-1] == "100"
    assert steps("x", "20:95:10")[-1] == "90"
    assert steps("x", "1:0:-0.5") == ["1.0", "0.5", "0.0"]
    assert steps("x", "p10:p30:10") == ["p10", "p20", "p30"]
    assert steps("x", "3:3:1") == ["3"]


@pytest.mark.parametrize("span", ["", "1", "1:2", "1:2:0", "1:2:-1", "a:b:c", "1:nan:1", "0:1e9:1", "1:2:3:4"])
def test_a_sweep_that_goes_nowhere_is_refused(made_up: Path, span: str) -> None:
    with pytest.raises(UsageError, match="--sweep"):
        find_out(made_up, (), [f"gopher-quality.min_words={span}"], 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("filters.gopher-quality.min_wrods=3", 'Did you mean "min_words"'),
        ("filters.gopher-qualty.min_words=3", 'Did you mean "gopher-quality"'),
        ("filter.gopher-quality.min_words=3", 'Did you mean "gopher-quality.min_words"'),
        ("filters.educational.min_edo=3", 'Did you mean "min_edu"'),
        ("filters.gopher-quality.min_words=many", "expected a number"),
        ("filters.gopher-repetition.max_duplicate_line_share=3", "share between 0 and 1"),
        ("filters.gopher-quality", "expected filters.NAME.KEY=VALUE"),
        ("filters.gopher-quality=null", "expected one of its bounds"),
        ("filters.gopher-quality.name=other", "expected one of its bounds"),
        ("filters.educational.unless=wrods >= 3", 'Did you mean "words"'),
        ("deduplicate.threshold=0.8", "not stored in a ledger"),
        ("language=null", "expected one of its bounds"),
        ("filters.gopher-repetition.where.kind=code", "for documents of kind code"),
        ("filters.gopher-quality.preset=c4", "phimill run"),
        ("filters.educational.rules.0.signal=comment_lines", "unknown signal"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_2_and_says_what_to_do(made_up: Path, change: str, said: str) -> None:
    result = CliRunner().invoke(main, ["whatif", str(made_up), "--set", change])
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_nothing_asked_is_refused(made_up: Path) -> None:
    assert CliRunner().invoke(main, ["whatif", str(made_up)]).exit_code == 2


def test_a_ledger_that_its_own_signals_do_not_explain_is_refused(tmp_path: Path) -> None:
    large.publish(tmp_path, 3_000)
    path = next(tmp_path.glob("ledger/*.parquet"))
    table = pq.read_table(path)
    place = table.schema.get_field_index("words")
    pq.write_table(table.set_column(place, "words", pc.add(table["words"], 15.0)), path)
    with pytest.raises(PhimillError, match=r"gopher-quality\.min_words.*another verdict"):
        find_out(tmp_path, ["filters.gopher-quality.min_words=30"], (), 0)


def test_a_ledger_judged_by_other_rules_is_refused(tmp_path: Path) -> None:
    large.publish(tmp_path, 500)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["rules"][3]["at_least"] = 49.0
    write_manifest(tmp_path, manifest)
    with pytest.raises(PhimillError, match=r"judged as mean_word_length at_least 49\.0"):
        find_out(tmp_path, ["filters.gopher-quality.min_words=30"], (), 0)


def test_a_ledger_of_reasons_only_is_refused(tmp_path: Path) -> None:
    large.publish(tmp_path, 500)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["recipe"]["ledger"] = "reasons"
    write_manifest(tmp_path, manifest)
    with pytest.raises(UsageError, match="ledger=full"):
        find_out(tmp_path, ["filters.gopher-quality.min_words=30"], (), 0)


def test_the_pages_say_what_the_json_says(made_up: Path) -> None:
    words = ["whatif", str(made_up), "--set", "filters.gopher-quality.min_words=30"]
    words += ["--sweep", "gopher-quality.min_words=20:40:10"]
    said = CliRunner().invoke(main, words, env={"COLUMNS": "120"})
    found = json.loads(CliRunner().invoke(main, [*words, "--json"]).output)
    assert said.exit_code == 0, said.output
    for name in ("now", "then", "gained", "judged"):
        assert f"{found[name]['documents']:,}" in said.output
        assert f"{found[name]['tokens']:,}" in said.output
    assert "still open to that" in said.output
    for row in found["sweeps"][0]["rows"]:
        assert f"{row['documents']:,}" in said.output
    assert len(found["samples"]) == 3
    assert "nearest to ≥ 30" in said.output
    assert found["later"]["kept_now"]["published"] + found["later"]["kept_now"]["mix"] == found["now"]["documents"]


def test_every_rule_of_the_made_up_ledger_can_be_switched_off(made_up: Path) -> None:
    question = Question(Published(made_up), made_up)
    for rule in question.plan.rules:
        found = find_out(made_up, [f"filters.{rule.address}=null"], (), 0)
        own = next(one for one in found["rules"] if one["rule"] == rule.address)
        assert own["then"] is None
        if len(found["rules"]) == 1:  # without keep_token_share, min_quality counts again
            assert (found["gained"]["documents"], found["lost"]["documents"]) == (own["now"]["only"], 0)


def test_a_ledger_in_several_files_gives_the_same_answer(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up, tmp_path / "cut")
    path = next((tmp_path / "cut").glob("ledger/*.parquet"))
    table = pq.read_table(path)
    path.unlink()
    for number, start in enumerate((0, 7_000, 12_001)):
        end = (7_000, 12_001, table.num_rows)[number]
        pq.write_table(table.slice(start, end - start), path.with_name(f"{number}.parquet"), row_group_size=999)
    asked = (["filters.gopher-quality.min_words=70"], ["quality.keep_token_share=0.5:1:0.25"], 4)
    assert find_out(tmp_path / "cut", *asked) == find_out(made_up, *asked)


def test_a_dataset_that_judged_nothing_answers_with_zeros(tmp_path: Path) -> None:
    large.publish(tmp_path, 0)
    found = find_out(tmp_path, ["filters.gopher-quality.min_words=70"], ["quality.keep_token_share=0.5:1:0.25"], 3)
    assert found["judged"] == found["then"] == {"documents": 0, "tokens": 0}
    assert (
        CliRunner().invoke(main, ["whatif", str(tmp_path), "--sweep", "quality.keep_token_share=0:1:0.5"]).exit_code
        == 0
    )


@slow
def test_a_million_rows_are_answered_in_seconds(million: Path) -> None:
    spent = []
    for _ in range(3):
        begin = time.process_time()
        find_out(million, ["filters.gopher-quality.min_words=30"], ["quality.keep_token_share=0.1:0.9:0.2"], 3)
        spent.append(time.process_time() - begin)
    assert min(spent) < 2.0  # of processors, so that a busy machine does not count; wall time is less
